"""An hour of counts and forecasts."""

from datetime import timedelta

import polars as pl
import pytest

from airtraffic.congestion_hour import HOUR, PolledHour, forecast_of_hour, grid_of_hour, unchanged
from airtraffic.congestion_settings import CongestionSettings
from airtraffic.forecasting.congestion_baselines import LastCount
from airtraffic.forecasting.congestion_publication import other_interval
from airtraffic.settings import SOUTH_AMERICA

from .congestion_samples import AT, MINUTE, START, row, rows

SETTINGS = CongestionSettings(kinds=("quadrants", "cells"))
ZONES = SETTINGS.zones((), SOUTH_AMERICA)
NEXT = START + HOUR


def polled(*made: dict, minutes=range(120), every_s: float = 60.0) -> PolledHour:
    """The second hour of two, polled at these minutes of them."""
    at = pl.Series([START + m * MINUTE for m in minutes], dtype=AT)
    polls = pl.DataFrame({"snapshot_at": at}).with_columns(interval_s=every_s, sources=pl.lit(["simulate"]))
    return PolledHour(NEXT, rows(*made), polls)


def flying(minutes=range(120)) -> PolledHour:
    return polled(*(row(minute, longitude=-46.4 + minute / 100) for minute in minutes), minutes=minutes)


def test_cells_of_the_hour_before_are_counted_and_others_are_not():
    grid = grid_of_hour(polled(row(30, latitude=-10.2), row(61), row(62)), ZONES, SETTINGS)
    cells = grid.filter(pl.col("zones") == "cells")
    assert cells["zone"].unique().sort().to_list() == ["-10.50,-46.50", "-23.50,-46.50"]
    assert cells["aircraft"].sum() == 2
    assert cells.height == 2 * 60
    assert grid.filter(pl.col("zones") == "quadrants").height == 4 * 60
    assert grid["hour"].unique().to_list() == [NEXT.hour]


def test_an_hour_without_polls_has_no_rows():
    nobody = polled(row(3), minutes=range(60))
    assert grid_of_hour(nobody, ZONES, SETTINGS).is_empty()
    assert forecast_of_hour(nobody, ZONES, {}, SETTINGS).is_empty()


def test_the_first_hour_ever_is_forecast_from_its_first_poll_on():
    made = forecast_of_hour(flying(range(60, 120)), ZONES, {}, SETTINGS)
    assert made["issued_at"].n_unique() == 60
    quadrants = made.filter(pl.col("zones") == "quadrants")
    assert quadrants["zone"].unique().to_list() == ["SE"]
    assert quadrants["horizon"].unique().sort().to_list() == [1, 2, 3, 30]
    assert (quadrants["upper"] > 1).all()


def test_intervals_of_the_last_count_come_from_the_hour_before_only():
    calm = forecast_of_hour(flying(), ZONES, {}, SETTINGS)
    busy = polled(*flying().rows.to_dicts(), *(row(90, f"e4910{n}") for n in range(9)))
    made = forecast_of_hour(busy, ZONES, {}, SETTINGS)
    before = pl.col("issued_at") < START + 90 * MINUTE
    assert made.filter(before).equals(calm.filter(before))


def test_a_forecast_stands_while_its_counts_do():
    hour = flying()
    forecast, grid = forecast_of_hour(hour, ZONES, {}, SETTINGS), grid_of_hour(hour, ZONES, SETTINGS)
    assert unchanged(forecast, grid, {}).to_list() == hour.times.to_list()
    late = NEXT + timedelta(minutes=5)
    more = grid.with_columns(aircraft=pl.col("aircraft") + (pl.col("snapshot_at") == late).cast(pl.Int64))
    assert late not in unchanged(forecast, more, {}).to_list()
    assert len(unchanged(forecast, more, {})) == 59


def test_a_model_is_not_asked_about_polls_of_another_interval():
    model = LastCount(zones=ZONES["quadrants"], least_aircraft=0).fit(flying().rows)
    assert other_interval(model, 60.0) is None
    assert other_interval(model, 66.0) is None
    assert "every 90 s" in other_interval(model, 90.0)


@pytest.mark.parametrize("since", [NEXT + 10 * MINUTE, NEXT + 59 * MINUTE])
def test_a_later_part_of_an_hour_is_as_in_the_whole(since):
    whole = forecast_of_hour(flying(), ZONES, {}, SETTINGS)
    part = forecast_of_hour(flying(), ZONES, {}, SETTINGS, since)
    assert part.equals(whole.filter(pl.col("issued_at") >= since))
