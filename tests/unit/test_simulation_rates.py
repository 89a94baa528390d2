"""The default day of the simulator against rates measured in real state vectors."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from airtraffic.simulation.operators import COUNTRIES
from airtraffic.simulation.simulator import Simulation

AIRCRAFT_BY_HOUR = (
    161, 150, 145, 114, 69, 80, 80, 98, 111, 125, 148, 185, 219, 201, 216, 218, 226, 219, 242, 236, 235, 195, 175, 182,
)  # fmt: skip
ALTITUDES = {  # share of what flies at or below this altitude [m]
    300: 0.023, 1500: 0.113, 4500: 0.302, 7500: 0.456, 10_000: 0.604, 11_000: 0.797, 12_000: 0.965, 14_000: 0.999,
}  # fmt: skip


@pytest.fixture(scope="module")
def day() -> pl.DataFrame:
    simulation = Simulation(start=datetime(2025, 1, 15, tzinfo=UTC), hours=24)
    rows = pl.concat(
        pl.from_arrow(poll.table).with_columns(snapshot_at=pl.lit(poll.snapshot_at))
        for poll in simulation.polls()
    ).sort("icao24", "snapshot_at")
    before = pl.col("time_position", "snapshot_at").shift().over("icao24").name.suffix("_before")
    return rows.with_columns(before, age=pl.col("snapshot_at") - pl.col("time_position")).with_columns(
        repeat=(pl.col("time_position") == pl.col("time_position_before")).fill_null(False),
        run=(pl.col("snapshot_at") - pl.col("snapshot_at_before") != 60).fill_null(True).cum_sum(),
    )


def airborne(day: pl.DataFrame) -> pl.DataFrame:
    return day.filter(~pl.col("on_ground"))


def per_100k(condition: pl.Series) -> float:
    return 1e5 * condition.sum() / len(condition)


def test_rows_a_poll_follow_the_hour(day):
    hour = pl.col("snapshot_at") // 3600 % 24
    rows = day.group_by(hour.alias("hour")).len().sort("hour")["len"].to_numpy() / 60
    assert rows.mean() == pytest.approx(np.mean(AIRCRAFT_BY_HOUR), rel=0.1)
    assert rows == pytest.approx(np.array(AIRCRAFT_BY_HOUR), rel=0.35)
    assert np.abs(rows / AIRCRAFT_BY_HOUR - 1).mean() < 0.12


def test_the_default_day_is_the_one_that_the_documentation_describes(day):
    assert len(day) == 250_333


def test_a_fifth_of_the_rows_repeat(day):
    assert day["repeat"].mean() == pytest.approx(0.22, abs=0.03)


def test_visible_runs_end_with_frozen_rows(day):
    tails = day.group_by("run").agg(
        tail=pl.col("repeat").reverse().cast(pl.Int8).cum_prod().sum(), rows=pl.len()
    )
    assert tails["tail"].median() in (4, 5)
    assert 14 < tails["rows"].median() < 30


def test_positions_are_as_old_as_real_ones(day):
    age = day["age"]
    assert age.quantile(0.1) == pytest.approx(3.7, abs=1.5)
    assert age.quantile(0.5) == pytest.approx(13.4, abs=4)
    assert age.quantile(0.9) == pytest.approx(189, abs=25)
    assert age.quantile(0.99) == pytest.approx(340, abs=40)
    assert (age > 60).mean() == pytest.approx(0.2257, abs=0.03)
    assert 150 < per_100k(age > 600) < 700
    assert (day["last_contact"] == day["time_position"]).mean() == pytest.approx(0.7, abs=0.06)


def test_the_ground_has_its_share(day):
    ground = day.filter(pl.col("on_ground"))
    assert len(ground) / len(day) == pytest.approx(0.072, abs=0.02)
    assert ground["velocity"].median() == pytest.approx(4.5, abs=1.5)
    assert (ground["velocity"] == 0).mean() == pytest.approx(0.217, abs=0.08)


@pytest.mark.parametrize(
    ("field", "in_the_air", "on_the_ground", "tolerance"),
    [
        ("baro_altitude", 0.001, 0.96, 0.02),
        ("callsign", 0.027, 0.089, 0.02),
        ("velocity", 0.0001, 0.0001, 0.001),
        ("vertical_rate", 0.004, 0.98, 0.02),
        ("geo_altitude", 0.02, 1.0, 0.01),
        ("squawk", 0.95, 0.95, 0.04),
        ("sensors", 1.0, 1.0, 0.0),
        ("latitude", 0.0, 0.0, 0.0),
    ],
)
def test_nulls_have_their_rates(day, field, in_the_air, on_the_ground, tolerance):
    shares = {key: part[field].is_null().mean() for (key,), part in day.group_by("on_ground")}
    assert shares[False] == pytest.approx(in_the_air, abs=tolerance)
    assert shares[True] == pytest.approx(on_the_ground, abs=tolerance)


def test_altitudes_are_spread_like_real_ones(day):
    altitude = airborne(day)["baro_altitude"].drop_nulls()
    for limit, share in ALTITUDES.items():
        assert (altitude <= limit).mean() == pytest.approx(share, abs=0.075), limit


def test_climb_descent_and_level_flight_have_their_shares(day):
    rate = airborne(day)["vertical_rate"].drop_nulls()
    assert (rate > 1.5).mean() == pytest.approx(0.22, abs=0.06)
    assert (rate < -1.5).mean() == pytest.approx(0.27, abs=0.07)
    assert rate.abs().max() < 25.4


def test_cruise_is_on_odd_levels_eastbound_and_even_ones_westbound(day):
    level = airborne(day).filter((pl.col("baro_altitude") > 8000) & (pl.col("vertical_rate").abs() < 0.7))
    thousands = (level["baro_altitude"] / 304.8).round().cast(pl.Int64)
    east = level["true_track"] < 180
    assert (thousands.filter(east) % 2 == 1).mean() > 0.85
    assert (thousands.filter(~east) % 2 == 0).mean() > 0.85


def test_dirt_is_rare_and_there(day):
    flying = airborne(day)
    assert 15 < per_100k(day["baro_altitude"].fill_null(0) > 15_000) < 120
    assert 30 < per_100k(day["baro_altitude"].fill_null(0) < 0) < 250
    assert 60 < per_100k(flying["velocity"].fill_null(100) < 10) < 350
    assert 15 < per_100k(day["on_ground"] & (day["velocity"].fill_null(0) > 100)) < 200
    assert 0.003 < day["spi"].mean() < 0.012
    assert set(day["position_source"].unique()) <= {0, 1, 3}
    assert (day["position_source"] == 0).mean() > 0.98


def test_every_squawk_is_four_octal_digits_and_emergencies_are_rare(day):
    squawks = day["squawk"].drop_nulls()
    assert squawks.str.contains(r"^[0-7]{4}$").all()
    assert 0 < day.filter(pl.col("squawk").is_in(["7500", "7600", "7700"]))["icao24"].n_unique() < 25


def test_values_are_rounded_as_the_network_rounds_them(day):
    def steps(column: str, step: float) -> float:
        values = day[column].drop_nulls() / step
        return float((values - values.round()).abs().max())

    assert steps("baro_altitude", 7.62) < 1e-3
    assert steps("geo_altitude", 7.62) < 1e-3
    assert steps("latitude", 1e-4) < 1e-5
    assert steps("longitude", 1e-4) < 1e-5
    assert steps("velocity", 0.01) < 1e-6
    assert steps("true_track", 0.01) < 1e-6
    assert steps("vertical_rate", 0.32512) < 0.02


def test_every_position_is_in_the_box(day):
    assert day["latitude"].is_between(-60, 15).all()
    assert day["longitude"].is_between(-90, -30).all()
    assert day["true_track"].is_between(0, 360, closed="left").all()


def test_nothing_flies_faster_than_an_airliner(day):
    assert day["velocity"].drop_nulls().is_between(0, 330).all()


def test_aircraft_move_as_fast_as_they_say_they_do(day):
    """Great-circle distance over time is the mean of the two ground speeds, but for a few jumps."""
    moves = day.filter(~pl.col("repeat")).with_columns(
        pl.col("latitude", "longitude", "velocity", "time_position")
        .shift()
        .over("icao24")
        .name.prefix("from_")
    )
    moves = moves.filter(
        pl.col("time_position") - pl.col("from_time_position") < 90, pl.col("velocity") > 60
    ).drop_nulls(["from_velocity", "velocity"])
    lat, lon, from_lat, from_lon = (
        np.radians(moves[name].to_numpy())
        for name in ("latitude", "longitude", "from_latitude", "from_longitude")
    )
    chord = (
        np.sin((lat - from_lat) / 2) ** 2 + np.cos(lat) * np.cos(from_lat) * np.sin((lon - from_lon) / 2) ** 2
    )
    implied = (
        2 * 6_371_009 * np.arcsin(np.sqrt(chord)) / (moves["time_position"] - moves["from_time_position"])
    )
    ratio = (implied / ((moves["velocity"] + moves["from_velocity"]) / 2)).to_numpy()
    assert np.quantile(ratio, 0.02) > 0.93
    assert np.quantile(ratio, 0.98) < 1.05
    assert 1 < per_100k(pl.Series(implied > 350)) < 30


def test_addresses_belong_to_the_register_of_the_country(day):
    pairs = day.select("icao24", "origin_country").unique()
    assert pairs["icao24"].is_unique().all()
    for icao24, name in pairs.iter_rows():
        country = COUNTRIES[name]
        assert country.first <= int(icao24, 16) <= country.last
    shares = dict(day["origin_country"].value_counts(normalize=True).iter_rows())
    assert shares["Brazil"] == pytest.approx(0.54, abs=0.08)


def test_callsigns_look_real(day):
    callsigns = day["callsign"].drop_nulls()
    assert callsigns.str.len_chars().is_between(1, 8).all()
    assert callsigns.str.contains(r"^[A-Z]{3}[0-9]").mean() == pytest.approx(0.84, abs=0.06)
    assert {"TAM", "GLO", "AZU", "AVA", "LPE", "ARG", "CMP"} <= set(callsigns.str.slice(0, 3).unique())


def test_a_few_arrivals_hold_near_busy_airports():
    simulation = Simulation(start=datetime(2025, 1, 15, tzinfo=UTC), hours=24)
    flights = simulation._schedule.day(20103)
    held = flights.holding_s > 0
    assert 0.002 < held.mean() < 0.08
    busiest = np.bincount(flights.destination[held]).argmax()
    assert simulation.airports.codes[busiest] in {"SBSP", "SBGR", "SBRJ", "SBKP", "SKBO", "SBCF"}
