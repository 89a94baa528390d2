"""How long a year of daily forecasts takes, learning and forecasting apart."""

import time
from datetime import date, timedelta

import polars as pl
from rich.console import Console
from rich.table import Table

from airtraffic.forecasting.backtest import residuals, rolling_origins
from airtraffic.forecasting.baselines import SeasonalNaive, WeekdayMean
from airtraffic.forecasting.blend import Blend
from airtraffic.forecasting.classical import AutoETS
from airtraffic.forecasting.contract import Forecaster
from airtraffic.forecasting.forest import DemandForest
from airtraffic.forecasting.seasonal import SeasonalFourier
from benchmarks._forecast_series import HORIZON, countries

SERIES = 100
FIRST, WEEKS = date(2023, 1, 1), 52
MODELS_LEARNED = 4
"""Each serves a quarter: a forecast takes as long with last week's model as with last quarter's."""


def backfill_table(history: pl.DataFrame, console: Console) -> Table:
    """Forecasts of every candidate, every day of 2023, 30 days ahead, for 100 series."""
    history = _hundred(history)
    table = Table(
        "model",
        title=f"{SERIES} series, {7 * WEEKS} days of issue, {HORIZON} days ahead",
        title_justify="left",
    )
    for column in ("learning, s a week", "forecasting the year, s"):
        table.add_column(column, justify="right")
    forest = DemandForest(countries=countries(history))
    total = 0.0
    for model in (
        SeasonalNaive(),
        WeekdayMean(),
        AutoETS(),
        SeasonalFourier(),
        forest,
        Blend(members=(forest, AutoETS())),
    ):
        with console.status(f"{model.name}: a year of daily forecasts"):
            learning, forecasting = _timed(model, history)
        total += forecasting
        table.add_row(model.name, f"{learning:.1f}", f"{forecasting:.1f}")
    table.add_row("all", "", f"{total:.1f}")
    return table


def _timed(model: Forecaster, history: pl.DataFrame) -> tuple[float, float]:
    past = residuals(
        rolling_origins(
            SeasonalNaive(), history, [FIRST - timedelta(days=7 * week) for week in range(31, 83)][::-1]
        )
    )
    learning = forecasting = 0.0
    made = 0
    for quarter in range(MODELS_LEARNED):
        start = FIRST + timedelta(days=7 * quarter * WEEKS // MODELS_LEARNED)
        began = time.perf_counter()
        model.fit(history.filter(pl.col("date") < start), past)
        learning += time.perf_counter() - began
        began = time.perf_counter()
        for week in range(WEEKS // MODELS_LEARNED):
            days = [start + timedelta(days=7 * week + day) for day in range(7)]
            model.update(history.filter(pl.col("date") <= days[-1]))
            made += model.forecasts(HORIZON, days).height
        forecasting += time.perf_counter() - began
    assert made == SERIES * 7 * WEEKS * HORIZON
    return learning / MODELS_LEARNED, forecasting


def _hundred(history: pl.DataFrame) -> pl.DataFrame:
    """All published series and, to fill up, departures and arrivals of a country as one."""
    both = history.filter(pl.col("series").str.contains("departures|arrivals"))
    sums = both.group_by(pl.col("series").str.slice(0, 2) + " both", "country", "date").agg(
        pl.col("value").sum()
    )
    more = sums.with_columns(kind=pl.lit("country both")).select(history.columns)
    names = history["series"].unique().sort().to_list() + more["series"].unique().sort().to_list()
    every = pl.concat([history, more])
    return every.filter(pl.col("series").is_in(names[:SERIES]) & (pl.col("date") < date(2024, 1, 1)))
