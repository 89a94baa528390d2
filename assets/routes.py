"""The airline's view: routes by day and month, where to grow, airlines by month."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

import dagster as dg
import pyarrow as pa

from airtraffic.route_opportunities import MONTHS_BEFORE
from airtraffic.route_tables import (
    AIRLINE_MONTHLY,
    FLIGHT_DISTANCES,
    ROUTE_OPPORTUNITIES,
    ROUTE_PERFORMANCE,
    ROUTE_PERFORMANCE_MONTHLY,
)
from airtraffic.route_thresholds import load_route_thresholds
from airtraffic.table import Table
from orchestration.automation import DAILY_EAGER, MONTHLY_EAGER
from orchestration.described import MONTHLY_FRESH, NIGHTLY, described
from orchestration.partitions import DAILY, DAY_KEY, MONTH_KEY, MONTHLY, so_far, spans
from orchestration.resources.lake import LakeResource
from orchestration.routes import (
    THRESHOLDS,
    make_airline_monthly,
    make_flight_distances,
    make_route_opportunities,
    make_route_performance,
    make_route_performance_monthly,
)
from orchestration.sectors import DAYS_AT_ONCE, rows_by_day

_AND_DAY_AFTER = dg.TimeWindowPartitionMapping(
    start_offset=0, end_offset=1, allow_nonexistent_upstream_partitions=True
)
_AND_MONTHS_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=-MONTHS_BEFORE, end_offset=0, allow_nonexistent_upstream_partitions=True
)
_RUN = dg.BackfillPolicy.single_run()


def _daily(table: Table, purpose: str) -> dict:
    return described(table, DAILY, {"polars"}, NIGHTLY, purpose) | {
        "automation_condition": DAILY_EAGER,
        "backfill_policy": _RUN,
    }


def _monthly(table: Table, purpose: str) -> dict:
    return described(table, MONTHLY, {"polars"}, MONTHLY_FRESH, purpose) | {
        "automation_condition": MONTHLY_EAGER,
        "backfill_policy": _RUN,
    }


@dg.asset(
    **_daily(FLIGHT_DISTANCES, "How far flights flew, beside the great circle between their airports."),
    deps=["flights", dg.AssetDep("state_vectors_daily", partition_mapping=_AND_DAY_AFTER)],
)
def flight_distances(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _each_span(context, lambda days: make_flight_distances(lake, days))


@dg.asset(
    **_daily(
        ROUTE_PERFORMANCE, "Indicators of routes with traffic lights; thresholds in config/routes.yaml."
    ),
    deps=["flights", "flights_raw", "flight_distances"],
)
def route_performance(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    thresholds = load_route_thresholds(THRESHOLDS)
    _each_span(context, lambda days: make_route_performance(lake, days, thresholds))


@dg.asset(
    **_monthly(ROUTE_PERFORMANCE_MONTHLY, "The same indicators over the flights of a month."),
    deps=so_far("flights", "flights_raw", "flight_distances"),
)
def route_performance_monthly(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    thresholds = load_route_thresholds(THRESHOLDS)
    _each_month(context, lambda month: make_route_performance_monthly(lake, month, thresholds))


@dg.asset(
    **_monthly(
        ROUTE_OPPORTUNITIES,
        "Which routes to look at: full and seldom, later than before, longer than their peers.",
    ),
    deps=[*so_far("flights"), dg.AssetDep("route_performance_monthly", partition_mapping=_AND_MONTHS_BEFORE)],
)
def route_opportunities(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    thresholds = load_route_thresholds(THRESHOLDS)
    for key in context.partition_keys:
        month = datetime.strptime(key, MONTH_KEY).date()
        made, left_out = make_route_opportunities(lake, month, thresholds)
        why = f"{left_out} routes with fewer than {thresholds.opportunities.days_at_least} days with data"
        _note(context, key, made.num_rows, {"not_judged": why} if left_out else {})


@dg.asset(
    **_monthly(AIRLINE_MONTHLY, "Flights per airline and month, and whether every day of it has data."),
    deps=so_far("flights"),
)
def airline_monthly(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    _each_month(context, lambda month: make_airline_monthly(lake, month))


def _each_span(context: dg.AssetExecutionContext, make: Callable[[list[date]], pa.Table]) -> None:
    for days in spans((date.fromisoformat(key) for key in context.partition_keys), DAYS_AT_ONCE):
        rows = rows_by_day(make(days))
        for day in days:
            _note(context, day.strftime(DAY_KEY), rows.get(day, 0))


def _each_month(context: dg.AssetExecutionContext, make: Callable[[date], pa.Table]) -> None:
    for key in context.partition_keys:
        _note(context, key, make(datetime.strptime(key, MONTH_KEY).date()).num_rows)


def _note(
    context: dg.AssetExecutionContext, key: str, rows: int, more: Mapping[str, str] | None = None
) -> None:
    context.add_asset_metadata({"dagster/partition_row_count": rows} | dict(more or {}), partition_key=key)
