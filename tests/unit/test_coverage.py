"""Which polls came, which should have, and whether a day is whole."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest

from airtraffic.completeness import daily_completeness
from airtraffic.coverage import poll_coverage
from airtraffic.tables import POLLS

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
LONG_AFTER = NOON + timedelta(days=300)


def polls(seconds, interval_s: float = 60.0, source: str = "simulate", **fields) -> pl.DataFrame:
    rows = [
        dict.fromkeys(POLLS.schema.names)
        | {
            "snapshot_at": NOON + timedelta(seconds=second),
            "source": source,
            "rows": 3,
            "rejected": 0,
            "interval_s": interval_s,
            "ingested_at": LONG_AFTER,
            "kafka_offset": offset,
            **fields,
        }
        for offset, second in enumerate(seconds)
    ]
    return pl.from_arrow(pa.Table.from_pylist(rows, schema=POLLS.schema))


def only(frame: pl.DataFrame, now: datetime = LONG_AFTER, hour: datetime = NOON) -> dict:
    (row,) = poll_coverage(frame, [hour], now).to_pylist()
    return row


def minutes(row: dict) -> list[tuple[float, float]]:
    return [tuple((gap[end] - NOON).total_seconds() / 60 for end in ("start", "end")) for gap in row["gaps"]]


def test_an_hour_with_every_poll_is_covered_and_has_no_gap():
    row = only(polls(range(0, 3600, 60)))
    assert (row["polls_seen"], row["polls_expected"], row["coverage"]) == (60, 60, 1.0)
    assert (row["gaps"], row["gap_s"], row["rows"], row["sources"]) == ([], 0.0, 180, ["simulate"])


def test_missing_polls_are_a_gap_from_the_last_poll_to_the_next():
    row = only(polls(s for s in range(0, 3600, 60) if not 600 < s < 1200))
    assert (row["polls_seen"], row["coverage"]) == (51, 0.85)
    assert minutes(row) == [(10, 20)]
    assert row["gap_s"] == 600


def test_polls_that_come_a_little_late_are_no_gap():
    row = only(polls([round(60.47 * n) for n in range(60)], interval_s=60.47))
    assert (row["polls_seen"], row["polls_expected"], row["gaps"]) == (60, 59, [])
    assert row["coverage"] == 1.0


def test_an_hour_without_polls_is_one_gap_and_expects_nothing_known():
    row = only(polls([]))
    assert (row["polls_seen"], row["polls_expected"], row["coverage"]) == (0, None, None)
    assert minutes(row) == [(0, 60)]


def test_a_gap_is_cut_at_the_hour():
    frame = polls([-1200, *range(1200, 2400, 60)])
    assert minutes(only(frame)) == [(0, 20), (39, 60)]


def test_a_poll_missing_where_two_hours_meet_is_a_gap_of_the_second():
    frame = polls([*range(-3600, -30, 60), *range(60, 3600, 60)])
    assert minutes(only(frame)) == [(0, 1)]
    assert only(frame, hour=NOON - timedelta(hours=1))["gaps"] == []


def test_the_open_hour_expects_only_what_has_elapsed():
    frame = polls(range(0, 900, 60))
    row = only(frame, now=NOON + timedelta(seconds=930))
    assert (row["polls_seen"], row["polls_expected"], row["coverage"], row["gaps"]) == (15, 15, 1.0, [])
    row = only(frame, now=NOON + timedelta(seconds=1800))
    assert (row["polls_expected"], row["coverage"], minutes(row)) == (30, 0.5, [(14, 30)])


def test_the_first_seconds_of_an_hour_expect_no_poll_yet():
    row = only(polls([]), now=NOON + timedelta(seconds=20))
    assert row["coverage"] is None
    assert only(polls([5]), now=NOON + timedelta(seconds=20))["coverage"] is None


def test_a_closed_hour_does_not_depend_on_now():
    frame = polls(range(0, 3600, 90), interval_s=90)
    assert only(frame, NOON + timedelta(hours=1)) == only(frame, LONG_AFTER)


def test_a_poll_sent_twice_counts_once_and_an_empty_sky_is_a_poll():
    row = only(pl.concat([polls(range(0, 3600, 60)), polls([0, 60])]))
    assert (row["polls_seen"], row["rows"]) == (60, 180)
    row = only(polls(range(0, 3600, 60), rows=0))
    assert (row["polls_seen"], row["empty_polls"], row["gaps"]) == (60, 60, [])


def test_an_answer_of_which_every_row_was_rejected_is_no_empty_sky():
    assert only(polls([0], rows=0, rejected=5))["empty_polls"] == 0


def test_two_sources_are_both_named():
    row = only(pl.concat([polls([0], source="replay"), polls([60], source="opensky")]))
    assert row["sources"] == ["opensky", "replay"]


def day(*without: int, now: datetime = LONG_AFTER) -> pa.Table:
    start = NOON.replace(hour=0)
    hours = [start + timedelta(hours=h) for h in range(24)]
    seconds = [s for s in range(-12 * 3600, 12 * 3600, 60) if (s // 3600 + 12) not in without]
    return poll_coverage(polls(seconds), hours, now)


def completeness(coverage: pa.Table, rows: dict | None = None) -> dict:
    rows = rows if rows is not None else dict.fromkeys(range(24), 180)
    (row,) = daily_completeness(date(2025, 1, 15), coverage, rows, 0.9).to_pylist()
    return row


def test_a_whole_day_is_complete():
    row = completeness(day())
    assert (row["complete"], row["hours_present"], row["hours_missing"]) == (True, 24, [])
    assert (row["polls_seen"], row["polls_expected"], row["completeness"]) == (1440, 1440, 1.0)
    assert row["rows"] == 24 * 180


@pytest.mark.parametrize("coverage", [day(3), day().filter(pa.array([h != 3 for h in range(24)]))])
def test_a_day_with_a_missing_hour_is_incomplete_and_says_which(coverage):
    row = completeness(coverage)
    assert (row["complete"], row["hours_present"], row["hours_missing"]) == (False, 23, [3])
    assert row["completeness"] == pytest.approx(23 / 24)


def test_an_hour_whose_silver_was_never_made_is_missing():
    rows = {h: 180 for h in range(24) if h != 7}
    assert completeness(day(), rows)["hours_missing"] == [7]


def test_a_thin_hour_makes_the_day_incomplete():
    thin = poll_coverage(
        polls(s for s in range(-12 * 3600, 12 * 3600, 60) if not 0 <= s < 1000),
        [NOON.replace(hour=h) for h in range(24)],
        LONG_AFTER,
    )
    row = completeness(thin)
    assert (row["complete"], row["hours_missing"]) == (False, [])


def test_a_day_without_anything_is_a_row_too():
    row = completeness(day().slice(0, 0), {})
    assert (row["complete"], row["hours_present"], row["completeness"]) == (False, 0, None)
    assert row["hours_missing"] == list(range(24))
