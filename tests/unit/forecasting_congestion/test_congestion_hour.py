"""An hour of counts and forecasts."""

import polars as pl
import pytest

from airtraffic.congestion_hour import Model, forecast_of_hour, grid_of_hour
from airtraffic.congestion_polled import HOUR, PolledHour
from airtraffic.congestion_settings import CongestionSettings
from airtraffic.congestion_worlds import SIMULATED
from airtraffic.forecasting.congestion_baselines import LastCount
from airtraffic.forecasting.congestion_promotion import Decision, kinds_of_zone
from airtraffic.forecasting.congestion_publication import other_interval
from airtraffic.settings import SOUTH_AMERICA

from .congestion_samples import AT, MINUTE, START, row, rows

SETTINGS = CongestionSettings(kinds=("quadrants", "cells"))
ZONES = SETTINGS.zones((), SOUTH_AMERICA)
NEXT = START + HOUR


def polled(*made: dict, minutes=range(120), every_s: float = 60.0, source="simulate") -> PolledHour:
    """The second hour of two, polled at these minutes of them."""
    at = pl.Series([START + m * MINUTE for m in minutes], dtype=AT)
    polls = pl.DataFrame({"snapshot_at": at}).with_columns(interval_s=every_s, sources=pl.lit([source]))
    seen = rows(*made) if made else rows(row(0)).clear()
    return PolledHour(NEXT, seen, polls)


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
    assert quadrants["zone"].unique().sort().to_list() == ["NE", "NW", "SE", "SW"]
    assert quadrants["horizon"].unique().sort().to_list() == [1, 2, 3, 30]
    assert (quadrants.filter(pl.col("zone") == "SE")["upper"] > 1).all()


def test_intervals_of_the_last_count_come_from_the_hour_before_only():
    calm = forecast_of_hour(flying(), ZONES, {}, SETTINGS)
    busy = polled(*flying().rows.to_dicts(), *(row(90, f"e4910{n}") for n in range(9)))
    made = forecast_of_hour(busy, ZONES, {}, SETTINGS)
    before = pl.col("issued_at") < START + 90 * MINUTE
    assert made.filter(before).equals(calm.filter(before))


def test_quadrants_are_forecast_at_every_poll_of_an_empty_sky_and_cells_are_not():
    made = forecast_of_hour(polled(), ZONES, {}, SETTINGS)
    assert made["zones"].unique().to_list() == ["quadrants"]
    assert made.group_by("issued_at", "horizon").len()["len"].unique().to_list() == [4]
    assert made["issued_at"].n_unique() == 60
    assert made["mean"].unique().to_list() == [0.0]
    assert (made["upper"] > 0).all()


def test_a_zone_that_was_empty_in_the_hour_before_is_forecast_too():
    arrived = polled(
        row(30), *(row(minute, "e49111", latitude=-5.0, longitude=-70.0) for minute in range(70, 80))
    )
    made = forecast_of_hour(arrived, ZONES, {}, SETTINGS).filter(pl.col("zones") == "quadrants")
    assert made.filter(pl.col("zone") == "NW", pl.col("horizon") == 1)["mean"].sum() == 10
    assert made.height == 60 * 4 * 4


def trained(**settings) -> dict[str, Model]:
    """Persistence of the quadrants, learned from an aircraft in SE."""
    model = LastCount(zones=ZONES["quadrants"], least_aircraft=0, **settings).fit(flying().rows)
    decision = Decision("quadrants", "persistence", False, "judged")
    return {"quadrants": Model({"persistence": model}, [decision], "digest", SIMULATED)}


def test_quadrants_that_the_model_has_not_learned_are_the_last_count_and_say_so():
    made = forecast_of_hour(flying(), ZONES, trained(), SETTINGS).filter(pl.col("zones") == "quadrants")
    assert made.height == 60 * 4 * 4
    other = made.filter(pl.col("zone") != "SE")
    assert other["reason"].str.contains("has not learned this zone").all()
    assert other["basis"].unique().to_list() == ["persistence"]
    assert other["trained_to"].is_null().all()
    assert made.filter(pl.col("zone") == "SE")["trained_to"].is_not_null().all()


def test_a_model_of_other_borders_is_not_asked_until_it_is_trained_again():
    moved = SETTINGS.zones((), (SOUTH_AMERICA[0], SOUTH_AMERICA[1] + 1, *SOUTH_AMERICA[2:]))
    made = forecast_of_hour(flying(), {"quadrants": moved["quadrants"]}, trained(), SETTINGS)
    assert made.height == 60 * 4 * 4
    assert made["reason"].str.contains("with these borders").all()
    assert made["trained_to"].is_null().all()


@pytest.mark.parametrize(("size_deg", "asked"), [(0.5, True), (1.0, False)])
def test_a_model_of_cells_of_another_size_is_not_asked(size_deg, asked):
    model = LastCount(zones=ZONES["cells"], least_aircraft=0).fit(flying().rows)
    decisions = [Decision(group, "persistence", False, "judged") for group in kinds_of_zone(model)]
    models = {"cells": Model({"persistence": model}, decisions, world=SIMULATED)}
    cells = SETTINGS.model_copy(update={"cell_size_deg": size_deg}).zones((), SOUTH_AMERICA)["cells"]
    made = forecast_of_hour(flying(), {"cells": cells}, models, SETTINGS)
    assert made["trained_to"].is_not_null().all() == asked
    assert made["reason"].str.contains("of cells of 0.5 degrees").all() != asked
    counted = grid_of_hour(flying(), {"cells": cells}, SETTINGS)
    assert set(made["zone"]) <= set(counted["zone"])


def changing(first_s: float, then_s: float, until_min: float = 120.0) -> PolledHour:
    """An hour polled at one interval and one at another, up to some minute."""
    minutes = [n * first_s / 60 for n in range(int(3600 / first_s))]
    minutes += [60 + n * then_s / 60 for n in range(int(3600 / then_s))]
    minutes = [minute for minute in minutes if minute <= until_min]
    hour = polled(*(row(minute, longitude=-46.4 + minute / 100) for minute in minutes), minutes=minutes)
    declared = pl.when(pl.col("snapshot_at") < NEXT).then(first_s).otherwise(then_s)
    return PolledHour(NEXT, hour.rows, hour.polls.with_columns(interval_s=declared.cast(pl.Float64)))


@pytest.mark.parametrize("models", [{}, trained()], ids=["no model", "model"])
@pytest.mark.parametrize("intervals", [(60.0, 90.0), (90.0, 60.0)])
def test_polls_at_another_interval_are_forecast_at_theirs_and_later_ones_change_nothing(intervals, models):
    whole = forecast_of_hour(changing(*intervals), ZONES, models, SETTINGS)
    lead = (pl.col("target_at") - pl.col("issued_at")).dt.total_seconds() / pl.col("horizon")
    assert whole.select(lead)["target_at"].unique().to_list() == [intervals[1]]
    assert whole.group_by("zone").agg(pl.col("issued_at").n_unique()).height > 4
    if models and intervals[1] == 90:
        quadrants = whole.filter(pl.col("zones") == "quadrants")
        assert (
            quadrants["reason"]
            .str.contains("every 90 s and the model has learned from polls every 60 s")
            .all()
        )
    for until in (60.0, 75.0, 105.0):
        early = forecast_of_hour(changing(*intervals, until), ZONES, models, SETTINGS)
        assert early.equals(whole.filter(pl.col("issued_at") <= START + until * MINUTE))


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
