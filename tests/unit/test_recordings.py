"""Recordings become the polls that were recorded."""

import gzip
import json
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airtraffic.errors import AirTrafficError
from airtraffic.recordings import read_polls, read_recordings
from airtraffic.state_vectors import SCHEMA

NOON = 1_750_852_800
"""2025-06-25 12:00 UTC"""


def row(icao24="e8021b", **changes) -> dict:
    return {
        "icao24": icao24,
        "callsign": "LPE2368",
        "origin_country": "Chile",
        "time_position": NOON - 5,
        "last_contact": NOON - 4,
        "longitude": -59.6123,
        "latitude": -33.0484,
        "baro_altitude": 10393.68,
        "on_ground": False,
        "velocity": 219.51,
        "heading": 328.81,
        "timestamp_ingest": "2025-06-25T12:00:00.100000+00:00Z",
    } | changes


def at(seconds: float) -> str:
    """A time of ingestion as the 12-field recordings write it."""
    whole, micros = divmod(round(seconds * 1e6), 1_000_000)
    return f"2025-06-25T12:{whole // 60:02}:{whole % 60:02}.{micros:06}+00:00Z"


def written(path: Path, rows: list[dict]) -> Path:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)
    return path


def test_shuffled_rows_become_polls_in_time_order(tmp_path):
    rows = [
        row(f"{n:06x}", timestamp_ingest=at(60.5 * poll + 0.3 + 0.01 * n))
        for poll in range(3)
        for n in range(20)
    ]
    random.Random(1).shuffle(rows)
    polls = list(read_polls(written(tmp_path / "shuffled.parquet", rows)))
    assert [poll.snapshot_at for poll in polls] == [NOON, NOON + 60, NOON + 121]
    assert [poll.table["icao24"].to_pylist() for poll in polls] == [[f"{n:06x}" for n in range(20)]] * 3
    assert [poll.interval_s for poll in polls] == [60.5] * 3
    assert polls[0].table.schema == SCHEMA
    assert polls[0].table["true_track"].to_pylist() == [328.81] * 20
    assert polls[0].table["squawk"].null_count == 20


def test_rows_less_than_five_seconds_apart_are_one_poll(tmp_path):
    times = [59.9, 64.8, 69.799999, 74.8]
    path = written(tmp_path / "slow.parquet", [row(timestamp_ingest=at(time)) for time in times])
    assert [(p.snapshot_at, p.table.num_rows) for p in read_polls(path)] == [(NOON + 59, 3), (NOON + 74, 1)]


@pytest.mark.parametrize("column", ["time", "snapshot_at"])
def test_a_time_of_the_poll_is_taken_as_it_is(tmp_path, column):
    rows = [row() | {column: NOON + second} for second in (0, 1, 1, 2)]
    polls = list(read_polls(written(tmp_path / "time.parquet", rows)))
    assert [(p.snapshot_at - NOON, p.table.num_rows) for p in polls] == [(0, 1), (1, 2), (2, 1)]


def test_a_csv_gives_the_same_as_a_parquet(tmp_path):
    rows = [row("0a1b2c", squawk="0021", baro_altitude=None), row("123456", callsign=None, squawk=None)]
    tables = [next(read_polls(written(tmp_path / name, rows))).table for name in ("a.csv", "a.parquet")]
    assert tables[0] == tables[1]
    assert tables[0]["squawk"].to_pylist() == ["0021", None]


def test_the_declared_mapping_casts_what_other_tools_write(tmp_path):
    path = tmp_path / "pandas.csv"
    path.write_text(
        "time,icao24,callsign,time_position,last_contact,longitude,latitude,baro_altitude,on_ground,velocity,"
        "true_track,squawk,sensors,unknown\n"
        f'{NOON}.0,E8021B,NaN,{NOON}.0,{NOON},-59,-33.5,nan,1,1.5e2,null,21.0,"[3, 4]",x\n'
    )
    (poll,) = read_polls(path)
    assert poll.rejected == []
    assert poll.table.to_pylist() == [
        dict.fromkeys(SCHEMA.names)
        | {
            "icao24": "e8021b",
            "time_position": NOON,
            "last_contact": NOON,
            "longitude": -59.0,
            "latitude": -33.5,
            "on_ground": True,
            "velocity": 150.0,
            "squawk": "0021",
            "sensors": [3, 4],
        }
    ]


def test_integer_columns_of_a_parquet_become_text_and_booleans(tmp_path):
    path = written(
        tmp_path / "ints.parquet", [row(squawk=code, on_ground=code % 2) for code in (0, 21, 7777)]
    )
    (poll,) = read_polls(path)
    assert poll.table["squawk"].to_pylist() == ["0000", "0021", "7777"]
    assert poll.table["on_ground"].to_pylist() == [False, True, True]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("icao24", "xyz", "icao24 is"),
        ("icao24", None, "icao24 is null"),
        ("last_contact", None, "last_contact is null"),
        ("last_contact", 1.5, "last_contact is 1.5; expected an integer"),
        ("latitude", 90.5, "latitude is 90.5; expected a finite number from -90 to 90"),
        ("longitude", float("inf"), "longitude is inf"),
        ("on_ground", 2, "on_ground is 2; expected true or false"),
        ("squawk", 12345, "squawk is 12345"),
        ("time_position", -1, "time_position is -1"),
    ],
)
def test_a_row_that_cannot_be_cast_is_rejected_and_the_others_go_on(tmp_path, field, value, expected):
    good = row("000001", squawk=None) | ({field: 0} if field == "on_ground" else {})
    bad = good | {"icao24": "000002", field: value}
    (poll,) = read_polls(written(tmp_path / "bad.parquet", [good, bad, good | {"icao24": "000003"}]))
    assert poll.table["icao24"].to_pylist() == ["000001", "000003"]
    (rejected,) = poll.rejected
    assert rejected.reason.startswith(expected)
    assert json.loads(rejected.original)["callsign"] == "LPE2368"


def test_a_poll_whose_every_row_is_bad_is_still_a_poll(tmp_path):
    rows = [row(), row("bad", timestamp_ingest=at(60)), row(timestamp_ingest=at(120))]
    polls = list(read_polls(written(tmp_path / "bad.parquet", rows)))
    assert [(p.snapshot_at, p.table.num_rows, len(p.rejected)) for p in polls] == [
        (NOON, 1, 0),
        (NOON + 60, 0, 1),
        (NOON + 120, 1, 0),
    ]


def test_rows_without_a_readable_time_and_torn_lines_come_first_and_belong_to_no_poll(tmp_path):
    path = written(
        tmp_path / "torn.csv", [row(), row(timestamp_ingest="yesterday"), row(timestamp_ingest=None)]
    )
    with path.open("a") as file:
        file.write("e8021b,too,few\n")
    first, second = read_polls(path)
    assert (first.snapshot_at, first.table.num_rows) == (None, 0)
    assert sorted(r.reason for r in first.rejected) == [
        "line 5 has 3 values; expected 12",
        'timestamp_ingest is "yesterday"; expected a time since 1970',
        "timestamp_ingest is null; expected a time since 1970",
    ]
    assert second.table.num_rows == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "e8021b", "nan", "1", "-1", "1e400", "x", f"{NOON}", at(0), '"']),
            min_size=12,
            max_size=12,
        ),
        max_size=6,
    )
)
def test_every_line_of_a_csv_is_either_kept_or_rejected(tmp_path, lines):
    path = tmp_path / "random.csv"
    safe = [[cell.replace('"', "'") for cell in line] for line in lines]
    path.write_text("\n".join([",".join(row()), *(",".join(line) for line in safe)]) + "\n")
    polls = list(read_polls(path))
    not_blank = [line for line in safe if any(line)]
    kept = sum(poll.table.num_rows + len(poll.rejected) for poll in polls)
    assert len(not_blank) <= kept <= len(safe)


@pytest.mark.parametrize(
    "name", ["empty.parquet", "noise.parquet", "empty.csv", "noise.csv", "noise.json.gz"]
)
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"" if name.startswith("empty") else b"\x00\xff\xfePAR1 nonsense" * 50)
    with pytest.raises(AirTrafficError, match=name):
        list(read_recordings([path]))


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path):
    for name in ("gone.json", "gone.csv", "gone.parquet"):
        with pytest.raises(AirTrafficError, match=name):
            list(read_recordings([tmp_path / name]))


def test_missing_columns_are_named_with_what_was_expected(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("icao24,lat\nabcdef,1\n")
    with pytest.raises(AirTrafficError) as raised:
        list(read_recordings([path]))
    for part in (str(path), "latitude", "timestamp_ingest (or snapshot_at or time)", "it has icao24, lat"):
        assert part in str(raised.value)


def test_an_unknown_kind_of_file_is_an_error_that_lists_the_known(tmp_path):
    with pytest.raises(AirTrafficError, match=r"polls\.xlsx.*\.parquet, \.csv"):
        list(read_recordings([tmp_path / "polls.xlsx"]))


def test_raw_answers_and_column_files_are_merged_in_time_order(tmp_path):
    written(tmp_path / "a.parquet", [row(timestamp_ingest=at(60 * n)) for n in (0, 2, 4)])
    written(tmp_path / "b.csv", [row(timestamp_ingest=at(60 * n)) for n in (1, 3)])
    (tmp_path / "c.json").write_text(json.dumps({"time": NOON + 150, "states": None}))
    (tmp_path / "d.json.gz").write_bytes(
        gzip.compress(json.dumps({"time": NOON + 30, "states": []}).encode())
    )
    (tmp_path / "e.json").write_text("{")
    polls = list(read_recordings(sorted(tmp_path.iterdir(), reverse=True)))
    times = [None if p.snapshot_at is None else p.snapshot_at - NOON for p in polls]
    assert times == [None, 0, 30, 60, 120, 150, 180, 240]
    assert len(polls[0].rejected) == 1
    assert [p.interval_s for p in polls if p.table.num_rows == 0] == [120.0] * 3


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "rows", "snapshots", "aircraft", "repeats", "old", "hours"),
    [
        ("sa_60s_20250625T1636Z.parquet", 25_372, 111, 872, 5_473, 5_856, {16: 5_297, 17: 13_665, 18: 6_410}),
        (
            "sa_60s_20250621T2325Z.parquet",
            19_589,
            213,
            514,
            3_943,
            4_210,
            {23: 3909, 0: 6030, 1: 4530, 2: 5120},
        ),
    ],
)
def test_the_recordings_have_their_known_figures(
    recordings, name, rows, snapshots, aircraft, repeats, old, hours
):
    polls = list(read_recordings([recordings / "states" / name]))
    assert len(polls) == snapshots
    assert not any(poll.rejected for poll in polls)
    frame = pl.concat(
        pl.from_arrow(poll.table).with_columns(snapshot_at=poll.snapshot_at, hour=poll.snapshot_at // 3600)
        for poll in polls
    ).sort("icao24", "snapshot_at")
    assert (frame.height, frame["icao24"].n_unique()) == (rows, aircraft)
    by_hour = frame.group_by(pl.col("hour") % 24).len()
    assert dict(by_hour.iter_rows()) == hours
    before = pl.col("time_position", "hour").shift(1).over("icao24").name.prefix("previous_")
    seen = frame.with_columns(before)
    is_repeat = (pl.col("previous_time_position") == pl.col("time_position")) & (
        pl.col("hour") - pl.col("previous_hour") <= 1
    )
    assert seen.filter(is_repeat).height == repeats
    assert frame.filter(pl.col("snapshot_at") - pl.col("time_position") > 60).height == old


@pytest.mark.recordings
def test_a_recording_with_other_columns_is_read_whole(recordings):
    polls = list(read_recordings([recordings / "states" / "switzerland_60s_20180801.parquet"]))
    assert sum(poll.table.num_rows for poll in polls) == 23_383
    assert not any(poll.rejected for poll in polls)
    assert {poll.interval_s for poll in polls} == {60.0}


def test_a_file_with_a_header_alone_has_no_polls(tmp_path):
    path = tmp_path / "header.csv"
    path.write_text(",".join(row()) + "\n")
    assert list(read_recordings([path])) == []
