"""A day of issue as the tables have it, made from a seeded history."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from airtraffic.airline_growth import airline_growth
from airtraffic.congestion_tables import CONGESTION_FORECAST, CONGESTION_GRID
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


FIRST_POLL = datetime(2024, 6, 30, 10, tzinfo=UTC)
ISSUES, POLLS = 60, 80
"""Polls that forecasts are issued at, and those that came: what is expected of the last ten minutes has not."""
CALM = ("quadrants", "NW")
ZONES = {
    **{("quadrants", name): base for name, base in {"NW": 40, "SE": 20}.items()},
    **{("sectors", name): base for name, base in {"CO-BOG-MDE": 8, "CO-CLO": 3}.items()},
    **{("cells", f"{south:+d}-075"): 1 for south in range(12)},
}
"""Zones, and their aircraft at the first poll: the north-west stays as it is, in the others one comes every 10 min."""


def congestion_counts() -> pl.DataFrame:
    """Rows of ``congestion_grid``, a poll a minute."""
    rows = [
        (kind, zone, FIRST_POLL + timedelta(minutes=poll), base + (0 if (kind, zone) == CALM else poll // 10))
        for (kind, zone), base in ZONES.items()
        for poll in range(POLLS)
    ]
    counts = pl.DataFrame(rows, schema=["zones", "zone", "snapshot_at", "aircraft"], orient="row")
    at = pl.col("snapshot_at").dt
    told = counts.with_columns(sources=pl.lit(["simulate"]), date=at.date(), hour=at.hour())
    return filled(CONGESTION_GRID, told)


def congestion_forecasts(model: str = "persistence") -> pl.DataFrame:
    """Rows of ``congestion_forecast``: nothing changes for three polls, and within 30 all but the north-west fills."""
    counts = congestion_counts().filter(pl.col("snapshot_at") < FIRST_POLL + timedelta(minutes=ISSUES))
    ahead = pl.DataFrame({"horizon": [1, 2, 3, 30]})
    far, fills = pl.col("horizon") == 30, pl.col("zone") != CALM[1]
    learned = pl.col("zones") == "quadrants"
    rows = (
        counts.rename({"snapshot_at": "issued_at"})
        .join(ahead, how="cross")
        .with_columns(
            target_at=pl.col("issued_at") + pl.duration(minutes="horizon"),
            mean=pl.col("aircraft") + pl.when(far & fills).then(2.5).otherwise(0.0),
            direction=pl.when(far).then(pl.when(fills).then(pl.lit("up")).otherwise(pl.lit("flat"))),
            threshold=pl.when(far).then(2.0),
            significant=pl.when(far).then(fills),
            model=pl.when(learned).then(pl.lit("lstm")).otherwise(pl.lit(model)),
            basis=pl.when(learned & far).then(pl.lit("lstm")).otherwise(pl.lit("persistence")),
            trained_to=pl.when(learned).then(pl.lit(FIRST_POLL - timedelta(days=1))),
        )
    )
    return filled(
        CONGESTION_FORECAST, rows.with_columns(lower=pl.col("mean") - 0.6, upper=pl.col("mean") + 0.6)
    )
