"""One forecast with its error bars on the terminal."""

import polars as pl
from rich.console import Console
from rich.table import Table

DAYS = 10
WIDTH = 44
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
    table = Table(
        title=f"forecast of {kind} {name}, issued {first['date']}, flights per day",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("day", style="cyan", no_wrap=True)
    for column in ("lower", "mean", "upper"):
        table.add_column(column, justify="right")
    low, high = rows["lower"].min(), rows["upper"].max()
    table.add_column(f"95 % interval, {low:,.0f} to {high:,.0f}", no_wrap=True)
    for row in rows.iter_rows(named=True):
        table.add_row(
            f"{row['target_date']:%a %d %b}",
            *(f"{row[column]:,.0f}" for column in ("lower", "mean", "upper")),
            error_bar(row["lower"], row["mean"], row["upper"], low, high),
        )
    console.print(table)
    if simulated:
        console.print("[yellow]simulated: the counts it is made of are of flights that nobody has flown[/]")
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
    covered = f"; {min(coverage):.0%} to {max(coverage):.0%} of past counts lay inside" if coverage else ""
    return (
        f". Backtest: off by {first['backtest_mape']:.1%} at {first['horizon']} day and "
        f"{last['backtest_mape']:.1%} at {last['horizon']} days{covered}"
    )
