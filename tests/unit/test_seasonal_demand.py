"""The year to come: how good it would have been beside the day of the year before."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from airtraffic.seasonal_demand import YEAR_AGO_DAYS, seasonal_demand

DAYS = 1200
START = date(2021, 1, 1)


def history(values) -> pl.DataFrame:
    days = [START + timedelta(days=n) for n in range(len(values))]
    named = {"series": "airport/SBGR", "kind": "airport", "country": None}
    return pl.DataFrame({"date": days, "value": np.asarray(values, dtype=float)}).with_columns(
        **{name: pl.lit(value, pl.String) for name, value in named.items()}
    )


def score(values) -> float | None:
    _, trends = seasonal_demand(history(values), annual_terms=2)
    return trends["backtest_vs_year_ago"].item()


def test_chance_is_forecast_better_by_its_mean_than_by_a_year_ago():
    """Two equal errors lie 1.41 times as far apart as one lies from their mean."""
    noise = np.random.default_rng(5).normal(100, 10, DAYS)
    assert score(noise) == pytest.approx(1 / np.sqrt(2), abs=0.1)


def test_what_comes_again_after_a_year_is_forecast_better_by_it():
    pattern = np.random.default_rng(6).normal(100, 10, YEAR_AGO_DAYS)
    nearly = np.resize(pattern, DAYS) + np.random.default_rng(7).normal(0, 1, DAYS)
    assert score(nearly) > 3


@pytest.mark.parametrize("days", [100, 200])
def test_without_a_year_there_is_no_day_to_compare_with(days):
    assert score(np.full(days, 50.0) + np.arange(days) % 3) is None
