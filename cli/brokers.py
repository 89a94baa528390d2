"""Which Kafka the commands use: a real one by address, Apache Kafka of their own, or the in-memory one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from airtraffic.settings import Settings


class Broker(Protocol):
    """A Kafka that answers at ``bootstrap_servers``."""

    kind: str
    """``external``, ``apache`` or ``in-memory``."""
    bootstrap_servers: str

    def check(self) -> None:
        """Raise an AirTrafficError when it has ended by itself."""


@dataclass(frozen=True)
class ExternalKafka:
    """Somebody else's Kafka, named by ``KAFKA_BOOTSTRAP_SERVERS``."""

    bootstrap_servers: str
    kind: str = "external"

    def check(self) -> None:
        """Nothing to see from here: clients say when it does not answer."""


@contextmanager
def running_kafka(settings: Settings, folder: Path | None = None) -> Iterator[Broker]:
    """The Kafka of ``settings``, started when it has to be and stopped at the end.

    ``KAFKA_BOOTSTRAP_SERVERS`` as it is, else Apache Kafka from ``KAFKA_HOME``, else the in-memory one.

    Parameters
    ----------
    folder
        Where a broker of our own keeps its topics and its log; ``<data>/kafka`` when None.

    Raises
    ------
    AirTrafficError
        The broker did not start; the message shows the end of its log.
    """
    if settings.kafka_bootstrap_servers:
        yield ExternalKafka(settings.kafka_bootstrap_servers)
        return
    folder = folder or settings.data / "kafka"
    if settings.kafka_home:
        from cli.apache_kafka import ApacheKafka

        with ApacheKafka(settings.kafka_home, folder) as broker:
            yield broker
    else:
        from cli.in_memory_kafka import InMemoryKafka

        with InMemoryKafka(folder) as broker:
            yield broker
