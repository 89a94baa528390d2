"""Sectors: who was in them, how many entered, what they can take, and what that comes to."""

import os
from collections.abc import Callable
from datetime import date
from typing import Any

import dagster as dg

from airtraffic.sector_finding_tables import (
    OVERLOAD_SEGMENTS,
    PEAK_HOURS,
    SECTOR_ADJUSTMENTS,
    SECTOR_ALERTS,
)
from airtraffic.sector_tables import (
    SECTOR_CAPACITY,
    SECTOR_ENTRIES,
    SECTOR_FLIGHTS,
    SECTOR_OCCUPANCY,
    SECTOR_SATURATION,
)
from airtraffic.settings import Settings
from airtraffic.table import Table
from orchestration.automation import SECTORS_EAGER, WINDOWS_EAGER
from orchestration.described import LIVE, described
from orchestration.partitions import DAILY, DAY_KEY, spans
from orchestration.resources.lake import LakeResource
from orchestration.sectors import (
    DAYS_AT_ONCE,
    Made,
    Windows,
    load_sectors,
    make_sector_counts,
    make_sector_demand,
    make_sector_flights,
    rows_by_day,
)

Around = tuple[int, int]
"""First and last day beside a day, both included: (0, 0) is the day alone."""
WINDOW: Around = (-89, 0)
"""The trailing window that the graph knows of; ``tps_window_days`` in config/sectors.yaml is the one that counts."""


def daily(
    table: Table,
    purpose: str,
    deps: dict[str, Around],
    condition: dg.AutomationCondition = SECTORS_EAGER,
) -> dict[str, Any]:
    """Arguments of a daily asset, with the days that it looks at in each table it is made of."""
    return {
        "name": table.name,
        "deps": [dg.AssetDep(name, partition_mapping=_days(*around)) for name, around in deps.items()],
        "automation_condition": condition,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        **described(table, DAILY, {"polars"}, LIVE, purpose),
    }


def _days(first: int, last: int) -> dg.TimeWindowPartitionMapping:
    return dg.TimeWindowPartitionMapping(
        start_offset=first, end_offset=last, allow_nonexistent_upstream_partitions=True
    )


def make_days(context: dg.AssetExecutionContext, make: Callable[[list[date]], Made]) -> None:
    """The run's days, a span at a time, with the rows of each as metadata."""
    name = context.asset_key.to_user_string()
    for days in spans((date.fromisoformat(key) for key in context.partition_keys), DAYS_AT_ONCE):
        rows = rows_by_day(make(days)[name])
        for day in days:
            context.add_asset_metadata(
                {"dagster/partition_row_count": rows.get(day, 0)}, partition_key=day.strftime(DAY_KEY)
            )


@dg.asset(
    **daily(
        SECTOR_FLIGHTS,
        "Who was in which sector, from when to when: flights by their airports, aircraft by their positions with "
        "the crossing of the boundary interpolated.",
        # Flights of the day before name those of passages over midnight: no reason to make the day again.
        {"flights": (0, 0), "state_vectors_daily": (-1, 1)},
    )
)
def sector_flights(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    sectors = load_sectors()
    make_days(context, lambda days: make_sector_flights(lake, days, sectors))


@dg.asset(
    **daily(
        SECTOR_ENTRIES,
        "Entries in steps of 15 minutes and in the 60 minutes from each step on.",
        {"sector_flights": (0, 1), "flights": (0, 0), "daily_completeness": (0, 0)},
    )
)
def sector_entries(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _counts(context, lake)


@dg.asset(
    **daily(
        SECTOR_OCCUPANCY,
        "Aircraft in each sector minute by minute.",
        {"sector_flights": (-1, 0), "flights": (0, 0), "daily_completeness": (0, 0)},
    )
)
def sector_occupancy(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _counts(context, lake)


@dg.asset(
    **daily(
        SECTOR_CAPACITY,
        "What each sector can take, with the formula's numbers; TPS is the mean of the trailing window. A flight "
        "that comes late makes its own day again and not the 89 after it.",
        {"sector_flights": WINDOW},
        WINDOWS_EAGER,
    )
)
def sector_capacity(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _windows(context, lake)


@dg.asset(
    **daily(
        PEAK_HOURS,
        "Mean entries of each hour of the week over the trailing window. Late flights as for sector_capacity.",
        {"sector_entries": WINDOW},
        WINDOWS_EAGER,
    )
)
def peak_hours(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _windows(context, lake)


@dg.asset(
    **daily(
        SECTOR_SATURATION,
        "Highest rolling 60-minute demand against the hourly capacity, and most aircraft at once against the "
        "simultaneous one.",
        {"sector_entries": (0, 0), "sector_occupancy": (0, 0), "sector_capacity": (0, 0)},
    )
)
def sector_saturation(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _demand(context, lake)


@dg.asset(
    **daily(
        OVERLOAD_SEGMENTS,
        "When more came than a sector can take, by how much, and who.",
        {"sector_entries": (-1, 1), "sector_capacity": (-1, 1), "sector_flights": (0, 1)},
    )
)
def overload_segments(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _demand(context, lake)


@dg.asset(
    **daily(
        SECTOR_ALERTS,
        "Alerts of the monitoring values, cleared with hysteresis.",
        {"sector_entries": (0, 0), "sector_occupancy": (0, 0), "sector_capacity": (0, 0)},
    )
)
def sector_alerts(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _demand(context, lake)


@dg.asset(
    **daily(
        SECTOR_ADJUSTMENTS,
        "For every peak hour in alert or critical saturation: the flow cap, and what splitting the sector or "
        "merging it with a neighbour would give.",
        {"sector_entries": (0, 0), "sector_capacity": (0, 0), "sector_flights": (0, 1)},
    )
)
def sector_adjustments(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _demand(context, lake)


def _counts(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    sectors, warning = load_sectors(), Settings.from_env(os.environ).coverage_warning
    tables = [context.asset_key.to_user_string()]
    make_days(context, lambda days: make_sector_counts(lake, days, sectors, warning, tables))


def _windows(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    days = [date.fromisoformat(key) for key in context.partition_keys]
    windows = Windows(lake, days, load_sectors())
    make_days(context, lambda days: windows.make(days, [context.asset_key.to_user_string()]))


def _demand(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    sectors = load_sectors()
    tables = [context.asset_key.to_user_string()]
    make_days(context, lambda days: make_sector_demand(lake, days, sectors, tables))
