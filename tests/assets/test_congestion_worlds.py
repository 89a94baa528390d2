"""Models of simulated or old traffic in the lake, and what is published beside them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pyarrow as pa
import pytest

from airtraffic.congestion_settings import CongestionSettings
from airtraffic.congestion_tables import CONGESTION_MODELS
from airtraffic.forecasting.congestion_baselines import LastCount
from airtraffic.forecasting.congestion_files import packed
from airtraffic.forecasting.congestion_promotion import Decision
from airtraffic.settings import SOUTH_AMERICA
from airtraffic.tables import POLLS, STATE_VECTORS
from orchestration.congestion import make_congestion_forecast
from orchestration.congestion_models import learning
from orchestration.resources.lake import LakeResource

DAY = date(2025, 1, 14)
SETTINGS = CongestionSettings(kinds=("quadrants",))
LEARNED = "judged"


def hour_of(days: int) -> datetime:
    return datetime.combine(DAY + timedelta(days=days), time(9), UTC)


def poll(lake: LakeResource, hour: datetime, source: str, minutes: Sequence[int] = range(5)) -> None:
    """An aircraft seen in some minutes of an hour."""
    at = [hour + timedelta(minutes=minute) for minute in minutes]
    told = [{"snapshot_at": each, "source": source, "date": each.date()} for each in at]
    flying = {"icao24": "e49000", "latitude": -23.4, "longitude": -46.4, "on_ground": False}
    seen = [row | flying | {"hour": row["snapshot_at"].hour} for row in told]
    polls = [row | {"interval_s": 60.0} for row in told]
    lake.append("state_vectors", pa.Table.from_pylist(seen, schema=STATE_VECTORS.schema))
    lake.append("polls", pa.Table.from_pylist(polls, schema=POLLS.schema))


def keep_model(lake: LakeResource, *sources: str) -> None:
    """Persistence as the day's model of quadrants, learned from these sources."""
    zones = SETTINGS.zones((), SOUTH_AMERICA)["quadrants"]
    at = [hour_of(0) + timedelta(minutes=minute) for minute in range(9)]
    columns = dict.fromkeys(("time_position", "last_contact", "baro_altitude", "velocity"), 1.0)
    columns |= {"true_track": 90.0, "vertical_rate": 0.0, "on_ground": False, "icao24": "e49000"}
    history = pl.DataFrame({"snapshot_at": at}, schema={"snapshot_at": pl.Datetime("us", "UTC")})
    history = history.with_columns(
        latitude=-23.4, longitude=-46.4, **{name: pl.lit(value) for name, value in columns.items()}
    )
    model = LastCount(zones=zones, least_aircraft=0).fit(history)
    files, words = packed([model], [Decision("quadrants", "persistence", False, LEARNED)])
    row = {"zones": "quadrants", "date": DAY, "files": files, "words": words, "sources": list(sources)}
    lake.replace(
        "congestion_models",
        pa.Table.from_pylist([row | {"published": []}], schema=CONGESTION_MODELS.schema),
        f"date = '{DAY}'",
    )


def made(lake: LakeResource, hour: datetime, anew: bool = True) -> pl.DataFrame:
    """What is published of the aircraft's quadrant for the next polls."""
    table = pl.DataFrame(pl.from_arrow(make_congestion_forecast(lake, [hour], SETTINGS, anew=anew)))
    return table.filter(pl.col("zone") == "SE", pl.col("horizon") == 1).sort("issued_at")


@pytest.fixture
def lake(tmp_path) -> LakeResource:
    lake = LakeResource(root=str(tmp_path / "lake"))
    keep_model(lake, "simulate")
    return lake


def test_real_polls_have_the_last_count_and_say_that_the_model_has_learned_simulated_traffic(lake):
    poll(lake, hour_of(1), "simulate")
    poll(lake, hour_of(1), "opensky", range(5, 8))
    said = made(lake, hour_of(1))
    assert said["reason"].to_list()[:5] == [LEARNED] * 5
    assert (
        said["reason"].str.starts_with("the model has learned simulated traffic").to_list()[5:] == [True] * 3
    )
    assert said["trained_to"].is_null().to_list() == [False] * 5 + [True] * 3
    keep_model(lake, "opensky")
    again = made(lake, hour_of(1), anew=False)
    assert again["reason"].to_list()[5:] == [LEARNED] * 3
    assert (
        again["reason"].str.starts_with("the model has learned observed traffic").to_list()[:5] == [True] * 5
    )
    keep_model(lake, "opensky", "simulate")
    assert made(lake, hour_of(1), anew=False)["reason"].str.contains("together").all()


@pytest.mark.parametrize(("days", "asked"), [(1, True), (14, True), (15, False), (160, False)])
def test_a_model_older_than_a_fortnight_is_not_asked(lake, days, asked):
    poll(lake, hour_of(days), "simulate")
    (reason,) = made(lake, hour_of(days))["reason"].unique()
    old = "the newest model, of 2025-01-14, is older than 14 days: the last count"
    assert reason == LEARNED if asked else reason.startswith(old)


def test_another_oldest_age_makes_the_forecasts_again_where_it_matters(lake):
    poll(lake, hour_of(10), "simulate")
    first = made(lake, hour_of(10))
    younger = SETTINGS.model_copy(update={"oldest_model_days": 9})
    for settings, same in ((SETTINGS.model_copy(update={"oldest_model_days": 20}), True), (younger, False)):
        table = make_congestion_forecast(lake, [hour_of(10)], settings, anew=False)
        digests = set(pl.Series(table["basis_digest"]))
        assert (digests == set(first["basis_digest"])) == same
    assert set(pl.Series(table["reason"]).str.contains("older than 9 days")) == {True}


@pytest.mark.parametrize(
    ("last", "learned"), [("opensky", ["opensky", "replay"]), ("simulate", ["simulate"])]
)
def test_training_takes_the_polls_of_one_world_the_one_of_the_newest(tmp_path, last, learned):
    lake = LakeResource(root=str(tmp_path / "both"))
    for days, source in ((-1, "simulate"), (-1, "replay")):
        poll(lake, hour_of(days) + timedelta(hours=source == "replay"), source)
    poll(lake, hour_of(0), last)
    read = learning(lake, DAY, SETTINGS)
    assert read.polls["sources"].explode().unique().sort().to_list() == learned
    learned_at = set(read.parts.learned.polls.at) | set(read.parts.judged.polls.at)
    assert learned_at == set(read.polls["snapshot_at"])
    assert len(learned_at) == 10
