"""What the forecasts of an hour's polls rest on."""

from datetime import timedelta

import polars as pl
import pytest

from airtraffic.congestion_polled import HOUR, PolledHour, bases, standing
from airtraffic.congestion_settings import CongestionSettings
from airtraffic.settings import SOUTH_AMERICA

from .congestion_samples import AT, MINUTE, START, row, rows

SETTINGS = CongestionSettings(kinds=("quadrants",))
ZONES = SETTINGS.zones((), SOUTH_AMERICA)
NEXT = START + HOUR
SEEN = [row(minute, longitude=-46.4 + minute / 100) for minute in range(120)]


def hour(*seen: dict, minutes=range(120), declared_s=None) -> PolledHour:
    at = pl.Series([START + minute * MINUTE for minute in minutes], dtype=AT)
    polls = pl.DataFrame({"snapshot_at": at}).with_columns(
        interval_s=pl.lit(declared_s, pl.Float64), sources=pl.lit(["simulate"])
    )
    return PolledHour(NEXT, rows(*(seen or SEEN)), polls)


def rests_on(polled: PolledHour, models=None, settings=SETTINGS) -> pl.DataFrame:
    return bases(polled, ZONES, models or {}, settings)


def stands(now: pl.DataFrame) -> pl.Series:
    return standing(rests_on(hour()), now)


def test_forecasts_stand_while_nothing_changes_and_when_polls_follow():
    assert stands(rests_on(hour())).to_list() == hour().times.to_list()
    assert stands(rests_on(hour(*reversed(SEEN)))).len() == 60
    early = rests_on(hour(*SEEN[:70], minutes=range(70)))
    assert stands(early).len() == early.height == 10


@pytest.mark.parametrize(
    ("late", "standing_polls"),
    [
        (row(70, "e49aaa", on_ground=True), 10),
        (row(57, "e49aaa"), 0),
        (row(119, "e49aaa", latitude=None), 59),
    ],
)
def test_a_late_row_changes_what_its_poll_and_the_later_ones_rest_on(late, standing_polls):
    assert stands(rests_on(hour(*SEEN, late))).len() == standing_polls


def test_another_speed_or_track_changes_it_though_no_count_does():
    other = [{**each, "velocity": 90.0} if n == 70 else each for n, each in enumerate(SEEN)]
    assert stands(rests_on(hour(*other))).len() == 10


def test_other_models_or_settings_change_all_and_those_of_training_change_none():
    assert stands(rests_on(hour(), {"quadrants": "retrained"})).is_empty()
    assert stands(rests_on(hour(), settings=SETTINGS.model_copy(update={"horizon": 4}))).is_empty()
    assert stands(rests_on(hour(), settings=SETTINGS.model_copy(update={"training_days": 9}))).len() == 60


def test_an_interval_is_that_declared_else_of_the_last_steps_up_to_the_poll():
    minutes = [0, 1, 2, 3, 4, 20, 21, *(21 + 1.5 * n for n in range(1, 9))]
    told = hour(minutes=minutes).intervals["interval_s"].to_list()
    assert told[:7] == [60.0] * 7
    assert told[-1] == 90.0
    for known in range(1, len(minutes)):
        assert hour(minutes=minutes[:known]).intervals["interval_s"].to_list() == told[:known]
    assert set(hour(minutes=minutes, declared_s=120.0).intervals["interval_s"]) == {120.0}


def test_polls_of_another_interval_lie_behind_a_gap():
    mixed = hour(minutes=range(120), declared_s=60.0)
    other = pl.when(pl.col("snapshot_at") < NEXT).then(90.0).otherwise(60.0)
    mixed = PolledHour(NEXT, mixed.rows, mixed.polls.with_columns(interval_s=other))
    polls = mixed.positions(NEXT - timedelta(minutes=3), interval_s=60.0).polls
    assert polls.position.tolist()[:6] == [0, 0, 0, 0, 1, 2]
