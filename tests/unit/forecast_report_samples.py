"""A day of issue as the tables have it, made from a seeded history."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from airtraffic.airline_growth import airline_growth
from airtraffic.demand import split_key
from airtraffic.demand_tables import DAILY_DEMAND, DEMAND_CHAMPIONS, DEMAND_FORECAST, FORECAST_ACCURACY
from airtraffic.report.forecast_summary import ForecastDay
from airtraffic.seasonal_demand import seasonal_demand
from airtraffic.seasonal_tables import (
    AIRLINE_GROWTH,
    SEASONAL_FORECAST,
    SEASONAL_TRENDS,
    SECTOR_SATURATION_FORECAST,
)
from airtraffic.table import Table
from tests.unit.forecasting.daily_samples import daily

DAY = date(2024, 6, 30)
DAYS = 400
SERIES = ("network/flights", "airport/SKBO", "sector/CO-BOG-MDE", "sector/BR-SAO-RIO")


def history() -> pl.DataFrame:
    """As ``airtraffic.demand.history``: four series, one of them closed for two months."""
    rows = daily(DAYS, len(SERIES), start=DAY - timedelta(days=DAYS - 1), yearly=0.2, growth_per_year=0.1)
    keys = dict(zip((f"S{number}" for number in range(len(SERIES))), reversed(SERIES), strict=True))
    closed = (pl.col("series") == "airport/SKBO") & pl.col("date").is_between(
        date(2023, 9, 1), date(2023, 10, 31)
    )
    return (
        rows.with_columns(series=pl.col("series").replace(keys))
        .with_columns(
            kind=pl.col("series").str.split("/").list.first(),
            country=pl.lit("CO"),
            value=pl.when(closed).then(2.0).otherwise("value"),
            simulated=pl.lit(False),
        )
        .select("series", "kind", "country", "date", "value", "simulated")
    )


def filled(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with every column of a table; null where there is nothing to say."""
    empty = pl.DataFrame(pl.from_arrow(table.schema.empty_table()))
    return pl.DataFrame(
        pl.from_arrow(table.of(pl.concat([empty, rows.cast({"date": pl.Date})], how="diagonal_relaxed")))
    )


def named(rows: pl.DataFrame, source: str = "simulate") -> pl.DataFrame:
    """Rows by kind and series instead of their key."""
    parts = pl.col("series").str.splitn("/", 2)
    return rows.with_columns(
        kind=parts.struct[0], series=parts.struct[1], sources=pl.lit([source]), date=pl.lit(DAY)
    )


def forecasts(known: pl.DataFrame, issued: date) -> pl.DataFrame:
    """The same weekday of the last week, give or take a tenth, 30 days ahead."""
    last = known.filter(pl.col("date").is_between(issued - timedelta(days=6), issued))
    ahead = pl.DataFrame({"horizon": range(1, 31)}, schema={"horizon": pl.Int32}).with_columns(
        target_date=pl.lit(issued) + pl.duration(days=pl.col("horizon")),
        date=pl.lit(issued) - pl.duration(days=(7 - pl.col("horizon")) % 7),
    )
    return ahead.join(last, on="date").select(
        "series",
        "target_date",
        "horizon",
        mean="value",
        lower=0.9 * pl.col("value"),
        upper=1.1 * pl.col("value"),
        scale=0.05 * pl.col("value"),
        model=pl.lit("seasonal_naive"),
        backtest_coverage=pl.lit(0.94),
        backtest_mape=pl.lit(0.06),
        reason=pl.lit("no model has been trained yet"),
        trained_to=pl.lit(DAY),
        issued_on=pl.lit(issued),
    )


def accuracy(known: pl.DataFrame) -> pl.DataFrame:
    """What had been issued in the weeks before and has come due."""
    issued = pl.concat([forecasts(known, DAY - timedelta(days=back)) for back in range(1, 31)])
    came = known.select("series", "date", actual="value")
    due = issued.join(came, left_on=["series", "target_date"], right_on=["series", "date"])
    return due.with_columns(
        error=pl.col("mean") - pl.col("actual"),
        inside=pl.col("actual").is_between("lower", "upper"),
    )


def growth() -> pl.DataFrame:
    """A growing, a shrinking, a steady and a young airline over 18 full months."""
    random = np.random.default_rng(3)
    months = [date(2023 + at // 12, at % 12 + 1, 1) for at in range(17)]
    slopes = {"AVA": 120.0, "LAN": -60.0, "GLO": 0.0}
    rows = [
        (name, round(4000 + slope * at + 80 * random.standard_normal()), True, ["file"], month)
        for name, slope in slopes.items()
        for at, month in enumerate(months)
    ]
    rows += [("NEW", 300, True, ["file"], month) for month in months[-3:]]
    schema = ["airline", "flights", "full_month", "sources", "date"]
    return airline_growth(pl.DataFrame(rows, schema=schema, orient="row"), months[-1])


def saturation() -> pl.DataFrame:
    """Two sectors of which one fills up, and one without a capacity."""
    rows = []
    for sector, start, capacity in (
        ("BR-SAO-RIO", 60.0, 62.3),
        ("CO-BOG-MDE", 30.0, 62.3),
        ("CO-BOG-TMA", 1.0, None),
    ):
        for ahead in range(1, 8):
            percent = start + 6 * ahead if capacity else None
            ends = (0.85 * percent, 1.2 * percent) if percent else (None, None)
            rows.append(
                {
                    "sector": sector, "kind": "connectivity", "target_date": DAY + timedelta(days=ahead),
                    "horizon": ahead, "entries": 100.0, "entries_lower": 90.0, "entries_upper": 115.0,
                    "d_max": 10.0, "d_max_lower": 8.0, "d_max_upper": 13.0, "capacity_per_h": capacity,
                    "saturation_percent": percent, "saturation_lower_percent": ends[0],
                    "saturation_upper_percent": ends[1], "level": _level(percent), "level_upper": _level(ends[1]),
                    "alert_percent": 80.0, "critical_percent": 100.0, "model": "blend", "peak_factor": 1.2,
                    "peak_days": 56 if capacity else 0, "backtest_coverage": 0.95, "trained_to": DAY,
                    "sources": ["file"], "date": DAY,
                }
            )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _level(percent: float | None) -> str | None:
    return percent and ("critical" if percent > 100 else "alert" if percent > 80 else "normal")


def champions() -> pl.DataFrame:
    rows = [
        (*split_key(key), model, error, 52)
        for key, model, error in zip(
            SERIES,
            ("blend", "demand_forest", "seasonal_naive", "auto_ets"),
            (0.72, 0.81, 1.0, 0.9),
            strict=True,
        )
    ]
    return pl.DataFrame(rows, schema=["kind", "series", "champion", "error", "origins"], orient="row")


def forecast_day(source: str = "simulate") -> ForecastDay:
    """All of it."""
    known = history()
    parts, trends = seasonal_demand(known)
    recent = known.filter(pl.col("date") > DAY - timedelta(days=56))
    due = accuracy(known)
    models = champions().select("kind", "series", model="champion")
    issued = named(forecasts(known, DAY), source).drop("model").join(models, on=["kind", "series"])
    return ForecastDay(
        DAY,
        filled(DEMAND_FORECAST, issued),
        filled(DAILY_DEMAND, named(recent, source).with_columns(recent["date"])),
        filled(FORECAST_ACCURACY, named(due, source).with_columns(due["target_date"].alias("date"))),
        filled(DEMAND_CHAMPIONS, champions().with_columns(date=pl.lit(DAY))),
        filled(SEASONAL_FORECAST, named(parts, source)),
        filled(SEASONAL_TRENDS, named(trends, source)),
        filled(AIRLINE_GROWTH, growth()),
        filled(SECTOR_SATURATION_FORECAST, saturation()),
    )


def empty_day() -> ForecastDay:
    """A day on which nothing was made."""
    whole = (
        DEMAND_FORECAST,
        DAILY_DEMAND,
        FORECAST_ACCURACY,
        DEMAND_CHAMPIONS,
        SEASONAL_FORECAST,
        SEASONAL_TRENDS,
        AIRLINE_GROWTH,
        SECTOR_SATURATION_FORECAST,
    )
    return ForecastDay(DAY, *(pl.DataFrame(pl.from_arrow(table.schema.empty_table())) for table in whole))
