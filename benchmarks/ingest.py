"""Messages per second from Kafka to committed Delta rows, beside what Python can do at best.

The same topic, the same process, one after another in changing order: a bare ``Consumer.consume`` loop with
librdkafka's own settings and with ours, which pause less; ours with ``orjson.loads`` of every message;
and ``ingest`` into a new lake.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import orjson
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console
from rich.table import Table

from airtraffic.settings import Settings
from airtraffic.simulation.simulator import Simulation
from cli.brokers import Broker, running_kafka
from collector.producer import Producer
from collector.source import Poll
from orchestration.ingest import ingest
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource

START = datetime(2025, 1, 15, tzinfo=UTC)
PARTITIONS = 4
ROUNDS = 5
# What the in-memory broker can hold: 5 MiB in each of 4 partitions.
MESSAGES = {"apache": 500_000, "external": 500_000, "in-memory": 100_000}
AIMS = {"consume": 0.75, "consume + orjson": 1.0}
LIBRDKAFKA = {
    "fetch.wait.max.ms": 500,
    "fetch.queue.backoff.ms": 1000,
    "queued.max.messages.kbytes": 2**16,
    "queued.min.messages": 100_000,
}
"""librdkafka's defaults for what ``KafkaResource`` sets otherwise."""
_CONSUME_TOGETHER = 10_000


@dataclass
class Measured:
    """One of the ways, and its messages per second in each round."""

    name: str
    run: Callable[[], int]
    per_s: list[float] = field(default_factory=list)


def main() -> None:
    settings = Settings.from_env(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="airtraffic-bench-"))
    console = Console()
    try:
        with running_kafka(settings, folder / "kafka") as broker:
            kafka = KafkaResource(
                bootstrap_servers=broker.bootstrap_servers,
                topic_prefix=f"bench-{os.getpid()}-{time.time_ns()}.",
                security=dict(settings.kafka_security),
            )
            _create_topics(broker, kafka)
            try:
                sent = _send(kafka, MESSAGES[broker.kind])
                console.print(f"{sent:,} messages in {PARTITIONS} partitions, broker: {broker.kind}")
                console.print(_table(_measure(kafka, folder, sent)))
            finally:
                _delete_topics(broker, kafka)
    finally:
        shutil.rmtree(folder)


def _measure(kafka: KafkaResource, folder: Path, sent: int) -> list[Measured]:
    lakes = iter(range(1000))

    def ingested() -> int:
        lake = LakeResource(root=str(folder / f"lake-{next(lakes)}"))
        done = ingest(lake, kafka, now=datetime.now(UTC), earliest=START)
        shutil.rmtree(lake.root)
        return done.state_vectors

    ways = [
        Measured("consume", lambda: _consume(kafka, sent, _ignore, LIBRDKAFKA)),
        Measured("consume, our settings", lambda: _consume(kafka, sent, _ignore)),
        Measured("consume + orjson", lambda: _consume(kafka, sent, _parse, LIBRDKAFKA)),
        Measured("consume + orjson, our settings", lambda: _consume(kafka, sent, _parse)),
        Measured("ingest: Kafka to Delta", ingested),
    ]
    for number in range(ROUNDS):
        for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
            began = time.perf_counter()
            read = way.run()
            way.per_s.append(read / (time.perf_counter() - began))
            if read != sent:
                raise RuntimeError(f"{way.name} read {read} messages of {sent}")
    return ways


def _consume(
    kafka: KafkaResource,
    sent: int,
    use: Callable[[list[bytes]], None],
    settings: Mapping[str, object] = MappingProxyType({}),
) -> int:
    """The loop that a reader in Python cannot do without."""
    read = 0
    with closing(kafka.consumer(**settings)) as consumer:
        topic = kafka.topics.state_vectors
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        while read < sent:
            batch = consumer.consume(_CONSUME_TOGETHER, 0.05)
            values = [message.value() for message in batch if not message.error()]
            use(values)
            read += len(values)
    return read


def _ignore(values: list[bytes]) -> None:
    pass


def _parse(values: list[bytes]) -> None:
    for value in values:
        orjson.loads(value)


def _send(kafka: KafkaResource, messages: int) -> int:
    """Simulated traffic, as the collector sends it."""
    aircraft = 2000
    simulation = Simulation(start=START, hours=messages / aircraft / 60, aircraft=aircraft)
    producer = Producer(kafka.bootstrap_servers, kafka.topics, kafka.security)
    polls = [Poll("simulate", poll.snapshot_at, poll.table, 60.0) for poll in simulation.polls()]
    for first in range(0, len(polls), 20):
        producer.send(polls[first : first + 20])
    return sum(poll.table.num_rows for poll in polls)


def _create_topics(broker: Broker, kafka: KafkaResource) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers} | kafka.security)
    if broker.kind == "in-memory":
        for topic in kafka.topics:
            admin.list_topics(topic, timeout=10)
        return
    for created in admin.create_topics([NewTopic(name, PARTITIONS) for name in kafka.topics]).values():
        created.result(timeout=30)


def _delete_topics(broker: Broker, kafka: KafkaResource) -> None:
    if broker.kind == "external":
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers} | kafka.security)
        for deleted in admin.delete_topics(list(kafka.topics)).values():
            deleted.result(timeout=30)


def _table(ways: list[Measured]) -> Table:
    table = Table(title=f"Messages per second, {ROUNDS} rounds")
    for heading in ("", "median", "best", "ingest: median", "best", "aim"):
        table.add_column(heading, justify="left" if not heading else "right")
    ours = ways[-1].per_s
    for way in ways:
        aim = AIMS.get(way.name)
        ratios = [f"{pick(ours) / pick(way.per_s):.2f} x" for pick in (statistics.median, max)]
        table.add_row(
            way.name,
            f"{statistics.median(way.per_s):,.0f}",
            f"{max(way.per_s):,.0f}",
            *(ratios if aim else ("", "")),
            f"{aim:.2f} x" if aim else "",
        )
    return table
