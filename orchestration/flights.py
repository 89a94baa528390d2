"""``flights`` and ``flights_quality`` from ``flights_raw``, some days at a time, so that memory stays flat."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.flights import (
    LOOK_AROUND,
    ROW_COLUMNS,
    VERSION_COLUMNS,
    VERSIONS_WITHIN,
    Flights,
    flights_of_days,
)
from orchestration.resources.lake import Filter, LakeResource
from orchestration.silver import replace_from_newest

MADE = ("flights", "flights_quality")
DAYS_AT_ONCE = 14
"""Days of one commit: each one costs a look at the days around it. [days]"""
_DAY = timedelta(days=1)


def make_flights(
    lake: LakeResource, days: Sequence[date], rules: Mapping[str, Sequence[str]], tables: Sequence[str] = MADE
) -> dict[str, pa.Table]:
    """Make some days of ``flights`` and ``flights_quality``, each table in one commit; their rows.

    Parameters
    ----------
    rules
        By provider, what is removed from its data.
    tables
        Those of ``MADE`` that are written.
    """
    predicate = "date IN ({})".format(", ".join(f"'{day}'" for day in sorted(days)))
    made: dict[str, pa.Table] = {}

    def rows(of: Sequence[str]) -> pa.Table:
        """The first table's rows; the others are written inside, so that one reading of the input is behind all."""
        if of[1:]:
            replace_from_newest(lake, of[1], lambda: rows(of[1:]), predicate)
        else:
            found = _computed(lake, days, rules)
            made.update(flights=found.flights, flights_quality=found.quality)
        return made[of[0]]

    replace_from_newest(lake, tables[0], lambda: rows(tables), predicate)
    return made


def in_spans(days: Iterable[date]) -> Iterator[list[date]]:
    """Consecutive days, a span at a time.

    >>> [len(span) for span in in_spans(date(2025, 1, 1) + _DAY * n for n in (0, 1, 3))]
    [2, 1]
    """
    span: list[date] = []
    for day in sorted(days):
        if span and (day - span[-1] != _DAY or len(span) == DAYS_AT_ONCE):
            yield span
            span = []
        span.append(day)
    if span:
        yield span


def days_left(
    lake: LakeResource, route: str, provider: str, ingested_at: datetime, days: Iterable[date]
) -> set[date]:
    """Days that hold an older version of a flight which was received anew with another day of departure.

    Parameters
    ----------
    ingested_at
        When the newer versions were read.
    days
        Days of the newer versions.
    """
    wanted = sorted(days)
    if not wanted:
        return set()
    span = [
        wanted[0] - VERSIONS_WITHIN + _DAY * n
        for n in range((wanted[-1] - wanted[0] + 2 * VERSIONS_WITHIN).days + 1)
    ]
    where: list[Filter] = [("date", "in", span), ("route", "=", route), ("provider", "=", provider)]
    rows = pl.DataFrame(
        pl.from_arrow(lake.read("flights_raw", ["provider_flight_id", "date", "ingested_at"], where))
    ).drop_nulls("provider_flight_id")
    new = rows.filter(pl.col("ingested_at") == ingested_at)
    if not new.height:
        return set()
    return set(rows.join(new, on="provider_flight_id", how="semi")["date"].unique()) - set(wanted)


def _computed(lake: LakeResource, days: Sequence[date], rules: Mapping[str, Sequence[str]]) -> Flights:
    rows = lake.read("flights_raw", ROW_COLUMNS, _around(days, LOOK_AROUND))
    versions = lake.read("flights_raw", VERSION_COLUMNS, _around(days, VERSIONS_WITHIN))
    return flights_of_days(
        pl.DataFrame(pl.from_arrow(rows)),
        pl.DataFrame(pl.from_arrow(versions)).drop_nulls("provider_flight_id"),
        days,
        rules,
    )


def _around(days: Sequence[date], span: timedelta) -> list[Filter]:
    wanted = {day + _DAY * n for day in days for n in range(-span.days, span.days + 1)}
    return [("date", "in", sorted(wanted))]
