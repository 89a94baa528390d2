"""Simulated daily counts: of one world with the simulated traffic, and the same every time."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from airtraffic.sectors import read_sectors
from airtraffic.simulation.daily_counts import MOST, PAST_DAYS, simulated_counts
from airtraffic.simulation.demand import DAY_S
from airtraffic.simulation.simulator import Simulation

DAY = date(2025, 1, 15)
SECTORS = read_sectors((Path(__file__).parents[2] / "config" / "sectors.yaml").read_text(), "sectors.yaml")


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(start=datetime(2025, 1, 15, tzinfo=UTC), hours=24, aircraft=60)


@pytest.fixture(scope="module")
def counts(simulation) -> pl.DataFrame:
    return simulated_counts(simulation, [DAY], SECTORS)


def series(counts: pl.DataFrame, kind: str) -> pl.DataFrame:
    return counts.filter((pl.col("kind") == kind) & (pl.col("date") < DAY)).sort("date", "series")


def test_every_series_has_every_day_of_two_years_and_the_simulated_one(counts):
    assert counts.n_unique(["kind", "series"]) == sum(MOST.values())
    assert set(counts.group_by("kind", "series").len()["len"]) == {PAST_DAYS + 1}
    assert (counts["date"].min(), counts["date"].max()) == (DAY - timedelta(PAST_DAYS), DAY)
    assert counts.n_unique(["kind", "series", "date"]) == counts.height
    assert counts["flights"].min() >= 0
    assert counts["country"].null_count() == 0


def test_the_simulated_day_is_what_the_plan_has(simulation, counts):
    number = (DAY - date(1970, 1, 1)).days
    left = [
        code
        for back in range(3)
        for flights in [simulation.flights_of(number - back)]
        for code in np.array(simulation.airports.codes)[flights.origin[flights.takeoff_s // DAY_S == number]]
    ]
    of_day = {(row["kind"], row["series"]): row["flights"] for row in counts.filter(date=DAY).to_dicts()}
    assert of_day["network", "flights"] == len(left)
    assert of_day["sector", "BR-CGH-ANY"] == left.count("SBSP")


def test_the_past_has_the_week_the_growth_and_the_holidays(counts):
    network = series(counts, "network")
    country = network["country"][0]
    assert country == "BR"
    by_year = network.group_by(pl.col("date").dt.year()).agg(pl.col("flights").mean()).sort("date")["flights"]
    assert 1.02 < by_year[1] / by_year[0] < 1.06
    weekend = pl.col("date").dt.weekday() >= 6
    ratio = network.filter(weekend)["flights"].mean() / network.filter(~weekend)["flights"].mean()
    assert 0.75 < ratio < 0.85
    by_day = dict(network.select("date", "flights").iter_rows())
    holidays = [
        date(2023, 9, 7),
        date(2023, 10, 12),
        date(2023, 12, 25),
        date(2024, 11, 15),
        date(2024, 12, 25),
    ]
    week_before = sum(by_day[day - timedelta(7)] for day in holidays)
    assert 0.75 < sum(by_day[day] for day in holidays) / week_before < 0.92


def test_the_same_seed_gives_the_same_counts_and_another_others(counts):
    def again(seed: int) -> pl.DataFrame:
        start = datetime(2025, 1, 15, tzinfo=UTC)
        return simulated_counts(Simulation(seed=seed, start=start, hours=1, aircraft=60), [DAY], SECTORS)

    assert again(20250115).equals(counts)
    assert not again(7).equals(counts)


def test_several_simulated_days_are_all_counted_in_the_plan(simulation, counts):
    two = simulated_counts(simulation, [DAY, DAY + timedelta(1)], SECTORS)
    assert two.filter(pl.col("date") <= DAY).equals(counts)
    assert two["date"].max() == DAY + timedelta(1)
