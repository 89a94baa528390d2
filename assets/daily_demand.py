"""Daily demand: what each series came to, from published counts or from counted flights."""

from datetime import date

import dagster as dg

from airtraffic.demand_tables import DAILY_DEMAND
from assets.sectors import daily
from orchestration.automation import DEMAND_EAGER
from orchestration.demand_history import DAYS_AT_ONCE, make_daily_demand
from orchestration.partitions import DAY_KEY, spans
from orchestration.resources.lake import LakeResource
from orchestration.sectors import load_sectors, rows_by_day


@dg.asset(
    **daily(
        DAILY_DEMAND,
        "Flights of the day by network, country, airport, sector, route and airline: a published count where "
        "there is one, else what was counted; airports count the arrivals of the day, the night's included.",
        # The day before has flights that land on this one.
        {"flights": (-1, 0), "sector_entries": (0, 0), "daily_completeness": (0, 0), "daily_counts": (0, 0)},
        DEMAND_EAGER,
    )
)
def daily_demand(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    sectors = load_sectors()
    for days in spans((date.fromisoformat(key) for key in context.partition_keys), DAYS_AT_ONCE):
        rows = rows_by_day(make_daily_demand(lake, days, sectors))
        for day in days:
            metadata = {"dagster/partition_row_count": rows.get(day, 0)}
            context.add_asset_metadata(metadata, partition_key=day.strftime(DAY_KEY))
