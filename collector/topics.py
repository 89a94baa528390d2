"""The topics: what they should be like, creating them, and saying where they differ."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Topics

_TIMEOUT_S = 20
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class TopicPlan:
    """What a topic should be like."""

    name: str
    partitions: int
    replication: int
    min_insync_replicas: int
    retention_ms: int
    compression: tuple[str, ...] = ("producer", "zstd")
    """Either keeps zstd: the producer compresses, and the broker stores it as it came."""

    @property
    def config(self) -> dict[str, str]:
        return {
            "min.insync.replicas": str(self.min_insync_replicas),
            "retention.ms": str(self.retention_ms),
            "compression.type": self.compression[0],
        }


@dataclass(frozen=True)
class Difference:
    """Something in which a topic is not as planned."""

    topic: str
    setting: str
    expected: str
    found: str


def plan(topics: Topics, brokers: int) -> list[TopicPlan]:
    """The documented defaults: for three brokers or more replicated thrice, else not at all.

    >>> [(p.partitions, p.replication, p.min_insync_replicas) for p in plan(Topics("s", "p", "r", "o"), brokers=3)]
    [(4, 3, 2), (1, 3, 2), (1, 3, 2), (1, 3, 2)]
    """
    replication, in_sync = (3, 2) if brokers >= 3 else (1, 1)
    return [
        TopicPlan(topics.state_vectors, 4, replication, in_sync, 7 * _DAY_MS),
        TopicPlan(topics.polls, 1, replication, in_sync, 30 * _DAY_MS),
        TopicPlan(topics.rejected, 1, replication, in_sync, 30 * _DAY_MS),
        TopicPlan(topics.operator_events, 1, replication, in_sync, 30 * _DAY_MS),
    ]


def create_topics(
    bootstrap_servers: str,
    topics: Topics,
    security: Mapping[str, str] | None = None,
    *,
    in_memory: bool = False,
) -> list[str]:
    """Create the topics that are missing, and return their names; those that exist stay as they are.

    Parameters
    ----------
    in_memory
        The broker is librdkafka's own: it answers no administration and makes topics when they are asked for.

    Raises
    ------
    AirTrafficError
        The broker cannot be reached or refuses.
    """
    admin = _admin(bootstrap_servers, security)
    if in_memory:
        before = set(_metadata(admin).topics)
        for topic in topics.every:
            _metadata(admin, topic)
        return [topic for topic in topics.every if topic not in before]
    metadata = _metadata(admin)
    missing = [p for p in plan(topics, len(metadata.brokers)) if p.name not in metadata.topics]
    if not missing:
        return []
    created = []
    asked = admin.create_topics(
        [NewTopic(p.name, p.partitions, p.replication, config=p.config) for p in missing],
        operation_timeout=_TIMEOUT_S,
    )
    for name, future in asked.items():
        try:
            future.result(timeout=2 * _TIMEOUT_S)
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise AirTrafficError(f"the broker did not create {name}: {error.args[0].str()}") from error
    # The controller has them; the broker that is asked learns of them a moment later.
    until = time.monotonic() + _TIMEOUT_S
    while not set(created) <= _metadata(admin).topics.keys() and time.monotonic() < until:
        time.sleep(0.05)
    return created


def check_topics(
    bootstrap_servers: str,
    topics: Topics,
    security: Mapping[str, str] | None = None,
    *,
    in_memory: bool = False,
) -> list[Difference]:
    """Where the topics are not as planned; nothing is altered.

    The in-memory broker knows no settings: only existence is checked there.

    Raises
    ------
    AirTrafficError
        The broker cannot be reached or refuses.
    """
    admin = _admin(bootstrap_servers, security)
    metadata = _metadata(admin)
    plans = plan(topics, len(metadata.brokers))
    present = [p for p in plans if p.name in metadata.topics]
    differences = [Difference(p.name, "topic", "exists", "missing") for p in plans if p not in present]
    if in_memory or not present:
        return differences
    settings = _settings(admin, present)
    for p in present:
        partitions = metadata.topics[p.name].partitions
        found = {
            "partitions": str(len(partitions)),
            "replication": str(min((len(part.replicas) for part in partitions.values()), default=0)),
            **{name: settings[p.name].get(name, "unknown") for name in p.config},
        }
        expected = {"partitions": str(p.partitions), "replication": str(p.replication), **p.config}
        differences += [
            Difference(p.name, name, value, found[name])
            for name, value in expected.items()
            if found[name] not in (p.compression if name == "compression.type" else (value,))
        ]
    return differences


def is_in_memory(bootstrap_servers: str, security: Mapping[str, str] | None = None) -> bool:
    """Whether this is librdkafka's in-memory broker, by its cluster id.

    Raises
    ------
    AirTrafficError
        The broker cannot be reached.
    """
    return (_metadata(_admin(bootstrap_servers, security)).cluster_id or "").startswith("mockCluster")


def _admin(bootstrap_servers: str, security: Mapping[str, str] | None) -> AdminClient:
    try:
        # Else librdkafka writes lines of its own to stderr.
        quiet = {"logger": logging.getLogger("kafka")}
        return AdminClient({"bootstrap.servers": bootstrap_servers, **(security or {}), **quiet})
    except KafkaException as error:
        raise AirTrafficError(f"the Kafka settings cannot be used: {error.args[0].str()}") from error


def _metadata(admin: AdminClient, topic: str | None = None):
    try:
        return (
            admin.list_topics(topic, timeout=_TIMEOUT_S) if topic else admin.list_topics(timeout=_TIMEOUT_S)
        )
    except KafkaException as error:
        raise AirTrafficError(
            f"Kafka does not answer within {_TIMEOUT_S} s: {error.args[0].str()}; check KAFKA_BOOTSTRAP_SERVERS"
        ) from error


def _settings(admin: AdminClient, plans: list[TopicPlan]) -> dict[str, dict[str, str]]:
    asked = admin.describe_configs(
        [ConfigResource(ResourceType.TOPIC, p.name) for p in plans], request_timeout=_TIMEOUT_S
    )
    settings = {}
    for resource, future in asked.items():
        try:
            entries = future.result(timeout=2 * _TIMEOUT_S)
        except KafkaException as error:
            raise AirTrafficError(
                f"the broker does not show the settings of {resource.name}: {error.args[0].str()}"
            ) from error
        settings[resource.name] = {name: entry.value for name, entry in entries.items()}
    return settings
