"""Kafka to the lake, every message exactly once.

The lake is the truth: rows and the offsets they came from are one commit of the table they go to, through
the table object that the offsets were read from, so that of two runs at once the second is refused.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Consumer
from deltalake.exceptions import CommitFailedError
from pydantic import Field

from airtraffic.message_faults import Bounds
from orchestration.kafka_batches import Batch
from orchestration.kafka_feeds import STATE_VECTORS, Feed
from orchestration.kafka_ranges import Destinations, Range, fix_ranges
from orchestration.kafka_reading import pieces_of
from orchestration.races import read_against_others
from orchestration.resources.kafka import KafkaResource, Source
from orchestration.resources.lake import LakeResource

_AHEAD = timedelta(days=1)


class ReadConfig(dg.Config):
    """What a run that reads Kafka can be told."""

    max_s: float = Field(
        default=300,
        gt=0,
        le=3600,
        description="A run that has read for so long ends with its next commit, and the sensor asks for "
        "another: nothing is to wait for a long history. [s]",
    )
    skip_gone: bool = Field(
        default=False,
        description="Go on without messages that the broker dropped before they were read. They are lost: "
        "set it once, by hand, when that is understood.",
    )


@dataclass
class Ingested:
    """What a run has committed."""

    messages: int = 0
    """Messages read, of all topics."""
    state_vectors: int = 0
    polls: int = 0
    flights: int = 0
    """Rows added to ``flights_raw``."""
    rejected: int = 0
    """Rows added to the table of rejections, the collector's among them."""
    days: set[date] = field(default_factory=set)
    """Days of departure of the flights."""
    rows_by_hour: Counter[datetime] = field(default_factory=Counter)
    """State vectors by the start of their hour (UTC); an hour that only got polls is here with 0."""
    offsets: dict[str, int] = field(default_factory=dict)
    """Last offset in the lake by ``topic[partition]``, of those that went forward."""
    commits: int = 0

    @property
    def hours(self) -> set[datetime]:
        """Starts of the hours that got state vectors or polls (UTC)."""
        return set(self.rows_by_hour)


def ingest(
    lake: LakeResource,
    kafka: KafkaResource,
    feed: Feed = STATE_VECTORS,
    *,
    now: datetime,
    earliest: datetime,
    latest: datetime | None = None,
    max_messages: int = 100_000,
    skip_gone: bool = False,
    stop: Callable[[], bool] | None = None,
) -> Ingested:
    """Read what a feed's topics hold at the start of the run and the lake has not, and commit it.

    Parameters
    ----------
    feed
        The topics, and what becomes of their messages.
    now
        Written as ``ingested_at``. (UTC)
    earliest, latest
        Event times that are believed; others are rejected. ``latest`` is a day after ``now`` when None. (UTC)
    max_messages
        Messages of one commit, about; this bounds memory.
    skip_gone
        Go on without messages that the broker no longer has.
    stop
        Asked after each commit; true ends the run early.

    Raises
    ------
    MessagesGoneError
        The broker no longer has messages that the lake has not read; what came before them is committed.
    AirTrafficError
        The broker does not answer, a topic is missing, or other runs keep being faster.
    """
    bounds = Bounds(earliest, latest or now + _AHEAD)
    done = Ingested()

    def batches() -> Batch:
        return Batch(
            feed.tables(kafka.topics),
            feed.rejections,
            lambda piece: feed.rows(piece, kafka.topics, now, bounds),
        )

    def read() -> None:
        with closing(kafka.consumer()) as consumer:
            _Run(lake, kafka, feed, consumer, batches, done).read(max_messages, skip_gone, stop)

    doing = f"writing to {lake.root} from the same Kafka partitions"
    read_against_others(read, doing, ". Let one run at a time read")
    return done


def lag(
    lake: LakeResource, kafka: KafkaResource, feed: Feed = STATE_VECTORS, *, skip_gone: bool = False
) -> dict[str, int]:
    """Messages that the broker holds and the lake has not read, by ``topic[partition]``.

    Raises
    ------
    MessagesGoneError
        Some of them are gone.
    AirTrafficError
        The broker does not answer, or a topic is missing.
    """
    with closing(kafka.consumer()) as consumer:
        destinations = Destinations(lake, feed.tables(kafka.topics), feed.rejections)
        ranges = fix_ranges(destinations, kafka, consumer, skip_gone=skip_gone)
    return {one.source.name: one.count for one in ranges}


class _Run:
    """One pass over ranges fixed at its start."""

    def __init__(
        self,
        lake: LakeResource,
        kafka: KafkaResource,
        feed: Feed,
        consumer: Consumer,
        batches: Callable[[], Batch],
        done: Ingested,
    ):
        self._lake = lake
        self._kafka = kafka
        self._feed = feed
        self._tables = feed.tables(kafka.topics)
        self._consumer = consumer
        self._batches = batches
        self._done = done
        self._destinations = Destinations(lake, self._tables, feed.rejections)
        self._read: dict[Source, int] = {}
        self._known: dict[tuple[str, str], int | None] = {}
        """By table and partition, the offset that this run found there or has committed itself."""

    def read(self, max_messages: int, skip_gone: bool, stop: Callable[[], bool] | None) -> None:
        ranges = fix_ranges(self._destinations, self._kafka, self._consumer, skip_gone=skip_gone)
        self._known = {
            (name, one.source.app_id): table.transaction_version(one.source.app_id)
            for name, table in self._destinations.tables.items()
            for one in ranges
        }
        settled = self._settled(ranges)
        batch = self._batches()
        if skip_gone:
            # A range without a message has no piece to carry how far it was moved.
            batch.last |= {one.source: one.start - 1 for one in ranges if not one.count}
        with pieces_of(ranges, self._kafka, self._consumer, max_messages) as pieces, _Writer() as writer:
            for piece in pieces:
                batch.add(piece, settled.get(piece.topic, {}))
                if batch.messages >= max_messages:
                    writer.run(self._commit, batch)
                    batch = self._batches()
                    if stop and stop():
                        break
            writer.run(self._commit, batch)
        self._kafka.show_group_offsets(self._read)

    def _settled(self, ranges: Sequence[Range]) -> dict[str, dict[int, set[int]]]:
        """By topic and partition, offsets that were rejected by a run that died before its main commit."""
        found: dict[str, dict[int, set[int]]] = {}
        for one in ranges:
            offsets = self._rejected_already(one)
            if offsets:
                found.setdefault(one.source.topic, {})[one.source.partition] = offsets
        return found

    def _rejected_already(self, one: Range) -> set[int]:
        source = one.source
        rejections = self._destinations.tables[self._feed.rejections]
        last = rejections.transaction_version(source.app_id)
        if self._tables[source.topic] == self._feed.rejections or last is None or last < one.start:
            return set()
        return self._feed.rejected_already(self._lake, source, one.start, last)

    def _commit(self, batch: Batch) -> None:
        """Commit a batch, rejections first: a run that dies in between finds them by ``_settled``."""
        for name in self._feed.order:
            rows, moved = batch.rows(name), batch.moved(name)
            if not moved:
                continue
            offsets = {source.app_id: last for source, last in moved.items()}
            self._check_alone(name, offsets)
            self._lake.append(name, rows, into=self._destinations.tables[name], transactions=offsets)
            self._known |= {(name, app_id): last for app_id, last in offsets.items()}
            self._done.commits += 1
            self._count(name, rows)
        self._read |= batch.last
        self._done.messages += batch.messages
        self._done.offsets |= {source.name: last for source, last in batch.last.items()}

    def _check_alone(self, name: str, app_ids: Iterable[str]) -> None:
        """Refuse a commit of partitions that another run has moved since this one began.

        A commit of ours takes the table object past the commits that others made of other partitions in
        the meantime, and delta-rs looks for conflicts only after the version that the object has.
        """
        table = self._destinations.tables[name]
        for app_id in app_ids:
            found = table.transaction_version(app_id)
            if found != self._known[name, app_id]:
                raise CommitFailedError(f"{name}: another run has read {app_id} up to {found}")

    def _count(self, name: str, rows: pa.Table) -> None:
        if name == self._feed.rejections:
            self._done.rejected += rows.num_rows
            return
        if name == "flights_raw":
            self._done.flights += rows.num_rows
            self._done.days |= set(pc.unique(rows["date"]).to_pylist())
            return
        counts = pc.value_counts(pc.floor_temporal(rows["snapshot_at"], unit="hour")).to_pylist()
        for found in counts:
            hour = found["values"].astimezone(UTC)
            self._done.rows_by_hour[hour] += found["counts"] if name == "state_vectors_raw" else 0
        if name == "polls":
            self._done.polls += rows.num_rows
        else:
            self._done.state_vectors += rows.num_rows


class _Writer:
    """Runs one thing at a time in a thread of its own; what it raises comes with the next one, or at the end."""

    def __enter__(self) -> "_Writer":
        self._pool = ThreadPoolExecutor(1, "lake-writer")
        self._running: Future | None = None
        return self

    def run(self, function: Callable[..., None], *arguments: object) -> None:
        if self._running:
            self._running.result()
        self._running = self._pool.submit(function, *arguments)

    def __exit__(self, kind: object, *_: object) -> None:
        self._pool.shutdown()
        if self._running and kind is None:
            self._running.result()
