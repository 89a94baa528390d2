"""What is still to be read from Kafka: fixed ranges of offsets, and the alarm when messages are gone."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer

from airtraffic.errors import MessagesGoneError
from orchestration.resources.kafka import KafkaResource, Source
from orchestration.resources.lake import LakeResource

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Range:
    """Offsets ``start`` up to, not including, ``end`` of one partition."""

    source: Source
    start: int
    end: int

    @property
    def count(self) -> int:
        """Offsets in the range; transactions and compaction leave some of them without a message."""
        return self.end - self.start


class Destinations:
    """The tables of some topics, each opened once, to be written through the same objects.

    Parameters
    ----------
    by_topic
        The table that takes a topic's good messages, and with them how far the topic is read.
    rejections
        The table that takes the others.
    """

    def __init__(self, lake: LakeResource, by_topic: Mapping[str, str], rejections: str):
        self._by_topic = dict(by_topic)
        self.tables = {name: lake.delta(name) for name in dict.fromkeys([*by_topic.values(), rejections])}

    @property
    def topics(self) -> list[str]:
        return list(self._by_topic)

    def last_read(self, source: Source) -> int | None:
        """Last offset whose rows are in the lake; None when nothing of this partition is."""
        return self.tables[self._by_topic[source.topic]].transaction_version(source.app_id)


def fix_ranges(
    destinations: Destinations, kafka: KafkaResource, consumer: Consumer, *, skip_gone: bool = False
) -> list[Range]:
    """What the broker holds now and the lake has not read.

    Parameters
    ----------
    skip_gone
        Go on without messages that are gone instead of raising.

    Raises
    ------
    MessagesGoneError
        The broker dropped messages that were not read, or lost messages that were.
    """
    ranges = []
    for source in kafka.sources(consumer, destinations.topics):
        stored = destinations.last_read(source)
        low, high = _watermarks(kafka, consumer, source, 0 if stored is None else stored + 1)
        if stored is not None:
            start = stored + 1
        elif source.in_memory:
            start = 0
        else:
            # A lake begins with what a real broker still holds: what it dropped before was never promised.
            start = low
        if start < low:
            _gone(_dropped(source, start, low), skip_gone)
            start = low
        elif start > high:
            _gone(_lost(source, start, high), skip_gone)
            start = high
        ranges.append(Range(source, start, high))
    return ranges


def _watermarks(kafka: KafkaResource, consumer: Consumer, source: Source, wanted: int) -> tuple[int, int]:
    """The partition's oldest offset and its next one, asked twice before anything is taken for gone.

    Both are one answer of two requests, which librdkafka repeats when a broker has just restarted; seen once, the
    oldest then was the next one.
    """
    low, high = kafka.watermarks(consumer, source)
    if low <= wanted <= high:
        return low, high
    low_again, high_again = kafka.watermarks(consumer, source)
    return min(low, low_again), max(high, high_again)


def gone_since(kafka: KafkaResource, consumer: Consumer, source: Source, wanted: int) -> MessagesGoneError:
    """The error for a partition whose broker no longer has ``wanted`` although a moment ago it had."""
    low, high = kafka.watermarks(consumer, source)
    return MessagesGoneError(_lost(source, wanted, high) if wanted > high else _dropped(source, wanted, low))


def _gone(what: str, skip: bool) -> None:
    if not skip:
        raise MessagesGoneError(what)
    _log.warning("%s (skip_gone is set: going on without them)", what)


def _dropped(source: Source, start: int, low: int) -> str:
    why = (
        "the in-memory broker keeps 5 MiB a partition and drops the oldest: send less before the lake has"
        " read it, or use Apache Kafka (KAFKA_HOME or KAFKA_BOOTSTRAP_SERVERS)"
        if source.in_memory
        else "the topic's retention dropped them: give it a longer retention.ms or retention.bytes and read"
        " more often"
    )
    return (
        f"{low - start:,} messages of topic {source.topic!r} partition {source.partition} are gone before the"
        f" lake read them: it has read up to offset {start - 1} and the broker's oldest is {low}; {why}."
        f" {_SKIP} from offset {low}."
    )


def _lost(source: Source, start: int, high: int) -> str:
    return (
        f"topic {source.topic!r} partition {source.partition} has lost {start - high:,} messages: the lake has"
        f" read up to offset {start - 1} and the broker's next is {high}. It came back without the end of its"
        " log, and what it gets now takes offsets that the lake has read: delete the topic and create it"
        f" again (./run topics), which the lake reads from its start. {_SKIP} from offset {high}."
    )


_SKIP = "To go on without them run ingest_kafka once with skip_gone: true in its config; it then reads"
