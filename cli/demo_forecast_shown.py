"""One forecast with its error bars on the terminal."""

import polars as pl
from rich.console import Console
from rich.table import Table

DAYS = 10
WIDTH = 44
"""Most characters of an error bar."""
LEAST_WIDTH = 12
"""Where fewer are left, there is no bar: numbers are never cut."""
_ENDS = ("lower", "mean", "upper")
COLUMNS = (
    "kind",
    "series",
    "target_date",
    "horizon",
    "model",
    "mean",
    "lower",
    "upper",
    "backtest_coverage",
    "backtest_mape",
    "reason",
    "trained_to",
    "sources",
    "date",
)
"""What is shown of ``demand_forecast``."""
_KINDS = ("network", "sector", "airport")


def show_forecast(console: Console, forecast: pl.DataFrame) -> None:
    """Print the forecast of the network, or of the busiest series of another kind.

    Parameters
    ----------
    forecast
        ``COLUMNS`` of one day of issue. [1/d]
    """
    for kind in _KINDS:
        rows = forecast.filter((pl.col("kind") == kind) & (pl.col("horizon") <= DAYS))
        if rows.height:
            break
    else:
        console.print("Nothing is forecast: no series has 28 days of counts.")
        return
    name = rows.sort("mean", "series", descending=[True, False])["series"][0]
    rows = rows.filter(pl.col("series") == name).sort("horizon")
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    simulated = "simulate" in (first["sources"] or ())
    low, high = rows["lower"].min(), rows["upper"].max()
    said = {column: [f"{value:,.0f}" for value in rows[column]] for column in _ENDS}
    days = [f"{day:%a %d %b}" for day in rows["target_date"]]
    widths = {name: max(map(len, [name, *texts])) for name, texts in {"day": days, **said}.items()}
    # Four columns and a fifth, each with a space on both sides, and the six lines around them.
    left = console.width - sum(widths.values()) - 5 * 2 - 6
    width = min(WIDTH, left) if left >= LEAST_WIDTH else 0
    table = Table(
        title=f"forecast of {kind} {name}, issued {first['date']}, flights per day",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("day", style="cyan", no_wrap=True, min_width=widths["day"])
    for column in _ENDS:
        table.add_column(column, justify="right", no_wrap=True, min_width=widths[column])
    if width:
        table.add_column(f"95 % interval, {low:,.0f} to {high:,.0f}", min_width=width)
    for at, row in enumerate(rows.iter_rows(named=True)):
        bar = [error_bar(*(row[end] for end in _ENDS), low, high, width)] if width else []
        table.add_row(days[at], *(said[column][at] for column in _ENDS), *bar)
    console.print(table, crop=False)
    if simulated:
        console.print(
            "[yellow]simulated: the daily counts it is made of are drawn apart from the positions above; nobody has "
            "flown either[/]",
            soft_wrap=True,
        )
    console.print(
        f"model {first['model']}"
        + (f", learned from days up to {first['trained_to']}" if first["trained_to"] else "")
        + _backtest(first, last)
        + (f". Why it: {first['reason']}" if first["reason"] else ""),
        highlight=False,
        soft_wrap=True,
    )


def error_bar(lower: float, mean: float, upper: float, low: float, high: float, width: int = WIDTH) -> str:
    """A line from ``lower`` to ``upper`` with a mark at ``mean``, on a scale from ``low`` to ``high``.

    >>> error_bar(20, 40, 80, 0, 100, width=11)
    '  ├─●───┤  '
    """
    scale = (width - 1) / ((high - low) or 1.0)
    begin, middle, end = (round((value - low) * scale) for value in (lower, mean, upper))
    line = [" "] * begin + ["─"] * (end - begin + 1) + [" "] * (width - 1 - end)
    line[begin], line[end] = "├", "┤"
    line[middle] = "●"
    return "".join(line)


def _backtest(first: dict, last: dict) -> str:
    if first["backtest_mape"] is None:
        return "; no backtest of it yet"
    coverage = [row["backtest_coverage"] for row in (first, last) if row["backtest_coverage"] is not None]
    shares = " to ".join(dict.fromkeys(f"{each:.0%}" for each in sorted(coverage)))
    covered = f"; {shares} of past counts lay inside" if coverage else ""
    return (
        f". Backtest: off by {first['backtest_mape']:.1%} at {first['horizon']} day and "
        f"{last['backtest_mape']:.1%} at {last['horizon']} days{covered}"
    )
