"""Trend, year and week are found again in series that were made of them."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.regimes import regimes
from airtraffic.forecasting.seasonal import HAC_LAGS, SeasonalFourier, _slope
from tests.unit.forecasting.daily_samples import daily

YEARS = 4


def fit(history: pl.DataFrame, **kwargs) -> SeasonalFourier:
    model = SeasonalFourier(**kwargs)
    model.calibration_weeks = 0
    return model.fit(history)


@pytest.fixture(scope="module")
def seasons():
    return daily(365 * YEARS + 1, 1, yearly=0.3, growth_per_year=0.1, noise=0.03, level=500)


def test_a_known_slope_lies_in_its_interval(seasons):
    row = fit(seasons).trends().row(0, named=True)
    assert row["lower"] < 50 < row["upper"]
    assert abs(row["slope_per_year"] - 50) < 3
    assert row["direction"] == "rising"
    assert row["p_value"] < 1e-6
    assert row["annual_identified"]


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_the_slope_s_interval_is_the_library_s(alike):
    """statsmodels' plain and HAC standard errors: the wider one."""
    from statsmodels.regression.linear_model import OLS

    random = np.random.default_rng(2)
    error = random.standard_normal(600)
    for day in range(1, 600):
        error[day] += alike * error[day - 1]
    t = np.arange(600.0)
    matrix = np.stack([np.ones(600), t, np.sin(t / 58), np.cos(t / 58)], axis=1)
    slope, lower, upper, p_value = _slope(matrix, 5 + 0.002 * t + error)
    plain = OLS(5 + 0.002 * t + error, matrix).fit()
    robust = plain.get_robustcov_results("HAC", maxlags=HAC_LAGS)
    assert slope == pytest.approx(plain.params[1] * 365.25)
    assert (upper - lower) / 2 / 365.25 / 1.96 == pytest.approx(max(plain.bse[1], robust.bse[1]), rel=1e-6)
    wider = max((plain, robust), key=lambda result: result.bse[1])
    assert p_value == pytest.approx(wider.pvalues[1], abs=2e-3)


def test_a_slope_s_sign_is_kept(seasons):
    falling = seasons.with_columns(value=1500 - pl.col("value"))
    row = fit(falling).trends().row(0, named=True)
    assert row["direction"] == "falling"
    assert row["slope_per_year"] == pytest.approx(-fit(seasons).trends()["slope_per_year"][0])


def test_components_add_up_to_the_series_but_for_noise(seasons):
    parts = fit(seasons).components()
    rest = parts["value"] - parts["trend"] - parts["annual"] - parts["weekly"]
    assert abs(rest.mean()) < 0.5
    assert rest.std() < 0.04 * parts["value"].mean()
    assert np.ptp(parts["annual"].to_numpy()) == pytest.approx(2 * 0.3 * 500, rel=0.06)
    assert np.ptp(parts["weekly"].to_numpy()) == pytest.approx(0.15 * 500 * 1.9, rel=0.08)


def test_a_gap_is_not_a_zero(seasons):
    """Half a year without data moves the slope by less than its interval."""
    hole = pl.col("date").is_between(date(2023, 3, 1), date(2023, 8, 31))
    full, holed = fit(seasons).trends(), fit(seasons.filter(~hole)).trends()
    assert abs(full["slope_per_year"][0] - holed["slope_per_year"][0]) < 5
    assert "nothing known from 2023-03-01 to 2023-08-31" in holed["notes"][0]


def test_days_are_counted_through_new_year():
    """The annual wave is the same at t and t + 365.25 d, whatever the day of the year."""
    model = SeasonalFourier()
    t = np.arange(0, 1461, 365.25)
    annual = model.design(t, date(2020, 1, 1))["annual"]
    np.testing.assert_allclose(annual, np.broadcast_to(annual[0], annual.shape), atol=1e-9)


def test_less_than_a_year_has_no_annual_part_and_says_so():
    model = fit(daily(300, 1, yearly=0.3))
    row = model.trends().row(0, named=True)
    assert not row["annual_identified"]
    assert "cannot be identified" in row["notes"]
    assert (model.components()["annual"] == 0).all()


def test_an_airport_closed_for_months_is_said_with_its_days():
    history = daily(900, 1, yearly=0.2)
    closed = pl.col("date").is_between(date(2023, 5, 3), date(2023, 10, 20))
    shut = history.with_columns(value=pl.when(closed).then(0.0).otherwise("value"))
    found = regimes(Panel.of(shut))
    assert [(each.kind, each.first, each.last) for each in found if each.kind == "closure"] == [
        ("closure", date(2023, 5, 3), date(2023, 10, 20))
    ]
    assert "next to no traffic from 2023-05-03 until 2023-10-20" in fit(shut).trends()["notes"][0]


def test_a_lasting_fall_is_a_break_and_the_fit_starts_after_it():
    history = daily(1000, 1)
    since = date(2023, 2, 1)
    fallen = history.with_columns(
        value=pl.when(pl.col("date") >= since).then(pl.col("value") * 0.3).otherwise("value")
    )
    found = regimes(Panel.of(fallen))
    assert [each.kind for each in found] == ["fall"]
    assert abs(found[0].first - since) <= timedelta(days=1)
    row = fit(fallen).trends().row(0, named=True)
    assert "fitted to the days since" in row["notes"]
    assert abs(row["slope_per_year"]) < 3


def straight(values) -> pl.DataFrame:
    start = date(2020, 1, 1)
    days = [start + timedelta(days=n) for n in range(len(values))]
    return pl.DataFrame({"series": "A", "date": days, "value": np.asarray(values, dtype=float)})


def test_a_recovery_of_years_ago_is_no_growth_of_today():
    noise = np.random.default_rng(3).normal(0, 5, 1827)
    recovered = straight(np.minimum(100 + np.arange(1827) / 2, 600) + noise)
    row = fit(recovered).trends().row(0, named=True)
    assert abs(row["slope_per_year"]) < 3
    assert "fitted to the days since 2023-01-01" in row["notes"]
    assert fit(recovered, years=None).trends()["slope_per_year"][0] > 60
    last = fit(recovered).forecast(365)["mean"][-1]
    assert last == pytest.approx(600, rel=0.01)


def test_ahead_the_slope_halves_every_90_days_also_in_the_parts():
    line = straight(100 + 0.5 * np.arange(1000))
    model = fit(line)
    mean = model.forecast(365)["mean"].to_numpy()
    steps = np.diff(mean)
    assert steps[0] == pytest.approx(0.5, rel=0.02)
    np.testing.assert_allclose(steps[90:] / steps[:-90], 0.5, rtol=1e-3)
    np.testing.assert_allclose(model.components(365)["trend"][-365:], mean, rtol=1e-6)
    undamped = fit(line, damping_days=None).forecast(365)["mean"]
    np.testing.assert_allclose(undamped, 100 + 0.5 * np.arange(1000, 1365), rtol=1e-6)


@pytest.mark.parametrize("value", [0, -1, float("inf"), "2", True])
def test_a_span_that_cannot_be_is_refused(value):
    for name in ("years", "damping_days"):
        with pytest.raises(ForecastError, match=f"{name} is .*expected a number above 0, or None"):
            SeasonalFourier(**{name: value})


@pytest.mark.parametrize("yearly", [0.0, 0.2, 0.6])
def test_seasons_and_noise_are_no_breaks(yearly):
    assert regimes(Panel.of(daily(1200, 1, yearly=yearly, noise=0.08))) == []


def test_a_year_ahead_has_the_season_of_the_year_before(seasons):
    ahead = fit(seasons).forecast(365)
    last_year = seasons.tail(365)["value"].to_numpy()
    assert np.corrcoef(ahead["mean"].to_numpy(), last_year)[0, 1] > 0.85


@pytest.mark.parametrize(("days", "direction"), [(200, "unclear"), (800, "flat")])
def test_equal_days_have_no_trend_and_less_than_a_year_says_none(days, direction):
    start = date(2022, 1, 1)
    equal = pl.DataFrame(
        {"series": "A", "date": [start + timedelta(days=n) for n in range(days)], "value": [10.0] * days}
    )
    row = SeasonalFourier().fit(equal).trends().row(0, named=True)
    assert (row["direction"], row["slope_per_year"]) == (direction, 0.0)
