"""Daily forecasts against seasonal naive and the classical models, on published counts and on flights.

Needs the folder of real counts that AIRTRAFFIC_RECORDINGS names. One origin a week over each series' last 12
months, 1 to 30 days ahead; every model is fitted again on the first origin of each month; intervals and
champions come from errors that had come by then. 2020 stands apart. Then a year ahead by trend and season, the
time that a year of daily forecasts takes, and congestion.
"""

import os
from datetime import date
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from airtraffic.forecasting.scores import scores
from airtraffic.forecasting.selection import champions
from airtraffic.forecasting.training import CANDIDATES
from benchmarks import _forecast_aims as aims
from benchmarks import _forecast_congestion
from benchmarks._forecast_backfill import backfill_table
from benchmarks._forecast_runs import backtests, best_of_statsforecast
from benchmarks._forecast_seasons import seasons_table
from benchmarks._forecast_series import last_year, origins, panels, weekly

SHOWN_HORIZONS = (1, 2, 3, 7, 14, 21, 30)


def main() -> None:
    """Print the tables."""
    console = Console()
    folder = os.environ.get("AIRTRAFFIC_RECORDINGS")
    if not folder:
        console.print(
            "Real counts are needed: set AIRTRAFFIC_RECORDINGS to the folder that holds daily/ and flights/."
        )
        return
    histories = panels(Path(folder))
    measured = []
    with Progress(console=console) as progress:
        for name, history in histories.items():
            warm, scored = origins(history)
            made = with_champion(backtests(history, warm, scored, progress, name), scored)
            measured.append(last_year(made, history).with_columns(panel=pl.lit(name)))
    rows = pl.concat(measured)
    for name in histories:
        console.print(models_table(rows.filter(pl.col("panel") == name), f"{name}: last 12 months"))
    console.print(horizons_table(rows))
    with Progress(console=console) as progress:
        best, table = best_of_statsforecast(histories["brazil"], progress)
    console.print(table)
    console.print(series_table(rows))
    console.print(aims.table(rows, best))
    with Progress(console=console) as progress:
        for name in ("brazil", "europe"):
            history = histories[name].filter(pl.col("date") < date(2021, 2, 1))
            warm, scored = weekly(history["date"].min(), date(2020, 1, 1), date(2020, 12, 31))
            made = with_champion(backtests(history, warm, scored, progress, f"{name} 2020"), scored)
            apart = made.filter(pl.col("origin") >= scored[0])
            progress.console.print(models_table(apart, f"{name}: 2020, apart"))
    with Progress(console=console) as progress:
        console.print(seasons_table({name: histories[name] for name in ("brazil", "europe")}, progress))
    console.print(backfill_table(pl.concat([histories["brazil"], histories["europe"]]), console))
    _forecast_congestion.main()


def with_champion(backtest: pl.DataFrame, scored: list[date]) -> pl.DataFrame:
    """The champion's rows too: of every series the model chosen by what had come at each month's fit."""
    allowed = backtest.filter(pl.col("model").is_in(CANDIDATES))
    fits = allowed.filter(pl.col("origin") >= scored[0])["fitted_on"].unique().sort()
    chosen = pl.concat(
        champions(allowed, at).select("series", fitted_on=pl.lit(at), model="champion") for at in fits
    )
    rows = allowed.join(chosen, on=["series", "fitted_on", "model"])
    published = rows.with_columns(chosen=pl.col("model"), model=pl.lit("champion"))
    return pl.concat([backtest.with_columns(chosen=pl.lit(None, pl.String)), published], how="diagonal")


def models_table(rows: pl.DataFrame, title: str) -> Table:
    """One line per model, means over series."""
    each = scores(rows, by=["model", "series"])
    level = rows.group_by("series").agg(level=pl.col("actual").mean())
    each = each.join(level, on="series")
    table = Table(title=f"{title} ({each['series'].n_unique()} series)", title_justify="left")
    for column in ("model", "MAE / naive", "worst", "MASE", "MAPE", "bias", "coverage", "least", "width"):
        table.add_column(column, justify="left" if column == "model" else "right")
    summary = each.group_by("model").agg(
        pl.col("vs_naive", "mase", "mape", "coverage").mean(),
        worst=pl.col("vs_naive").max(),
        least=pl.col("coverage").min(),
        bias=(pl.col("bias") / pl.col("level")).mean(),
        width=(pl.col("width") / pl.col("level")).mean(),
    )
    for row in summary.sort("vs_naive").iter_rows(named=True):
        table.add_row(
            row["model"],
            *(f"{row[name]:.3f}" for name in ("vs_naive", "worst", "mase")),
            *(f"{100 * row[name]:.1f} %" for name in ("mape", "bias", "coverage", "least", "width")),
        )
    return table


def horizons_table(rows: pl.DataFrame) -> Table:
    """MAE over the naive's per horizon, mean over all series; the champion's coverage and width."""
    each = scores(rows, by=["model", "series", "horizon"]).filter(pl.col("vs_naive").is_finite())
    table = Table("model", title="MAE / naive per horizon, all series", title_justify="left")
    for step in SHOWN_HORIZONS:
        table.add_column(f"h {step}", justify="right")
    by_model = each.group_by("model", "horizon").agg(pl.col("vs_naive", "coverage", "mase").mean())
    values = {(row["model"], row["horizon"]): row for row in by_model.iter_rows(named=True)}
    for model in sorted({model for model, _ in values}):
        table.add_row(model, *(f"{values[model, step]['vs_naive']:.3f}" for step in SHOWN_HORIZONS))
    for what, scale, name in (
        ("coverage", 100, "coverage of the champion, %"),
        ("mase", 1, "MASE of the champion"),
    ):
        table.add_row(name, *(f"{scale * values['champion', step][what]:.2f}" for step in SHOWN_HORIZONS))
    return table


def series_table(rows: pl.DataFrame) -> Table:
    """The champion of every series: how often which model, its error and the coverage of its interval."""
    published = rows.filter(pl.col("model") == "champion")
    names = published.group_by("panel", "series").agg(
        models=pl.col("chosen").value_counts(sort=True).struct.field("chosen").str.join(", "),
        level=pl.col("actual").mean(),
    )
    each = scores(rows, by=["model", "panel", "series"]).filter(pl.col("model") == "champion")
    table = Table(title="Champions, worst coverage first", title_justify="left")
    for column in ("panel", "series", "a day", "champions", "MAE / naive", "MAPE", "coverage", "width"):
        table.add_column(column, justify="left" if column in ("panel", "series", "champions") else "right")
    for row in each.join(names, on=["panel", "series"]).sort("coverage", "series").iter_rows(named=True):
        table.add_row(
            row["panel"],
            row["series"],
            f"{row['level']:,.1f}",
            row["models"],
            f"{row['vs_naive']:.3f}",
            "-" if row["mape"] is None else f"{100 * row['mape']:.1f} %",
            f"{100 * row['coverage']:.1f} %",
            f"{row['width']:,.1f}",
        )
    return table
