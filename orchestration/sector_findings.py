"""Complexity, flows between countries and critical flights, from flights, positions and features of a day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from airtraffic.airports import all_airports, served_airports
from airtraffic.country_flows import country_flows
from airtraffic.critical_flights import FLIGHT_COLUMNS, GAP, STATE_COLUMNS, critical_flights
from airtraffic.sector_complexity import POSITION_COLUMNS, sector_complexity
from airtraffic.sectors import Sectors
from orchestration.resources.lake import LakeResource
from orchestration.sectors import Made, Makers, frame, on, read_basis, replace_all

_DAY = timedelta(days=1)
_COUNTRY_COLUMNS = ("date", "origin", "destination", "departure_at", "cancelled")
_STATES = {
    "icao24": pl.String,
    "callsign": pl.String,
    "snapshot_at": pl.Datetime("us", "UTC"),
    "longitude": pl.Float64,
    "latitude": pl.Float64,
    "altitude_ft": pl.Int32,
    "critical_reasons": pl.List(pl.String),
    "source": pl.String,
}
"""dbt writes ``flight_states``: its types are said here, for days on which there is none."""


def make_sector_complexity(lake: LakeResource, day: date, sectors: Sectors, coverage_warning: float) -> Made:
    """Make a day of ``sector_complexity``; a day without positions is empty."""

    def makers() -> Makers:
        positions = frame(lake, "state_vectors_daily", POSITION_COLUMNS, on([day]))
        basis = read_basis(lake, [day], coverage_warning)
        return {"sector_complexity": lambda: sector_complexity(positions, sectors, day, basis)}

    return replace_all(lake, ["sector_complexity"], makers, [day])


def make_country_flows(lake: LakeResource, days: Sequence[date], coverage_warning: float) -> Made:
    """Make consecutive days of ``country_flows``."""

    def makers() -> Makers:
        flights = frame(lake, "flights", _COUNTRY_COLUMNS, on(days))
        airports = all_airports()
        countries = pl.DataFrame({"airport": airports.codes, "country": airports.countries})
        basis = read_basis(lake, days, coverage_warning)
        return {"country_flows": lambda: country_flows(flights, countries, basis)}

    return replace_all(lake, ["country_flows"], makers, days)


def make_critical_flights(lake: LakeResource, day: date, coverage_warning: float) -> Made:
    """Make a day of ``critical_flights``."""

    def makers() -> Makers:
        midnight = datetime.combine(day, time(), UTC)
        states = pl.DataFrame(schema=_STATES)
        if lake.exists("flight_states"):
            where = [
                *on([day], -1),
                ("snapshot_at", ">=", midnight - GAP),
                ("snapshot_at", "<", midnight + _DAY),
                ("is_critical", "=", True),
            ]
            states = frame(lake, "flight_states", STATE_COLUMNS, where).cast(_STATES)
        flights = frame(lake, "flights", FLIGHT_COLUMNS, on([day], -1))
        basis = read_basis(lake, [day], coverage_warning)
        return {"critical_flights": lambda: critical_flights(states, flights, served_airports(), day, basis)}

    return replace_all(lake, ["critical_flights"], makers, [day])
