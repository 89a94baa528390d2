"""Kafka as the platform reads it: who the broker is, what it holds, and a consumer."""

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

import dagster as dg
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from pydantic import Field

from airtraffic.errors import AirTrafficError, TopicMissingError
from airtraffic.settings import Settings, Topics

_log = logging.getLogger(__name__)
# What librdkafka calls its in-memory broker, and the topic that tells one of its lives from another.
_IN_MEMORY = "mockCluster"
_LIFE = "__life."
_SHOWING_TIMEOUT_S = 5.0
_NO_TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAA"
_LEADERLESS = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}


@dataclass(frozen=True)
class Source:
    """One partition of a topic, as one broker holds it."""

    cluster: str
    topic: str
    topic_id: str
    partition: int

    @property
    def app_id(self) -> str:
        """Under which the lake stores how far it has read: a recreated topic is another one."""
        return f"{self.cluster}/{self.topic}/{self.topic_id}/{self.partition}"

    @property
    def name(self) -> str:
        """``topic[partition]``, for people."""
        return f"{self.topic}[{self.partition}]"

    @property
    def in_memory(self) -> bool:
        """Whether the broker is librdkafka's own, which keeps 5 MiB and forgets."""
        return self.cluster.startswith(_IN_MEMORY)

    def at(self, offset: int) -> TopicPartition:
        return TopicPartition(self.topic, self.partition, offset)


class KafkaResource(dg.ConfigurableResource):
    """A Kafka broker, real or in memory, and the topics on it."""

    bootstrap_servers: str = Field(description="host:port, several with commas.")
    topic_prefix: str = Field(default="airtraffic.", description="What the names of the topics begin with.")
    security: dict[str, str] = Field(
        default={}, description="Security settings by librdkafka's names, such as sasl.mechanism."
    )
    group_id: str = Field(
        default="airtraffic-lake",
        description="Consumer group that the offsets are shown under; the lake's own count.",
    )
    timeout_s: float = Field(
        default=30.0, gt=0, le=600, description="How long the broker may take to answer or to send. [s]"
    )

    read_ahead_kb: int = Field(
        default=16 * 2**10, ge=1, le=2**20, description="Messages fetched before they are asked for. [kB]"
    )

    @classmethod
    def from_settings(cls, settings: Settings, bootstrap_servers: str | None = None) -> "KafkaResource":
        """The Kafka of the settings, or the one at ``bootstrap_servers`` with the rest of them."""
        return cls(
            bootstrap_servers=bootstrap_servers or settings.kafka_bootstrap_servers or "",
            topic_prefix=settings.topic_prefix,
            security=dict(settings.kafka_security),
        )

    @property
    def topics(self) -> Topics:
        return Topics.with_prefix(self.topic_prefix)

    def consumer(self, **settings: object) -> Consumer:
        """A consumer that starts nowhere by itself and commits nothing by itself."""
        return Consumer(
            self._client()
            | {
                "group.id": self.group_id,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 50,
                # With a full queue librdkafka fetches nothing for a second by default: that halves its speed.
                "fetch.queue.backoff.ms": 10,
                "queued.max.messages.kbytes": self.read_ahead_kb,
                "queued.min.messages": 1_000_000,
            }
            | settings
        )

    def sources(self, consumer: Consumer, topics: Collection[str]) -> list[Source]:
        """Every partition of some topics.

        Raises
        ------
        AirTrafficError
            The broker does not answer, or a topic is not there.
        """
        with self._answering():
            metadata = consumer.list_topics(timeout=self.timeout_s)
        found = {name: metadata.topics[name] for name in topics if name in metadata.topics}
        missing = [name for name in topics if name not in found]
        if missing:
            raise TopicMissingError(
                f"no topics {missing} on the broker at {self.bootstrap_servers}; ./run topics creates them"
            )
        cluster, ids = metadata.cluster_id or "", {}
        if cluster.startswith(_IN_MEMORY):
            # It answers no admin call (each would take 20 s to fail), and its ids can come again.
            lives = sorted(name for name in metadata.topics if name.startswith(_LIFE))
            cluster += "".join(name.removeprefix("_") for name in lives)
        else:
            ids = self._topic_ids(found)
        return [
            Source(cluster=cluster, topic=name, topic_id=ids.get(name) or name, partition=partition)
            for name, topic in found.items()
            for partition in sorted(topic.partitions)
        ]

    def cluster_id(self) -> str:
        """Id of the broker's cluster."""
        with closing(self.consumer()) as consumer, self._answering():
            return consumer.list_topics(timeout=self.timeout_s).cluster_id or ""

    def watermarks(self, consumer: Consumer, source: Source) -> tuple[int, int]:
        """First offset that the broker holds, and the one that the next message will get."""
        partition = TopicPartition(source.topic, source.partition)
        deadline = time.monotonic() + self.timeout_s
        with self._answering():
            while True:
                try:
                    return consumer.get_watermark_offsets(partition, timeout=self.timeout_s, cached=False)
                except KafkaException as error:
                    # A broker that has just started, or handed a partition on, says so for a moment.
                    if error.args[0].code() not in _LEADERLESS or time.monotonic() > deadline:
                        raise
                time.sleep(0.1)
                consumer.list_topics(source.topic, timeout=self.timeout_s)

    def show_group_offsets(self, read: Mapping[Source, int]) -> None:
        """Set the group's offsets behind the last ones read, for lag dashboards only.

        A failure is logged and nothing else. It goes through the admin interface because a consumer's
        commit can't be given a time-out: without a broker it waits for 45 s.
        """
        offsets = [source.at(last + 1) for source, last in read.items() if not source.in_memory]
        if not offsets:
            return
        group = ConsumerGroupTopicPartitions(self.group_id, offsets)
        # Kept until the answer is there: a client that is collected answers nobody.
        admin = AdminClient(self._client())
        timeout_s = min(_SHOWING_TIMEOUT_S, self.timeout_s)
        asked = admin.alter_consumer_group_offsets([group], request_timeout=timeout_s)
        try:
            asked[self.group_id].result()
        except KafkaException as error:
            _log.warning(
                "the offsets shown for group %s are not brought up to date: %s", self.group_id, error
            )

    def _topic_ids(self, topics: Collection[str]) -> dict[str, str]:
        admin = AdminClient(self._client())
        asked = admin.describe_topics(TopicCollection(list(topics)), request_timeout=self.timeout_s)
        with self._answering():
            ids = {name: str(answer.result().topic_id) for name, answer in asked.items()}
        return {name: id_ for name, id_ in ids.items() if id_ != _NO_TOPIC_ID}

    def _client(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "client.id": "airtraffic-lake",
            "reconnect.backoff.ms": 250,
            "reconnect.backoff.max.ms": 2000,
            "log.connection.close": False,
            # Without a handler librdkafka writes a line on standard error for every try to connect.
            "error_cb": _log_error,
            "log_level": 2,
        } | self.security

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except KafkaException as error:
            raise self.failure(error.args[0]) from error

    def failure(self, error: KafkaError) -> AirTrafficError:
        """The error to raise when the broker refuses, or has not answered for ``timeout_s``."""
        return AirTrafficError(
            f"the Kafka broker at {self.bootstrap_servers!r} does not answer as it should within"
            f" {self.timeout_s:g} s: {error.str()} ({error.name()}); is it running, and are"
            " KAFKA_BOOTSTRAP_SERVERS and the KAFKA_SECURITY_*, KAFKA_SASL_* and KAFKA_SSL_* settings right?"
            " An in-memory broker that ended has forgotten its messages: start again and send them anew."
        )


def _log_error(error: KafkaError) -> None:
    _log.info("Kafka: %s", error.str())
