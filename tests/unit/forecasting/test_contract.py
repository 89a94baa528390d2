"""One suite over every daily model: what ``Forecaster`` promises."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.baselines import Persistence, SeasonalNaive, WeekdayMean
from airtraffic.forecasting.blend import Blend
from airtraffic.forecasting.classical import AutoETS, WeeklyMSTL
from airtraffic.forecasting.conformal import RESIDUALS
from airtraffic.forecasting.files import load, save
from airtraffic.forecasting.forest import DemandForest
from airtraffic.forecasting.reference_forest import ReferenceForest
from airtraffic.forecasting.seasonal import SeasonalFourier
from tests.unit.forecasting.daily_samples import daily

MODELS = {
    "persistence": Persistence,
    "seasonal_naive": SeasonalNaive,
    "weekday_mean": WeekdayMean,
    "blend": lambda: Blend(members=(SeasonalNaive(), WeekdayMean())),
    "auto_ets": AutoETS,
    "mstl": WeeklyMSTL,
    "seasonal_fourier": SeasonalFourier,
    "demand_forest": lambda: DemandForest(trees=8, rows=600, window_days=100, countries="BR"),
    "reference_forest": lambda: ReferenceForest(trees=6),
}
HORIZON = 10
NO_ERRORS = pl.DataFrame(schema=RESIDUALS)


@pytest.fixture(scope="module")
def history():
    return daily(150)


@pytest.fixture(scope="module", params=MODELS)
def make(request):
    def made():
        model = MODELS[request.param]()
        model.calibration_refits = 1
        return model

    return made


@pytest.fixture(scope="module")
def fitted(make, history):
    return make().fit(history)


def test_a_forecast_has_a_row_for_every_series_and_horizon(fitted, history):
    table = fitted.forecast(HORIZON)
    assert table.columns == ["series", "date", "horizon", "mean", "lower", "upper"]
    assert table.height == 2 * HORIZON
    assert table["horizon"].to_list() == [*range(1, HORIZON + 1)] * 2
    last = history["date"].max()
    assert (table["date"] == pl.Series([last + timedelta(days=h) for h in table["horizon"]])).all()
    assert table.select(pl.all().null_count()).sum_horizontal().item() == 0


def test_the_mean_lies_in_its_interval_and_nothing_is_negative(fitted):
    table = fitted.forecast(HORIZON)
    assert (table["lower"] >= 0).all()
    assert (table["lower"] <= table["mean"]).all()
    assert (table["mean"] <= table["upper"]).all()


def test_days_after_the_origin_change_nothing(fitted, history):
    origin = history["date"].max() - timedelta(days=20)
    known = history.filter(pl.col("date") <= origin)
    changed = pl.concat(
        [known, history.filter(pl.col("date") > origin).with_columns(value=pl.col("value") * 9 + 5)]
    )
    expected = fitted.update(known).forecast(HORIZON)
    for other in (history, changed):
        assert fitted.update(other).forecast(HORIZON, origin).equals(expected)
    fitted.update(history)


def test_many_origins_at_once_give_what_each_gives_alone(fitted, history):
    last = history["date"].max()
    origins = [last - timedelta(days=back) for back in (15, 8, 0)]
    together = fitted.forecasts(HORIZON, origins)
    for origin in origins:
        alone = fitted.forecast(HORIZON, origin)
        part = together.filter(pl.col("origin") == origin).drop("origin")
        np.testing.assert_allclose(part["mean"], alone["mean"], rtol=1e-9)


def test_the_same_history_gives_the_same_numbers(make, fitted, history):
    again = make().fit(history.sample(fraction=1.0, shuffle=True, seed=3))
    assert again.forecast(HORIZON).equals(fitted.forecast(HORIZON))


def test_a_null_is_the_same_gap_as_a_missing_date(make, history):
    hole = pl.col("date").is_between(history["date"][100], history["date"][104])
    nulls = history.with_columns(value=pl.when(~hole).then("value"))
    missing = history.filter(~hole)
    assert make().fit(nulls).forecast(HORIZON).equals(make().fit(missing).forecast(HORIZON))


def test_a_gap_is_not_a_fall_to_zero(make, history):
    """Without the last four days each series is continued from its last known one, at its level."""
    cut = history.filter(
        (pl.col("series") == "S0") | (pl.col("date") <= history["date"].max() - timedelta(days=4))
    )
    table = make().fit(cut).forecast(HORIZON)
    starts = dict(table.group_by("series").agg(pl.col("date").min()).iter_rows())
    assert starts["S0"] - starts["S1"] == timedelta(days=4)
    level = history.filter(pl.col("series") == "S1")["value"].mean()
    assert table.filter(pl.col("series") == "S1")["mean"].min() > level / 2


def test_series_do_not_depend_on_the_order_or_name_of_rows(make, history):
    renamed = history.with_columns(series=pl.col("series").replace({"S0": "Z0"}))
    ours, theirs = make().fit(history).forecast(HORIZON), make().fit(renamed).forecast(HORIZON)
    pairs = (("S0", "Z0"), ("S1", "S1"))
    for before, after in pairs:
        np.testing.assert_allclose(
            ours.filter(pl.col("series") == before)["mean"],
            theirs.filter(pl.col("series") == after)["mean"],
            rtol=0.05,
        )


def test_counts_that_only_fall_are_never_forecast_negative(make):
    falling = daily(120, 1, growth_per_year=-3.5, level=50)
    assert (
        make()
        .fit(falling)
        .forecast(30)
        .select((pl.col("mean") >= 0).all() & (pl.col("lower") >= 0).all())
        .item()
    )


def test_a_few_days_are_enough_to_say_something(make):
    table = make().fit(daily(9, 1)).forecast(3)
    assert table.height in (0, 3)


def test_a_model_is_fitted_before_it_forecasts(make):
    with pytest.raises(ForecastError, match="not fitted"):
        make().forecast(3)


def test_an_unknown_series_is_named(fitted, history):
    other = history.with_columns(series=pl.lit("new"), date=pl.col("date")).unique("date")
    with pytest.raises(ForecastError, match="not fitted to \\['new'\\]"):
        fitted.update(other)
    fitted.update(history)


@pytest.mark.parametrize("horizon", [0, -1, 731])
def test_a_horizon_out_of_bounds_is_refused(fitted, horizon):
    with pytest.raises(ForecastError, match="horizon"):
        fitted.forecast(horizon)


def test_what_was_stored_forecasts_the_same_numbers(fitted, history):
    others = fitted.members if isinstance(fitted, Blend) else ()
    for member in others:
        member.fit(history, NO_ERRORS)
    stored, words = save([fitted, *others])
    assert (stored, words) == save([*others, fitted])
    loaded = load(stored, words)[fitted.name]
    assert loaded.params() == fitted.params()
    assert loaded.trained_to == fitted.trained_to
    newer = pl.concat([history, daily(157).filter(pl.col("date") > history["date"].max())])
    for known in (history, newer, newer.filter(pl.col("series") == "S1")):
        for horizon in (HORIZON, 3 * HORIZON):
            expected = fitted.update(known).forecast(horizon)
            assert loaded.update(known).forecast(horizon).equals(expected)
    fitted.update(history)


def test_a_loaded_model_asks_for_a_history(fitted, history):
    others = fitted.members if isinstance(fitted, Blend) else ()
    for member in others:
        member.fit(history, NO_ERRORS)
    loaded = load(*save([fitted, *others]))[fitted.name]
    with pytest.raises(ForecastError, match="no history yet; call update"):
        loaded.forecast(3)


def test_days_of_which_nothing_is_known_can_be_forecast_from(fitted, history):
    later = history["date"].max() + timedelta(days=3)
    table = fitted.update(history, until=later).forecasts(HORIZON, [later])
    assert table["date"].min() == later + timedelta(days=1)
    assert table.height == 2 * HORIZON
    fitted.update(history)


def test_hyper_parameters_survive_a_clone(make):
    assert make().clone().params() == make().params()
