"""Tables of the airline's view, from ``flights`` and what operators know of theirs; days in spans, months alone."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from airtraffic.airline_monthly import airline_monthly
from airtraffic.flight_distances import flight_distances
from airtraffic.flight_tables import DATABASE, OPERATOR_EVENTS
from airtraffic.flights import VERSIONS_WITHIN
from airtraffic.operator_results import RECEIVED_COLUMNS, operator_results
from airtraffic.route_opportunities import MONTHS_BEFORE, days_with_data, route_opportunities, with_days
from airtraffic.route_performance import route_performance
from airtraffic.route_tables import FLIGHT_DISTANCES, ROUTE_PERFORMANCE_MONTHLY
from airtraffic.route_thresholds import RouteThresholds
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from orchestration.sectors import days_with_rows, frame, on
from orchestration.silver import days_predicate

THRESHOLDS = Path(__file__).parents[1] / "config" / "routes.yaml"
_FLIGHTS = (
    "flight_id",
    "airline",
    "origin",
    "destination",
    "departure_at",
    "arrival_at",
    "scheduled_departure_at",
    "scheduled_arrival_at",
    "cancelled",
    "source",
    "date",
)
_TRACKED = (
    "flight_id",
    "icao24",
    "origin",
    "destination",
    "departure_at",
    "arrival_at",
    "routes",
    "flags",
    "date",
)
_POSITIONS = ("icao24", "snapshot_at", "longitude", "latitude", "on_ground", "is_repeat", "source")


def make_flight_distances(lake: LakeResource, days: Sequence[date]) -> pa.Table:
    """Make consecutive days of ``flight_distances``, in one commit."""
    seen = sorted(days_with_rows(lake, "state_vectors", days))

    def rows() -> pa.Table:
        return pa.concat_tables(
            [FLIGHT_DISTANCES.schema.empty_table(), *(_distances(lake, day) for day in seen)]
        )

    return _replaced(lake, "flight_distances", days, rows)


def make_route_performance(lake: LakeResource, days: Sequence[date], thresholds: RouteThresholds) -> pa.Table:
    """Make consecutive days of ``route_performance``, in one commit."""

    def rows() -> pa.Table:
        behind = _behind(lake, days)
        by_day = ([part.filter(pl.col("date") == day) for part in behind] for day in days)
        return pa.concat_tables(
            route_performance(day, flights, distances, results, thresholds)
            for day, (flights, distances, results) in zip(days, by_day, strict=True)
        )

    return _replaced(lake, "route_performance", days, rows)


def make_route_performance_monthly(lake: LakeResource, month: date, thresholds: RouteThresholds) -> pa.Table:
    """Make a month of ``route_performance_monthly``, from its flights and not from its days' means."""

    def rows() -> pa.Table:
        flights, distances, results = _behind(lake, days_of(month))
        made = route_performance(month, flights, distances, results, thresholds)
        return made.cast(ROUTE_PERFORMANCE_MONTHLY.schema)

    return _replaced(lake, "route_performance_monthly", [month], rows)


def make_route_opportunities(
    lake: LakeResource, month: date, thresholds: RouteThresholds
) -> tuple[pa.Table, int]:
    """Make a month of ``route_opportunities``; with it, how many routes have too few days with data."""
    left_out = 0
    before = [months_before(month, n) for n in range(1, MONTHS_BEFORE + 1)]

    def rows() -> pa.Table:
        nonlocal left_out
        routes = frame(lake, "route_performance_monthly", None, on([month, *before]))
        days = days_with_data(frame(lake, "flights", ("sources", "date"), on(days_of(month))))
        now, earlier = routes.filter(pl.col("date") == month), routes.filter(pl.col("date") != month)
        short = pl.col("days_with_data") < thresholds.opportunities.days_at_least
        left_out = with_days(now, days).filter(short).height
        return route_opportunities(month, now, earlier, days, thresholds)

    return _replaced(lake, "route_opportunities", [month], rows), left_out


def make_airline_monthly(lake: LakeResource, month: date) -> pa.Table:
    """Make a month of ``airline_monthly``."""

    def rows() -> pa.Table:
        columns = ("airline", "cancelled", "source", "date")
        return airline_monthly(month, frame(lake, "flights", columns, on(days_of(month))))

    return _replaced(lake, "airline_monthly", [month], rows)


def days_of(month: date) -> list[date]:
    """All days of the month that starts on a date.

    >>> len(days_of(date(2024, 2, 1)))
    29
    """
    return [month.replace(day=day) for day in range(1, monthrange(month.year, month.month)[1] + 1)]


def months_before(month: date, count: int) -> date:
    """First day of an earlier month.

    >>> months_before(date(2025, 2, 1), 3)
    datetime.date(2024, 11, 1)
    """
    months = 12 * month.year + month.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def _behind(lake: LakeResource, days: Sequence[date]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Flights, their distances, and what operators know of them, of some days."""
    where, around = on(days), VERSIONS_WITHIN.days
    operators = ("route", "in", [DATABASE, OPERATOR_EVENTS])
    received = frame(lake, "flights_raw", RECEIVED_COLUMNS, [*on(days, -around, around), operators])
    return (
        frame(lake, "flights", _FLIGHTS, where),
        frame(lake, "flight_distances", None, where),
        operator_results(received).filter(pl.col("date").is_in(list(days))),
    )


def _distances(lake: LakeResource, day: date) -> pa.Table:
    flights = frame(lake, "flights", _TRACKED, on([day]))
    return flight_distances(flights, frame(lake, "state_vectors", _POSITIONS, on([day], 0, 1)))


def _replaced(lake: LakeResource, name: str, days: Sequence[date], rows: Callable[[], pa.Table]) -> pa.Table:
    return replace_from_newest(lake, name, rows, days_predicate(days))
