"""Complexity, flows between countries and critical flights, from flights, positions and features of a day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.airports import all_airports, served_airports
from airtraffic.country_flows import country_flows
from airtraffic.critical_flights import FLIGHT_COLUMNS, GAP, STATE_COLUMNS, critical_flights
from airtraffic.sector_complexity import POSITION_COLUMNS, sector_complexity
from airtraffic.sector_finding_tables import CRITICAL_FLIGHTS, SECTOR_COMPLEXITY
from airtraffic.sectors import Sectors
from airtraffic.table import Table
from orchestration.resources.lake import LakeResource
from orchestration.sectors import (
    Made,
    Makers,
    days_with_rows,
    frame,
    on,
    read_basis,
    read_reception,
    replace_all,
)

_DAY = timedelta(days=1)
_COUNTRY_COLUMNS = ("date", "origin", "destination", "departure_at", "cancelled")


def make_sector_complexity(
    lake: LakeResource, days: Sequence[date], sectors: Sectors, coverage_warning: float
) -> Made:
    """Make consecutive days of ``sector_complexity``; positions are read a day at a time."""

    def makers() -> Makers:
        basis = read_basis(lake, days, coverage_warning, of_flights=False)
        reception = read_reception(lake, basis, sectors, coverage_warning)

        def of(day: date) -> pa.Table:
            positions = frame(lake, "state_vectors_daily", POSITION_COLUMNS, on([day]))
            return sector_complexity(positions, sectors, day, basis, reception)

        seen = sorted(days_with_rows(lake, "state_vectors_daily", days))
        return {"sector_complexity": lambda: _concat(SECTOR_COMPLEXITY, [of(day) for day in seen])}

    return replace_all(lake, ["sector_complexity"], makers, days)


def make_country_flows(lake: LakeResource, days: Sequence[date], coverage_warning: float) -> Made:
    """Make consecutive days of ``country_flows``."""

    def makers() -> Makers:
        flights = frame(lake, "flights", _COUNTRY_COLUMNS, on(days))
        airports = all_airports()
        countries = pl.DataFrame({"airport": airports.codes, "country": airports.countries})
        basis = read_basis(lake, days, coverage_warning)
        return {"country_flows": lambda: country_flows(flights, countries, basis)}

    return replace_all(lake, ["country_flows"], makers, days)


def make_critical_flights(lake: LakeResource, days: Sequence[date], coverage_warning: float) -> Made:
    """Make consecutive days of ``critical_flights``; features are read a day at a time."""

    def makers() -> Makers:
        basis = read_basis(lake, days, coverage_warning, of_flights=False)

        def of(day: date) -> pa.Table:
            midnight = datetime.combine(day, time(), UTC)
            where = [
                *on([day], -1),
                ("snapshot_at", ">=", midnight - GAP),
                ("snapshot_at", "<", midnight + _DAY),
                ("is_critical", "=", True),
            ]
            states = frame(lake, "flight_states", STATE_COLUMNS, where)
            flights = frame(lake, "flights", FLIGHT_COLUMNS, on([day], -1))
            return critical_flights(states, flights, served_airports(), day, basis)

        seen = sorted(days_with_rows(lake, "flight_states", days))
        return {"critical_flights": lambda: _concat(CRITICAL_FLIGHTS, [of(day) for day in seen])}

    return replace_all(lake, ["critical_flights"], makers, days)


def _concat(table: Table, parts: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables([table.schema.empty_table(), *parts])
