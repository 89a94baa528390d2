"""The job that reads Kafka, what it makes of the open hour, and the sensor that asks for it."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import confluent_kafka
import dagster as dg
import pyarrow as pa
import pytest
from confluent_kafka.admin import AdminClient

from airtraffic.errors import AirTrafficError, MessagesGoneError
from airtraffic.settings import Topics
from airtraffic.simulation.simulator import Simulation
from airtraffic.state_vectors import Rejected
from assets.bronze import ingest_kafka
from assets.open_hour import HOURS_AT_ONCE, MADE, own_hours
from cli.in_memory_kafka import InMemoryKafka
from collector.producer import Producer
from collector.source import Poll
from orchestration.ingest import ingest
from orchestration.partitions import hour_key
from orchestration.refresh import HOUR, Progress, stale_hours
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from sensors.in_flight import DEAD_AFTER, run_in_flight
from sensors.kafka import kafka_state_vectors

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
EARLIEST = datetime(2018, 1, 1, tzinfo=UTC)


class Platform:
    """A broker, a lake and an instance of the test's own."""

    def __init__(self, folder: Path, bootstrap_servers: str, instance: dg.DagsterInstance):
        self.instance = instance
        self.lake = LakeResource(root=str(folder / "lake"))
        self.kafka = KafkaResource(bootstrap_servers=bootstrap_servers, timeout_s=5)
        self.topics: Topics = self.kafka.topics
        admin = AdminClient({"bootstrap.servers": bootstrap_servers})
        for topic in self.topics:
            admin.list_topics(topic, timeout=10)

    def send(
        self, start: datetime, hours: float = 1, *, every_s: int = 600, aircraft: int = 20, **fields
    ) -> int:
        """Simulated traffic into Kafka; its rows."""
        simulation = Simulation(start=start, hours=hours, aircraft=aircraft, interval_s=every_s)
        polls = [
            Poll("simulate", one.snapshot_at, one.table, float(every_s), **fields)
            for one in simulation.polls()
        ]
        Producer(self.kafka.bootstrap_servers, self.topics).send(polls)
        return sum(poll.table.num_rows for poll in polls)

    def run(self, refresh: str = "always", **config) -> dg.ExecuteInProcessResult:
        return ingest_kafka.execute_in_process(
            run_config={"ops": {"ingest_kafka": {"config": {"refresh": refresh, **config}}}},
            resources={"lake": self.lake, "kafka": self.kafka},
            instance=self.instance,
            raise_on_error=False,
        )

    def tick(self, kafka: KafkaResource | None = None):
        return kafka_state_vectors(
            dg.build_sensor_context(self.instance), lake=self.lake, kafka=kafka or self.kafka
        )

    def now_due(self) -> None:
        Progress.load(self.instance, self.lake).save(self.instance, self.lake, refreshed_at_s=0)


@pytest.fixture
def platform(tmp_path) -> Iterator[Platform]:
    with InMemoryKafka(tmp_path / "kafka") as broker, dg.instance_for_test() as instance:
        yield Platform(tmp_path, broker.bootstrap_servers, instance)


def made(result: dg.ExecuteInProcessResult) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            found.setdefault(event.asset_key.to_user_string(), set()).add(event.partition)
    return found


def keys(*hours: datetime) -> set[str]:
    return {hour_key(hour) for hour in hours}


def silver_and_features(*hours: datetime) -> dict[str, set[str]]:
    return {name: keys(*hours) for name in MADE}


def test_messages_become_bronze_silver_and_features_of_every_hour_they_touch(platform):
    rows = platform.send(NOON, hours=2)
    result = platform.run()
    assert result.success
    bronze = {name: keys(NOON, NOON + HOUR) for name in ("state_vectors_raw", "polls")}
    assert made(result) == bronze | silver_and_features(NOON, NOON + HOUR)
    for name in ("state_vectors_raw", "state_vectors", "flight_states"):
        assert platform.lake.read(name, ["icao24"]).num_rows == rows
    counts = {
        name: sum(
            record.asset_materialization.metadata["dagster/partition_row_count"].value
            for record in platform.instance.fetch_materializations(dg.AssetKey(name), limit=9).records
        )
        for name in ("state_vectors_raw", "state_vectors", "flight_states")
    }
    assert set(counts.values()) == {rows}


def test_the_checks_of_what_is_made_are_evaluated(platform):
    platform.send(NOON, hours=2)
    evaluations = [
        event.asset_check_evaluation_data
        for event in platform.run().all_events
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    by_partition = {(each.check_name, each.partition) for each in evaluations if each.partition}
    assert by_partition == {
        (name, hour_key(hour))
        for hour in (NOON, NOON + HOUR)
        for name in (
            "rows_conserved",
            "no_aircraft_twice_in_a_snapshot",
            "positions_inside_the_box",
            "coverage_above_threshold",
            "rows_equal_silver",
        )
    }
    assert [each.check_name for each in evaluations if not each.passed] == []
    assert {each.asset_key.to_user_string() for each in evaluations} >= {"traffic_density", "hourly_traffic"}


def test_a_second_run_adds_and_makes_nothing(platform):
    platform.send(NOON)
    platform.run()
    versions = {name: platform.lake.version(name) for name in (*MADE, "state_vectors_raw", "polls")}
    assert made(platform.run()) == {}
    assert {name: platform.lake.version(name) for name in versions} == versions


def test_late_messages_remake_their_hour_and_the_one_after_that_is_there(platform):
    platform.send(NOON, hours=3)
    platform.run()
    platform.send(NOON + timedelta(minutes=5), hours=0.5)
    found = made(platform.run())
    assert found["state_vectors_raw"] == keys(NOON)
    assert {name: found[name] for name in MADE} == silver_and_features(NOON, NOON + HOUR)


def test_an_empty_sky_is_an_hour_too(platform):
    empty = pa.Table.from_batches([], schema=next(Simulation(start=NOON, hours=1).polls()).table.schema)
    polls = [Poll("simulate", int((NOON + timedelta(minutes=m)).timestamp()), empty, 60.0) for m in range(60)]
    Producer(platform.kafka.bootstrap_servers, platform.topics).send(polls)
    assert made(platform.run()) == {"polls": keys(NOON)} | silver_and_features(NOON)
    (row,) = platform.lake.read("poll_coverage").to_pylist()
    assert (row["empty_polls"], row["coverage"]) == (60, 1.0)


def test_what_could_not_be_read_is_reported_on_the_day_it_came(platform):
    bad = Rejected("latitude is 91; expected -90 to 90", b"[1]")
    platform.send(NOON, every_s=3600, rejected=[bad])
    found = made(platform.run("never"))
    assert found["rejected_messages"] == {datetime.now(UTC).strftime("%Y-%m-%d")}


def test_a_refresh_that_is_not_due_is_not_forgotten(platform, monkeypatch):
    monkeypatch.setenv("AIRTRAFFIC_REFRESH_S", "600")
    platform.send(NOON - HOUR)
    platform.run("when_due")
    platform.send(NOON)
    assert set(made(platform.run("when_due"))) == {"state_vectors_raw", "polls"}
    assert "due" in platform.tick().skip_message
    platform.now_due()
    assert isinstance(platform.tick(), dg.RunRequest)
    assert made(platform.run("when_due")) == silver_and_features(NOON)
    assert "nothing new" in platform.tick().skip_message


def test_a_refresh_that_fails_is_tried_again(platform):
    platform.send(NOON)
    # A file where the table's folder should be.
    Path(platform.lake.uri("poll_coverage")).parent.mkdir(exist_ok=True)
    Path(platform.lake.uri("poll_coverage")).write_text("in the way")
    assert not platform.run().success
    Path(platform.lake.uri("poll_coverage")).unlink()
    assert made(platform.run()) == silver_and_features(NOON)


def test_rows_of_a_run_that_was_killed_before_its_report_are_reported_by_the_next(platform):
    platform.send(NOON)
    platform.run()
    platform.send(NOON + 5 * HOUR)
    ingest(platform.lake, platform.kafka, now=datetime.now(UTC), earliest=EARLIEST)
    found = made(platform.run())
    assert found["state_vectors_raw"] == found["polls"] == keys(NOON + 5 * HOUR)
    assert found["hourly_traffic"] == keys(NOON + 5 * HOUR)


def test_a_lake_that_a_new_instance_has_never_seen_is_reported_whole(platform):
    platform.send(NOON, hours=2)
    platform.run()
    with dg.instance_for_test() as new:
        platform.instance = new
        assert made(platform.run("never")) == {
            name: keys(NOON, NOON + HOUR) for name in ("state_vectors_raw", "polls")
        }


def test_a_whole_day_in_one_go_is_made_at_once_when_asked_for(platform):
    start = NOON.replace(hour=0)
    rows = platform.send(start, hours=24)
    result = platform.run()
    assert made(result)["hourly_traffic"] == keys(*(start + n * HOUR for n in range(24)))
    assert platform.lake.read("flight_states", ["icao24"]).num_rows == rows
    # One commit for the day of each table.
    assert platform.lake.version("state_vectors") == 1


def test_a_long_history_does_not_hold_up_the_open_hour(platform):
    platform.send(NOON.replace(hour=0), hours=24)
    open_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    platform.send(open_hour, hours=1 / 60, every_s=60)
    found = made(platform.run("when_due"))
    assert len(found["state_vectors_raw"]) == 25
    assert {name: found[name] for name in MADE} == silver_and_features(open_hour)


@pytest.mark.parametrize("count", [1, HOURS_AT_ONCE, HOURS_AT_ONCE + 1])
def test_a_few_closed_hours_are_made_at_once_and_many_are_left_to_automation(count):
    hours = [NOON + n * HOUR for n in range(count)]
    long_after = NOON + timedelta(days=9)
    assert own_hours(hours, long_after) == (hours if count <= HOURS_AT_ONCE else [])


def test_a_backfill_elsewhere_hides_no_hour_that_waits():
    with dg.DagsterInstance.ephemeral() as instance:

        def report(names: Sequence[str], hour: datetime) -> None:
            for name in names:
                instance.report_runless_asset_event(dg.AssetMaterialization(name, partition=hour_key(hour)))

        report(["state_vectors_raw", "polls"], NOON)
        report(["state_vectors_raw", "polls"], NOON + 9 * HOUR)
        report(MADE, NOON + 9 * HOUR)
        assert stale_hours(instance, MADE, after=0) == [NOON]
        # All but one of the outputs.
        report(MADE[1:], NOON)
        assert stale_hours(instance, MADE, after=0) == [NOON]
        report(MADE[:1], NOON)
        assert stale_hours(instance, MADE, after=0) == []


def test_messages_that_are_gone_are_said_loudly_after_what_was_read_is_reported(platform):
    platform.send(NOON)
    ingest(platform.lake, platform.kafka, now=datetime.now(UTC), earliest=EARLIEST)
    # The in-memory broker keeps 5 MiB a partition and drops the oldest of this.
    producer = confluent_kafka.Producer({"bootstrap.servers": platform.kafka.bootstrap_servers})
    for _ in range(80):
        producer.produce(platform.topics.rejected, os.urandom(100_000), partition=0)
        producer.flush(10)
    result = platform.run()
    assert not result.success
    assert made(result)["state_vectors_raw"] == keys(NOON)
    with pytest.raises(MessagesGoneError, match=platform.topics.rejected):
        platform.tick()
    assert platform.run(skip_gone=True).success
    assert platform.lake.read("rejected_messages", ["reason"]).num_rows > 0


def test_the_sensor_asks_for_a_run_when_there_is_something_new(platform):
    assert platform.tick().skip_message == "nothing new in Kafka, and no hour waits for a refresh"
    rows = platform.send(NOON)
    request = platform.tick()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key is None
    assert int(request.tags["airtraffic/messages"]) == rows + 6
    platform.run()
    assert isinstance(platform.tick(), dg.SkipReason)


def test_the_sensor_waits_for_the_run_that_is_in_flight_unless_it_is_long_dead(platform):
    platform.send(NOON)
    run = platform.instance.create_run_for_job(ingest_kafka, status=dg.DagsterRunStatus.STARTED)
    assert platform.tick().skip_message == f"run {run.run_id} of ingest_kafka is in flight"
    later = datetime.now(UTC) + DEAD_AFTER + timedelta(seconds=1)
    assert run_in_flight(platform.instance, later, "ingest_kafka") is None
    platform.instance.report_run_failed(run)
    assert isinstance(platform.tick(), dg.RunRequest)


def test_the_sensor_says_when_no_broker_is_configured(platform):
    skipped = platform.tick(KafkaResource(bootstrap_servers=""))
    assert skipped.skip_message == "no Kafka broker is configured: KAFKA_BOOTSTRAP_SERVERS is not set"


def test_the_sensor_fails_visibly_when_the_broker_does_not_answer(platform):
    with pytest.raises(AirTrafficError, match="does not answer"):
        platform.tick(KafkaResource(bootstrap_servers="127.0.0.1:1", timeout_s=1))
