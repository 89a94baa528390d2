"""Daily demand: what each series came to, from published counts or from counted flights."""

import dagster as dg

from airtraffic.demand_tables import DAILY_DEMAND
from assets.sectors import daily, make_days
from orchestration.automation import DEMAND_EAGER
from orchestration.demand_history import make_daily_demand
from orchestration.resources.lake import LakeResource
from orchestration.sectors import load_sectors


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
    make_days(context, lambda days: {"daily_demand": make_daily_demand(lake, days, sectors)})
