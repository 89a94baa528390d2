"""Complexity of airspace sectors, flows between countries, and flights to review."""

import os

import dagster as dg

from airtraffic.sector_finding_tables import COUNTRY_FLOWS, CRITICAL_FLIGHTS, SECTOR_COMPLEXITY
from airtraffic.settings import Settings
from assets.sectors import daily, make_days
from orchestration.automation import SECTORS_EAGER
from orchestration.resources.lake import LakeResource
from orchestration.sector_findings import make_country_flows, make_critical_flights, make_sector_complexity
from orchestration.sectors import load_sectors


@dg.asset(
    **daily(
        SECTOR_COMPLEXITY,
        "How much aircraft interact in cells of 20 x 20 NM x 3,000 ft of each airspace sector.",
        {"state_vectors_daily": (0, 0), "daily_completeness": (0, 0)},
    )
)
def sector_complexity(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    sectors, warning = load_sectors(), _coverage_warning()
    make_days(context, lambda days: make_sector_complexity(lake, days, sectors, warning))


@dg.asset(
    **daily(
        COUNTRY_FLOWS,
        "Flights between countries, by airport and not by registration, with the unknown share.",
        {"flights": (0, 0), "daily_completeness": (0, 0)},
    )
)
def country_flows(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    warning = _coverage_warning()
    make_days(context, lambda days: make_country_flows(lake, days, warning))


@dg.asset(
    **daily(
        CRITICAL_FLIGHTS,
        "Episodes in which an aircraft was critical, with reasons, place, nearest airport and flight, in the order "
        "in which to review them.",
        {"flight_states": (0, 0), "flights": (-1, 0), "daily_completeness": (0, 0)},
        # Flights of the day before alone are no reason: there are no positions to be critical.
        SECTORS_EAGER
        & dg.AutomationCondition.asset_matches("daily_completeness", ~dg.AutomationCondition.missing()),
    )
)
def critical_flights(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    warning = _coverage_warning()
    make_days(context, lambda days: make_critical_flights(lake, days, warning))


def _coverage_warning() -> float:
    return Settings.from_env(os.environ).coverage_warning
