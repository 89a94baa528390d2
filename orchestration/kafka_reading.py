"""Reads fixed ranges of offsets in a thread of its own, so that reading and writing overlap."""

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

_TOGETHER = 10_000
"""Messages asked of the consumer at once."""
_WAIT_S = 0.05
_AHEAD = 4
"""Pieces that are read ahead of the writer, which bounds memory."""
_GONE = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)


@dataclass(frozen=True)
class Piece:
    """Consecutive messages of one partition, or none and the news that its range is read to the end."""

    source: Source
    values: list[bytes | None]
    offsets: np.ndarray
    """(messages,) Ascending; transactions and compaction leave holes."""
    last: int
    """Last offset that is read with this piece, a message or not."""


@contextmanager
def pieces_of(
    ranges: Sequence[Range], kafka: KafkaResource, consumer: Consumer, most: int = _TOGETHER
) -> Iterator[Iterator[Piece]]:
    """The messages of ``ranges``, at most ``most`` to a piece, read ahead until the block is left.

    Raises, while iterated
    ----------------------
    MessagesGoneError
        The broker dropped messages of a range before they were read.
    AirTrafficError
        The broker sent nothing for ``kafka.timeout_s``.
    """
    reader = _Reader(ranges, kafka, consumer, min(most, _TOGETHER))
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
        self._most = most
        self._left = {(one.source.topic, one.source.partition): one for one in ranges if one.count > 0}
        self._next = {key: one.start for key, one in self._left.items()}
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
        heard = time.monotonic()
        while self._left and not self.stopped.is_set():
            batch = self._consumer.consume(self._most, _WAIT_S)
            events = [message for message in batch if message.error()]
            if events:
                batch = [message for message in batch if not message.error()]
            if batch:
                self._sort(batch)
                heard = time.monotonic()
            # The end of a partition comes after its messages and must not overtake them here.
            for event in events:
                self._hear(event)
            if self._left and time.monotonic() - heard > self._kafka.timeout_s:
                raise self._kafka.failure(self._last_error or KafkaError(KafkaError._TIMED_OUT))

    def _hear(self, message: Message) -> None:
        """An event of the partition instead of a message."""
        error = message.error()
        key = message.topic(), message.partition()
        wanted = self._left.get(key)
        if error.code() == KafkaError._PARTITION_EOF:
            # The log may end in marks of transactions, which are offsets without a message.
            if wanted and message.offset() >= wanted.end:
                self._finish(key)
                self._put(Piece(wanted.source, [], np.empty(0, np.int64), wanted.end - 1))
        elif error.code() in _GONE and wanted:
            raise gone_since(self._kafka, self._consumer, wanted.source, self._next[key])
        elif error.fatal():
            raise self._kafka.failure(error)
        else:
            # librdkafka goes on trying; silence for timeout_s ends it.
            self._last_error = error

    def _sort(self, batch: list[Message]) -> None:
        values = list(map(Message.value, batch))
        offsets = np.fromiter(map(Message.offset, batch), np.int64, len(batch))
        keys = list(zip(map(Message.topic, batch), map(Message.partition, batch), strict=True))
        found = dict.fromkeys(keys)
        for key in found:
            if key not in self._left:
                continue
            if len(found) == 1:
                self._pass_on(key, values, offsets)
            else:
                mine = [index for index, other in enumerate(keys) if other == key]
                self._pass_on(key, [values[index] for index in mine], offsets[mine])

    def _pass_on(self, key: tuple[str, int], values: list[bytes | None], offsets: np.ndarray) -> None:
        wanted = self._left[key]
        within = int(np.searchsorted(offsets, wanted.end))
        last = int(offsets[-1]) if within == len(offsets) else wanted.end - 1
        self._next[key] = last + 1
        if last + 1 == wanted.end:
            self._finish(key)
        self._put(Piece(wanted.source, values[:within], offsets[:within], last))

    def _finish(self, key: tuple[str, int]) -> None:
        """Ask for no more of a partition whose range is read."""
        self._consumer.pause([self._left.pop(key).source.at(0)])

    def _put(self, item: Piece | BaseException | None) -> None:
        while not self.stopped.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except Full:
                continue
            return
