"""What every forecaster of congestion promises."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_baselines import BASELINES, LastCount, TrainingMedian
from airtraffic.forecasting.congestion_files import load, save
from airtraffic.forecasting.congestion_intervals import learned_from
from airtraffic.forecasting.congestion_lstm import CongestionLSTM
from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_promotion import backtest, decided, direction_scores, errors
from airtraffic.forecasting.congestion_zones import Quadrants

from .congestion_samples import at, recorded, row, rows, simulated, until

SMALL = {"epochs": 3, "presence_epochs": 2, "presence_rows": 20_000, "hidden": 8}
TRAINED_MIN = 120
MODELS = ("lstm", *(baseline.name for baseline in BASELINES))


def make(name: str, **other):
    if name == "lstm":
        return CongestionLSTM(**{"zones": Quadrants(), **SMALL, **other})
    return {each.name: each for each in BASELINES}[name](zones=Quadrants(), **other)


@pytest.fixture(scope="module")
def fitted():
    """One of each, trained on two hours; ``update`` gives a test the polls that it wants."""
    made = {name: make(name).fit(until(simulated(), TRAINED_MIN)) for name in MODELS}
    return lambda name, rows_=None: made[name].update(simulated() if rows_ is None else rows_)


@pytest.mark.parametrize("name", MODELS)
def test_the_table_has_every_zone_and_horizon_and_nothing_negative(fitted, name):
    table = fitted(name).forecast(5)
    assert table.columns == [
        "issued_at",
        "zone",
        "horizon",
        "target_at",
        "mean",
        "lower",
        "upper",
        "basis",
    ]
    assert table.select("zone", "horizon").n_unique() == table.height == 4 * 5
    assert (table["target_at"] - table["issued_at"] == table["horizon"] * timedelta(minutes=1)).all()
    assert table.select((pl.col("lower") >= 0) & (pl.col("lower") <= pl.col("mean"))).to_series().all()
    assert (table["upper"] >= table["mean"]).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_forecast_never_sees_a_later_poll(fitted, name):
    late = fitted(name).forecast(12, origin=at(140))
    early = fitted(name, until(simulated(), 141)).forecast(12)
    np.testing.assert_allclose(late["mean"], early["mean"], atol=1e-5)
    issued = fitted(name).issues([at(140)])
    assert issued.equals(fitted(name, until(simulated(), 141)).issues([at(140)]))


@pytest.mark.parametrize("name", MODELS)
def test_many_origins_at_once_say_what_each_says_alone(fitted, name):
    model = fitted(name)
    origins = [at(130), at(140), at(150)]
    together = model.forecasts(6, origins)
    alone = pl.concat([model.forecast(6, origin) for origin in origins])
    np.testing.assert_allclose(together["mean"], alone["mean"], atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_not_fitted_is_said(name):
    with pytest.raises(ForecastError, match=r"call fit"):
        make(name).forecast(3)


def test_the_same_seed_gives_the_same_numbers(fitted):
    again = make("lstm").fit(until(simulated(), TRAINED_MIN)).update(simulated())
    assert again.forecast(3).equals(fitted("lstm").forecast(3))


def test_models_given_the_same_positions_share_what_was_learned_of_the_aircraft(fitted):
    positions = Positions.of(until(simulated(), TRAINED_MIN))
    first = make("lstm", epochs=0).fit(positions)
    second = make("lstm", epochs=0, dropout=0.4).fit(positions)
    assert second.presence is first.presence
    assert first.presence.digest == fitted("lstm").presence.digest


def test_the_scaler_and_the_zones_follow_the_training_part_only(fitted):
    history = until(simulated(), TRAINED_MIN)
    learn = learned_from(Polls.of(history))
    checked_from = at(float(np.flatnonzero(~learn)[0]))
    changed = history.with_columns(
        velocity=pl.when(pl.col("snapshot_at") >= checked_from).then(1.0).otherwise(pl.col("velocity")),
        on_ground=(pl.col("snapshot_at") >= checked_from) | pl.col("on_ground"),
    )
    other, model = make("lstm", epochs=0).fit(changed), fitted("lstm")
    for name in ("numbers", "zone_mean", "zone_median", "threshold", "mean", "spread", "shares"):
        np.testing.assert_array_equal(getattr(other, name), getattr(model, name), name)


def test_after_a_gap_the_model_waits_for_a_full_window(fitted):
    missing = simulated().filter(~pl.col("snapshot_at").is_between(at(150), at(153)))
    model = fitted("lstm", missing)
    origins = [at(minute) for minute in (149, 154, 155, 158, 159)]
    basis = model.forecasts(3, origins).group_by("issued_at", maintain_order=True).agg(pl.first("basis"))
    assert basis["basis"].to_list() == ["lstm", "persistence", "persistence", "persistence", "lstm"]


def test_a_model_comes_back_from_its_files_and_says_the_same(fitted, tmp_path):
    models = [fitted(name) for name in MODELS]
    save(models, tmp_path / "model")
    assert sorted(path.suffix for path in (tmp_path / "model").iterdir()) == [".json", ".safetensors"]
    for model in models:
        again = load(tmp_path / "model")[model.name].update(simulated())
        assert again.forecast(12).equals(model.forecast(12))
        assert again.issues().equals(model.issues())
    (tmp_path / "model" / "model.json").write_text('{"format": 2, "models": {"other": {}}}')
    with pytest.raises(ForecastError, match="'other'"):
        load(tmp_path / "model")


def test_thirty_minutes_are_simulated_from_polls_that_have_not_come(fitted):
    table = fitted("lstm").forecast(30, origin=at(140))
    assert table["horizon"].max() == 30
    assert table["mean"].is_finite().all()
    came = fitted("lstm").seen.counts.aircraft.sum(axis=1)
    assert table.filter(pl.col("horizon") == 30)["mean"].sum() == pytest.approx(came[170], rel=0.4)
    direct = fitted("lstm").forecast(3, origin=at(140))
    np.testing.assert_allclose(table.filter(pl.col("horizon") <= 3)["mean"], direct["mean"], atol=1e-4)


def test_the_trained_network_errs_no_more_on_the_checks_than_the_untrained_one(fitted):
    course = fitted("lstm").course
    assert course[0]["epoch"] == 0
    assert min(each["validation"] for each in course) <= course[0]["validation"]


def test_errors_stand_beside_the_best_baseline_and_decide_what_is_published(fitted):
    table = errors(fitted("lstm"), at(TRAINED_MIN), (1, 3))
    best = table.select(pl.min_horizontal("persistence", "zeros", "training_median")).to_series()
    np.testing.assert_allclose(table["ratio"], table["mae"] / best)
    backtests = backtest({name: fitted(name) for name in MODELS}, at(TRAINED_MIN))
    mine = backtests.filter(pl.col("model") == "lstm", pl.col("horizon").is_in([1, 3]))
    np.testing.assert_allclose(mine["mae"], table["mae"])
    assert backtests.filter(pl.col("horizon") == 30)["up_base_rate"].is_not_null().all()
    assert (backtests["coverage"] > 0.8).sum() > 8
    (decision,) = decided(backtests, 3, 30)
    promoted = table.filter(pl.col("horizon") == 3)["ratio"][0] < 1
    assert (decision.promoted, decision.model == "lstm") == (promoted, promoted)
    (beaten,) = decided(backtests.with_columns(mae=pl.col("mae") + 9 * (pl.col("model") == "lstm")), 3, 30)
    assert (beaten.promoted, beaten.model) == (False, table["best"][1])
    assert "is not published" in beaten.reason


def test_directions_are_scored_for_each_class(fitted):
    table = direction_scores(fitted("lstm"), at(TRAINED_MIN))
    assert table["direction"].to_list() == ["down", "flat", "up"]
    assert table["base_rate"].sum() == pytest.approx(1)


def test_cells_with_little_traffic_are_left_out():
    history = until(simulated(), TRAINED_MIN)
    many = LastCount(least_aircraft=0.1).fit(history)
    few = LastCount(least_aircraft=1.0).fit(history)
    assert 0 < len(few.numbers) < len(many.numbers)
    assert few.zone_mean.min() >= 1


def test_a_median_is_the_median_of_the_training_part():
    sample = rows(*(row(minute, f"e490{number:02}") for minute in range(9) for number in range(minute + 1)))
    model = TrainingMedian(zones=Quadrants()).fit(sample)
    assert model.forecast(1)["mean"].to_list() == [5.0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"lookback": 0}, "lookback is 0"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"far_min": 0}, "far_min is 0"),
        ({"least_aircraft": -1}, "least_aircraft is -1"),
    ],
)
def test_a_wrong_argument_is_named_at_once(arguments, words):
    with pytest.raises(ForecastError, match=words):
        CongestionLSTM(**arguments)


def test_no_traffic_and_too_few_polls_are_said():
    with pytest.raises(ForecastError, match="no zone averages"):
        LastCount(zones=Quadrants()).fit(rows(row(0, on_ground=True)))
    with pytest.raises(ForecastError, match="no 7 polls follow one another"):
        make("lstm").fit(rows(row(0), row(1), row(2)))


def test_quadrants_of_a_simulated_afternoon_are_forecast_better_than_by_their_last_counts(fitted):
    table = errors(fitted("lstm"), at(TRAINED_MIN), (3,))
    assert table["ratio"][0] < 1


@pytest.mark.recordings
def test_quadrants_of_a_recorded_afternoon_are_forecast_better_than_by_the_best_baseline(recordings: Path):
    polls = recorded(recordings)["snapshot_at"].unique().sort()
    since = polls[int(0.7 * len(polls))]
    model = CongestionLSTM(zones=Quadrants(), presence_epochs=6, epochs=12)
    model.fit(recorded(recordings).filter(pl.col("snapshot_at") < since)).update(recorded(recordings))
    assert errors(model, since, (3,))["ratio"][0] <= 0.9
