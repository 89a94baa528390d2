"""What is published of the next polls and, judged by itself, of the far one."""

import polars as pl
import pytest

from airtraffic.forecasting.congestion_baselines import LastCount, NoAircraft, TrainingMedian
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_promotion import UNJUDGED, Decision, Far, decided
from airtraffic.forecasting.congestion_publication import COVERED, NO_MODEL, published, unlearned
from airtraffic.forecasting.congestion_zones import Quadrants

from .congestion_samples import at, row, rows

UP = {"up_base_rate": 0.2, "up_precision": 0.5, "down_base_rate": 0.2, "down_precision": 0.5}


def judged(near: float, far: float | None, **shares: float | None) -> pl.DataFrame:
    """A backtest in which persistence errs by 1 and the median by 0.8 at 30 polls, the LSTM as told."""
    nothing = dict.fromkeys(UP)
    told = [
        ("lstm", 3, near, nothing),
        ("persistence", 3, 1.0, nothing),
        ("lstm", 30, far, UP | shares),
        ("persistence", 30, 1.0, nothing),
        ("training_median", 30, 0.8, nothing),
    ]
    made = [
        {"zone_group": "quadrants", "model": name, "horizon": polls, "cases": 9, "mae": mae} | other
        for name, polls, mae, other in told
        if far is not None or polls == 3
    ]
    return pl.DataFrame(made, infer_schema_length=None)


def test_the_far_horizon_is_decided_by_itself():
    (decision,) = decided(judged(near=0.5, far=3.7), 3, 30)
    assert (decision.model, decision.promoted) == ("lstm", True)
    assert (decision.far.model, decision.far.promoted, decision.far.called) == ("training_median", False, ())
    assert "at 30 polls" in decision.far.reason
    assert "no direction is called" in decision.far.reason
    (other,) = decided(judged(near=2.0, far=0.5), 3, 30)
    assert (other.model, other.far.model, other.any_promoted) == ("persistence", "lstm", True)
    assert other.far.called == ("up", "down")
    (short,) = decided(judged(near=0.5, far=None), 3, 30)
    assert short.far == UNJUDGED


@pytest.mark.parametrize(
    ("precision", "words"), [(0.2, "precision 0.200, base rate 0.200"), (None, "it never was")]
)
def test_a_direction_no_better_than_its_base_rate_is_not_called(precision, words):
    (decision,) = decided(judged(0.5, 0.5, up_precision=precision), 3, 30)
    assert decision.far.called == ("down",)
    assert f"up is not called: {words}" in decision.far.reason


def growing(polls: int) -> pl.DataFrame:
    """An aircraft more every poll."""
    return rows(*(row(minute, f"e49{number:03}") for minute in range(polls) for number in range(minute + 1)))


@pytest.mark.parametrize("called", [(), ("up",), ("down",)])
def test_rows_of_the_far_horizon_have_its_model_its_reason_and_only_called_directions(called):
    history = Positions.of(growing(50))
    models = {
        each.name: each(zones=Quadrants(), least_aircraft=0).fit(history)
        for each in (LastCount, NoAircraft, TrainingMedian)
    }
    far = Far("zeros", False, called, "of the far one")
    decision = Decision("quadrants", "training_median", False, "of the next", far)
    made = published(models, [decision], history, [at(45), at(46)])
    assert made.select("horizon", "model", "reason").unique().sort("horizon").rows() == [
        *((polls, "training_median", "of the next") for polls in (1, 2, 3)),
        (30, "zeros", "of the far one"),
    ]
    told = made.filter(pl.col("horizon") == 30)
    # Zeros expect a fall.
    way = "down" if called == ("down",) else "flat"
    assert set(told.select("direction", "significant").iter_rows()) == {(way, way == "down")}
    assert made.filter(pl.col("horizon") < 30)["direction"].is_null().all()


def test_rows_have_the_coverage_of_what_says_them_at_their_horizon_and_null_where_it_was_not_judged():
    class Waiting(TrainingMedian):
        name, lookback = "training_median", 6

    history = Positions.of(growing(50))
    arguments = {"zones": Quadrants(), "least_aircraft": 0}
    models = {each.name: each(**arguments).fit(history) for each in (LastCount, Waiting)}
    judged = [("training_median", 1, 0.9), ("training_median", 30, 0.8), ("persistence", 1, 0.97)]
    told = [("quadrants", *each) for each in judged] + [("sectors", *each[:2], 0.5) for each in judged]
    coverage = pl.DataFrame(told, schema=COVERED, orient="row")
    decision = Decision(
        "quadrants", "training_median", False, "near", Far("training_median", False, (), "far")
    )
    made = published(models, [decision], history, [at(2), at(45)], coverage)
    found = (
        made.select("issued_at", "horizon", "basis", "backtest_coverage")
        .unique()
        .sort("issued_at", "horizon")
    )
    assert found.rows() == [
        *(
            (at(2), polls, "persistence", share)
            for polls, share in ((1, 0.97), (2, None), (3, None), (30, None))
        ),
        *(
            (at(45), polls, "training_median", share)
            for polls, share in ((1, 0.9), (2, None), (3, None), (30, 0.8))
        ),
    ]
    assert published(models, [decision], history, [at(45)])["backtest_coverage"].is_null().all()


@pytest.mark.parametrize(("polls", "words"), [(1, "assumed errors"), (30, "errors of the hour before")])
def test_the_last_count_says_whose_errors_its_intervals_come_from(polls, words):
    arguments = {"zones": Quadrants(), "least_aircraft": 0}
    made = unlearned(arguments, Positions.of(growing(polls)), Positions.of(growing(31)), [at(30)], NO_MODEL)
    (reason,) = made["reason"].unique()
    assert reason.startswith(NO_MODEL)
    assert words in reason
