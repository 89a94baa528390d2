"""``flights`` and ``flights_quality`` from ``flights_raw``, some days at a time, so that memory stays flat."""

from collections.abc import Iterable, Mapping, Sequence
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
from orchestration.races import replace_together
from orchestration.resources.lake import Filter, LakeResource
from orchestration.silver import days_predicate

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

    def rows() -> dict[str, pa.Table]:
        found = _computed(lake, days, rules)
        return {"flights": found.flights, "flights_quality": found.quality}

    # The last one first: who sees flights finds their quality there too.
    return dict(replace_together(lake, list(reversed(tables)), rows, days_predicate(days)))


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
