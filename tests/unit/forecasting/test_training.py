"""A training: what is tried, what is chosen, and that it is the same each time."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.conformal import PUBLISHED
from airtraffic.forecasting.files import load, save
from airtraffic.forecasting.publication import Trained, calibrated_on, published, untrained
from airtraffic.forecasting.scores import NAIVE
from airtraffic.forecasting.training import CANDIDATES, backtest_origins, blended, train
from tests.unit.forecasting.daily_samples import daily

START = date(2022, 1, 1)


def panel(days: int, series: int = 2) -> pl.DataFrame:
    names = pl.concat_str(pl.lit("airport/"), "series")
    return daily(days, series).with_columns(series=names, country=pl.lit("BR"))


@pytest.fixture(scope="module")
def history():
    return panel(80)


@pytest.fixture(scope="module")
def training(history):
    return train(history, history["date"].max())


def test_every_candidate_is_trained_and_tried_on_the_same_weeks(training, history):
    until = history["date"].max()
    assert tuple(training.models) == CANDIDATES
    assert {model.trained_to for model in training.models.values()} == {until}
    weeks = training.backtest.group_by("model").agg(pl.col("origin").unique().sort())
    assert set(weeks["model"]) == set(CANDIDATES)
    (origins,) = weeks["origin"].unique().to_list()
    assert origins == backtest_origins(START, until)
    assert {(later - earlier).days for earlier, later in pairwise(origins)} == {7}
    assert origins[0] >= START + timedelta(days=35)


def test_every_series_has_a_champion_with_its_scores_and_a_reason(training):
    rows = training.champions
    assert rows["series"].to_list() == ["airport/S0", "airport/S1"]
    assert set(rows["champion"]) <= set(CANDIDATES)
    assert (rows["error"] <= 1).all()
    assert rows["reason"].str.contains("seasonal naive").all()
    assert rows.select("mae", "mape", "vs_naive").null_count().sum_horizontal().item() == 0
    by_horizon = training.scores.filter(pl.col("champion"))
    assert by_horizon.height == 2 * 30
    assert by_horizon.select("series", "model").unique().height == 2


def test_intervals_come_from_the_errors_of_the_backtest(training):
    rows = training.backtest.filter((pl.col("model") == "blend") & pl.col("actual").is_not_null())
    errors = rows.select(
        "series", "kind", "origin", "horizon", "scale", error=pl.col("actual") - pl.col("mean")
    )
    expected = PUBLISHED.learned(errors)
    found = training.models["blend"].half_widths
    assert found.series.keys() == expected.series.keys()
    assert all((found.series[name] == expected.series[name]).all() for name in expected.series)


def test_a_blend_in_the_backtest_is_the_mean_of_its_members(training):
    rows = training.backtest.select("origin", "series", "kind", "date", "horizon", "mean", "model")
    again = blended(rows)
    kept = rows.filter(pl.col("model") == "blend").sort("origin", "series", "horizon")
    assert (again["mean"] - kept["mean"]).abs().max() < 1e-9


def test_the_same_history_in_any_order_trains_the_same_bytes(training, history):
    again = train(history.sample(fraction=1.0, shuffle=True, seed=1), history["date"].max())
    assert save(again.models.values()) == save(training.models.values())
    assert again.champions.equals(training.champions)
    assert again.scores.equals(training.scores)


def test_progress_is_told_up_to_its_end():
    told = []
    until = START + timedelta(days=29)
    train(panel(30, 1), until, progress=lambda *step: told.append(step))
    assert [step[0] for step in told] == [*range(1, len(told) + 1)]
    assert {step[1] for step in told} == {len(told)}


def test_four_weeks_are_enough_to_train_and_the_naive_is_published():
    training = train(panel(28, 1), START + timedelta(days=27))
    row = training.champions.row(0, named=True)
    assert (row["champion"], row["origins"], row["coverage"]) == (NAIVE, 0, None)
    assert "too short" in row["reason"]
    assert training.scores.is_empty()
    assert load(*save(training.models.values())).keys() == set(CANDIDATES)


def test_less_than_four_weeks_is_one_clear_error():
    with pytest.raises(ForecastError, match="of 2 series the longest has 20 known days; a training needs 28"):
        train(panel(20), START + timedelta(days=19))
    with pytest.raises(ForecastError, match="of 0 series"):
        train(panel(20).clear(), START)


def test_rows_after_the_day_of_training_are_refused(history):
    with pytest.raises(ForecastError, match="which is after 2022-02-01"):
        train(history, date(2022, 2, 1))


def trained(training, **champions: str) -> Trained:
    named = {f"airport/{name}": (model, f"{model} it is") for name, model in champions.items()}
    return Trained(training.models, named, training.trained_to, "unknown to the models")


def wanted(history: pl.DataFrame, *days: date) -> pl.DataFrame:
    return pl.DataFrame({"origin": days}).join(history.select("series").unique(), how="cross")


def test_each_series_is_published_by_its_champion_from_each_day(training, history):
    newer = panel(86)
    days = [START + timedelta(days=n) for n in (79, 82, 85)]
    rows = published(trained(training, S0="blend", S1="seasonal_fourier"), newer, wanted(newer, *days))
    assert rows.height == 3 * 2 * 30
    assert set(rows.select("series", "model", "reason").unique().iter_rows()) == {
        ("airport/S0", "blend", "blend it is"),
        ("airport/S1", "seasonal_fourier", "seasonal_fourier it is"),
    }
    model = training.models["blend"]
    alone = model.update(newer.filter(pl.col("date") <= days[1])).forecast(30)
    ours = rows.filter((pl.col("series") == "airport/S0") & (pl.col("origin") == days[1]))
    theirs = alone.filter(pl.col("series") == "airport/S0")
    assert ours.select("date", "mean", "lower", "upper").equals(
        theirs.select("date", "mean", "lower", "upper")
    )
    assert (rows["scale"] > 0).all()


def test_what_came_later_changes_no_forecast_that_was_published(training):
    known = panel(86)
    day = START + timedelta(days=81)
    champions = trained(training, S0="blend", S1="auto_ets")
    after = pl.col("date") > day
    rows = [
        published(champions, each, wanted(known, day))
        for each in (
            known.filter(~after),
            known,
            known.with_columns(value=pl.when(after).then(9999.0).otherwise("value")),
        )
    ]
    assert rows[0].equals(rows[1])
    assert rows[0].equals(rows[2])


def test_a_series_that_came_after_the_training_has_the_naive_with_the_widths_of_its_kind(training):
    young = panel(86, 3).filter(
        (pl.col("series") != "airport/S2") | (pl.col("date") > START + timedelta(days=50))
    )
    day = START + timedelta(days=85)
    rows = published(trained(training, S0="blend", S1="blend"), young, wanted(young, day))
    new = rows.filter(pl.col("series") == "airport/S2")
    assert set(new.select("model", "reason").iter_rows()) == {(NAIVE, "unknown to the models")}
    half = ((new["upper"] - new["mean"]) / new["scale"]).to_numpy()
    assert half == pytest.approx(training.models[NAIVE].half_widths.kinds["airport"])


def test_a_champion_that_cannot_forecast_yet_is_stood_in_for_by_the_naive(training):
    """AutoETS needs three weeks of days; a series that was trained has lost its early ones."""
    short = panel(86).filter(
        (pl.col("series") != "airport/S1") | (pl.col("date") > START + timedelta(days=75))
    )
    rows = published(
        trained(training, S0="blend", S1="auto_ets"), short, wanted(short, START + timedelta(days=85))
    )
    stand_in = rows.filter(pl.col("series") == "airport/S1")
    assert stand_in.height == 30
    assert set(stand_in["model"]) == {NAIVE}
    assert set(stand_in["reason"]) == {"auto_ets has no forecast yet: too few known days"}


def test_without_any_training_there_is_the_naive_and_it_says_so(history):
    day = history["date"].max()
    rows = published(
        untrained(history.filter(pl.col("date") <= calibrated_on(day))), history, wanted(history, day)
    )
    assert set(rows.select("model", "reason").iter_rows()) == {(NAIVE, "no model has been trained yet")}
    assert (rows["upper"] > rows["mean"]).all()
    empty = published(untrained(history.clear()), history, wanted(history, day))
    assert empty.height == rows.height
