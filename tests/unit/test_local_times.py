"""Local clocks, the hours they skip and show twice."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airtraffic.local_times import first_after, minute_of_day, on_date

NEW_YORK = "America/New_York"
ZONES = (NEW_YORK, "America/Bogota", "America/Puerto_Rico", "Pacific/Honolulu", "America/St_Johns", "UTC")


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def series(*values, dtype=None) -> pl.Series:
    return pl.Series("", list(values), dtype=dtype)


def shown(day: date, hhmm: float, zone: str | None = NEW_YORK) -> datetime | None:
    minutes = hhmm // 100 * 60 + hhmm % 100
    return on_date(series(day), series(minutes, dtype=pl.Float64), series(zone, dtype=pl.String))[0]


def next_time(after: datetime | None, hhmm: int, zone: str = NEW_YORK) -> datetime | None:
    minutes = float(hhmm // 100 * 60 + hhmm % 100)
    return first_after(series(after, dtype=pl.Datetime("us", "UTC")), series(minutes), series(zone))[0]


@pytest.mark.parametrize(
    ("value", "dtype", "minutes"),
    [
        (time(23, 59, 30), pl.Time, 1439.5),
        (5, pl.Int16, 5),
        (2400, pl.Int16, 1440),
        (2401, pl.Int16, None),
        (1260, pl.Int16, None),
        (-5, pl.Int16, None),
        (517.0, pl.Float64, 317),
        ("517.0", pl.String, 317),
        (" 05:17 ", pl.String, 317),
        ("5:17:30", pl.String, 317.5),
        ("24:00", pl.String, 1440),
        ("05:17 PM", pl.String, None),
        (None, pl.String, None),
    ],
)
def test_a_time_of_day_is_read_in_every_form_or_not_at_all(value, dtype, minutes):
    frame = pl.DataFrame({"at": series(value, dtype=dtype)})
    assert frame.select(minute_of_day("at", dtype)).item() == minutes


def test_a_date_and_a_clock_are_an_instant():
    assert shown(date(2013, 7, 1), 930) == utc(2013, 7, 1, 13, 30)
    assert shown(date(2013, 1, 1), 930) == utc(2013, 1, 1, 14, 30)
    assert shown(date(2013, 1, 1), 2400) == utc(2013, 1, 2, 5)
    assert shown(date(2013, 1, 1), 930, None) is None


def test_an_hour_that_the_clock_skips_is_the_one_after_and_one_shown_twice_is_the_first():
    assert shown(date(2013, 3, 10), 230) == utc(2013, 3, 10, 7, 30)
    assert shown(date(2013, 11, 3), 130) == utc(2013, 11, 3, 5, 30)


def test_the_next_time_is_later_today_or_tomorrow():
    assert next_time(utc(2013, 7, 1, 13), 930) == utc(2013, 7, 1, 13, 30)
    assert next_time(utc(2013, 7, 1, 13, 30), 930) == utc(2013, 7, 2, 13, 30)
    assert next_time(utc(2013, 7, 1, 13), 2400) == utc(2013, 7, 2, 4)
    assert next_time(None, 930) is None


def test_after_the_first_of_two_equal_times_comes_the_second():
    assert next_time(utc(2013, 11, 3, 5, 29), 130) == utc(2013, 11, 3, 5, 30)
    assert next_time(utc(2013, 11, 3, 5, 30), 130) == utc(2013, 11, 3, 6, 30)
    assert next_time(utc(2013, 11, 3, 6, 30), 130) == utc(2013, 11, 4, 6, 30)


@settings(max_examples=200, deadline=None)
@given(
    after=st.datetimes(datetime(2013, 1, 1), datetime(2014, 1, 1)).map(
        lambda moment: moment.replace(tzinfo=UTC)
    ),
    hhmm=st.builds(lambda h, m: h * 100 + m, st.integers(0, 23), st.integers(0, 59)),
    zone=st.sampled_from(ZONES),
)
def test_the_next_time_is_after_within_a_day_and_shown_by_the_clock(after, hhmm, zone):
    found = next_time(after, hhmm, zone)
    assert after < found <= after + timedelta(hours=25)
    local = found.astimezone(ZoneInfo(zone))
    skipped = (local - timedelta(hours=1)).utcoffset() != local.utcoffset()
    assert local.hour * 100 + local.minute == hhmm or skipped


def test_no_rows_are_no_times():
    empty = series(dtype=pl.Float64)
    assert on_date(series(dtype=pl.Date), empty, series(dtype=pl.String)).len() == 0
