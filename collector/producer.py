"""Polls on their way to Kafka: rows first, the poll itself once they are acknowledged."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

import confluent_kafka
import structlog

from airtraffic.errors import AirTrafficError
from airtraffic.messages import PollMessage, encode_poll, encode_rejected, encode_state_vectors
from airtraffic.settings import Topics
from collector.source import Poll

log = structlog.get_logger()

_Message = tuple[str, bytes | None, bytes]
_SAY_EVERY_S = 10.0
_GRACE_S = 10.0
"""A broker that is only slow gets this long to acknowledge the poll in hand after a stop. [s]"""
_LONGEST_PAUSE_S = 30.0
_WORTH_ANOTHER_TRY = {
    confluent_kafka.KafkaError._MSG_TIMED_OUT,
    confluent_kafka.KafkaError._TIMED_OUT,
    confluent_kafka.KafkaError._TRANSPORT,
    confluent_kafka.KafkaError._ALL_BROKERS_DOWN,
    confluent_kafka.KafkaError._PURGE_QUEUE,
    confluent_kafka.KafkaError._PURGE_INFLIGHT,
}


class DeliveryError(AirTrafficError):
    """Messages could not be delivered, and trying again would not help."""


class Producer:
    """An idempotent producer of polls.

    ``send`` returns when everything is acknowledged by all in-sync replicas. A poll is announced on the
    polls topic only after its rows are, so a poll in the lake means that its rows were sent.

    Parameters
    ----------
    bootstrap_servers
        As Kafka wants it: ``host:port,host:port``.
    topics
        Names of the three topics.
    security
        Settings of librdkafka for TLS and SASL.
    give_up
        Asked while the broker does not answer; once it says True, ``send`` raises ten seconds later.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topics: Topics,
        security: Mapping[str, str] | None = None,
        *,
        give_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self.topics = topics
        self._give_up = give_up
        self._failed: list[tuple[confluent_kafka.KafkaError, _Message]] = []
        self._config = {
            "bootstrap.servers": bootstrap_servers,
            **(security or {}),
            "client.id": "airtraffic-collector",
            # Errors only: a first idempotent producer warns of a coordinator that is still loading.
            "log_level": 3,
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "zstd",
            # The same partition for a key as Java's producers choose.
            "partitioner": "murmur2_random",
            "delivery.report.only.error": True,
            "delivery.timeout.ms": 60_000,
            "linger.ms": 20,
            "queue.buffering.max.messages": 200_000,
            # Else librdkafka writes lines of its own to stderr.
            "logger": logging.getLogger("kafka"),
        }
        self._kafka = confluent_kafka.Producer(self._config)

    def send(self, polls: Sequence[Poll]) -> None:
        """Send polls and wait until all of it is acknowledged.

        Raises
        ------
        DeliveryError
            The broker refused for good, or ``give_up`` said so while it did not answer.
        """
        rows: list[_Message] = []
        announcements: list[_Message] = []
        for poll in polls:
            source = poll.source
            if poll.snapshot_at is not None:
                encoded = encode_state_vectors(poll.table, poll.snapshot_at, source)
                rows += [(self.topics.state_vectors, key, value) for key, value in encoded]
                announcements.append((self.topics.polls, *encode_poll(_announcement(poll))))
            rows += [
                (self.topics.rejected, None, encode_rejected(rejected, poll.snapshot_at, source))
                for rejected in poll.rejected
            ]
        self.deliver(rows)
        self.deliver(announcements)

    def close(self) -> None:
        """Let go of the broker; nothing is in flight after ``send``."""
        self._kafka.flush(5)

    def deliver(self, messages: list[_Message]) -> None:
        """Send messages, each topic, key and value, and wait until all of them are acknowledged.

        Raises
        ------
        DeliveryError
            As ``send``.
        """
        pause_s = 1.0
        while messages:
            for message in messages:
                self._produce(message)
            self._wait_for_acknowledgements()
            failed, self._failed = self._failed, []
            messages = [message for _, message in failed]
            if not failed:
                return
            error = failed[0][0]
            if error.fatal():
                # A fatal error of an idempotent producer leaves nothing but a new one.
                self._kafka = confluent_kafka.Producer(self._config)
            elif not (error.retriable() or error.code() in _WORTH_ANOTHER_TRY):
                raise DeliveryError(
                    f"the broker refused {len(failed)} messages for {messages[0][0]}: {error.str()}; "
                    "check the topics with ./run topics"
                )
            if self._give_up():
                raise DeliveryError(f"{len(failed)} messages were not sent: {error.str()}")
            log.warning(
                "delivery failed, trying again", messages=len(failed), reason=error.str(), pause_s=pause_s
            )
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _produce(self, message: _Message) -> None:
        topic, key, value = message
        began = time.monotonic()
        while True:
            try:
                self._kafka.produce(topic, value, key, on_delivery=self._note_failure)
                return
            except BufferError:
                self._kafka.poll(0.5)
                self._check_patience("its queue is full", began)

    def _wait_for_acknowledgements(self) -> None:
        began = said = time.monotonic()
        while left := self._kafka.flush(1.0):
            self._check_patience(f"{left} messages are not acknowledged", began)
            now = time.monotonic()
            if now - said >= _SAY_EVERY_S:
                said = now
                log.warning("waiting for the broker", messages=left, waited_s=round(now - began))

    def _check_patience(self, why: str, began: float) -> None:
        if self._give_up() and time.monotonic() - began > _GRACE_S:
            self._kafka.purge()
            self._failed.clear()
            raise DeliveryError(
                f"stopped while the broker did not answer: {why}; the poll was not sent whole"
            )

    def _note_failure(self, error: confluent_kafka.KafkaError, message: confluent_kafka.Message) -> None:
        if error is not None:
            self._failed.append((error, (message.topic(), message.key(), message.value())))


def _announcement(poll: Poll) -> PollMessage:
    return PollMessage(
        poll.source, poll.snapshot_at, poll.table.num_rows, len(poll.rejected), poll.box, poll.interval_s
    )
