"""Growth of airlines: known lines are found again, and what is not significant is stable."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.growth import AirlineGrowth


def months(
    slope: float, count: int = 24, noise: float = 5.0, name: str = "AAA", seed: int = 1
) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    starts = [date(2020 + number // 12, number % 12 + 1, 1) for number in range(count)]
    value = 1000 + slope * np.arange(count) + noise * random.standard_normal(count)
    return pl.DataFrame({"series": name, "date": starts, "value": value})


def test_a_known_slope_lies_in_its_interval_and_is_labelled():
    history = pl.concat([months(12, name="UP"), months(-7, name="DOWN"), months(0, name="FLAT", seed=4)])
    growth = {row["series"]: row for row in AirlineGrowth().fit(history).growth().iter_rows(named=True)}
    assert {name: row["label"] for name, row in growth.items()} == {
        "UP": "expansion",
        "DOWN": "contraction",
        "FLAT": "stable",
    }
    assert growth["UP"]["lower"] < 12 < growth["UP"]["upper"]
    assert growth["DOWN"]["p_value"] < 0.001
    assert growth["FLAT"]["p_value"] > 0.05


@pytest.mark.parametrize("level", [31.0, 500.0, 730.0])
def test_equal_months_are_stable_whatever_rounding_says(level):
    equal = months(0, 18).with_columns(value=pl.lit(level))
    row = AirlineGrowth().fit(equal).growth().row(0, named=True)
    assert (row["label"], row["slope"], row["p_value"]) == ("stable", 0.0, 1.0)


def test_the_slope_is_the_textbook_s():
    """Anscombe's first set: slope 0.500, p 0.00217 (Anscombe 1973)."""
    y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    history = pl.DataFrame(
        {"series": "A", "date": [date(2019 + m // 12, m % 12 + 1, 1) for m in x], "value": y}
    )
    row = AirlineGrowth().fit(history).growth().row(0, named=True)
    assert row["slope"] == pytest.approx(0.5001, abs=1e-4)
    assert row["p_value"] == pytest.approx(0.00217, abs=1e-5)


def test_a_missing_month_stays_on_the_axis():
    """A line without noise has the same slope with two of its months gone."""
    history = months(10, noise=0.0)
    row = AirlineGrowth().fit(history[[*range(8), *range(10, 24)]]).growth().row(0, named=True)
    assert row["slope"] == pytest.approx(10)
    assert row["note"] == "2 months between are missing"


def test_months_that_are_not_full_are_left_out():
    history = months(10, noise=0.0).with_columns(full_month=pl.col("date") < date(2021, 12, 1))
    cut = history.with_columns(value=pl.when("full_month").then("value").otherwise(3.0))
    assert AirlineGrowth().fit(cut).growth()["slope"][0] == pytest.approx(10)


def test_a_few_months_say_nothing():
    row = AirlineGrowth().fit(months(10, 4)).growth().row(0, named=True)
    assert row["label"] is None
    assert "too few" in row["note"]
    assert AirlineGrowth().fit(months(10, 4)).forecast(3).is_empty()


def test_the_line_goes_on_month_by_month():
    table = AirlineGrowth().fit(months(10, noise=0.5)).forecast(3)
    assert table["date"].to_list() == [date(2022, 1, 1), date(2022, 2, 1), date(2022, 3, 1)]
    np.testing.assert_allclose(table["mean"], [1240, 1250, 1260], atol=1.5)
    assert (table["lower"] < table["mean"]).all()


@pytest.mark.parametrize("level", [0, 1, 2.5])
def test_a_level_that_is_none_is_refused(level):
    with pytest.raises(ForecastError, match="level"):
        AirlineGrowth(level=level)


def test_a_date_inside_a_month_is_refused():
    with pytest.raises(ForecastError, match="first day"):
        AirlineGrowth().fit(pl.DataFrame({"series": "A", "date": [date(2020, 1, 2)], "value": [1.0]}))
