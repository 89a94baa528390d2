"""One row per aircraft and snapshot, out of messages."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airtraffic.recordings import read_polls
from airtraffic.snapshots import snapshots, state_vectors_table
from airtraffic.tables import STATE_VECTORS, STATE_VECTORS_RAW

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
EPOCH = int(NOON.timestamp())


def message(second: int, icao24: str = "e48c01", offset: int = 0, **fields) -> dict:
    at = NOON + timedelta(seconds=second)
    return dict.fromkeys(STATE_VECTORS_RAW.schema.names) | {
        "icao24": icao24,
        "time_position": EPOCH + second - 10,
        "last_contact": EPOCH + second - 5,
        "snapshot_at": at,
        "source": "simulate",
        "kafka_cluster": "c",
        "kafka_topic": "t",
        "kafka_partition": 0,
        "kafka_offset": offset,
        "ingested_at": NOON + timedelta(days=1),
        "date": at.date(),
        **fields,
    }


def raw(*messages: dict) -> pl.DataFrame:
    return (
        pl.from_arrow(pl.DataFrame([]).to_arrow().schema.empty_table()) if not messages else _frame(messages)
    )


def _frame(messages) -> pl.DataFrame:
    import pyarrow as pa

    return pl.from_arrow(pa.Table.from_pylist(list(messages), schema=STATE_VECTORS_RAW.schema))


def column(frame: pl.DataFrame, name: str) -> list:
    return frame[name].to_list()


def test_of_several_messages_the_greatest_last_contact_counts():
    made = snapshots(
        raw(message(0, last_contact=EPOCH + 9, velocity=1.0), message(0, offset=1, velocity=2.0)), [NOON]
    )
    assert column(made, "velocity") == [1.0]


def test_of_messages_with_equal_last_contact_the_last_read_counts():
    later = NOON + timedelta(days=2)
    made = snapshots(
        raw(
            message(0, offset=7, velocity=1.0),
            message(0, offset=3, velocity=2.0, ingested_at=later),
            message(0, offset=1, velocity=3.0, ingested_at=later),
        ),
        [NOON],
    )
    assert column(made, "velocity") == [2.0]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(" TAM3001", "TAM3001"), ("GLO1  ", "GLO1"), ("        ", None), ("", None), (None, None)],
)
def test_a_callsign_is_stripped_and_a_blank_one_is_none(sent, kept):
    assert column(snapshots(raw(message(0, callsign=sent)), [NOON]), "callsign") == [kept]


def test_the_age_of_a_position_is_counted_from_the_snapshot():
    made = snapshots(raw(message(60, time_position=EPOCH), message(60, "e48c02", time_position=None)), [NOON])
    assert column(made, "position_age_s") == [60, None]


def test_the_same_position_again_is_a_repeat():
    made = snapshots(
        raw(message(0), message(60, time_position=EPOCH - 10), message(120), message(180, "e48c02")), [NOON]
    )
    assert column(made, "is_repeat") == [False, True, False, False]


def test_a_row_without_predecessor_or_position_time_is_no_repeat():
    made = snapshots(raw(message(0, time_position=None), message(60, time_position=None)), [NOON])
    assert column(made, "is_repeat") == [False, False]


def test_another_aircraft_is_no_predecessor():
    made = snapshots(raw(message(0, time_position=EPOCH), message(60, "e48c02", time_position=EPOCH)), [NOON])
    assert column(made, "is_repeat") == [False, False]


@pytest.mark.parametrize(("second", "repeat"), [(-60, True), (-3600, True), (-3601, False)])
def test_a_predecessor_is_looked_for_in_this_hour_and_the_one_before(second, repeat):
    made = snapshots(raw(message(second, time_position=EPOCH), message(3599, time_position=EPOCH)), [NOON])
    assert column(made, "is_repeat") == [repeat]


def test_only_the_hours_asked_for_are_made():
    made = snapshots(raw(message(-1), message(0), message(3599), message(3600)), [NOON])
    assert column(made, "snapshot_at") == [NOON, NOON + timedelta(seconds=3599)]
    assert column(made, "hour") == [12, 12]


def test_hours_without_messages_are_empty():
    made = snapshots(_frame([]), [NOON])
    assert state_vectors_table(made).schema == STATE_VECTORS.schema
    assert made.height == 0


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4 * 60 - 1),
            st.sampled_from(["a00001", "a00002"]),
            st.one_of(st.none(), st.integers(0, 5)),
        ),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_neither_order_nor_company_changes_an_hour(drawn, random):
    messages = [
        message(60 * minute - 7200, icao24, offset, time_position=position)
        for offset, (minute, icao24, position) in enumerate(drawn)
    ]
    hours = [NOON + timedelta(hours=h) for h in (-1, 0, 1)]
    together = snapshots(_frame(messages), hours)
    random.shuffle(messages)
    assert snapshots(_frame(messages), hours).equals(together)
    for hour in hours:
        near = [
            m for m in messages if hour - timedelta(hours=1) <= m["snapshot_at"] < hour + timedelta(hours=1)
        ]
        alone = together.filter(pl.col("snapshot_at").dt.truncate("1h") == hour)
        assert snapshots(_frame(near), [hour]).equals(alone)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "rows", "repeats", "old"),
    [("sa_60s_20250625T1636Z", 25_372, 5_473, 5_856), ("sa_60s_20250621T2325Z", 19_589, 3_943, 4_210)],
)
def test_repeats_and_old_positions_of_real_recordings(recordings, name, rows, repeats, old):
    polls = [poll for poll in read_polls(recordings / "states" / f"{name}.parquet") if poll.snapshot_at]
    frame = pl.concat(
        pl.DataFrame(pl.from_arrow(poll.table)).with_columns(
            pl.from_epoch(pl.lit(poll.snapshot_at)).cast(pl.Datetime("us", "UTC")).alias("snapshot_at")
        )
        for poll in polls
    ).with_columns(
        *[pl.lit("replay").alias(name) for name in ("source", "kafka_cluster", "kafka_topic")],
        pl.lit(0).alias("kafka_partition"),
        pl.int_range(pl.len()).alias("kafka_offset"),
        pl.lit(NOON).alias("ingested_at"),
    )
    made = snapshots(frame, frame["snapshot_at"].dt.truncate("1h").unique().to_list())
    assert made.height == rows
    assert made["is_repeat"].sum() == repeats
    assert (made["position_age_s"] > 60).sum() == old
