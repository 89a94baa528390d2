"""Forecasts of a feed whose polls are 60 or 61 s apart, and what came."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import polars as pl
import pyarrow as pa
import pytest

from airtraffic.tables import POLLS, STATE_VECTORS
from orchestration.check_congestion import came_of
from orchestration.congestion import make_congestion_forecast, make_congestion_grid
from orchestration.resources.lake import LakeResource

HOUR = datetime(2025, 1, 15, 23, tzinfo=UTC)
POLLED = [HOUR + timedelta(seconds=each) for each in (0, *accumulate([60, 61] * 24))]
MISSING, LANDED = 40, 45
"""Of the polls, the one that did not come, and the first that the aircraft is not in."""


@pytest.fixture(scope="module")
def came(tmp_path_factory) -> pl.DataFrame:
    lake = LakeResource(root=str(tmp_path_factory.mktemp("lake")))
    times = [at for number, at in enumerate(POLLED) if number != MISSING]
    told = {"icao24": "e49000", "latitude": -23.4, "longitude": -46.4, "on_ground": False}
    seen = [
        {"snapshot_at": at, "source": "opensky", "date": at.date(), "hour": at.hour, **told}
        for at in times
        if at < POLLED[LANDED]
    ]
    polls = [{"snapshot_at": at, "source": "opensky", "interval_s": 60.0, "date": at.date()} for at in times]
    lake.append("state_vectors", pa.Table.from_pylist(seen, schema=STATE_VECTORS.schema))
    lake.append("polls", pa.Table.from_pylist(polls, schema=POLLS.schema))
    make_congestion_grid(lake, [HOUR])
    make_congestion_forecast(lake, [HOUR])
    return came_of(lake, HOUR.date())


@pytest.mark.parametrize("horizon", [1, 2, 3, 30])
def test_a_forecast_is_compared_with_the_poll_that_was_meant_and_with_none_where_it_is_missing(came, horizon):
    quadrant = came.filter(pl.col("zone") == "SE", pl.col("horizon") == horizon).sort("issued_at")
    last = len(POLLED) - 1
    pairs = [(n, n + horizon) for n in range(last - horizon + 1) if n != MISSING and n + horizon != MISSING]
    expected = [(POLLED[issue], POLLED[then], int(then < LANDED)) for issue, then in pairs]
    assert quadrant.select("issued_at", "came_at", "came").rows() == expected


def test_a_cell_that_is_absent_from_the_poll_was_empty(came):
    cells = came.filter(pl.col("zones") == "cells", pl.col("horizon") == 3)
    assert set(cells.filter(pl.col("came_at") >= POLLED[LANDED])["came"]) == {0}
    assert set(cells.filter(pl.col("came_at") < POLLED[LANDED])["came"]) == {1}
