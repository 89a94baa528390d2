"""The summary of a span of traffic on the terminal."""

import polars as pl
from rich.console import Console
from rich.table import Table

from airtraffic.report.summary import Share, Summary
from airtraffic.report.texts import Texts
from cli.summary_flights import flights_said, sectors_said


def show_summary(
    console: Console,
    title: str,
    summary: Summary,
    dense_cell_aircraft: int,
    clusters: pl.DataFrame,
    hotspots: pl.DataFrame,
    flights: pl.DataFrame,
    saturation: pl.DataFrame,
) -> None:
    """Print the figures of a summary, each share with its rule and its denominator.

    Parameters
    ----------
    clusters, hotspots
        Rows of ``cluster_quality`` and ``hotspots`` of the same hours.
    flights, saturation
        Rows of ``flights`` and ``sector_saturation`` of the days.
    """
    texts = Texts("en")
    table = Table(title=title, title_justify="left", show_header=False, title_style="bold")
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    source = ", ".join(summary.sources) or "none"
    table.add_row(
        "source",
        f"{source} [yellow](simulated: nothing here was observed)[/]" if summary.simulated else source,
    )
    if summary.rows:
        table.add_row(
            "snapshots",
            f"{summary.snapshots:,}, {summary.first_snapshot:%Y-%m-%d %H:%M:%S} to {summary.last_snapshot:%Y-%m-%d %H:%M:%S} UTC",
        )
    table.add_row("aircraft", f"{summary.aircraft:,}")
    table.add_row("rows", f"{summary.rows:,} (one aircraft in one snapshot; not flights)")
    for state, count in summary.states.items():
        table.add_row(f"  {state}", _share(Share(count, summary.rows)))
    table.add_row(
        "congestion band",
        f"{_share(summary.congestion_band)} of rows: {texts['congestion_band_rule'].split(';')[0]}",
    )
    table.add_row(
        "dense cells",
        f"{_share(summary.dense)} of counted rows: more than {dense_cell_aircraft} aircraft in one 10 x 10 NM cell",
    )
    table.add_row("critical", f"{_share(summary.critical)} of rows")
    table.add_row(
        "repeats", f"{_share(summary.repeats)} of rows: the position did not change since the row before"
    )
    for number, cell in enumerate(summary.cells):
        table.add_row(
            "busiest cells" if number == 0 else "",
            f"{cell.aircraft} aircraft at {cell.at:%H:%M}, around {cell.latitude:.2f}, {cell.longitude:.2f}",
        )
    if not clusters.is_empty():
        table.add_row("clusters", _clusters(clusters))
    table.add_row("hotspots", _hotspots(hotspots))
    table.add_row("flights", flights_said(flights))
    table.add_row("sectors", sectors_said(saturation))
    table.add_row(
        "polls",
        f"{summary.polls_seen:,} of {summary.polls_expected:,} expected ({texts.percent(summary.coverage.percent)}), {summary.empty_polls} with an empty sky",
    )
    table.add_row("gaps", _gaps(summary))
    console.print(table)


def _share(share: Share) -> str:
    return f"{share.count:,} ({Texts('en').percent(share.percent)})"


def _clusters(quality: pl.DataFrame) -> str:
    number, noise, biggest = quality["clusters"], quality["noise_share"], quality["biggest_share"]
    if noise.count() == 0:
        return "no position was counted"
    warmed_up = quality["warmed_up"].sum()
    return (
        f"{number.min()} to {number.max()} an hour; {100 * noise.min():.0f} to {100 * noise.max():.0f} % of the "
        f"counted positions are in none, {100 * biggest.max():.0f} % at most in the biggest"
        + (f"; {warmed_up} hours began without a predecessor" if warmed_up else "")
    )


def _hotspots(hotspots: pl.DataFrame) -> str:
    if hotspots.is_empty():
        return "none"
    top = hotspots.filter(pl.col("kind") == "all").sort("aircraft_at_a_time", descending=True).head(1)
    congestion = hotspots.filter(pl.col("kind") == "congestion")["hour_start"].n_unique()
    places = [
        f"the fullest around {row['latitude']:.2f}, {row['longitude']:.2f} at {row['hour_start']:%H} h: "
        f"{row['aircraft_at_a_time']:.1f} aircraft at a time, {100 * row['share_of_traffic']:.0f} % of the traffic on "
        f"{100 * row['share_of_occupied_area']:.0f} % of the occupied area; "
        for row in top.iter_rows(named=True)
    ]
    return f"{''.join(places)}of congestion in {congestion} hours"


def _gaps(summary: Summary, shown: int = 4) -> str:
    if not summary.gaps:
        return "none"
    longest = sorted(summary.gaps, key=lambda gap: gap.minutes, reverse=True)[:shown]
    listed = "; ".join(
        f"{gap.start:%m-%d %H:%M}-{gap.end:%H:%M}" for gap in sorted(longest, key=lambda gap: gap.start)
    )
    more = f" and {len(summary.gaps) - shown} more" if len(summary.gaps) > shown else ""
    return f"{len(summary.gaps)}, {sum(gap.minutes for gap in summary.gaps):.0f} min without a poll: {listed}{more}"
