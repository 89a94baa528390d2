"""The operator's topic into the lake: once, reported, and summed up; the sensor; the simulator as a process."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from confluent_kafka.admin import AdminClient

from airtraffic.operator_events import encode_event
from assets.operator_events import ingest_operator_events, route_performance_live
from cli.in_memory_kafka import InMemoryKafka
from collector.producer import Producer
from orchestration.flight_tracks import make_track_flights
from orchestration.ingest import ingest
from orchestration.operator_feed import OPERATOR_EVENTS_FEED
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from sensors.operator_events import kafka_operator_events
from tests.killed import killed_before
from tests.unit.test_operator_events import event

ROOT = Path(__file__).parents[2]
EARLIEST = datetime(2018, 1, 1, tzinfo=UTC)
NOW = datetime.now(UTC).replace(microsecond=0)


def recent(number: int, hours_ago: float = 3, **changes) -> dict:
    """A flight that left so long ago, an hour long."""
    left = int((NOW - timedelta(hours=hours_ago)).timestamp())
    times = {
        "occurred_at": left + 3600,
        "scheduled_departure_at": left,
        "departure_at": left + 60,
        "scheduled_arrival_at": left + 3600,
        "arrival_at": left + 3500,
    }
    return event(flight_id=f"AND-{number}", flight_number=str(number), **times) | changes


class Platform:
    """A broker, a lake and an instance of the test's own."""

    def __init__(self, folder: Path, broker: InMemoryKafka, prefix: str, instance: dg.DagsterInstance):
        self.broker, self.instance = broker, instance
        self.lake = LakeResource(root=str(folder / "lake"))
        self.kafka = self.with_prefix(prefix)
        self.topic = self.kafka.topics.operator_events

    def with_prefix(self, prefix: str) -> KafkaResource:
        servers = self.broker.bootstrap_servers
        return KafkaResource(bootstrap_servers=servers, topic_prefix=prefix, timeout_s=5)

    def create_topic(self) -> None:
        AdminClient({"bootstrap.servers": self.broker.bootstrap_servers}).list_topics(self.topic, timeout=10)

    def send(self, *messages: dict | bytes) -> None:
        encoded = [
            (None, message) if isinstance(message, bytes) else encode_event(message) for message in messages
        ]
        Producer(self.broker.bootstrap_servers, self.kafka.topics).deliver(
            [(self.topic, *each) for each in encoded]
        )

    def read(self, **changes):
        return ingest(
            self.lake, self.kafka, OPERATOR_EVENTS_FEED, **{"now": NOW, "earliest": EARLIEST} | changes
        )

    def run(self) -> dg.ExecuteInProcessResult:
        return ingest_operator_events.execute_in_process(
            resources={"lake": self.lake, "kafka": self.kafka}, instance=self.instance, raise_on_error=False
        )

    def tick(self):
        context = dg.build_sensor_context(self.instance)
        return kafka_operator_events(context, lake=self.lake, kafka=self.kafka)

    def flights(self) -> list[str]:
        return sorted(self.lake.read("flights_raw")["provider_flight_id"].to_pylist())


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[InMemoryKafka]:
    with InMemoryKafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def platform(tmp_path, broker) -> Iterator[Platform]:
    with dg.instance_for_test() as instance:
        # One broker serves all tests: each has a topic of its own.
        made = Platform(tmp_path, broker, f"test-{uuid.uuid4().hex[:8]}.", instance)
        made.create_topic()
        yield made


def made(result: dg.ExecuteInProcessResult) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in result.all_events:
        if each.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            found.setdefault(each.asset_key.to_user_string(), set()).add(each.partition)
    return found


def day(hours_ago: float) -> str:
    return str((NOW - timedelta(hours=hours_ago)).date())


def test_events_become_flights_of_their_days_and_the_last_24_hours_of_routes(platform):
    platform.send(recent(1), recent(2, hours_ago=30), b"garbage", recent(3, seats="many"))
    result = platform.run()
    assert result.success
    days = {day(3), day(30)}
    assert made(result) == {
        "flights_raw": days,
        "operator_events": days,
        "rejected_flights": {str(NOW.date())},
        "route_performance_live": {str(datetime.now(UTC).date())},
    }
    rows = platform.lake.read("flights_raw").to_pylist()
    assert {(row["route"], row["provider"], row["source"]) for row in rows} == {
        ("operator_events", "andes", "operator")
    }
    assert json.loads(rows[0]["original"])["passengers"] == 150
    assert {row["received_from"].split("/")[1] for row in rows} == {platform.topic}
    rejected = {row["original"]: row["reason"] for row in platform.lake.read("rejected_flights").to_pylist()}
    assert rejected.pop("garbage").startswith("the message is no JSON")
    assert "seats is" in next(iter(rejected.values()))
    (live,) = platform.lake.read("route_performance_live").to_pylist()
    assert (live["origin"], live["destination"], live["flights"]) == ("SKBO", "SKRG", 1)


def test_a_second_run_adds_nothing_and_reports_nothing(platform):
    platform.send(recent(1), b"garbage")
    platform.run()
    again = platform.run()
    assert again.success
    assert set(made(again)) == {"route_performance_live"}
    assert platform.flights() == ["AND-1"]
    assert platform.lake.read("rejected_flights").num_rows == 1


@pytest.mark.parametrize("table", ["rejected_flights", "flights_raw"])
def test_a_run_that_dies_between_its_commits_neither_loses_nor_doubles(platform, monkeypatch, table):
    platform.send(*(recent(n) for n in range(10)), b"garbage", b"more garbage")
    with killed_before(monkeypatch, table):
        platform.read()
    platform.read()
    assert platform.flights() == sorted(f"AND-{n}" for n in range(10))
    assert platform.lake.read("rejected_flights").num_rows == 2
    assert platform.read().messages == 0


def test_what_a_killed_run_committed_is_reported_by_the_next_one(platform):
    platform.send(recent(1))
    platform.read(now=NOW - timedelta(minutes=1))
    assert made(platform.run())["operator_events"] == {day(3)}


def test_other_routes_write_to_flights_raw_while_events_are_read(platform, monkeypatch):
    platform.send(*(recent(n) for n in range(10)))
    append = LakeResource.append

    def meanwhile(self, name, *arguments, **keywords):
        make_track_flights(self, NOW.date(), routes=_no_routes())
        append(self, name, *arguments, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr(LakeResource, "append", meanwhile)
        assert platform.read(max_messages=4).commits > 1
    assert len(platform.flights()) == 10


def _no_routes():
    from airtraffic.track_flights import NO_ROUTES

    return NO_ROUTES


def test_a_flight_moved_to_another_day_changes_both(platform):
    platform.send(recent(1, hours_ago=3))
    platform.run()
    platform.send(recent(1, hours_ago=51) | {"occurred_at": int(NOW.timestamp())})
    assert made(platform.run())["operator_events"] == {day(3), day(51)}


def test_a_day_that_is_over_has_its_own_24_hours_and_is_the_same_made_twice(platform):
    noon = datetime(2025, 1, 15, 12, tzinfo=UTC)
    at = int(noon.timestamp())
    platform.send(event(occurred_at=at, flight_id="A"), event(occurred_at=at, flight_id="B"))
    platform.read(now=noon + timedelta(days=1))
    tags = {
        "dagster/asset_partition_range_start": "2025-01-15",
        "dagster/asset_partition_range_end": "2025-01-16",
    }
    tables = []
    for _ in range(2):
        assert dg.materialize([route_performance_live], tags=tags, resources={"lake": platform.lake}).success
        tables.append(platform.lake.read("route_performance_live"))
    assert tables[0].equals(tables[1])
    (row,) = tables[0].to_pylist()
    assert (str(row["date"]), row["flights"]) == ("2025-01-15", 2)
    assert row["as_of"] == datetime(2025, 1, 16, tzinfo=UTC)


def test_the_sensor_asks_for_a_run_when_events_wait_or_the_hours_have_moved_on(platform, monkeypatch):
    assert platform.tick().skip_message == "nothing new on the operator's topic"
    platform.send(recent(1))
    request = platform.tick()
    assert (request.tags["airtraffic/messages"], request.run_key) == ("1", None)
    platform.run()
    assert isinstance(platform.tick(), dg.SkipReason)
    monkeypatch.setattr("sensors.operator_events.MOVED_ON", timedelta(0))
    assert platform.tick().tags["airtraffic/messages"] == "0"


def test_without_a_topic_no_operator_sends_events_and_nothing_fails(platform):
    elsewhere = platform.with_prefix("nobody.")
    skipped = kafka_operator_events(
        dg.build_sensor_context(platform.instance), lake=platform.lake, kafka=elsewhere
    )
    assert skipped.skip_message.startswith(
        "no operator sends events here: no topics ['nobody.operator_events']"
    )


def test_the_simulator_is_a_process_that_says_what_it_is(platform):
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": platform.broker.bootstrap_servers,
        "AIRTRAFFIC_TOPIC_PREFIX": platform.kafka.topic_prefix,
    }
    span = ["--start", "2025-01-15", "--hours", "3", "--speed", "max", "--aircraft", "20"]
    done = subprocess.run(
        [sys.executable, "-m", "collector.operator", *span, "--airline", "GLO", "--airline", "TAM"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[0]["event"] == "simulated events of airlines; nothing in them has happened"
    assert {line["source"] for line in lines if "source" in line} == {"simulate"}
    read = platform.read()
    assert read.flights == lines[-1]["events"] > 20
    assert set(platform.lake.read("flights_raw")["source"].to_pylist()) == {"simulate"}
