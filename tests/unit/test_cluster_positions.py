"""Which positions are counted, and what each of them weighs."""

import polars as pl
import pytest

from airtraffic.cluster_positions import counted_positions
from tests.unit.cluster_samples import HOUR, START, silver, simulated


def weights(rows: pl.DataFrame, hours=(START,)) -> list[float]:
    return counted_positions(rows, hours)["weight_min"].round(6).to_list()


@pytest.mark.parametrize(
    "column",
    [
        {"on_ground": True},
        {"is_repeat": True},
        {"position_age_s": 61},
        {"position_age_s": None},
        {"latitude": None},
        {"longitude": None},
        {"latitude": float("nan")},
        {"on_ground": None},
    ],
)
def test_what_is_on_the_ground_old_repeated_or_nowhere_is_not_counted(column):
    name, value = next(iter(column.items()))
    good = silver(minute=[1, 2])
    bad = good.with_columns(
        pl.when(pl.col("snapshot_at") == START.replace(minute=2))
        .then(pl.lit(value, good.schema[name]))
        .otherwise(name)
        .alias(name)
    )
    assert counted_positions(good, [START]).height == 2
    assert counted_positions(bad, [START])["snapshot_at"].to_list() == [START.replace(minute=1)]


def test_a_position_weighs_the_minutes_since_the_aircrafts_last_one_and_five_at_most():
    assert weights(silver(minute=[0, 1, 3, 3.5, 8.5, 20])) == [1.0, 1.0, 2.0, 0.5, 5.0, 5.0]


def test_an_aircrafts_first_position_weighs_one_minute():
    assert weights(silver(minute=[0, 0, 7], icao24=["a", "b", "c"])) == [1.0, 1.0, 1.0]


def test_what_is_not_counted_adds_to_the_weight_of_what_is():
    rows = silver(minute=[0, 1, 2], position_age_s=[10, 200, 10])
    assert weights(rows) == [1.0, 2.0]


def test_a_position_no_newer_than_the_last_one_weighs_a_second():
    rows = silver(minute=[0, 1]).with_columns(time_position=pl.lit(int(START.timestamp()) - 10))
    assert weights(rows) == [1.0, round(1 / 60, 6)]


def test_a_position_is_never_later_than_its_poll():
    rows = silver(minute=[5, 6]).with_columns(time_position=pl.col("time_position") + 86_400)
    assert counted_positions(rows, [START])["t_min"].to_list() == [
        START.timestamp() / 60 + 5,
        START.timestamp() / 60 + 6,
    ]


@pytest.mark.parametrize(("minute", "weight"), [(-58, 5.0), (-1, 2.0), (-61, 1.0)])
def test_the_last_position_is_looked_for_in_the_hour_and_the_one_before(minute, weight):
    assert weights(silver(minute=[minute, 1])) == [weight]


def test_an_hour_is_the_same_in_any_company_and_order():
    rows = simulated(2)
    hours = [START, START + HOUR]
    both = counted_positions(rows.sample(fraction=1, shuffle=True, seed=3), hours)
    alone = [counted_positions(rows, [hour]) for hour in hours]
    assert both.equals(pl.concat(alone))
    assert both.select("snapshot_at", "icao24").is_unique().all()


def test_no_rows_and_no_hours_are_no_positions():
    rows = silver(minute=[1])
    empty = counted_positions(rows.clear(), [START])
    assert empty.height == 0
    assert empty.columns == counted_positions(rows, []).columns
    assert empty.columns[-2:] == ["t_min", "weight_min"]
