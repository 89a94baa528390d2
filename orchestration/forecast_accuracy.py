"""Forecasts against what came, made from the lake."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.demand import HISTORY_COLUMNS
from airtraffic.demand_tables import DEMAND_FORECAST, FORECAST_ACCURACY
from airtraffic.forecasting.drift import COLUMNS, LAST_DAYS, Drift, drift
from airtraffic.settings import Settings
from orchestration.check_tables import Finding
from orchestration.demand_forecast import HORIZON, known_on
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from orchestration.sectors import days_with_rows, frame
from orchestration.silver import days_predicate

CHECK = "forecasts_hold"
_OF_DAY = ["kind", "series", "target_date", "simulated"]
_FORECAST_COLUMNS = (
    "kind",
    "series",
    "target_date",
    "horizon",
    "model",
    "mean",
    "lower",
    "upper",
    "scale",
    "sources",
    "date",
)


def make_forecast_accuracy(lake: LakeResource, days: Sequence[date]) -> pa.Table:
    """Make consecutive days of ``forecast_accuracy``, in one commit: every forecast of them against what came."""

    def rows() -> pa.Table:
        issued = forecasts_of(lake, days)
        if issued.is_empty():
            return FORECAST_ACCURACY.schema.empty_table()
        demand = frame(lake, "daily_demand", HISTORY_COLUMNS, [("date", "<=", max(days))])
        came = _came(demand, days)
        # What is simulated says nothing of a forecast of what flew.
        world = (pl.col("sources") == ["simulate"]).alias("simulated")
        joined = (
            issued.with_columns(world)
            .drop("sources")
            .join(came, on=_OF_DAY)
            .with_columns(
                error=pl.col("mean") - pl.col("actual"),
                inside=pl.col("actual").is_between("lower", "upper"),
            )
        )
        named = joined.rename({"date": "issued_on", "target_date": "date"})
        return FORECAST_ACCURACY.of(named.sort("date", "kind", "series", "issued_on"))

    return replace_from_newest(lake, FORECAST_ACCURACY.name, rows, days_predicate(days))


def forecasts_of(lake: LakeResource, days: Sequence[date]) -> pl.DataFrame:
    """Rows of ``demand_forecast`` that were issued before some days, for them."""
    issued = [min(days) - timedelta(days=HORIZON) + timedelta(days=n) for n in range(HORIZON + len(days) - 1)]
    there = sorted(days_with_rows(lake, DEMAND_FORECAST.name, issued))
    if not there:
        return pl.DataFrame(pl.from_arrow(DEMAND_FORECAST.schema.empty_table()))
    where = [("date", "in", there), ("target_date", ">=", min(days)), ("target_date", "<=", max(days))]
    return frame(lake, DEMAND_FORECAST.name, _FORECAST_COLUMNS, where)


def _came(demand: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """What came on each day, as it was known on its evening: a day of which too little is known is not there."""
    parts = [
        known.filter(pl.col("date").is_in(batch)).select("series", "date", "value", "simulated")
        for batch, known in known_on(demand, days)
    ]
    key = pl.col("series").str.splitn("/", 2)
    named = pl.concat(parts).select(
        key.struct.field("field_0").alias("kind"),
        key.struct.field("field_1").alias("series"),
        pl.col("date").alias("target_date"),
        pl.col("value").alias("actual"),
        "simulated",
    )
    sources = demand.select("kind", "series", pl.col("date").alias("target_date"), "sources")
    # A zero has no row of its own: nobody counted the series, somebody counted others.
    return named.join(sources, on=["kind", "series", "target_date"], how="left").with_columns(
        pl.col("sources").fill_null([])
    )


def read_drift(lake: LakeResource, at: date, since: date | None = None) -> Drift:
    """How the forecasts of the weeks up to a day did, those that were issued from ``since`` on."""
    return drift(_accuracy(lake, at, at), at, since)


def check_forecast_accuracy(
    lake: LakeResource, settings: Settings, days: Sequence[date]
) -> Iterator[Finding]:
    """The forecasts of the last weeks hold."""
    rows = _accuracy(lake, min(days), max(days))
    for day in days:
        found = drift(rows, day)
        numbers = {"coverage": found.coverage, "vs_naive": found.vs_naive}
        yield Finding(
            CHECK,
            day,
            found.holds,
            found.sentence(),
            {"days": found.days, "forecasts": found.forecasts}
            | {name: value for name, value in numbers.items() if value is not None},
        )


def _accuracy(lake: LakeResource, first: date, last: date) -> pl.DataFrame:
    # A week more, since the naive of a day is what came a week before it.
    begin = first - timedelta(days=LAST_DAYS + 7)
    return frame(lake, FORECAST_ACCURACY.name, COLUMNS, [("date", ">=", begin), ("date", "<=", last)])
