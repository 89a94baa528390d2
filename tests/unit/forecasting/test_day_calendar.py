"""Holidays, Easter and the days about them."""

from datetime import date, timedelta

import numpy as np
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.day_calendar import (
    FEATURES,
    easter_distance,
    easter_sunday,
    holiday_features,
    is_holiday,
    same_day_in_earlier_years,
)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=each) for each in range(count)]


def test_easter_is_the_library_s_easter():
    easter = pytest.importorskip("dateutil.easter").easter
    assert [easter_sunday(year) for year in range(1950, 2100)] == [easter(year) for year in range(1950, 2100)]


def test_carnival_and_corpus_christi_are_days_off_in_brazil():
    assert is_holiday("BR", [date(2024, 2, 13), date(2024, 5, 30), date(2024, 6, 4)]).tolist() == [
        True,
        True,
        False,
    ]


def test_a_working_day_between_two_free_ones_is_a_bridge():
    """Corpus Christi 2024 was a Thursday: from it to Sunday are four free days."""
    table = dict(zip(FEATURES, holiday_features("BR", days(date(2024, 5, 27), 8)), strict=True))
    assert table["free_length"].tolist() == [0, 0, 0, 4, 4, 4, 4, 0]
    assert table["next_length"][2] == 4
    assert table["last_length"][7] == 4


def test_christmas_is_near_on_both_sides_of_new_year():
    christmas = holiday_features(None, days(date(2023, 12, 10), 32))[FEATURES.index("christmas")]
    assert christmas[[0, 1, 15, 29, 30]].tolist() == [99, -14, 0, 14, 99]


def test_what_a_day_is_does_not_depend_on_where_the_days_begin():
    long, short = days(date(2023, 1, 1), 500), days(date(2023, 3, 2), 60)
    wide = holiday_features("DE", long)[:, 60:120]
    np.testing.assert_array_equal(holiday_features("DE", short), wide)
    np.testing.assert_array_equal(easter_distance(short), easter_distance(long)[60:120])


def test_counterparts_in_earlier_years_are_the_same_day_of_their_kind():
    ahead = days(date(2024, 2, 8), 40)
    back = same_day_in_earlier_years(ahead, 3)
    carnival_tuesday = date(2024, 2, 13)
    at = ahead.index(carnival_tuesday)
    there = [carnival_tuesday - timedelta(days=int(steps)) for steps in back["easter"][:, at]]
    assert there == [date(2023, 2, 21), date(2022, 3, 1), date(2021, 2, 16)]
    assert carnival_tuesday - timedelta(days=int(back["date"][0, at])) == date(2023, 2, 13)
    assert (back["weekday"] % 7 == 0).all()


def test_an_unknown_country_is_named():
    with pytest.raises(ForecastError, match="'XX'"):
        is_holiday("XX", [date(2024, 1, 1)])
