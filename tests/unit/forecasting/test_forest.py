"""What the demand forest can and the reference's cannot."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.conformal import RESIDUALS
from airtraffic.forecasting.forest import DemandForest
from airtraffic.forecasting.reference_forest import ReferenceForest
from airtraffic.forecasting.trees import TreeArrays
from tests.unit.forecasting.daily_samples import daily

NO_ERRORS = pl.DataFrame(schema=RESIDUALS)


@pytest.fixture(scope="module")
def history():
    return daily(300, 2)


@pytest.fixture(scope="module")
def forest(history):
    return DemandForest(trees=20, rows=1500, window_days=120).fit(history, NO_ERRORS)


def test_trees_taken_apart_say_what_the_library_s_forest_says():
    from sklearn.ensemble import RandomForestRegressor

    random = np.random.default_rng(1)
    rows, values = random.random((200, 4)), random.random(200)
    library = RandomForestRegressor(7, random_state=0).fit(rows, values)
    asked = random.random((50, 4))
    said = TreeArrays.of(library).predict(asked)
    assert said.shape == (50, 7)
    np.testing.assert_allclose(said.mean(axis=1), library.predict(asked))


def test_the_tree_interval_is_the_spread_of_the_trees(forest):
    table = forest.tree_interval(5)
    half = (table["upper"] - table["mean"]).to_numpy()
    np.testing.assert_allclose(half, 1.96 * table["sigma"].to_numpy(), rtol=1e-9)
    assert (table["sigma"] > 0).all()
    np.testing.assert_allclose(table["mean"], forest.forecast(5)["mean"])


def test_a_trend_is_followed_where_the_reference_stays_behind():
    """Traffic that grows by 2 % a week: the six-feature forest cannot go on above what it has seen."""
    growing = daily(200, 2, growth_per_year=2.0, noise=0.02)
    known, came = growing.filter(pl.col("date") <= growing["date"].max() - timedelta(days=28)), growing
    off = {}
    for model in (DemandForest(trees=20, rows=1500, window_days=150), ReferenceForest(trees=20)):
        table = model.fit(known, NO_ERRORS).forecast(28).join(came, on=["series", "date"])
        off[model.name] = (table["mean"] - table["value"]).mean() / table["value"].mean()
    assert abs(off["demand_forest"]) < 0.03
    assert off["reference_forest"] < -0.02


def test_a_holiday_s_dip_is_known_from_the_years_before():
    """Independence Day and Christmas at half the traffic, three years long."""
    history = daily(365 * 4, 2, noise=0.02)
    off_days = (pl.col("date").dt.month() == 9) & (pl.col("date").dt.day() == 7)
    off_days |= (pl.col("date").dt.month() == 12) & (pl.col("date").dt.day() == 25)
    history = history.with_columns(value=pl.when(off_days).then(pl.col("value") * 0.5).otherwise("value"))
    model = DemandForest(trees=20, rows=6000, window_days=500, countries="BR")
    origin = history["date"].max().replace(month=9, day=1)
    known = history.filter(pl.col("date") <= origin)
    table = model.fit(known, NO_ERRORS).forecast(14)
    dip = table.filter(pl.col("date").dt.day() == 7).join(history, on=["series", "date"])
    usual = table.filter(pl.col("date").dt.day() == 14)
    assert (dip["mean"].to_numpy() < 0.8 * usual["mean"].to_numpy()).all()


def test_a_fall_is_followed_at_once_not_averaged_away(history):
    """Three weeks after traffic fell to a third, the forecast is at the third."""
    since = history["date"].max() - timedelta(days=21)
    fallen = history.with_columns(
        value=pl.when(pl.col("date") > since).then(pl.col("value") / 3).otherwise("value")
    )
    table = DemandForest(trees=10, rows=1000, window_days=120).fit(fallen, NO_ERRORS).forecast(7)
    level = (
        fallen.filter(pl.col("date") > since).group_by("series").agg(pl.col("value").mean()).sort("series")
    )
    mean = table.group_by("series").agg(pl.col("mean").mean()).sort("series")
    np.testing.assert_allclose(mean["mean"], level["value"], rtol=0.15)


def test_a_scaled_series_has_scaled_forecasts(history):
    """In log(1 + y) a share is a share: ten times the traffic, ten times the forecast, but for rounding."""
    tenfold = history.with_columns(value=pl.col("value") * 10)
    one, ten = (
        DemandForest(trees=10, rows=1000, window_days=120).fit(each, NO_ERRORS).forecast(7)
        for each in (history, tenfold)
    )
    np.testing.assert_allclose(ten["mean"], 10 * one["mean"].to_numpy(), rtol=0.04)


def test_another_seed_gives_another_forest_but_much_the_same_forecast(history, forest):
    other = DemandForest(trees=20, rows=1500, window_days=120, seed=5).fit(history, NO_ERRORS).forecast(7)
    ours = forest.forecast(7)
    assert not other["mean"].equals(ours["mean"])
    np.testing.assert_allclose(other["mean"], ours["mean"], rtol=0.06)


@pytest.mark.parametrize(
    "wrong",
    [{"trees": 1}, {"feature_share": 1.0}, {"rows": 3}, {"window_days": 7}, {"horizon": 0}, {"seed": -1}],
)
def test_hyper_parameters_out_of_bounds_are_named(wrong):
    with pytest.raises(ForecastError, match=next(iter(wrong))):
        DemandForest(**wrong)
