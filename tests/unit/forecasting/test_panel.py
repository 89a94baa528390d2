"""Histories that can be read, and those that cannot."""

from datetime import date

import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.panel import Panel
from tests.unit.forecasting.daily_samples import daily


def test_a_negative_count_is_a_gap():
    history = daily(10, 1).with_columns(
        value=pl.when(pl.col("date") == date(2022, 1, 4)).then(-9.0).otherwise("value")
    )
    assert Panel.of(history).known_days([9])[0, 0] == 9


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda rows: rows.drop("value"), "lacks"),
        (lambda rows: pl.concat([rows, rows.head(1)]), "twice"),
        (lambda rows: rows.with_columns(pl.col("date").cast(pl.String)), "date as"),
        (lambda rows: rows.with_columns(value=pl.lit(float("inf"))), "infinite"),
        (lambda rows: rows.with_columns(value=pl.lit(None, pl.Float64)), "no known value"),
        (lambda rows: rows.with_columns(series=pl.lit(None, pl.String)), "without a series"),
    ],
)
def test_a_history_that_cannot_be_read_says_why(broken, message):
    with pytest.raises(ForecastError, match=message):
        Panel.of(broken(daily(10, 1)))


def test_the_last_known_day_is_each_series_own():
    history = daily(10, 2).filter((pl.col("series") == "S0") | (pl.col("date") < date(2022, 1, 6)))
    assert Panel.of(history).last_known().tolist() == [9, 4]
