"""From Kafka to the lake: ranges, rejections, lag, and what is loud."""

import threading
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from airtraffic.errors import AirTrafficError, MessagesGoneError
from airtraffic.messages import encode_rejected
from airtraffic.state_vectors import Rejected
from cli.in_memory_kafka import InMemoryKafka
from orchestration import kafka_ranges
from orchestration.ingest import Ingested, ingest, lag
from orchestration.kafka_batches import Batch
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from tests.integration.conftest import create_topics
from tests.integration.messages import AT, Sender, poll, state_vector
from tests.killed import killed_before

NOW = datetime(2025, 1, 15, 2, tzinfo=UTC)
HOUR = datetime.fromtimestamp(AT, UTC)


def read(lake: LakeResource, kafka: KafkaResource, **changes) -> Ingested:
    settings = {"now": NOW, "earliest": datetime(2018, 1, 1, tzinfo=UTC)}
    return ingest(lake, kafka, **settings | changes)


def numbers(lake: LakeResource) -> list[int]:
    return sorted(lake.read("state_vectors_raw", ["time_position"])["time_position"].to_pylist())


def send(kafka: KafkaResource, first: int, count: int, polls: int = 0) -> Sender:
    sender = Sender(kafka)
    for number in range(first, first + count):
        sender.send(kafka.topics.state_vectors, state_vector(number))
    for number in range(polls):
        sender.send(kafka.topics.polls, poll(number))
    sender.flush()
    return sender


@pytest.mark.kafka
def test_every_message_comes_into_the_lake_once(lake, kafka):
    send(kafka, 0, 3000, polls=7)
    assert sum(lag(lake, kafka).values()) == 3007
    done = read(lake, kafka)
    assert (done.messages, done.state_vectors, done.polls, done.rejected) == (3007, 3000, 7, 0)
    assert done.rows_by_hour == {HOUR: 3000}
    assert sum(lag(lake, kafka).values()) == 0
    send(kafka, 3000, 500)
    assert read(lake, kafka).state_vectors == 500
    assert read(lake, kafka) == Ingested()
    assert numbers(lake) == list(range(3500))
    rows = lake.read("state_vectors_raw", where=[("date", "=", date(2025, 1, 15))])
    assert set(rows["ingested_at"].to_pylist()) == {NOW}
    places = set(zip(rows["kafka_partition"].to_pylist(), rows["kafka_offset"].to_pylist(), strict=True))
    assert len(places) == 3500


def test_the_in_memory_broker_serves_as_well(local_lake, kafka_in_memory):
    send(kafka_in_memory, 0, 3000, polls=3)
    done = read(local_lake, kafka_in_memory, max_messages=700)
    assert (done.state_vectors, done.polls) == (3000, 3)
    assert done.commits > 4
    assert numbers(local_lake) == list(range(3000))
    assert read(local_lake, kafka_in_memory).messages == 0


def test_hours_that_got_only_polls_are_named_too(local_lake, kafka_in_memory):
    sender = Sender(kafka_in_memory)
    sender.send(kafka_in_memory.topics.polls, poll(0, rows=0, snapshot_at=AT + 5 * 3600))
    sender.flush()
    assert read(local_lake, kafka_in_memory).hours == {HOUR + timedelta(hours=5)}


def test_what_cannot_be_read_is_kept_with_its_reason_and_its_bytes(local_lake, kafka_in_memory):
    topics = kafka_in_memory.topics
    garbage = [None, b"", b"\x00\xff{", b"[]", b'{"schema_version": 2}', b"x" * 900_000]
    sender = Sender(kafka_in_memory)
    for topic in topics:
        for value in garbage:
            sender.send(topic, value)
    sender.send(topics.state_vectors, state_vector(1, velocity="fast"))
    sender.send(topics.state_vectors, state_vector(2, snapshot_at=AT + 30 * 3600))
    sender.send(topics.state_vectors, state_vector(3))
    sender.send(topics.rejected, encode_rejected(Rejected("too short", b"\xff\x00"), AT, "opensky"))
    sender.flush()
    done = read(local_lake, kafka_in_memory)
    assert (done.state_vectors, done.rejected) == (1, 3 * len(garbage) + 3)
    rows = local_lake.read("rejected_messages").to_pylist()
    kept = Counter((row["kafka_topic"], row["original"]) for row in rows)
    for topic in topics:
        assert kept[topic, b""] == 2
        assert all(kept[topic, value] == 1 for value in garbage if value)
    reasons = {row["original"]: row["reason"] for row in rows}
    assert 'velocity is "fast"' in reasons[state_vector(1, velocity="fast")]
    assert "a day ahead" in reasons[state_vector(2, snapshot_at=AT + 30 * 3600)]
    assert {row["reason"] for row in rows if row["stage"] == "collector"} == {"too short"}
    assert all(row["original_size"] == len(row["original"]) and row["date"] == NOW.date() for row in rows)


@pytest.mark.parametrize("table", ["rejected_messages", "state_vectors_raw", "polls"])
def test_a_run_that_dies_between_its_commits_neither_loses_nor_doubles(
    local_lake, kafka_in_memory, monkeypatch, table
):
    sender = send(kafka_in_memory, 0, 200, polls=5)
    for topic in kafka_in_memory.topics:
        sender.send(topic, b"garbage")
    # Read a day later it is no longer in the future; but a rejection stays one.
    sender.send(kafka_in_memory.topics.state_vectors, state_vector(999, snapshot_at=AT + 30 * 3600))
    sender.flush()
    with killed_before(monkeypatch, table):
        read(local_lake, kafka_in_memory)
    read(local_lake, kafka_in_memory, now=NOW + timedelta(days=1))
    rejected = local_lake.read("rejected_messages").num_rows
    assert numbers(local_lake) in (list(range(200)), [*range(200), 999])
    assert rejected + local_lake.read("state_vectors_raw").num_rows == 204
    assert local_lake.read("polls").num_rows == 5
    assert read(local_lake, kafka_in_memory).messages == 0


def test_two_runs_at_once_double_nothing(local_lake, kafka_in_memory):
    sender = send(kafka_in_memory, 0, 6000)
    for _ in range(50):
        sender.send(kafka_in_memory.topics.state_vectors, b"garbage")
    sender.flush()
    done: list[Ingested] = []

    def run() -> None:
        done.append(read(local_lake, kafka_in_memory, max_messages=500))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(local_lake) == list(range(6000))
    assert local_lake.read("rejected_messages").num_rows == 50
    assert sum(one.state_vectors for one in done) == 6000


def test_runs_that_read_the_partitions_in_another_order_double_nothing(
    local_lake, kafka_in_memory, monkeypatch
):
    """A run's own commit of one partition takes its table past another run's commit of a second one."""
    send(kafka_in_memory, 0, 400)
    append = LakeResource.append
    committed: list[set[str]] = []

    def interleaved(self, name, data, *, into, transactions):
        if name == "state_vectors_raw" and not committed:
            committed.append(set(transactions))
            with monkeypatch.context() as patched:
                patched.setattr(LakeResource, "append", append)
                others = {app_id for app_id in _app_ids(kafka_in_memory) if app_id not in transactions}
                _read_partitions(local_lake, kafka_in_memory, others)
        append(self, name, data, into=into, transactions=transactions)

    monkeypatch.setattr(LakeResource, "append", interleaved)
    done = read(local_lake, kafka_in_memory, max_messages=1)
    assert committed
    assert numbers(local_lake) == list(range(400))
    assert 0 < done.state_vectors < 400


def _app_ids(kafka: KafkaResource) -> list[str]:
    consumer = kafka.consumer()
    with closing(consumer):
        return [one.app_id for one in kafka.sources(consumer, [kafka.topics.state_vectors])]


def _read_partitions(lake: LakeResource, kafka: KafkaResource, app_ids: set[str]) -> None:
    """What another run does that comes to these partitions first, and is killed after them."""
    ranges = kafka_ranges.fix_ranges

    def some(*arguments, **options):
        return [one for one in ranges(*arguments, **options) if one.source.app_id in app_ids]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("orchestration.ingest.fix_ranges", some)
        read(lake, kafka)


def test_a_run_that_always_loses_says_so(local_lake, kafka_in_memory, monkeypatch):
    sender = send(kafka_in_memory, 0, 10)
    rows = Batch.rows

    def overtaken(self, name):
        monkeypatch.setattr(Batch, "rows", rows)
        read(local_lake, kafka_in_memory)
        sender.send(kafka_in_memory.topics.state_vectors, state_vector(11))
        sender.flush()
        monkeypatch.setattr(Batch, "rows", overtaken)
        return rows(self, name)

    monkeypatch.setattr(Batch, "rows", overtaken)
    with pytest.raises(AirTrafficError, match=r"another run is writing to .* was faster 5 times; nothing is"):
        read(local_lake, kafka_in_memory)


def test_messages_that_the_in_memory_broker_dropped_unread_are_a_loud_error(local_lake, kafka_in_memory):
    value = b"x" * 200_000
    sender = Sender(kafka_in_memory)
    for number in range(300):
        # Not compressed: random bytes.
        sender.send(kafka_in_memory.topics.state_vectors, value[: 100_000 + number], partition=0)
    sender.flush()
    big = Producer({"bootstrap.servers": kafka_in_memory.bootstrap_servers, "log_level": 2})
    for _ in range(100):
        big.produce(kafka_in_memory.topics.state_vectors, value, partition=0)
        big.flush()
    message = r"messages of topic '.*state_vectors' partition 0 are gone .* keeps 5 MiB .* skip_gone: true"
    with pytest.raises(MessagesGoneError, match=message):
        read(local_lake, kafka_in_memory)
    with pytest.raises(MessagesGoneError, match=message):
        lag(local_lake, kafka_in_memory)
    assert read(local_lake, kafka_in_memory, skip_gone=True).rejected > 0
    assert sum(lag(local_lake, kafka_in_memory).values()) == 0


def test_losing_the_broker_is_a_loud_error_and_a_new_one_starts_afresh(local_lake, tmp_path):
    prefix = "lost."
    for life in range(2):
        with InMemoryKafka(tmp_path / "kafka") as broker:
            kafka = KafkaResource(
                bootstrap_servers=broker.bootstrap_servers, topic_prefix=prefix, timeout_s=1
            )
            admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 2})
            for topic in kafka.topics:
                admin.list_topics(topic, timeout=10)
            send(kafka, life * 100, 100)
            assert read(local_lake, kafka).state_vectors == 100
            broker.kill()
            for ask in (read, lag):
                with pytest.raises(
                    AirTrafficError, match=r"broker at '127.0.0.1:\d+' does not answer .* 1 s"
                ):
                    ask(local_lake, kafka)
    assert numbers(local_lake) == list(range(200))


def test_a_broker_that_dies_while_it_is_read_is_a_loud_error(local_lake, in_memory_kafka, kafka_in_memory):
    kafka = kafka_in_memory.model_copy(update={"timeout_s": 1.0})
    # More than the 1,000 messages and 4 pieces that are read ahead.
    send(kafka, 0, 10_000)
    kafka = kafka.model_copy(update={"read_ahead_kb": 100})

    def kill() -> bool:
        in_memory_kafka.kill()
        return False

    with pytest.raises(AirTrafficError, match="does not answer as it should within 1 s"):
        read(local_lake, kafka, max_messages=100, stop=kill)
    assert len(numbers(local_lake)) == len(set(numbers(local_lake))) >= 100


def test_missing_topics_are_named(local_lake, in_memory_kafka):
    kafka = KafkaResource(bootstrap_servers=in_memory_kafka.bootstrap_servers, topic_prefix="none.")
    with pytest.raises(AirTrafficError, match=r"no topics \['none.state_vectors', .*; ./run topics creates"):
        read(local_lake, kafka)


def test_stop_ends_a_run_after_a_commit_and_the_next_goes_on(local_lake, kafka_in_memory):
    send(kafka_in_memory, 0, 2000)
    assert 100 <= read(local_lake, kafka_in_memory, max_messages=100, stop=lambda: True).messages < 2000
    read(local_lake, kafka_in_memory)
    assert numbers(local_lake) == list(range(2000))


@pytest.mark.kafka
def test_the_consumer_group_shows_what_is_read(local_lake, kafka):
    send(kafka, 0, 100, polls=3)
    read(local_lake, kafka)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers} | kafka.security)
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(kafka.group_id)])
    shown = asked[kafka.group_id].result(timeout=30).topic_partitions
    assert sum(one.offset for one in shown) == 103


@pytest.mark.kafka
def test_a_topic_that_was_made_anew_is_read_from_its_start(local_lake, kafka):
    send(kafka, 0, 50)
    read(local_lake, kafka)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers} | kafka.security)
    for deleted in admin.delete_topics(list(kafka.topics)).values():
        deleted.result(timeout=30)
    while set(kafka.topics) & set(admin.list_topics(timeout=10).topics):
        pass
    create_topics(kafka, state_vector_partitions=2)
    send(kafka, 50, 20)
    read(local_lake, kafka)
    assert numbers(local_lake) == list(range(70))


@pytest.mark.kafka
def test_messages_that_retention_dropped_unread_are_a_loud_error(local_lake, kafka):
    """And what was dropped before the lake began is none of its business."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers} | kafka.security)
    sender = Sender(kafka)

    def send_and_drop(first: int, kept_from: int) -> None:
        for number in range(first, first + 10):
            sender.send(kafka.topics.state_vectors, state_vector(number), partition=0)
        sender.flush()
        before = TopicPartition(kafka.topics.state_vectors, 0, kept_from)
        for dropped in admin.delete_records([before]).values():
            dropped.result(timeout=30)

    send_and_drop(0, 4)
    read(local_lake, kafka)
    assert numbers(local_lake) == list(range(4, 10))
    send_and_drop(10, 13)
    with pytest.raises(
        MessagesGoneError, match=r"^3 messages .* read up to offset 9 .* oldest is 13; .*retention"
    ):
        read(local_lake, kafka)
    read(local_lake, kafka, skip_gone=True)
    assert numbers(local_lake) == [*range(4, 10), *range(13, 20)]


@pytest.mark.kafka
def test_a_log_that_lost_its_end_is_a_loud_error(local_lake, kafka):
    send(kafka, 0, 10)
    read(local_lake, kafka)
    with_source = kafka.consumer()
    sources = {one.name: one for one in kafka.sources(with_source, list(kafka.topics))}
    with_source.close()
    source = sources[f"{kafka.topics.polls}[0]"]
    table = local_lake.delta("polls")
    local_lake.append("polls", table.to_pyarrow_table(), into=table, transactions={source.app_id: 6})
    with pytest.raises(MessagesGoneError, match=r"polls' partition 0 has lost 7 messages: .* up to offset 6"):
        lag(local_lake, kafka)
    read(local_lake, kafka, skip_gone=True)
    assert sum(lag(local_lake, kafka).values()) == 0


@pytest.mark.kafka
def test_marks_of_transactions_are_read_past(local_lake, kafka):
    """A transaction's end takes an offset without a message; an aborted one leaves no row."""
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": kafka.topic_prefix}
        | kafka.security
    )
    producer.init_transactions(30)
    for first, end in ((0, producer.commit_transaction), (10, producer.abort_transaction)):
        producer.begin_transaction()
        for number in range(first, first + 10):
            producer.produce(kafka.topics.state_vectors, state_vector(number), partition=0)
        end(30)
    assert read(local_lake, kafka).state_vectors == 10
    assert sum(lag(local_lake, kafka).values()) == 0
    assert numbers(local_lake) == list(range(10))
