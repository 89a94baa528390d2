"""How full sectors are going to be, day by day of the week to come."""

from datetime import date

import dagster as dg

from airtraffic.saturation_forecast import PEAK_DAYS
from airtraffic.seasonal_tables import SECTOR_SATURATION_FORECAST
from orchestration.automation import FORECAST_READY
from orchestration.described import NIGHTLY, described
from orchestration.partitions import DAILY, DAY_KEY, spans
from orchestration.resources.lake import LakeResource
from orchestration.saturation_forecast import make_saturation_forecast
from orchestration.sectors import DAYS_AT_ONCE, load_sectors, rows_by_day

_PEAKS = dg.TimeWindowPartitionMapping(
    start_offset=1 - PEAK_DAYS, end_offset=0, allow_nonexistent_upstream_partitions=True
)


@dg.asset(
    deps=[
        "demand_forecast",
        "peak_hours",
        "sector_capacity",
        dg.AssetDep("sector_saturation", partition_mapping=_PEAKS),
    ],
    automation_condition=FORECAST_READY,
    backfill_policy=dg.BackfillPolicy.single_run(),
    **described(
        SECTOR_SATURATION_FORECAST,
        DAILY,
        {"polars"},
        NIGHTLY,
        "Forecast entries of the next 7 days against the hourly capacity: saturation index with its interval, and "
        "the level that its upper end would be.",
    ),
)
def sector_saturation_forecast(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    sectors = load_sectors()
    for days in spans((date.fromisoformat(key) for key in context.partition_keys), DAYS_AT_ONCE):
        made = make_saturation_forecast(lake, days, sectors)
        rows = rows_by_day(made)
        highest = _highest(made)
        for day in days:
            context.add_asset_metadata(
                {"dagster/partition_row_count": rows.get(day, 0)} | highest.get(day, {}),
                partition_key=day.strftime(DAY_KEY),
            )


def _highest(made) -> dict[date, dict[str, float]]:
    """The highest index and upper end that was forecast on each day."""
    names = ("saturation_percent", "saturation_upper_percent")
    groups = made.group_by("date").aggregate([(name, "max") for name in names]).to_pylist()
    return {
        row["date"]: {
            f"highest_{name}": row[f"{name}_max"] for name in names if row[f"{name}_max"] is not None
        }
        for row in groups
    }
