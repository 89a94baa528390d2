"""A year ahead by trend and season: which years to fit, and how far to draw on the slope."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl
from rich.progress import Progress
from rich.table import Table

from airtraffic.forecasting.scores import MIN_ACTUAL
from airtraffic.forecasting.seasonal import SeasonalFourier
from airtraffic.seasonal_demand import YEAR_AGO_DAYS

DAYS = (
    date(2022, 6, 30),
    date(2022, 12, 31),
    date(2023, 3, 31),
    date(2023, 6, 30),
    date(2023, 9, 30),
    date(2023, 12, 31),
    date(2024, 3, 31),
    date(2024, 6, 30),
)
SPANS = ((1, 30), (31, 90), (91, 365))
"""Horizons whose errors are averaged. [d]"""
YEAR_AGO = "same weekday a year before"
FITTED = {
    "all days, slope goes on": {"years": None, "damping_days": None},
    "all days, slope halves": {"years": None},
    "3 years, slope halves": {"years": 3.0},
    "2 years, slope goes on": {"damping_days": None},
    "2 years, slope halves: published": {},
}


def seasons_table(histories: Mapping[str, pl.DataFrame], progress: Progress) -> Table:
    """MAPE by panel and span of horizons, means over series and then over ``DAYS``."""
    task = progress.add_task("seasons", total=len(histories) * len(DAYS) * len(FITTED))
    rows = []
    for panel, history in histories.items():
        for day in DAYS:
            known = history.filter(pl.col("date") <= day)
            year_ago = known.filter(pl.col("date") > day - timedelta(days=YEAR_AGO_DAYS)).select(
                "series", pl.col("date") + timedelta(days=YEAR_AGO_DAYS), mean="value"
            )
            forecasts = {YEAR_AGO: year_ago}
            for name, parameters in FITTED.items():
                model = SeasonalFourier(**parameters)
                model.calibration_weeks = 0
                forecasts[name] = model.fit(known).forecast(365).select("series", "date", "mean")
                progress.advance(task)
            rows += [_errors(each, history, day, panel, name) for name, each in forecasts.items()]
    errors = pl.concat(rows).group_by("panel", "model", "span").agg(pl.col("mape").mean())
    table = Table("fitted to", title="A year ahead: MAPE", title_justify="left")
    for panel in histories:
        for first, last in SPANS:
            table.add_column(f"{panel}, {first} to {last} d", justify="right")
    values = {(row["panel"], row["model"], row["span"]): row["mape"] for row in errors.iter_rows(named=True)}
    for model in (YEAR_AGO, *FITTED):
        table.add_row(
            model,
            *(f"{100 * values[panel, model, first]:.1f} %" for panel in histories for first, _ in SPANS),
        )
    return table


def _errors(forecast: pl.DataFrame, history: pl.DataFrame, day: date, panel: str, model: str) -> pl.DataFrame:
    ahead = (pl.col("date") - day).dt.total_days()
    span = pl.coalesce(pl.when(ahead.is_between(*each)).then(each[0]) for each in SPANS)
    came = history.select("series", "date", "value").drop_nulls("value").filter(pl.col("value") >= MIN_ACTUAL)
    both = forecast.join(came, on=["series", "date"]).with_columns(span=span).drop_nulls("span")
    error = (pl.col("mean") - pl.col("value")).abs() / pl.col("value")
    by_series = both.group_by("series", "span").agg(mape=error.mean())
    named = by_series.group_by("span").agg(pl.col("mape").mean())
    return named.with_columns(panel=pl.lit(panel), model=pl.lit(model))
