"""Reads fixed ranges of offsets in a thread of its own, so that reading, decoding and writing overlap."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Full, Queue

import numpy as np
from confluent_kafka import Consumer, KafkaError, Message

from orchestration.kafka_ranges import Range, gone_since
from orchestration.resources.kafka import KafkaResource, Source

# The consumer makes its messages without letting another thread run: 2,000 take 3 ms, 10,000 would halve
# the speed of the thread that decodes.
_CONSUMED_TOGETHER = 2_000
_WAIT_S = 0.05
_PIECE_MESSAGES = 20_000
_PIECE_BYTES = 32 * 2**20
_AHEAD = 2
"""Pieces that are read ahead of the writer, which bounds memory."""
_GONE = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)


@dataclass(frozen=True)
class Piece:
    """Messages of one topic; those of one partition are in the order of their offsets."""

    topic: str
    values: list[bytes | None]
    partitions: np.ndarray
    """(messages,)"""
    offsets: np.ndarray
    """(messages,) Transactions and compaction leave holes."""
    last: dict[Source, int]
    """Last offset that is read with this piece, a message or not, of every partition that went forward."""


@contextmanager
def pieces_of(
    ranges: Sequence[Range], kafka: KafkaResource, consumer: Consumer, most: int
) -> Iterator[Iterator[Piece]]:
    """The messages of ``ranges``, about ``most`` to a piece or fewer, read ahead until the block is left.

    Raises, while iterated
    ----------------------
    MessagesGoneError
        The broker dropped messages of a range before they were read.
    AirTrafficError
        The broker sent nothing for ``kafka.timeout_s``.
    """
    reader = _Reader(ranges, kafka, consumer, most)
    thread = threading.Thread(target=reader.run, name="kafka-reader", daemon=True)
    thread.start()
    try:
        yield reader.pieces()
    finally:
        reader.stopped.set()
        thread.join()


class _Reader:
    def __init__(self, ranges: Sequence[Range], kafka: KafkaResource, consumer: Consumer, most: int):
        self.stopped = threading.Event()
        self._kafka = kafka
        self._consumer = consumer
        self._piece_messages = min(most, _PIECE_MESSAGES)
        self._left = {(one.source.topic, one.source.partition): one for one in ranges if one.count > 0}
        self._next = {key: one.start for key, one in self._left.items()}
        self._topics = {one.source.topic: _Gathered() for one in self._left.values()}
        self._queue: Queue[Piece | BaseException | None] = Queue(_AHEAD)
        self._last_error: KafkaError | None = None

    def pieces(self) -> Iterator[Piece]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def run(self) -> None:
        # Whatever goes wrong in this thread is raised in the one that takes the pieces.
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001
            self._put(error)
        else:
            self._put(None)

    def _read(self) -> None:
        if not self._left:
            return
        self._consumer.assign([one.source.at(one.start) for one in self._left.values()])
        together = min(_CONSUMED_TOGETHER, self._piece_messages)
        heard = time.monotonic()
        while self._left and not self.stopped.is_set():
            batch = self._consumer.consume(together, _WAIT_S)
            events = [message for message in batch if message.error()]
            if events:
                batch = [message for message in batch if not message.error()]
            if batch:
                self._gather(batch)
                self._pass_on(self._piece_messages, _PIECE_BYTES)
                heard = time.monotonic()
            # The end of a partition comes after its messages and must not overtake them here.
            for event in events:
                self._hear(event)
            if self._left and time.monotonic() - heard > self._kafka.timeout_s:
                raise self._kafka.failure(self._last_error or KafkaError(KafkaError._TIMED_OUT))
        self._pass_on(0, 0)

    def _hear(self, message: Message) -> None:
        """An event of a partition instead of a message."""
        error = message.error()
        key = message.topic(), message.partition()
        wanted = self._left.get(key)
        if error.code() == KafkaError._PARTITION_EOF:
            # The log may end in marks of transactions, which are offsets without a message.
            if wanted and message.offset() >= wanted.end:
                self._forward(key, wanted.end)
        elif error.code() in _GONE and wanted:
            raise gone_since(self._kafka, self._consumer, wanted.source, self._next[key])
        elif error.fatal():
            raise self._kafka.failure(error)
        else:
            # librdkafka goes on trying; silence for timeout_s ends it.
            self._last_error = error

    def _gather(self, batch: list[Message]) -> None:
        values = list(map(Message.value, batch))
        partitions = np.fromiter(map(Message.partition, batch), np.int32, len(batch))
        offsets = np.fromiter(map(Message.offset, batch), np.int64, len(batch))
        topics = list(map(Message.topic, batch))
        found = set(topics)
        for topic in found & self._topics.keys():
            here = np.ones(len(batch), bool)
            if len(found) > 1:
                here = np.fromiter((other == topic for other in topics), bool, len(batch))
            wanted = self._wanted(topic, np.where(here, partitions, -1), offsets)
            self._topics[topic].add(values, partitions, offsets, wanted)

    def _wanted(self, topic: str, partitions: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """(messages,) Which messages lie in the ranges of ``topic``; moves its partitions forward."""
        wanted = np.zeros(len(offsets), bool)
        for partition in np.unique(partitions).tolist():
            one = self._left.get((topic, partition))
            if one:
                mine = partitions == partition
                wanted |= mine & (offsets < one.end)
                self._forward((topic, partition), min(int(offsets[mine][-1]) + 1, one.end))
        return wanted

    def _forward(self, key: tuple[str, int], position: int) -> None:
        """Note how far a partition is read, and ask for no more of it when its range is."""
        wanted = self._left[key]
        self._next[key] = position
        self._topics[wanted.source.topic].last[wanted.source] = position - 1
        if position >= wanted.end:
            self._consumer.pause([self._left.pop(key).source.at(0)])

    def _pass_on(self, fewest: int, fewest_bytes: int) -> None:
        """Put what is gathered into the queue if there is enough of it."""
        gathered = self._topics.values()
        enough = sum(len(one.values) for one in gathered) >= fewest
        if not enough and sum(one.bytes for one in gathered) < fewest_bytes:
            return
        for topic, one in self._topics.items():
            if one.last:
                self._put(one.piece(topic))
                self._topics[topic] = _Gathered()

    def _put(self, item: Piece | BaseException | None) -> None:
        while not self.stopped.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except Full:
                continue
            return


class _Gathered:
    """What is read of one topic since its last piece."""

    def __init__(self) -> None:
        self.values: list[bytes | None] = []
        self.bytes = 0
        self.last: dict[Source, int] = {}
        self._places: list[tuple[np.ndarray, np.ndarray]] = [(np.empty(0, np.int32), np.empty(0, np.int64))]

    def add(self, values: list, partitions: np.ndarray, offsets: np.ndarray, chosen: np.ndarray) -> None:
        if not chosen.all():
            values = [values[index] for index in np.flatnonzero(chosen).tolist()]
            partitions, offsets = partitions[chosen], offsets[chosen]
        self.values += values
        self.bytes += sum(len(value) for value in values if value)
        self._places.append((partitions, offsets))

    def piece(self, topic: str) -> Piece:
        partitions, offsets = (np.concatenate(parts) for parts in zip(*self._places, strict=True))
        return Piece(topic, self.values, partitions, offsets, self.last)
