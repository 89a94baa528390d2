"""Daily demand of the coming month, and what became of earlier forecasts."""

from datetime import date, timedelta

import dagster as dg
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from airtraffic.demand_tables import DEMAND_FORECAST, FORECAST_ACCURACY
from assets.demand_models import YEAR_BEFORE
from orchestration.automation import ACCURACY_EAGER
from orchestration.demand_forecast import HORIZON, make_demand_forecast
from orchestration.demand_history import DAYS_AT_ONCE
from orchestration.described import LIVE, NIGHTLY, described, picture
from orchestration.forecast_accuracy import make_forecast_accuracy, read_drift
from orchestration.partitions import DAILY, DAY_KEY, spans
from orchestration.resources.lake import LakeResource
from orchestration.sectors import frame, rows_by_day

_RUN = dg.BackfillPolicy.single_run()
_A_WEEK = dg.TimeWindowPartitionMapping(
    start_offset=-6, end_offset=0, allow_nonexistent_upstream_partitions=True
)
_MONTH_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=-HORIZON, end_offset=-1, allow_nonexistent_upstream_partitions=True
)


@dg.asset(
    **described(
        DEMAND_FORECAST,
        DAILY,
        {"polars"},
        NIGHTLY,
        f"Forecast of the next {HORIZON} days by each series' champion, with its calibrated 95 % interval; by the "
        "seasonal naive where no champion is known. Late counts do not change what was published.",
    ),
    deps=[
        dg.AssetDep("daily_demand", partition_mapping=YEAR_BEFORE),
        dg.AssetDep("demand_models", partition_mapping=_A_WEEK),
        dg.AssetDep("demand_champions", partition_mapping=_A_WEEK),
        dg.AssetDep("forecast_backtests", partition_mapping=_A_WEEK),
    ],
    backfill_policy=_RUN,
)
def demand_forecast(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    last = max(context.partition_keys)
    for days in spans((date.fromisoformat(key) for key in context.partition_keys), DAYS_AT_ONCE):
        made = make_demand_forecast(lake, days)
        rows = rows_by_day(made)
        for day in days:
            key = day.strftime(DAY_KEY)
            metadata = {"dagster/partition_row_count": rows.get(day, 0)}
            if key == last:
                metadata |= _shown(lake, made.filter(pc.equal(made["date"], day)), day)
            context.add_asset_metadata(metadata, partition_key=key)


def _shown(lake: LakeResource, made: pa.Table, day: date) -> dict:
    from airtraffic.report.demand_charts import BEFORE_DAYS, forecast_panels

    issued = pl.DataFrame(pl.from_arrow(made))
    where = [("date", ">", day - timedelta(days=BEFORE_DAYS)), ("date", "<=", day)]
    known = frame(lake, "daily_demand", ("kind", "series", "date", "value"), where)
    models = issued.unique(["kind", "series"])["model"].value_counts(sort=True)
    trained = issued["trained_to"].max()
    return {
        "forecasts": picture(forecast_panels(known, issued), f"forecasts from {day} on"),
        "series_by_model": dg.MetadataValue.json(dict(models.iter_rows())),
        "trained_to": str(trained) if trained else "no model has been trained yet",
    }


@dg.asset(
    **described(
        FORECAST_ACCURACY,
        DAILY,
        {"polars"},
        LIVE,
        f"What the forecasts of the {HORIZON} days before said of a day, beside what came.",
    ),
    deps=["daily_demand", dg.AssetDep("demand_forecast", partition_mapping=_MONTH_BEFORE)],
    automation_condition=ACCURACY_EAGER,
    backfill_policy=_RUN,
)
def forecast_accuracy(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    last = max(context.partition_keys)
    for days in spans((date.fromisoformat(key) for key in context.partition_keys), DAYS_AT_ONCE):
        rows = rows_by_day(make_forecast_accuracy(lake, days))
        for day in days:
            key = day.strftime(DAY_KEY)
            metadata = {"dagster/partition_row_count": rows.get(day, 0)}
            if key == last:
                metadata |= _came(lake, day)
            context.add_asset_metadata(metadata, partition_key=key)


def _came(lake: LakeResource, day: date) -> dict:
    from airtraffic.report.demand_charts import CAME_DAYS, accuracy_panels

    columns = ("kind", "series", "date", "horizon", "mean", "lower", "upper", "actual")
    where = [("date", ">", day - timedelta(days=CAME_DAYS)), ("date", "<=", day)]
    rows = frame(lake, FORECAST_ACCURACY.name, columns, where)
    return {
        "forecast_and_what_came": picture(
            accuracy_panels(rows, day), f"forecasts of {CAME_DAYS} days up to {day}"
        ),
        "last_weeks": read_drift(lake, day).sentence(),
    }
