"""Counting aircraft by poll and zone."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_aircraft import known_aircraft, reckon
from airtraffic.forecasting.congestion_grid import airborne, congestion_grid
from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_zones import AirspaceSectors, Cells, Quadrants, zones_of
from orchestration.sectors import load_sectors

from .congestion_samples import AT, at, recorded, row, rows, simulated


def minutes(*values: float) -> pl.Series:
    return pl.Series([at(value) for value in values], dtype=AT)


def test_an_empty_zone_is_zero_and_a_missing_poll_is_nothing():
    sample = rows(row(0), row(0, "e49001"), row(2, latitude=-30.0))
    grid = congestion_grid(sample, Polls.of(sample, minutes(0, 1, 2)), Quadrants())
    assert grid["zone"].to_list() == ["NW", "NE", "SW", "SE"] * 3
    mine = grid.filter(pl.col("zone") == "SE")
    assert mine["aircraft"].to_list() == [2, 0, 1]
    assert grid["aircraft"].sum() == 3
    assert congestion_grid(sample, Polls.of(sample), Quadrants())["snapshot_at"].n_unique() == 2
    assert mine["speed_kmh"].to_list() == [pytest.approx(720), None, pytest.approx(720)]


def test_on_the_ground_without_position_and_twice_in_a_poll_are_not_counted():
    sample = rows(
        row(0), row(0), row(0, "e49001", on_ground=True), row(0, "e49002", latitude=None), row(0, "e49003")
    )
    assert sorted(airborne(sample)["icao24"]) == ["e49000", "e49003"]
    assert airborne(rows(row(0, on_ground=None))).height == 1


def test_old_positions_are_left_out_when_asked():
    time = int(at(0).timestamp())
    sample = rows(row(0), row(0, "e49001", time_position=time - 61))
    assert airborne(sample).height == 2
    assert airborne(sample, oldest_s=60)["icao24"].to_list() == ["e49000"]


def test_every_airborne_aircraft_is_in_one_cell_and_the_cells_sum_up():
    sample = simulated()
    grid = congestion_grid(sample, Polls.of(sample), Cells())
    assert grid["aircraft"].sum() == airborne(sample).height
    assert grid.height == grid["zone"].n_unique() * sample["snapshot_at"].n_unique()


@pytest.mark.parametrize("zones", [Cells(size_deg=1.0), Quadrants(), AirspaceSectors(load_sectors().sectors)])
def test_zones_are_the_same_after_a_round_trip(zones):
    latitude, longitude = np.random.default_rng(1).uniform([[-59], [-89]], [[14], [-31]], (2, 500))
    altitude = np.full(500, 10_000.0)
    again = zones_of(zones.description())
    for mine, other in zip(
        zones.containing(latitude, longitude, altitude),
        again.containing(latitude, longitude, altitude),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, other)


def test_quadrants_meet_where_the_platform_says_and_end_with_the_box():
    latitude = np.array([-22.5, -22.6, -22.5, -22.6, 20.0])
    longitude = np.array([-60.0, -60.0, -60.1, -60.1, -60.0])
    position, zone = Quadrants().containing(latitude, longitude, latitude)
    assert position.tolist() == [0, 1, 2, 3]
    assert Quadrants().names(zone) == ["NE", "SE", "NW", "SW"]


def test_a_gap_starts_a_segment_and_nothing_looks_over_it():
    sample = rows(*(row(minute) for minute in (0, 1, 2, 4, 5)))
    polls = Polls.of(sample)
    assert polls.segment.tolist() == [0, 0, 0, 1, 1]
    assert polls.ahead(1).tolist() == [1, 2, -1, 4, -1]
    assert polls.ahead(2).tolist() == [2, -1, -1, -1, -1]
    assert polls.back(1).tolist() == [-1, 0, 1, -1, 3]


def test_an_account_that_polls_every_90_s_has_no_gaps_and_no_zeros_of_its_own():
    sample = rows(*(row(1.5 * number) for number in range(6)))
    polls = Polls.of(sample)
    assert polls.interval_s == 90
    assert polls.segment.max() == 0
    assert congestion_grid(sample, polls, Cells())["aircraft"].sum() == 6


def test_a_time_without_a_poll_is_refused_by_name():
    polls = Polls.of(rows(row(0), row(1)))
    with pytest.raises(ForecastError, match="17:00:30"):
        polls.indices(minutes(0.5))


def test_dead_reckoning_goes_straight_on_from_the_time_of_the_position():
    time = int(at(0).timestamp())
    sample = rows(row(0, latitude=0.0, longitude=-60.0, time_position=time - 60), row(1, latitude=0.0))
    known = known_aircraft(sample, Polls.of(sample))
    latitude, longitude, altitude = reckon(known, 120.0)
    assert latitude[0] == pytest.approx(0, abs=1e-9)
    assert longitude[0] == pytest.approx(-60 + np.degrees(200 * 180 / 6_371_000))
    assert altitude[0] == 9000


def test_an_aircraft_is_known_for_fifteen_polls_and_forgotten_at_a_gap():
    sample = rows(row(0), *(row(minute, "e49001") for minute in (*range(20), 30)))
    known = known_aircraft(sample, Polls.of(sample))
    mine = known.take(np.flatnonzero(known.aircraft == 0))
    assert mine.poll.tolist() == list(range(15))
    assert mine.missed.tolist() == list(range(15))
    assert mine.age_s.tolist() == [60 * k for k in range(15)]
    assert mine.counted[1].tolist() == [False, True, False, False, False, False]


def test_what_is_known_of_an_aircraft_does_not_depend_on_polls_long_ago():
    minutes = (*range(3), *range(70, 100))
    sample = rows(*(row(minute) for minute in minutes), *(row(minute, "e49001") for minute in range(100)))
    late = sample.filter(pl.col("snapshot_at") >= at(55))
    whole, part = (known_aircraft(each, Polls.of(each)) for each in (sample, late))
    for name in ("known_polls", "shown_share", "counted_share"):
        newest = [getattr(each, name)[each.poll == each.poll.max()].tolist() for each in (whole, part)]
        assert newest[0] == newest[1]
    assert whole.known_polls[whole.poll == 99].tolist() == [29, 30]


@pytest.mark.recordings
def test_recorded_polls_are_counted_whole(recordings: Path):
    sample = recorded(recordings)
    grid = congestion_grid(sample, Polls.of(sample), Quadrants())
    assert grid.height == 4 * sample["snapshot_at"].n_unique()
    assert grid["aircraft"].sum() == airborne(sample).height
