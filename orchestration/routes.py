"""Tables of the airline's view, from ``flights`` and what operators know of theirs."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa

from airtraffic.airline_monthly import airline_monthly
from airtraffic.flight_distances import flight_distances
from airtraffic.flight_tables import DATABASE, OPERATOR_EVENTS
from airtraffic.operator_results import operator_results
from airtraffic.route_opportunities import MONTHS_BEFORE, route_opportunities
from airtraffic.route_performance import route_performance
from airtraffic.route_thresholds import RouteThresholds
from orchestration.resources.lake import Filter, LakeResource
from orchestration.silver import replace_from_newest

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
_RESULTS = (
    "route",
    "provider",
    "provider_flight_id",
    "updated_at",
    "ingested_at",
    "received_from",
    "position",
    "origin",
    "destination",
    "airline",
    "source",
    "original",
    "date",
)


def make_flight_distances(lake: LakeResource, day: date) -> pa.Table:
    """Make a day of ``flight_distances``."""

    def rows() -> pa.Table:
        flights = _read(lake, "flights", _TRACKED, [("date", "=", day)])
        both = [("date", "in", [day, day + timedelta(days=1)])]
        positions = _read(lake, "state_vectors", _POSITIONS, both) if flights.height else _nothing(lake)
        return flight_distances(flights, positions)

    return replace_from_newest(lake, "flight_distances", rows, f"date = '{day}'")


def make_route_performance(lake: LakeResource, day: date, thresholds: RouteThresholds) -> pa.Table:
    """Make a day of ``route_performance``."""
    return _replaced(lake, "route_performance", day, lambda: _performance(lake, day, [day], thresholds))


def make_route_performance_monthly(lake: LakeResource, month: date, thresholds: RouteThresholds) -> pa.Table:
    """Make a month of ``route_performance_monthly``, from its flights and not from its days' means."""
    days = days_of(month)
    return _replaced(
        lake, "route_performance_monthly", month, lambda: _performance(lake, month, days, thresholds)
    )


def make_route_opportunities(lake: LakeResource, month: date, thresholds: RouteThresholds) -> pa.Table:
    """Make a month of ``route_opportunities``."""
    before = [months_before(month, n) for n in range(1, MONTHS_BEFORE + 1)]

    def rows() -> pa.Table:
        routes = _read(lake, "route_performance_monthly", None, [("date", "in", [month, *before])])
        current = pl.col("date") == month
        return route_opportunities(month, routes.filter(current), routes.filter(~current), thresholds)

    return _replaced(lake, "route_opportunities", month, rows)


def make_airline_monthly(lake: LakeResource, month: date) -> pa.Table:
    """Make a month of ``airline_monthly``."""

    def rows() -> pa.Table:
        where: list[Filter] = [("date", "in", days_of(month))]
        return airline_monthly(
            month, _read(lake, "flights", ("airline", "cancelled", "source", "date"), where)
        )

    return _replaced(lake, "airline_monthly", month, rows)


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


def _performance(
    lake: LakeResource, carried: date, days: Sequence[date], thresholds: RouteThresholds
) -> pa.Table:
    where: list[Filter] = [("date", "in", list(days))]
    received = _read(lake, "flights_raw", _RESULTS, [*where, ("route", "in", [DATABASE, OPERATOR_EVENTS])])
    return route_performance(
        carried,
        _read(lake, "flights", _FLIGHTS, where),
        _read(lake, "flight_distances", None, where),
        operator_results(received),
        thresholds,
    )


def _replaced(lake: LakeResource, name: str, day: date, rows: Callable[[], pa.Table]) -> pa.Table:
    return replace_from_newest(lake, name, rows, f"date = '{day}'")


def _read(lake: LakeResource, name: str, columns: Sequence[str] | None, where: list[Filter]) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lake.read(name, columns, where)))


def _nothing(lake: LakeResource) -> pl.DataFrame:
    return _read(lake, "state_vectors", _POSITIONS, [("date", "=", date(1970, 1, 1))])
