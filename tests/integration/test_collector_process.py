"""The collector as a process: killed, told to stop, and with its broker killed under it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import orjson
import polars as pl
import pyarrow as pa
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from deltalake import write_deltalake

from airtraffic.settings import Settings, Topics
from airtraffic.tables import POLLS
from cli.apache_kafka import ApacheKafka, missing_for_apache_kafka
from collector.topics import check_topics, create_topics
from tests.integration.opensky_server import NOON, opensky_server, sky

ROOT = Path(__file__).parents[2]
POLLS_IN_RECORDING = 240
AIRCRAFT = 40
KILLS = 10


class Collector:
    """``python -m collector`` in the background, with its log."""

    def __init__(
        self, folder: Path, bootstrap_servers: str, prefix: str, *arguments: str, **environment: str
    ):
        self.log = folder / f"collector-{time.monotonic_ns()}.log"
        with self.log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "collector", *arguments],
                cwd=ROOT,
                env={
                    **{name: value for name, value in os.environ.items() if not name.startswith("OPENSKY_")},
                    "AIRTRAFFIC_DATA": str(folder),
                    "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
                    "AIRTRAFFIC_TOPIC_PREFIX": prefix,
                    "NO_PROXY": "127.0.0.1",
                    **environment,
                },
                stderr=stderr,
            )

    def end(self, timeout_s: float = 60) -> int:
        return self.process.wait(timeout_s)

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]

    def wait_for(self, event: str, timeout_s: float = 30) -> dict:
        deadline = time.monotonic() + timeout_s
        while True:
            found = [line for line in self.lines() if line["event"] == event]
            if found:
                return found[-1]
            assert self.process.poll() is None, f"ended without {event!r}: {self.log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"no {event!r}: {self.log.read_text()[-2000:]}"
            time.sleep(0.05)

    def __enter__(self) -> "Collector":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def read(bootstrap_servers: str, topic: str) -> list[dict]:
    """Everything that is in a topic now."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "test"})
    try:
        parts = [TopicPartition(topic, n) for n in consumer.list_topics(topic).topics[topic].partitions]
        ends = [consumer.get_watermark_offsets(part)[1] for part in parts]
        consumer.assign([TopicPartition(topic, part.partition, 0) for part in parts])
        found, deadline = [], time.monotonic() + 30
        while len(found) < sum(ends):
            assert time.monotonic() < deadline, f"{len(found)} of {sum(ends)} messages came"
            found += [orjson.loads(message.value()) for message in consumer.consume(10_000, 0.1)]
        return found
    finally:
        consumer.close()


@pytest.fixture
def recording(tmp_path) -> Path:
    """Polls a minute apart, the same aircraft in each."""
    rows = [
        {
            "snapshot_at": NOON + 60 * poll,
            "icao24": f"{aircraft:06x}",
            "callsign": f"TEST{aircraft}",
            "time_position": NOON + 60 * poll - 3,
            "last_contact": NOON + 60 * poll - 2,
            "longitude": -60.0,
            "latitude": -30.0,
            "baro_altitude": 10_000.0,
            "on_ground": False,
            "velocity": 220.0,
            "true_track": 90.0,
        }
        for poll in range(POLLS_IN_RECORDING)
        for aircraft in range(AIRCRAFT)
    ]
    path = tmp_path / "recording.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return path


@pytest.fixture
def topics(apache_kafka, topic_prefix) -> Topics:
    names = Topics.with_prefix(topic_prefix)
    create_topics(apache_kafka.bootstrap_servers, names)
    return names


def rows_by_poll(bootstrap_servers: str, topics: Topics) -> dict[int, int]:
    """Distinct aircraft that the topic holds of each poll."""
    distinct = {(row["snapshot_at"], row["icao24"]) for row in read(bootstrap_servers, topics.state_vectors)}
    return dict(Counter(snapshot_at for snapshot_at, _ in distinct))


def announced(bootstrap_servers: str, topics: Topics) -> set[int]:
    return {poll["snapshot_at"] for poll in read(bootstrap_servers, topics.polls)}


def put_into_lake(lake: Path, snapshots: set[int]) -> None:
    """What ingestion does with the polls topic, as far as the collector looks at it."""
    columns = {field.name: pa.nulls(len(snapshots), field.type) for field in POLLS.schema}
    columns["source"] = pa.array(["replay"] * len(snapshots))
    columns["snapshot_at"] = pa.array([at * 1_000_000 for at in snapshots], pa.timestamp("us", tz="UTC"))
    write_deltalake(str(lake / POLLS.name), pa.table(columns), mode="overwrite")


@pytest.mark.kafka
@pytest.mark.slow
def test_a_collector_killed_again_and_again_loses_no_poll(
    apache_kafka, topics, topic_prefix, recording, tmp_path
):
    servers, chance = apache_kafka.bootstrap_servers, random.Random(20250625)
    kills, progress = 0, [0]
    while True:
        arguments = ("--source", "replay", "--input", str(recording), "--speed", "3000")
        with Collector(tmp_path, servers, topic_prefix, *arguments) as collector:
            collector.wait_for("poll sent" if kills < KILLS else "the source has ended")
            if kills >= KILLS:
                assert collector.end() == 0
                break
            time.sleep(chance.uniform(0, 0.15))
            collector.process.send_signal(signal.SIGKILL)
            collector.end()
        kills += 1
        polls = announced(servers, topics)
        held = rows_by_poll(servers, topics)
        # A poll is announced only after its rows are acknowledged, whenever the collector dies.
        assert [at for at in polls if held[at] != AIRCRAFT] == []
        put_into_lake(tmp_path / "lake", polls)
        progress.append(len(polls))
    assert progress == sorted(progress)
    assert len(set(progress)) > KILLS / 2
    everything = {NOON + 60 * poll: AIRCRAFT for poll in range(POLLS_IN_RECORDING)}
    assert rows_by_poll(servers, topics) == everything
    assert announced(servers, topics) == set(everything)


@pytest.mark.kafka
@pytest.mark.slow
def test_a_broker_killed_and_started_again_loses_no_poll(recording, tmp_path):
    home = Settings.from_env(os.environ).kafka_home
    missing = missing_for_apache_kafka(home)
    if missing:
        pytest.skip(f"Apache Kafka: {missing}")
    with ApacheKafka(home, tmp_path / "kafka") as broker:
        arguments = ("--source", "replay", "--input", str(recording), "--speed", "1200")
        with Collector(tmp_path, broker.bootstrap_servers, "", *arguments) as collector:
            collector.wait_for("poll sent")
            broker.kill()
            broker.start()
            collector.wait_for("the source has ended", 120)
            assert collector.end() == 0
        topics = Topics.with_prefix("")
        everything = {NOON + 60 * poll: AIRCRAFT for poll in range(POLLS_IN_RECORDING)}
        assert rows_by_poll(broker.bootstrap_servers, topics) == everything
        assert announced(broker.bootstrap_servers, topics) == set(everything)


@pytest.mark.kafka
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_after_the_poll_in_hand(
    apache_kafka, topics, topic_prefix, recording, tmp_path, number
):
    servers = apache_kafka.bootstrap_servers
    with Collector(
        tmp_path, servers, topic_prefix, "--source", "replay", "--input", str(recording), "--speed", "60"
    ) as collector:
        collector.wait_for("poll sent")
        collector.process.send_signal(number)
        assert collector.end(10) == 0
        ended = collector.wait_for("stopped")
    held = rows_by_poll(servers, topics)
    assert 0 < ended["polls"] < POLLS_IN_RECORDING
    assert held == dict.fromkeys(announced(servers, topics), AIRCRAFT)
    assert len(held) == ended["polls"]


@pytest.mark.kafka
def test_hours_of_traffic_go_through_as_fast_as_possible(apache_kafka, topics, topic_prefix, tmp_path):
    arguments = ("--source", "simulate", "--start", "2025-01-15", "--hours", "3", "--speed", "max")
    with Collector(tmp_path, apache_kafka.bootstrap_servers, topic_prefix, *arguments) as collector:
        ended = collector.wait_for("the source has ended", 60)
        assert collector.end() == 0
    polls = read(apache_kafka.bootstrap_servers, topics.polls)
    assert len(polls) == ended["polls"] == 180
    assert sum(poll["rows"] for poll in polls) == ended["rows"]
    assert len(read(apache_kafka.bootstrap_servers, topics.state_vectors)) == ended["rows"]
    line = next(line for line in collector.lines() if line["event"] == "poll sent")
    assert {"source", "snapshot_at", "rows", "rejected", "rows_per_s", "credits_left", "next_poll_at"} <= set(
        line
    )


@pytest.mark.kafka
def test_opensky_is_polled_live_and_says_its_interval_and_credits(
    apache_kafka, topics, topic_prefix, tmp_path
):
    with opensky_server() as server:
        server.states.append(sky(NOON, rows=3, X_Rate_Limit_Remaining="396"))
        with Collector(
            tmp_path,
            apache_kafka.bootstrap_servers,
            topic_prefix,
            "--source",
            "opensky",
            OPENSKY_API_URL=f"{server.url}/api",
        ) as collector:
            assert "rounded up to 870 s" in collector.wait_for("interval computed")["budget"]
            sent = collector.wait_for("poll sent")
            collector.process.send_signal(signal.SIGTERM)
            assert collector.end(10) == 0
    assert (sent["rows"], sent["credits_left"], sent["source"]) == (3, 396, "opensky")
    assert sent["next_poll_at"] is not None
    assert announced(apache_kafka.bootstrap_servers, topics) == {NOON}


@pytest.mark.kafka
def test_missing_topics_are_made_as_documented_and_differences_only_told(apache_kafka, topic_prefix):
    servers, names = apache_kafka.bootstrap_servers, Topics.with_prefix(topic_prefix)
    admin = AdminClient({"bootstrap.servers": servers})
    odd = NewTopic(names.polls, 2, 1, config={"retention.ms": "1000", "compression.type": "gzip"})
    admin.create_topics([odd])[names.polls].result(20)
    assert create_topics(servers, names) == [names.state_vectors, names.rejected, names.operator_events]
    told = {(d.topic, d.setting): (d.expected, d.found) for d in check_topics(servers, names)}
    assert told == {
        (names.polls, "partitions"): ("1", "2"),
        (names.polls, "retention.ms"): ("2592000000", "1000"),
        (names.polls, "compression.type"): ("producer", "gzip"),
    }
    assert create_topics(servers, names) == []
    assert len(check_topics(servers, names)) == 3


def test_without_a_broker_named_it_says_so_and_ends(tmp_path):
    with Collector(tmp_path, "", "", "--source", "simulate") as collector:
        assert collector.end() == 1
    (line,) = collector.lines()
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in line["reason"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '--source'"),
        (["--source", "radar"], "'radar' is not one of"),
        (["--source", "replay", "--speed", "0"], "'0' is no speed"),
        (["--source", "simulate", "--aircraft", "0"], "0 is not in the range"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(tmp_path, arguments, message):
    with Collector(tmp_path, "127.0.0.1:9", "", *arguments) as collector:
        assert collector.end() == 2
    assert message in collector.log.read_text()
