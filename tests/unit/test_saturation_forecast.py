"""Saturation of coming days: the weekday's profile, the day's own peak, the interval, the levels."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from airtraffic.saturation_forecast import DEMAND_COLUMNS, LEAST_PEAK_DAYS, saturation_forecast
from airtraffic.seasonal_tables import SECTOR_SATURATION_FORECAST
from tests.unit.sector_samples import A_B, DAY, at, sectors

BUSY = A_B.replace("}", ", reduction_factor: 0.144445}")
"""CHadj = 10.0001 aircraft/h."""
WEEK_LATER = DAY + timedelta(days=7)
CAPACITY = pl.DataFrame({"date": [DAY], "sector": ["A-B"], "ch_adjusted_per_h": [10.0]})
NOTHING_SEEN = pl.DataFrame(
    schema={
        "date": pl.Date,
        "sector": pl.String,
        "d_max": pl.Float64,
        "entries": pl.Float64,
        "coverage_marked": pl.Boolean,
    }
)


def profile(by_hour: dict[int, float], weekday: int = DAY.weekday()) -> pl.DataFrame:
    return pl.DataFrame(
        [(DAY, "A-B", weekday, hour, by_hour.get(hour, 0.0)) for hour in range(24)],
        schema={
            "date": pl.Date,
            "sector": pl.String,
            "weekday": pl.Int32,
            "hour": pl.Int32,
            "intensity": pl.Float64,
        },
        orient="row",
    )


def demand(mean: float, lower: float, upper: float, target: date = WEEK_LATER) -> pl.DataFrame:
    row = (DAY, "A-B", target, (target - DAY).days, mean, lower, upper)
    said = ("blend", "MAE 0.8 of seasonal naive's", 0.95, DAY, ["file"])
    return pl.DataFrame([row + said], schema=list(DEMAND_COLUMNS), orient="row")


def seen(*ratios: float, marked: bool = False) -> pl.DataFrame:
    """Mondays whose peak was so many times the profile's, of 20 entries of which a half come in one hour."""
    rows = [
        (DAY - timedelta(days=7 * n), "A-B", 10.0 * ratio, 20.0, marked) for n, ratio in enumerate(ratios)
    ]
    return pl.DataFrame(rows, schema=NOTHING_SEEN.schema, orient="row")


def made(
    ahead: pl.DataFrame, observed: pl.DataFrame = NOTHING_SEEN, capacity: pl.DataFrame = CAPACITY
) -> dict:
    hours = profile({9: 1.0, 10: 2.0, 11: 1.0})
    (row,) = saturation_forecast(ahead, hours, observed, capacity, sectors(BUSY), [DAY]).to_dicts()
    return row


def test_a_day_is_spread_over_its_weekdays_hours():
    row = made(demand(16, 12, 24))
    assert (row["d_max_profile"], row["d_max"], row["peak_factor"], row["peak_days"]) == (8, 8, 1, 0)
    assert row["window_start"] == at(600, day=7)
    assert (row["d_max_lower"], row["d_max_upper"]) == (6, 12)
    assert row["saturation_percent"] == pytest.approx(80)
    assert (row["level"], row["level_upper"]) == ("normal", "critical")
    assert SECTOR_SATURATION_FORECAST.of(pl.DataFrame([row])).num_rows == 1


def weeks(ratios: list[float]) -> pl.DataFrame:
    """Peaks of the trailing eight weeks, every day a Monday's profile: the window is 56 days."""
    rows = [(DAY - timedelta(days=n), "A-B", 10.0 * ratio, 20.0, False) for n, ratio in enumerate(ratios)]
    return pl.DataFrame(rows, schema=NOTHING_SEEN.schema, orient="row")


def test_a_days_own_peak_stands_out_and_its_spread_is_in_the_interval():
    every_day = pl.concat([profile({9: 1.0, 10: 2.0, 11: 1.0}, weekday) for weekday in range(7)])
    seen_before = weeks([1.0, 1.4] * 14)
    (row,) = saturation_forecast(
        demand(16, 12, 24), every_day, seen_before, CAPACITY, sectors(BUSY), [DAY]
    ).to_dicts()
    spread = 1.96 * pl.Series([1.0, 1.4] * 14).std() / 1.2
    assert (row["peak_factor"], row["peak_days"]) == (pytest.approx(1.2), 28)
    assert row["d_max"] == pytest.approx(9.6)
    assert row["d_max_lower"] == pytest.approx(9.6 * (1 - (0.25**2 + spread**2) ** 0.5))
    assert row["d_max_upper"] == pytest.approx(9.6 * (1 + (0.5**2 + spread**2) ** 0.5))
    assert row["d_max_profile"] == 8


def test_few_or_poorly_covered_days_say_nothing_of_a_days_own_peak():
    assert made(demand(16, 12, 24), seen(*[1.5] * 8))["peak_days"] == 0, f"below {LEAST_PEAK_DAYS}"
    assert made(demand(16, 12, 24), seen(*[1.5] * 8, marked=True))["peak_factor"] == 1


def test_a_sector_without_a_capacity_has_no_index_and_no_level():
    row = made(demand(16, 12, 24), capacity=CAPACITY.clear())
    assert (row["d_max"], row["saturation_percent"], row["level"], row["level_upper"]) == (
        8,
        None,
        None,
        None,
    )


def test_nothing_expected_still_has_an_upper_end():
    row = made(demand(0, 0, 4))
    assert (row["d_max"], row["d_max_lower"], row["d_max_upper"]) == (0, 0, 2)


def test_only_the_next_seven_days_of_declared_sectors_are_told():
    far = demand(16, 12, 24, DAY + timedelta(days=14))
    unknown = demand(16, 12, 24).with_columns(sector=pl.lit("GONE"))
    rows = saturation_forecast(
        pl.concat([far, unknown]), profile({10: 1.0}), NOTHING_SEEN, CAPACITY, sectors(BUSY), [DAY]
    )
    assert rows.is_empty()
    assert isinstance(made(demand(1, 0, 2))["window_start"], datetime)
