"""Tables of sectors from flights and positions, a month of days at a time, so that memory stays flat.

A span of days is read once and written in one commit per table: a commit per day would cost 273 of them
for each of nine tables. Positions are read day by day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pyarrow as pa

from airtraffic.monitoring import sector_alerts
from airtraffic.overloads import overload_segments
from airtraffic.peak_hours import hourly_entries, peak_hours
from airtraffic.saturation import observed_saturation, saturation_table
from airtraffic.sector_adjustments import sector_adjustments
from airtraffic.sector_capacity import daily_times, sector_capacity_days
from airtraffic.sector_counts import sector_entries, sector_occupancy
from airtraffic.sector_coverage import count_basis
from airtraffic.sector_flights import (
    AIRCRAFT_COLUMNS,
    FLIGHT_COLUMNS,
    connectivity_flights,
    sector_flights_table,
    with_flights,
)
from airtraffic.sector_passages import LOOK_AHEAD, LOOK_BACK, POSITION_COLUMNS, airspace_passages
from airtraffic.sector_reception import POLL_COLUMNS, window_reception
from airtraffic.sectors import Sectors, read_sectors
from orchestration.partitions import spans
from orchestration.races import replace_together
from orchestration.resources.lake import Filter, LakeResource
from orchestration.silver import days_predicate

SECTORS = Path(__file__).parents[1] / "config" / "sectors.yaml"
DAYS_AT_ONCE = 31
"""Days of one commit. [days]"""
_DAY = timedelta(days=1)
_BASIS_COLUMNS = ("date", "provider", "source", "routes", "origin", "destination")
_COMPLETENESS_COLUMNS = ("date", "completeness", "sources", "polls_seen")
_TIME_COLUMNS = ("date", "sector", "time_in_sector_s", "entry_observed", "exit_observed", "source")
_ENTRY_COLUMNS = ("date", "sector", "window_start", "entries_15min", "sources")

Makers = Mapping[str, Callable[[], pa.Table]]
"""What computes the rows of each table."""
Made = dict[str, pa.Table]
"""Rows by table."""
COUNTS = ("sector_entries", "sector_occupancy")
WINDOWS = ("sector_capacity", "peak_hours")
DEMAND = ("sector_saturation", "overload_segments", "sector_alerts", "sector_adjustments")


def load_sectors(path: Path = SECTORS) -> Sectors:
    """The definitions of the checkout."""
    return read_sectors(path.read_text(encoding="utf-8"), f"config/{path.name}")


def make_sector_flights(lake: LakeResource, days: Sequence[date], sectors: Sectors) -> Made:
    """Make consecutive days of ``sector_flights``."""

    def makers() -> Makers:
        flights = frame(lake, "flights", FLIGHT_COLUMNS, on(days))
        seen = [
            with_flights(
                _passages_of(lake, day, sectors), frame(lake, "flights", AIRCRAFT_COLUMNS, on([day], -1))
            )
            for day in sorted(days_with_rows(lake, "state_vectors_daily", days))
        ]
        return {
            "sector_flights": lambda: sector_flights_table([connectivity_flights(flights, sectors), *seen])
        }

    return replace_all(lake, ["sector_flights"], makers, days)


def make_sector_counts(
    lake: LakeResource,
    days: Sequence[date],
    sectors: Sectors,
    coverage_warning: float,
    tables: Sequence[str] = COUNTS,
) -> Made:
    """Make consecutive days of those of ``COUNTS`` that are wanted.

    Parameters
    ----------
    coverage_warning
        Counts under a smaller share of their hour's polls are marked. [1]
    """

    def makers() -> Makers:
        passages = frame(lake, "sector_flights", ("sector", "entry_at", "exit_at"), on(days, -1, 1))
        basis = read_basis(lake, days, coverage_warning, last=1)
        reception = read_reception(lake, basis, sectors, coverage_warning)
        return {
            "sector_entries": lambda: sector_entries(passages, sectors, days, basis, reception),
            "sector_occupancy": lambda: sector_occupancy(passages, sectors, days, basis, reception),
        }

    return replace_all(lake, tables, makers, days)


class Windows:
    """What trailing windows are made of, by day: each day is read once, however many windows it is in.

    Parameters
    ----------
    days
        All days that are going to be made.
    """

    def __init__(self, lake: LakeResource, days: Sequence[date], sectors: Sectors):
        self.lake, self.sectors = lake, sectors
        self._days = {day - _DAY * back for day in days for back in range(sectors.tps_window_days)}
        self._kept: dict[str, tuple[int | None, pl.DataFrame]] = {}

    def make(self, days: Sequence[date], tables: Sequence[str] = WINDOWS) -> Made:
        """Make consecutive days of those of ``WINDOWS`` that are wanted."""
        makers = {
            "sector_capacity": lambda: sector_capacity_days(
                self._daily("sector_flights", _TIME_COLUMNS, daily_times), self.sectors, days
            ),
            "peak_hours": lambda: peak_hours(
                self._daily("sector_entries", _ENTRY_COLUMNS, hourly_entries), self.sectors, days
            ),
        }
        return replace_all(self.lake, tables, lambda: makers, days)

    def _daily(
        self, name: str, columns: Sequence[str], of: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> pl.DataFrame:
        """What each day adds to its windows, read again only when the table has changed since."""
        version = self.lake.version(name)
        if name not in self._kept or self._kept[name][0] != version:
            parts = [
                of(frame(self.lake, name, columns, on(span))) for span in spans(self._days, DAYS_AT_ONCE)
            ]
            self._kept[name] = version, pl.concat(parts)
        return self._kept[name][1]


def make_sector_demand(
    lake: LakeResource, days: Sequence[date], sectors: Sectors, tables: Sequence[str] = DEMAND
) -> Made:
    """Make consecutive days of those of ``DEMAND`` that are wanted: what demand and capacity come to."""

    def makers() -> Makers:
        @cache
        def of(name: str, last: int = 0) -> pl.DataFrame:
            return frame(lake, name, None, on(days, -last, last))

        return {
            "sector_saturation": lambda: saturation_table(
                observed_saturation(
                    of("sector_entries"), of("sector_occupancy"), of("sector_capacity"), sectors, days
                )
            ),
            "overload_segments": lambda: overload_segments(
                of("sector_entries", 1), of("sector_capacity", 1), of("sector_flights", 1), days
            ),
            "sector_alerts": lambda: sector_alerts(
                of("sector_occupancy"), of("sector_capacity"), sectors, days, of("sector_entries")
            ),
            "sector_adjustments": lambda: sector_adjustments(
                of("sector_entries"), of("sector_capacity"), of("sector_flights", 1), sectors, days
            ),
        }

    return replace_all(lake, tables, makers, days)


def replace_all(
    lake: LakeResource, tables: Sequence[str], makers: Callable[[], Makers], days: Sequence[date]
) -> Made:
    """Replace days of some tables, each in one commit, by what is made from one reading of newer input."""

    def rows() -> Made:
        found = makers()
        return {name: found[name]() for name in tables}

    return dict(replace_together(lake, list(reversed(tables)), rows, days_predicate(days)))


def read_basis(
    lake: LakeResource,
    days: Sequence[date],
    coverage_warning: float,
    *,
    last: int = 0,
    of_flights: bool = True,
) -> pl.DataFrame:
    """``count_basis`` of the days and of as many as ``last`` after each; of positions alone if so wanted."""
    where = on(days, 0, last) if of_flights else [("date", "in", [])]
    flights = frame(lake, "flights", _BASIS_COLUMNS, where)
    completeness = frame(lake, "daily_completeness", _COMPLETENESS_COLUMNS, on(days, 0, last))
    return count_basis(flights, completeness, coverage_warning)


def read_reception(
    lake: LakeResource, basis: pl.DataFrame, sectors: Sectors, coverage_warning: float
) -> pl.DataFrame:
    """``window_reception`` of the days of a basis. One that is not closed yet is none: its polls still come."""
    polled = basis.filter(pl.col("kind") == "airspace")["date"]
    return window_reception(frame(lake, "polls", POLL_COLUMNS, on(polled)), sectors, coverage_warning)


def days_with_rows(lake: LakeResource, name: str, days: Iterable[date]) -> set[date]:
    """Those of the days that a table partitioned by date has rows of, by its log alone."""
    if not lake.exists(name):
        return set()
    there = {partition["date"] for partition in lake.delta(name).partitions()}
    return {day for day in days if day.isoformat() in there}


def on(days: Iterable[date], first: int = 0, last: int = 0) -> list[Filter]:
    """The days, and the neighbours of each from the ``first``-th to the ``last``-th."""
    return [("date", "in", sorted({day + _DAY * n for day in days for n in range(first, last + 1)}))]


def rows_by_day(table: pa.Table) -> dict[date, int]:
    """How many rows each day has."""
    return {pair["values"].as_py(): pair["counts"].as_py() for pair in table["date"].value_counts()}


def _passages_of(lake: LakeResource, day: date, sectors: Sectors) -> pl.DataFrame:
    """Airspace passages that enter on a day, with what is needed of the days around it."""
    midnight = datetime.combine(day, time(), UTC)
    positions = frame(
        lake,
        "state_vectors_daily",
        POSITION_COLUMNS,
        [
            *on([day], -1, 1),
            ("snapshot_at", ">=", midnight - LOOK_BACK),
            ("snapshot_at", "<", midnight + _DAY + LOOK_AHEAD),
        ],
    )
    return airspace_passages(positions, sectors).filter(pl.col("date") == day)


def frame(
    lake: LakeResource, name: str, columns: Sequence[str] | None, where: Sequence[Filter]
) -> pl.DataFrame:
    """Rows of a table of the lake."""
    return pl.DataFrame(pl.from_arrow(lake.read(name, columns, where)))
