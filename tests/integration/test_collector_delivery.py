"""From a source through the loop and the producer into an in-memory broker."""

import base64
import json
import math
import os
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import httpx
import jsonschema
import orjson
import pyarrow as pa
import pytest
from confluent_kafka import Consumer, TopicPartition
from deltalake import write_deltalake

import collector
from airtraffic.errors import AirTrafficError
from airtraffic.settings import Topics
from airtraffic.state_vectors import SCHEMA, Rejected
from airtraffic.tables import POLLS
from collector.known_polls import known_polls
from collector.not_before import NotBefore
from collector.opensky_api import OpenSkyApi
from collector.producer import DeliveryError, Producer
from collector.run import BATCH_ROWS, collect
from collector.settings import OpenSkySettings
from collector.source import Poll, Skipped, Wait
from collector.sources.opensky import OpenSky
from collector.sources.replay import Replay
from collector.sources.simulate import Simulate
from collector.topics import check_topics, create_topics, is_in_memory
from tests.integration.opensky_server import Reply, opensky_server, sky

SCHEMAS = Path(collector.__file__).parent / "schemas"
NOON = 1_750_852_800


@pytest.fixture
def topics(in_memory_kafka):
    names = Topics.with_prefix("airtraffic.")
    create_topics(in_memory_kafka.bootstrap_servers, names, in_memory=True)
    return names


@pytest.fixture
def producer(in_memory_kafka, topics):
    running = Producer(in_memory_kafka.bootstrap_servers, topics)
    yield running
    running.close()


def messages(broker, topic) -> list:
    """Everything in a topic."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "test"})
    try:
        parts = [TopicPartition(topic, n) for n in consumer.list_topics(topic).topics[topic].partitions]
        ends = [consumer.get_watermark_offsets(part)[1] for part in parts]
        consumer.assign([TopicPartition(topic, part.partition, 0) for part in parts])
        found, deadline = [], time.monotonic() + 20
        while len(found) < sum(ends):
            assert time.monotonic() < deadline, f"{len(found)} of {sum(ends)} messages came"
            found += consumer.consume(10_000, 0.1)
        return found
    finally:
        consumer.close()


def values(broker, topic) -> list[dict]:
    return [orjson.loads(message.value()) for message in messages(broker, topic)]


def table(rows: int) -> pa.Table:
    return pa.Table.from_pylist(
        [{"icao24": f"{n:06x}", "last_contact": NOON, "on_ground": False} for n in range(rows)], schema=SCHEMA
    )


def poll(seconds=0, rows=2, **changes) -> Poll:
    return Poll(
        **{"source": "replay", "snapshot_at": NOON + seconds, "table": table(rows), "interval_s": 60.0}
        | changes
    )


class Scripted:
    """A source that gives what it is told to."""

    name, interval_s, box = "replay", 60.0, None

    def __init__(self, *events) -> None:
        self.events = events

    def polls(self, known=frozenset()):
        yield from self.events


def test_every_message_conforms_to_its_documented_schema(in_memory_kafka, topics, producer, tmp_path):
    (tmp_path / "answer.json").write_text(json.dumps({"time": NOON, "states": [["e8021b"], None]}))
    (tmp_path / "torn.json").write_text('{"time": 17')
    collect(Replay([tmp_path], math.inf), producer)
    collect(
        Simulate((-60, 15, -90, -30), hours=0.1, interval_s=60, clock=lambda: NOON),
        producer,
        sleep=lambda _: None,
        clock=lambda: math.inf,
    )
    for topic, name, fewest in (
        (topics.state_vectors, "state_vector", 100),
        (topics.polls, "poll", 7),
        (topics.rejected, "rejected", 3),
    ):
        schema = json.loads((SCHEMAS / f"{name}.v1.json").read_text())
        check = jsonschema.Draft202012Validator(schema)
        found = values(in_memory_kafka, topic)
        assert len(found) >= fewest
        assert [error.message for value in found for error in check.iter_errors(value)] == []


def test_keys_are_addresses_and_the_poll_tells_what_was_sent(in_memory_kafka, topics, producer):
    box = (-60.0, 15.0, -90.0, -30.0)
    producer.send([poll(rows=300, box=box, rejected=[Rejected("bad", b"\xff")]), poll(60, rows=0)])
    rows = messages(in_memory_kafka, topics.state_vectors)
    assert all(orjson.loads(row.value())["icao24"].encode() == row.key() for row in rows)
    assert len({row.partition() for row in rows}) == 4
    first, second = values(in_memory_kafka, topics.polls)
    assert (first["rows"], first["rejected"], first["box"]) == (300, 1, list(box))
    assert (second["rows"], second["snapshot_at"]) == (0, NOON + 60)
    (refused,) = values(in_memory_kafka, topics.rejected)
    assert (refused["reason"], base64.b64decode(refused["original_base64"])) == ("bad", b"\xff")


def test_an_answer_without_a_time_is_rejected_and_is_no_poll(in_memory_kafka, topics, producer):
    collect(Scripted(poll(snapshot_at=None, rows=0, rejected=[Rejected("no JSON", b"{")])), producer)
    assert values(in_memory_kafka, topics.polls) == []
    assert [value["snapshot_at"] for value in values(in_memory_kafka, topics.rejected)] == [None]


def test_progress_is_told_in_order_after_acknowledgement(in_memory_kafka, topics, producer):
    told = []

    def on_poll(progress):
        told.append((progress.snapshot_at - NOON, progress.skipped))
        if not progress.skipped:
            assert progress.snapshot_at in {
                value["snapshot_at"] for value in values(in_memory_kafka, topics.polls)
            }

    totals = collect(Scripted(Skipped(NOON), poll(60), poll(120)), producer, on_poll=on_poll)
    assert told == [(0, True), (60, False), (120, False)]
    assert (totals.polls, totals.rows, totals.skipped) == (2, 4, 1)


def test_polls_share_acknowledgements_up_to_a_size_and_never_across_an_hour():
    batches = []

    class Recorded:
        def send(self, polls):
            batches.append([p.snapshot_at - NOON for p in polls])

    full = poll(0, rows=BATCH_ROWS)
    collect(
        Scripted(full, poll(60), poll(120), poll(3600), Wait(NOON, "due"), poll(3660)),
        Recorded(),
        clock=lambda: NOON + 1,
    )
    assert batches == [[0], [60, 120], [3600, 3660]]


def test_a_wait_sends_what_is_there_and_stops_at_once_when_told(producer):
    class Stop:
        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked > 4

    slept, told = [], []
    totals = collect(
        Scripted(poll(), Wait(NOON + 1000, "due"), poll(1000)),
        producer,
        stop=Stop(),
        clock=lambda: float(NOON),
        sleep=slept.append,
        on_wait=told.append,
    )
    assert totals.polls == 1
    assert [wait.until for wait in told] == [NOON + 1000]
    assert 1 <= len(slept) <= 4


def test_replay_waits_as_its_speed_says(tmp_path):
    for n in range(3):
        (tmp_path / f"{n}.json").write_text(json.dumps({"time": NOON + 60 * n, "states": None}))
    waits = {
        speed: [e.until for e in Replay([tmp_path], speed, lambda: 1000.0).polls() if isinstance(e, Wait)]
        for speed in (1, 30, math.inf)
    }
    assert waits == {1: [1000, 1060, 1120], 30: [1000, 1002, 1004], math.inf: []}


def test_what_the_lake_has_is_skipped_without_waiting(tmp_path, producer):
    for n in range(4):
        (tmp_path / f"{n}.json").write_text(json.dumps({"time": NOON + 60 * n, "states": None}))
    known = {("replay", NOON), ("replay", NOON + 60), ("simulate", NOON + 120)}
    slept = []
    totals = collect(Replay([tmp_path], math.inf), producer, known=known, sleep=slept.append)
    assert (totals.polls, totals.skipped, slept) == (2, 2, [])


def test_the_present_is_simulated_poll_by_poll_as_time_comes():
    source = Simulate((-60, 15, -90, -30), interval_s=60, aircraft=20, clock=lambda: NOON + 25.0)
    events = source.polls({NOON})
    skipped, wait, first = (next(events) for _ in range(3))
    assert skipped == Skipped(NOON)
    assert (wait.until, first.snapshot_at, first.next_poll_at) == (NOON + 60, NOON + 60, NOON + 120)


def test_a_simulation_of_the_past_is_the_same_each_time():
    def run():
        start = datetime(2025, 1, 15, 12, tzinfo=UTC)
        source = Simulate((-60, 15, -90, -30), start=start, hours=0.2, speed=math.inf)
        return [(p.snapshot_at, p.table.to_pylist()) for p in source.polls()]

    polls = run()
    assert polls == run()
    assert len(polls) == 12
    assert {later - earlier for (earlier, _), (later, _) in pairwise(polls)} == {60}


def test_known_polls_are_those_of_the_lake(tmp_path):
    lake = str(tmp_path / "lake")
    assert known_polls(lake) == set()
    rows = [
        {"source": "replay", "snapshot_at": NOON * 1_000_000},
        {"source": "simulate", "snapshot_at": 7_000_000},
    ]
    columns = {
        field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in POLLS.schema
    }
    write_deltalake(f"{lake}/{POLLS.name}", pa.table(columns), partition_by=["date"])
    assert known_polls(lake) == {("replay", NOON), ("simulate", 7)}


def test_the_in_memory_broker_is_known_by_its_cluster_and_its_topics_can_be_made(in_memory_kafka):
    servers, names = in_memory_kafka.bootstrap_servers, Topics.with_prefix("fresh.")
    assert is_in_memory(servers)
    assert [d.found for d in check_topics(servers, names, in_memory=True)] == ["missing"] * 4
    assert create_topics(servers, names, in_memory=True) == list(names.every)
    assert create_topics(servers, names, in_memory=True) == []
    assert check_topics(servers, names, in_memory=True) == []


def test_a_broker_that_is_gone_is_waited_for_until_told_to_give_up(in_memory_kafka, topics, monkeypatch):
    monkeypatch.setattr("collector.producer._GRACE_S", 0.5)
    given_up = []
    producer = Producer(in_memory_kafka.bootstrap_servers, topics, give_up=lambda: bool(given_up))
    producer.send([poll()])
    in_memory_kafka.kill()
    given_up.append(True)
    with pytest.raises(DeliveryError, match="the poll was not sent whole"):
        producer.send([poll(60)])


def test_an_empty_folder_and_a_missing_file_are_clear_errors(tmp_path):
    for inputs in ([], [tmp_path], [tmp_path / "gone.csv"]):
        with pytest.raises(AirTrafficError, match=r"--input|holds no recording|there is no recording"):
            Replay(inputs)


def test_opensky_goes_on_through_failures_and_malformed_answers(in_memory_kafka, topics, producer, tmp_path):
    now = [float(NOON)]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def clock() -> float:
        return now[0]

    bad_row = json.dumps({"time": NOON + 870, "states": [["e8021b"]]}).encode()
    with opensky_server() as server, httpx.Client(trust_env=False) as http:
        server.states.extend(
            [
                sky(NOON),
                Reply(body=bad_row),
                Reply(body=b'{"time": 17'),
                Reply(503),
                Reply(body=os.urandom(5000)),
                Reply(429, headers={"X-Rate-Limit-Retry-After-Seconds": "3600"}),
                sky(NOON + 9000, rows=0),
            ]
        )
        account = OpenSkySettings(api_url=f"{server.url}/api")
        not_before = NotBefore(tmp_path / "opensky.json", account.account)
        source = OpenSky(
            OpenSkyApi(http, account, clock), (-60, 15, -90, -30), 400, not_before, minutes=120, clock=clock
        )
        totals = collect(source, producer, clock=clock, sleep=sleep)
    assert (totals.polls, totals.rows, totals.rejected) == (3, 1, 3)
    polls = {
        poll["snapshot_at"]: (poll["rows"], poll["rejected"])
        for poll in values(in_memory_kafka, topics.polls)
    }
    assert polls == {NOON: (1, 0), NOON + 870: (0, 1), NOON + 9000: (0, 0)}
    reasons = [value["reason"] for value in values(in_memory_kafka, topics.rejected)]
    assert sorted(reason[:13] for reason in reasons) == ["the answer is", "the answer is", "the row has 1"]
