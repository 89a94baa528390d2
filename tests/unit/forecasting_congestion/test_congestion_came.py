"""Forecasts beside the polls that they were of."""

from datetime import timedelta
from itertools import accumulate

import polars as pl
import pytest

from airtraffic.forecasting.congestion_baselines import LastCount
from airtraffic.forecasting.congestion_came import with_polls
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_views import expected_and_came
from airtraffic.forecasting.congestion_zones import Quadrants

from .congestion_samples import START, row, rows

OFTEN = [0, *accumulate([60, 61] * 40)]
"""Polls of a feed that comes every 60.5 s. [s]"""


def seconds(*at: float) -> pl.Series:
    return pl.Series([START + timedelta(seconds=each) for each in at], dtype=pl.Datetime("us", "UTC"))


def issued(interval_s: float, horizon: int, at=OFTEN[:40]) -> pl.DataFrame:
    made = pl.DataFrame({"issued_at": seconds(*at), "horizon": [horizon] * len(at)})
    ahead = timedelta(seconds=round(horizon * interval_s))
    return made.with_columns(target_at=pl.col("issued_at") + ahead)


@pytest.mark.parametrize("interval_s", [60.0, 60.5])
@pytest.mark.parametrize("horizon", [1, 2, 3, 30])
def test_polls_60_and_61_s_apart_are_found_at_every_horizon(interval_s, horizon):
    made = with_polls(issued(interval_s, horizon), seconds(*OFTEN))
    assert made["came_at"].to_list() == seconds(*OFTEN[horizon : horizon + 40]).to_list()


def test_a_missing_poll_is_not_replaced_by_its_neighbours():
    there = [each for number, each in enumerate(OFTEN) if number != 20]
    made = with_polls(issued(60.5, 3), seconds(*there))
    missing = made.filter(pl.col("came_at").is_null())
    assert missing["issued_at"].to_list() == seconds(OFTEN[17]).to_list()
    nothing = with_polls(issued(60.5, 3), seconds())
    assert nothing["came_at"].null_count() == nothing.height == 40


def test_pictures_show_what_came_at_every_horizon_of_such_polls():
    seen = rows(*(row(at / 60, longitude=-46.4 + n / 100) for n, at in enumerate(OFTEN)))
    model = LastCount(zones=Quadrants(), least_aircraft=0).fit(Positions.of(seen))
    shown = expected_and_came(model, START).filter(pl.col("came").is_not_null())
    found = dict(shown.group_by("horizon").len().iter_rows())
    assert found == {horizon: len(OFTEN) - horizon for horizon in (1, 2, 3, 30)}
