"""The operator's database to ``flights_raw``, every version of a row once.

How far it was read is an application transaction of the commit that holds the rows: a run that is killed
leaves both or neither. ``updated_at`` alone does not say what is new: rows share it, and a transaction may
commit after others with a later one. So each run goes back by an overlap and leaves out what the lake has.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow.compute as pc
from deltalake import DeltaTable

from airtraffic.flight_mapping import read_flights
from airtraffic.flight_tables import DATABASE
from airtraffic.providers import Provider
from orchestration.flights import days_left
from orchestration.races import read_against_others
from orchestration.refresh import microseconds
from orchestration.resources.lake import LakeResource
from orchestration.resources.operator_database import OperatorDatabaseResource

PROVIDER = "operator"
OVERLAP = timedelta(hours=1)
_PLANNED_AHEAD = timedelta(days=400)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class DatabaseRead:
    """What a run has committed."""

    rows_by_day: Counter[date] = field(default_factory=Counter)
    """Rows by day of departure; days that a flight was moved away from are here with 0."""
    rejected: int = 0
    seen: int = 0
    """Rows that the database gave, those that the lake had among them."""
    watermark: datetime | None = None
    """Where the next run starts, less the overlap. (UTC)"""
    commits: int = 0

    @property
    def rows(self) -> int:
        return self.rows_by_day.total()


def waiting(lake: LakeResource, database: OperatorDatabaseResource, overlap: timedelta = OVERLAP) -> int:
    """Rows that the database has and the lake has not; of a long backlog the first ones only.

    Raises
    ------
    OperatorDatabaseError
        The database does not answer, or has not what is documented.
    """
    since = _since(_watermark(lake.delta("flights_raw"), database), overlap)
    known = _known(lake, database, since)
    for rows in database.rows(since):
        new = _originals(rows).is_in(known.implode()).not_().sum()
        if new:
            return new
    return 0


def ingest_database(
    lake: LakeResource,
    database: OperatorDatabaseResource,
    provider: Provider,
    *,
    now: datetime,
    earliest: datetime,
    overlap: timedelta = OVERLAP,
    everything: bool = False,
    batch: int = 20_000,
    stop: Callable[[], bool] | None = None,
) -> DatabaseRead:
    """Read what the database has and the lake has not, and commit it.

    Parameters
    ----------
    now
        Written as ``ingested_at``. (UTC)
    earliest
        Departures before it are rejected. (UTC)
    overlap
        How long before the last row seen the reading starts: the longest that a transaction may take.
    everything
        Read from the beginning; rows that the lake has are still left out.
    batch
        Rows of one commit; this bounds memory.
    stop
        Asked after each commit; true ends the run early.

    Raises
    ------
    OperatorDatabaseError
        The database does not answer, or has not what is documented.
    AirTrafficError
        Other runs keep being faster.
    """
    done = DatabaseRead()
    run = _Run(lake, database, provider, now, earliest, done)
    read_against_others(lambda: run.read(overlap, everything, batch, stop), f"reading {database.name}")
    for day in days_left(lake, DATABASE, PROVIDER, now, done.rows_by_day):
        done.rows_by_day[day] += 0
    return done


def _app(database: OperatorDatabaseResource) -> str:
    return f"{DATABASE} {database.name}"


def _watermark(table: DeltaTable, database: OperatorDatabaseResource) -> datetime | None:
    last = table.transaction_version(_app(database))
    return None if last is None else _EPOCH + timedelta(microseconds=last)


def _since(watermark: datetime | None, overlap: timedelta) -> datetime | None:
    return None if watermark is None else watermark - overlap


def _originals(rows: pl.DataFrame) -> pl.Series:
    """(n,) The rows as ``flights_raw`` keeps them."""
    return rows.select(original=pl.struct(pl.all()).struct.json_encode())["original"]


def _known(lake: LakeResource, database: OperatorDatabaseResource, since: datetime | None) -> pl.Series:
    """The rows as they were received, of those that may come again."""
    mine = [("received_from", "=", database.name)]
    late = [("route", "=", DATABASE), *([("updated_at", ">=", since)] if since else [])]
    read = (
        lake.read("flights_raw", ["original"], [*mine, *late]),
        lake.read("rejected_flights", ["original"], mine),
    )
    return pl.concat(
        [pl.Series("original", pl.from_arrow(rows["original"]), dtype=pl.String) for rows in read]
    )


class _Run:
    """One pass from the watermark to the end."""

    def __init__(
        self,
        lake: LakeResource,
        database: OperatorDatabaseResource,
        provider: Provider,
        now: datetime,
        earliest: datetime,
        done: DatabaseRead,
    ):
        self._lake = lake
        self._database = database
        self._provider = provider
        self._now = now
        self._earliest = earliest
        self._done = done
        # Rows of different runs never share a position: a run takes longer than a microsecond a row.
        self._position = microseconds(now)

    def read(self, overlap: timedelta, everything: bool, batch: int, stop: Callable[[], bool] | None) -> None:
        tables = {name: self._lake.delta(name) for name in ("rejected_flights", "flights_raw")}
        watermark = self._done.watermark = _watermark(tables["flights_raw"], self._database)
        since = None if everything else _since(watermark, overlap)
        known = _known(self._lake, self._database, since)
        # A clock that runs ahead must not carry the watermark over what others write meanwhile.
        latest = self._database.now()
        for rows in self._database.rows(since, batch):
            self._done.seen += rows.height
            last = min(rows["updated_at"].max() or latest, latest)
            self._commit(rows, known, tables, last)
            if stop and stop():
                return

    def _commit(
        self, rows: pl.DataFrame, known: pl.Series, tables: dict[str, DeltaTable], last: datetime
    ) -> None:
        new = rows.filter(~_originals(rows).is_in(known.implode()))
        if not new.height:
            return
        good, bad = read_flights(
            new,
            self._provider,
            name=PROVIDER,
            route=DATABASE,
            received_from=self._database.name,
            ingested_at=self._now,
            earliest=self._earliest,
            latest=self._now + _PLANNED_AHEAD,
            first=self._position,
        )
        self._position += new.height
        before = self._done.watermark
        reached = max(last, before) if before else last
        # Rejects first: a run that dies in between finds them among what it knows.
        for name, made in (("rejected_flights", bad), ("flights_raw", good)):
            if made.num_rows or name == "flights_raw":
                self._lake.append(
                    name,
                    made,
                    into=tables[name],
                    transactions={_app(self._database): microseconds(reached)},
                )
                self._done.commits += 1
        self._done.watermark = reached
        self._done.rejected += bad.num_rows
        for found in pc.value_counts(good["date"]).to_pylist():
            self._done.rows_by_day[found["values"]] += found["counts"]
