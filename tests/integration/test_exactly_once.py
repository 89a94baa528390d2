"""Every acknowledged message is in the lake exactly once, whatever is killed meanwhile."""

import itertools
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import pytest

from cli.apache_kafka import ApacheKafka
from orchestration.ingest import lag
from orchestration.kafka_feeds import STATE_VECTORS
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from tests.integration.messages import Sender, poll, state_vector
from tests.integration.reader import read_forever, run_the_job_forever
from tests.integration.test_ingest import numbers, read

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KILLS = 24
KILLS_ON_S3 = 6
MESSAGES_PER_S = 1500
PROGRESS_TIMEOUT_S = 60.0


class Load:
    """Numbered messages on all three topics, some of them garbage, until it is stopped."""

    def __init__(self, kafka: KafkaResource):
        self.state_vectors = self.polls = self.garbage = 0
        self.sender = Sender(kafka)
        self._topics = kafka.topics
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self.sender.flush()

    def _run(self) -> None:
        for number in itertools.count():
            if self._stopped.is_set():
                return
            self.sender.send(self._topics.state_vectors, state_vector(number))
            self.state_vectors += 1
            if number % 50 == 0:
                self.sender.send(self._topics.polls, poll(self.polls % 100, rows=self.polls))
                self.polls += 1
            if number % 70 == 0:
                for topic in self._topics:
                    self.sender.send(topic, b"garbage %d" % self.garbage)
                    self.garbage += 1
            if number % 50 == 0:
                self._stopped.wait(50 / MESSAGES_PER_S)


@contextmanager
def killed_after(seconds: float, target, *arguments) -> Iterator[BaseProcess]:
    """A process that lives through the block and ``seconds`` more, unless it gets no further."""
    process = multiprocessing.get_context("forkserver").Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        yield process
        time.sleep(seconds)
        assert process.is_alive(), f"the reader ended by itself with {process.exitcode}"
    finally:
        process.kill()
        process.join()


def wait_for_progress(lake: LakeResource, beyond: int | None, reader: BaseProcess) -> None:
    deadline = time.monotonic() + PROGRESS_TIMEOUT_S
    while (lake.version("state_vectors_raw") or 0) <= (beyond or 0):
        assert reader.is_alive(), f"the reader ended by itself with {reader.exitcode}"
        assert time.monotonic() < deadline, "the reader makes no progress"
        time.sleep(0.05)


def check(lake: LakeResource, kafka: KafkaResource, load: Load) -> None:
    """Everything that was sent is there once; the offsets and the rows agree."""
    while sum(lag(lake, kafka).values()):
        read(lake, kafka)
    assert numbers(lake) == list(range(load.state_vectors))
    assert sorted(lake.read("polls")["rows"].to_pylist()) == list(range(load.polls))
    kept = sorted(lake.read("rejected_messages")["original"].to_pylist())
    assert kept == sorted(b"garbage %d" % number for number in range(load.garbage))
    for name in STATE_VECTORS.tables(kafka.topics).values():
        rows = lake.read(name, ["kafka_topic", "kafka_partition", "kafka_offset"])
        assert len(set(map(tuple, map(dict.values, rows.to_pylist())))) == rows.num_rows


def test_killed_readers_and_a_killed_broker_neither_lose_nor_double(lake, kafka, apache_kafka):
    chance = random.Random(20250115)
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.integration.reader"])
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    on_s3 = lake.root.startswith("s3://")
    broker_dies = isinstance(apache_kafka, ApacheKafka) and not on_s3
    with Load(kafka) as load:
        for kill in range(KILLS_ON_S3 if on_s3 else KILLS):
            target = run_the_job_forever if kill % 6 == 5 else read_forever
            before = lake.version("state_vectors_raw")
            with killed_after(
                chance.uniform(0, 0.25), target, lake.root, kafka.model_dump(), environment
            ) as reader:
                if broker_dies and kill in (8, 16):
                    apache_kafka.kill()
                    time.sleep(chance.uniform(0, 1))
                    apache_kafka.start()
                    before = lake.version("state_vectors_raw")
                wait_for_progress(lake, before, reader)
    assert load.sender.acknowledged == load.state_vectors + load.polls + load.garbage
    check(lake, kafka, load)


def test_random_bytes_huge_and_empty_messages_are_all_kept_and_stop_nothing(local_lake, kafka):
    chance = random.Random(7)
    garbage = [None, b"", *(chance.randbytes(chance.randint(1, 300)) for _ in range(200))]
    # The broker takes 1,048,588 bytes with what it wraps around them.
    garbage += [chance.randbytes(1_048_000), b"{" * 1_048_000, b'{"icao24":"' + b"a" * 1_047_000 + b'"}']
    sender = Sender(kafka)
    for topic in kafka.topics:
        for number, value in enumerate(garbage):
            sender.send(topic, value)
            if topic == kafka.topics.state_vectors:
                sender.send(topic, state_vector(number))
    sender.flush()
    done = read(local_lake, kafka, max_messages=500)
    assert done.rejected == 3 * len(garbage)
    assert numbers(local_lake) == list(range(len(garbage)))
    rows = local_lake.read("rejected_messages").to_pylist()
    for topic in kafka.topics:
        kept = sorted(row["original"] for row in rows if row["kafka_topic"] == topic)
        assert kept == sorted(value or b"" for value in garbage)
    assert all(row["reason"] and row["stage"] == "ingest" for row in rows)
