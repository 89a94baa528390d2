"""Dropped files to ``flights_raw`` or ``daily_counts``, every row exactly once.

A file is known by its content: its rows and an application transaction with its SHA-256 are one commit, so
that the same content under another name, or read again by a run that began after a kill, adds nothing.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.exceptions import DeltaError

from airtraffic.count_providers import CountsProvider
from airtraffic.daily_counts import read_counts
from airtraffic.declared_files import UnreadableFileError
from airtraffic.demand_tables import DAILY_COUNTS
from airtraffic.errors import AirTrafficError
from airtraffic.flight_files import Malformed, Piece, pieces, sha256_of, whole
from airtraffic.flight_mapping import read_flights
from airtraffic.flight_tables import FILES, FLIGHTS_RAW, REJECTED_FLIGHTS
from airtraffic.providers import Provider
from airtraffic.table import Table
from orchestration.flights import days_left
from orchestration.races import read_against_others
from orchestration.resources.inbox import ARCHIVE, UNREADABLE, Dropped, FileChangedError, InboxResource
from orchestration.resources.lake import Filter, LakeResource

_log = logging.getLogger(__name__)
PROVIDERS = Path(__file__).parents[1] / "config" / "providers.yaml"
_AHEAD = timedelta(days=1)


@dataclass
class FileRead:
    """What came of one file."""

    file: Dropped
    sha256: str
    table: str = FLIGHTS_RAW.name
    """Where its rows are: ``flights_raw`` or ``daily_counts``."""
    rows_by_day: Counter[date] = field(default_factory=Counter)
    """Rows in ``table`` by day; days that a flight was moved away from are here with 0."""
    told_days: Counter[date] | None = None
    """Days to report with it where they are others than its own: the days of all files of counts are with the last."""
    rejected: int = 0
    """Rows in ``rejected_flights``."""
    again: bool = False
    """Its content was in the lake before."""
    unreadable: str | None = None
    """Why not a row of it could be read."""

    @property
    def rows(self) -> int:
        return self.rows_by_day.total()

    def __str__(self) -> str:
        if self.unreadable:
            return f"{self.file} cannot be read: {self.unreadable}"
        what = (
            f"{self.file}: {self.rows:,} rows of {len(self.rows_by_day):,} days, {self.rejected:,} rejected"
        )
        return f"{what}; the lake had them already" if self.again else what


def ingest_files(
    lake: LakeResource,
    inbox: InboxResource,
    providers: Mapping[str, Provider | CountsProvider],
    *,
    now: datetime,
    earliest: datetime,
    max_files: int = 1000,
) -> Iterator[FileRead]:
    """Read the files that wait, the longest unchanged first, and put each away when the next one is asked for.

    Until then a file stays: a caller that dies on what it does with it meets the file again. Files of counts
    come last and together, with years of days in common, each of which is to be reported once.

    Parameters
    ----------
    now
        Written as ``ingested_at``. (UTC)
    earliest
        Departures and days before it, and more than a day after ``now``, are rejected. (UTC)

    Raises
    ------
    AirTrafficError
        Other runs keep being faster.
    """
    counts: list[FileRead] = []
    for file in sorted(inbox.dropped(now), key=_by_change)[:max_files]:
        if file.provider not in providers:
            continue
        try:
            with inbox.opened(file) as path:
                done = _File(lake, inbox, file, path, providers[file.provider], now, earliest).read()
        except (FileChangedError, FileNotFoundError) as error:
            _log.warning("%s; it is left for the next run", error)
            continue
        if done.table == DAILY_COUNTS.name and not done.unreadable:
            counts.append(done)
            continue
        yield done
        inbox.put_away(file, done.sha256, UNREADABLE if done.unreadable else ARCHIVE)
    for done in counts:
        done.told_days = (
            sum((each.rows_by_day for each in counts), Counter()) if done is counts[-1] else Counter()
        )
        yield done
    for done in counts:
        inbox.put_away(done.file, done.sha256)


def _by_change(file: Dropped) -> tuple[datetime, str, str]:
    """A correction is read after what it corrects, also where more files wait than a run reads."""
    return file.modified, file.provider, file.name


class _File:
    """One file on its way into two tables, each of which remembers whether it has it."""

    def __init__(
        self,
        lake: LakeResource,
        inbox: InboxResource,
        file: Dropped,
        path: Path,
        provider: Provider | CountsProvider,
        now: datetime,
        earliest: datetime,
    ):
        self._lake = lake
        self._inbox = inbox
        self._file = file
        self._path = path
        self._provider = provider
        self._now = now
        self._earliest = earliest
        self._sha256 = sha256_of(path)
        self._received_from = f"{file.provider} {self._sha256} {file.name}"
        self._rejected: list[pa.Table] = []
        self._failure: AirTrafficError | None = None
        self._table: Table = DAILY_COUNTS if isinstance(provider, CountsProvider) else FLIGHTS_RAW

    def read(self) -> FileRead:
        return read_against_others(self._read, f"reading {self._file}")

    def _read(self) -> FileRead:
        done = FileRead(self._file, self._sha256, self._table.name)
        app = f"{FILES} {self._file.provider} {self._sha256}"
        raw, rejected = self._lake.delta(self._table.name), self._lake.delta("rejected_flights")
        rows_there = raw.transaction_version(app) is not None
        rejects_there = rejected.transaction_version(app) is not None
        if rows_there and rejects_there:
            done.again = True
            self._count_again(done)
            return done
        self._rejected = []
        try:
            reader = pa.RecordBatchReader.from_batches(self._table.schema, self._batches(done))
            if rows_there:
                # A run died between the two commits.
                for _ in reader:
                    pass
            else:
                self._append(self._table.name, reader, raw, app)
            if not rejects_there:
                self._append("rejected_flights", self._rejects(), rejected, app)
        except UnreadableFileError as error:
            # Another run may have put it away meanwhile.
            self._inbox.check(self._file)
            done.rows_by_day.clear()
            self._note_unreadable(done, str(error))
            return done
        done.rejected = sum(table.num_rows for table in self._rejected)
        if self._table is FLIGHTS_RAW:
            for day in days_left(self._lake, FILES, self._file.provider, self._now, done.rows_by_day):
                done.rows_by_day[day] += 0
        return done

    def _append(self, name: str, rows: pa.Table | pa.RecordBatchReader, into, app: str) -> None:
        self._failure = None
        try:
            self._lake.append(name, rows, into=into, transactions={app: 1})
        except DeltaError:
            # What a reader raises comes out of delta-rs as an error of its own.
            if self._failure:
                raise self._failure from None
            raise

    def _batches(self, done: FileRead) -> Iterator[pa.RecordBatch]:
        try:
            for good, bad, piece in self._tables():
                self._rejected += [bad, self._malformed(piece.malformed)]
                for found in pc.value_counts(good["date"]).to_pylist():
                    done.rows_by_day[found["values"]] += found["counts"]
                yield from good.to_batches()
            self._inbox.check(self._file)
        except AirTrafficError as error:
            self._failure = error
            raise

    def _tables(self) -> Iterator[tuple[pa.Table, pa.Table, Piece]]:
        """What can be read and what cannot, piece by piece."""
        if isinstance(self._provider, CountsProvider):
            # At once: a series that has a day twice may have it far apart.
            piece = whole(self._path, self._provider)
            yield *self._counts(piece, self._provider), piece
            return
        for piece in pieces(self._path, self._provider):
            yield *self._flights(piece, self._provider), piece

    def _flights(self, piece: Piece, provider: Provider) -> tuple[pa.Table, pa.Table]:
        return read_flights(
            piece.rows,
            provider,
            name=self._file.provider,
            route=FILES,
            received_from=self._received_from,
            ingested_at=self._now,
            earliest=self._earliest,
            latest=self._now + _AHEAD,
            first=piece.first,
        )

    def _counts(self, piece: Piece, provider: CountsProvider) -> tuple[pa.Table, pa.Table]:
        return read_counts(
            piece.rows,
            provider,
            name=self._file.provider,
            file=self._file.name,
            sha256=self._sha256,
            ingested_at=self._now,
            modified_at=self._file.modified,
            earliest=self._earliest.date(),
            latest=self._now.date(),
        )

    def _rejects(self) -> pa.Table:
        return pa.concat_tables([REJECTED_FLIGHTS.schema.empty_table(), *self._rejected])

    def _malformed(self, lines: list[Malformed]) -> pa.Table:
        return self._rejection([(line.reason, line.number, line.original) for line in lines])

    def _rejection(self, faults: list[tuple[str, int | None, str | None]]) -> pa.Table:
        common = {
            "route": FILES,
            "provider": self._file.provider,
            "source": self._provider.source,
            "received_from": self._received_from,
            "ingested_at": self._now,
            "date": self._now.astimezone(UTC).date(),
        }
        rows = [
            common | {"reason": reason, "position": position, "original": original}
            for reason, position, original in faults
        ]
        return pa.Table.from_pylist(rows, schema=REJECTED_FLIGHTS.schema)

    def _note_unreadable(self, done: FileRead, reason: str) -> None:
        """One rejection for the whole file; it is read when it comes again and can be."""
        done.unreadable, done.rejected = reason, 1
        app = f"unreadable {self._file.provider} {self._sha256}"
        rejected = self._lake.delta("rejected_flights")
        if rejected.transaction_version(app) is None:
            row = self._rejection([(reason, None, None)])
            self._lake.append("rejected_flights", row, into=rejected, transactions={app: 1})

    def _count_again(self, done: FileRead) -> None:
        """What the run that read this content may not have lived to report; what is put away is reported."""
        if self._inbox.has(ARCHIVE, self._file.provider, self._sha256):
            return
        mine = received_from(self._file.provider, self._sha256)
        rows = counted_in(self._file.provider, self._sha256) if self._table is DAILY_COUNTS else mine
        done.rows_by_day.update(self._lake.read(self._table.name, ["date"], rows)["date"].to_pylist())
        done.rejected = self._lake.read("rejected_flights", ["position"], mine).num_rows


def received_from(provider: str, sha256: str) -> list[Filter]:
    """Filters for the rows of a file in ``flights_raw`` and ``rejected_flights``."""
    known_as = f"{provider} {sha256} "
    return [("received_from", ">=", known_as), ("received_from", "<", f"{known_as}~")]


def counted_in(provider: str, sha256: str) -> list[Filter]:
    """Filters for the rows of a file in ``daily_counts``."""
    return [("provider", "=", provider), ("file_sha256", "=", sha256)]
