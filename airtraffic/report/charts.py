"""Pictures of a day of traffic, as SVG text."""

import io
import json
from functools import cache
from pathlib import Path

import polars as pl

from airtraffic.report.texts import Texts

STATE_COLOURS = {
    "cruise": "#2b6cb0",
    "climb_descent_hold": "#38a3a5",
    "manoeuvre": "#f4a261",
    "ground": "#8d99ae",
    "unknown": "#d0d4da",
}


@cache
def outline() -> list[list[list[float]]]:
    """Rings of the countries' outline: longitudes and latitudes. [deg]"""
    return json.loads((Path(__file__).parent / "outline.json").read_text())["rings"]


def _figure(width: float, height: float, texts: Texts):
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot(axisbelow=True)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.number(value)))
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def svg(figure) -> str:
    """A figure as SVG text, the same bytes for the same data."""
    import matplotlib

    text = io.StringIO()
    # A fixed salt and no date: the same data gives the same bytes.
    with matplotlib.rc_context(
        {"svg.hashsalt": "airtraffic", "svg.fonttype": "none", "font.family": "sans-serif"}
    ):
        figure.savefig(text, format="svg", metadata={"Date": None}, dpi=130)
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]


def map_of_positions(
    flight_states: pl.DataFrame, box: tuple[float, float, float, float], texts: Texts
) -> str:
    """Where aircraft were seen: rows per 0.25 degree, on the outline of the countries.

    ``box``: lamin, lamax, lomin, lomax. [deg]
    """
    import numpy as np
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import LogNorm

    lamin, lamax, lomin, lomax = box
    placed = flight_states.filter(~pl.col("on_ground")).select("longitude", "latitude").drop_nulls()
    counts, _, _ = np.histogram2d(
        placed["latitude"].to_numpy(),
        placed["longitude"].to_numpy(),
        bins=[np.arange(lamin, lamax + 0.25, 0.25), np.arange(lomin, lomax + 0.25, 0.25)],
    )
    height_per_width = (lamax - lamin) / ((lomax - lomin) * np.cos(np.radians((lamin + lamax) / 2)))
    figure, axes = _figure(7.4, min(9.0, 5.9 * height_per_width), texts)
    axes.add_collection(
        PolyCollection(outline(), facecolors="#f2efe9", edgecolors="#b9b3a7", linewidths=0.5, zorder=1)
    )
    axes.set_facecolor("#e6eef5")
    if counts.any():
        image = axes.imshow(
            np.ma.masked_equal(counts, 0),
            extent=(lomin, lomax, lamin, lamax),
            origin="lower",
            cmap="inferno_r",
            norm=LogNorm(vmin=1, vmax=max(counts.max(), 2)),
            interpolation="nearest",
            zorder=2,
        )
        figure.colorbar(image, ax=axes, shrink=0.5, aspect=30, label=texts["rows_per_cell"])
    axes.set(xlim=(lomin, lomax), ylim=(lamin, lamax), aspect=1 / np.cos(np.radians((lamin + lamax) / 2)))
    axes.tick_params(labelsize=8)
    return svg(figure)


def aircraft_per_poll(flight_states: pl.DataFrame, coverage: pl.DataFrame, texts: Texts) -> str:
    """Aircraft in each poll over time; the intervals without a poll are shaded."""
    from matplotlib.dates import DateFormatter

    polls = (
        flight_states.group_by("snapshot_at")
        .agg(pl.col("icao24").n_unique().alias("aircraft"))
        .sort("snapshot_at")
    )
    # A line over a gap would claim what nobody saw: the gap's ends are joined through a missing value.
    breaks = coverage.select("gaps").explode("gaps").drop_nulls().unnest("gaps")
    drawn = pl.concat(
        [
            polls,
            breaks.select(
                snapshot_at=pl.col("start") + (pl.col("end") - pl.col("start")) / 2,
                aircraft=pl.lit(None, dtype=polls.schema["aircraft"]),
            ).cast(polls.schema),
        ]
    ).sort("snapshot_at")
    figure, axes = _figure(9, 2.6, texts)
    axes.plot(drawn["snapshot_at"].to_list(), drawn["aircraft"].to_list(), color="#2b6cb0", linewidth=1)
    for start, end in breaks.iter_rows():
        axes.axvspan(start, end, color="#e63946", alpha=0.18, linewidth=0)
    axes.set(ylabel=texts["aircraft"], ylim=(0, None))
    hours = coverage["hour_start"]
    if len(hours):
        axes.set_xlim(hours.min(), hours.dt.offset_by("1h").max())
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M"))
    axes.grid(axis="y", alpha=0.3)
    return svg(figure)


def states_by_hour(flight_states: pl.DataFrame, texts: Texts) -> str:
    """Rows per hour and flight state, stacked."""
    by_hour = flight_states.group_by("hour", "flight_state").len()
    figure, axes = _figure(9, 2.8, texts)
    floor = [0] * 24
    for state, colour in STATE_COLOURS.items():
        of_state = dict(by_hour.filter(pl.col("flight_state") == state).select("hour", "len").iter_rows())
        heights = [of_state.get(hour, 0) for hour in range(24)]
        axes.bar(range(24), heights, bottom=floor, color=colour, label=texts[state], width=0.85)
        floor = [low + height for low, height in zip(floor, heights, strict=True)]
    axes.set(ylabel=texts["rows"], xlabel=texts["hour_utc"], xlim=(-0.6, 23.6), xticks=range(0, 24, 2))
    axes.legend(fontsize=8, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    axes.grid(axis="y", alpha=0.3)
    return svg(figure)


def clusters_by_hour(quality: pl.DataFrame, texts: Texts) -> str:
    """Clusters at the end of each hour and the share of noise; hours that were warmed up are hatched.

    ``quality``: rows of ``cluster_quality`` of one day.
    """
    import matplotlib
    from matplotlib.ticker import MaxNLocator

    figure, top = _figure(9, 3.6, texts)
    top.remove()
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    rows = quality.sort("hour").to_dicts()
    with matplotlib.rc_context({"hatch.linewidth": 1.2}):
        bars = top.bar(
            [row["hour"] for row in rows],
            [row["clusters"] for row in rows],
            hatch=["///" if row["warmed_up"] else "" for row in rows],
            color="#38a3a5",
            edgecolor="white",
            width=0.85,
        )
    top.bar_label(bars, fontsize=8, padding=1)
    most = max(row["clusters"] for row in rows)
    top.set(ylabel=texts["clusters"], ylim=(0, 1.18 * max(most, 1)))
    top.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    noise = {row["hour"]: row["noise_share"] for row in rows if row["noise_share"] is not None}
    shares = [100 * noise[hour] if hour in noise else float("nan") for hour in range(24)]
    bottom.plot(range(24), shares, color="#5c6b7a", marker="o", markersize=4, linewidth=1.2)
    bottom.set(ylabel=texts["noise_axis"], ylim=(0, 100), yticks=(0, 50, 100))
    bottom.set(xlabel=texts["hour_utc"], xlim=(-0.6, 23.6), xticks=range(0, 24, 2))
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(axis="y", alpha=0.3)
    return svg(figure)
