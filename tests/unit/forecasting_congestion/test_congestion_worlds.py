"""Real and simulated polls, and which of them a model is asked about."""

from datetime import timedelta

import polars as pl
import pytest

from airtraffic.congestion_hour import Model, forecast_of_hour
from airtraffic.congestion_polled import HOUR, PolledHour
from airtraffic.congestion_settings import CongestionSettings
from airtraffic.congestion_worlds import BOTH, OBSERVED, SIMULATED, of_newest_world, other_world, world_of
from airtraffic.forecasting.congestion_baselines import LastCount
from airtraffic.forecasting.congestion_promotion import Decision
from airtraffic.settings import SOUTH_AMERICA

from .congestion_samples import AT, MINUTE, START, row, rows

SETTINGS = CongestionSettings(kinds=("quadrants",))
ZONES = SETTINGS.zones((), SOUTH_AMERICA)
REAL_FROM = 90
"""Minute, in the middle of the hour, of the first real poll; the simulated ones have an aircraft, the real ones two."""


def switched(until: int = 120) -> PolledHour:
    minutes = range(until)
    seen = [row(minute) for minute in minutes] + [row(minute, "e49001") for minute in minutes[REAL_FROM:]]
    polls = pl.DataFrame({"snapshot_at": pl.Series([START + n * MINUTE for n in minutes], dtype=AT)})
    real = pl.col("snapshot_at") >= START + REAL_FROM * MINUTE
    return PolledHour(
        START + HOUR,
        rows(*seen).sort("snapshot_at", "icao24"),
        polls.with_columns(
            interval_s=60.0,
            sources=pl.when(real).then(pl.lit(["opensky"])).otherwise(pl.lit(["simulate"])),
        ),
    )


def learned(world: str) -> dict[str, Model]:
    model = LastCount(zones=ZONES["quadrants"], least_aircraft=0).fit(rows(*map(row, range(60))))
    decision = Decision("quadrants", "persistence", False, "judged")
    return {"quadrants": Model({"persistence": model}, [decision], "digest", world)}


@pytest.mark.parametrize(
    ("sources", "world"),
    [
        (["simulate"], SIMULATED),
        (["opensky"], OBSERVED),
        (["opensky", "replay"], OBSERVED),
        (["replay", "simulate"], BOTH),
        ([], OBSERVED),
        (None, OBSERVED),
    ],
)
def test_only_what_is_simulated_alone_is_simulated(sources, world):
    assert world_of(sources) == world


@pytest.mark.parametrize("world", [SIMULATED, OBSERVED, BOTH])
def test_a_model_is_asked_about_its_own_world_alone(world):
    made = forecast_of_hour(switched(), ZONES, learned(world), SETTINGS).filter(pl.col("zone") == "SE")
    real = pl.col("issued_at") >= START + REAL_FROM * MINUTE
    for shown, polls in ((SIMULATED, made.filter(~real)), (OBSERVED, made.filter(real))):
        why = other_world(world, shown)
        assert polls.height == 30 * 4
        assert polls["trained_to"].is_null().all() == (why is not None)
        assert polls["reason"].str.starts_with(why or "judged").filter(polls["horizon"] < 30).all()
        assert (polls["mean"] == (1 if shown == SIMULATED else 2)).all()


def test_the_reason_names_what_was_learned():
    assert other_world(SIMULATED, OBSERVED).startswith("the model has learned simulated traffic")
    assert other_world(OBSERVED, OBSERVED) is None
    assert "together" in other_world(OBSERVED, BOTH)


@pytest.mark.parametrize("world", [SIMULATED, OBSERVED])
def test_an_hour_of_two_worlds_poll_by_poll_is_as_the_whole(world):
    whole = forecast_of_hour(switched(), ZONES, learned(world), SETTINGS)
    for until in (85, 91, 100):
        early = forecast_of_hour(switched(until), ZONES, learned(world), SETTINGS)
        assert early.equals(whole.filter(pl.col("issued_at") < START + until * MINUTE))
    late = forecast_of_hour(switched(), ZONES, learned(world), SETTINGS, START + 95 * MINUTE)
    assert late.equals(whole.filter(pl.col("issued_at") >= START + 95 * MINUTE))


def test_no_window_spans_two_worlds():
    polls = switched().positions(START, interval_s=60.0).polls
    assert polls.position[REAL_FROM - 1 : REAL_FROM + 2].tolist() == [REAL_FROM - 1, 0, 1]
    assert polls.ahead(1)[REAL_FROM - 1] == -1


def test_a_history_is_of_the_world_of_its_newest_poll():
    sources = [["simulate"], ["opensky"], ["simulate"], ["replay"], ["opensky", "simulate"]]
    polls = pl.DataFrame(
        {"snapshot_at": [START + timedelta(hours=n) for n in range(5)], "sources": sources},
        schema_overrides={"snapshot_at": AT},
    )
    assert of_newest_world(polls)["sources"].to_list() == [["opensky"], ["replay"]]
    assert of_newest_world(polls[:3])["sources"].to_list() == [["simulate"]] * 2
    assert of_newest_world(polls[4:]).is_empty()
