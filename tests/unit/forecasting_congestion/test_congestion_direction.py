"""Directions, thresholds and what is tried."""

import numpy as np
import pytest

from airtraffic.forecasting.congestion_direction import cuts, directions, scores
from airtraffic.forecasting.congestion_places import PlaceRates
from airtraffic.forecasting.congestion_search import configurations
from airtraffic.forecasting.congestion_start import best_start


def test_precision_recall_and_base_rate_by_hand():
    came = np.array([1, 1, 0, 0, 0, -1])
    called = np.array([1, 0, 0, 0, 1, 0])
    table = scores(came, called)
    assert table["base_rate"].to_list() == pytest.approx([1 / 6, 1 / 2, 1 / 3])
    assert table["precision"].to_list() == [None, 2 / 4, 1 / 2]
    assert table["recall"].to_list() == [0.0, 2 / 3, 1 / 2]


def test_a_change_of_the_threshold_itself_is_flat():
    assert directions(np.array([2.0, -2.0, 3.0]), np.array([2.0, 2.0, 2.0])).tolist() == [0, 0, 1]


def test_cuts_call_a_rise_as_often_as_it_comes():
    random = np.random.default_rng(3)
    came = random.normal(0, 2, 5000)
    expected = came * 0.2 + random.normal(0, 0.1, 5000)
    low, high = cuts(expected, came)
    assert low < 0 < high < 1
    assert (expected > high).mean() == pytest.approx((came > 1).mean(), abs=0.01)


def test_every_combination_of_the_grid_is_tried_once():
    tried = list(configurations())
    assert len(tried) == 16 == len({tuple(each.items()) for each in tried})


def test_a_place_is_judged_without_the_aircrafts_own_quarter_of_an_hour():
    n = 200
    latitude, longitude = np.full(n, -23.2), np.full(n, -46.2)
    poll = np.repeat([0, 40], n // 2)
    later = poll == 0
    rates, own = PlaceRates.learn(
        (-24.0, -23.0, -47.0, -46.0), latitude, longitude, np.ones(n, dtype=bool), later, poll
    )
    assert own[0, 0] == pytest.approx((0 + 20 * 0.5) / 120 - 0.5)
    assert rates.features(latitude[:1], longitude[:1], np.array([True]))[0].tolist() == [0.0, 0.0]
    assert (rates.features(np.array([-23.8]), longitude[:1], np.array([True]))[0, 0]) == 0


def test_the_start_follows_expectations_that_are_right_and_newcomers_that_stay():
    random = np.random.default_rng(2)
    count = random.integers(0, 30, (200, 2)).astype(float)
    came = random.integers(0, 30, (200, 2)).astype(float)
    start = best_start(came, count, came - 2, np.full(2, 15.0))
    assert (start.toward, start.usual) == (1.0, 0.0)
    assert start.newcomers == pytest.approx(2)


def test_newcomers_of_one_half_are_not_carried_into_the_other():
    count = np.full((200, 1), 10.0)
    newcomers = np.repeat([6.0, 0.0], 100)[:, None]
    assert best_start(count + newcomers, count, count, np.array([10.0])).newcomers[0] < 3.0
