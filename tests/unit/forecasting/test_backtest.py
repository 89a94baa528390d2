"""Rolling origins, scores and the choice of a champion."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.backtest import (
    residuals,
    rolling_means,
    rolling_origins,
    weekly_origins,
    with_crossed_intervals,
)
from airtraffic.forecasting.baselines import Persistence, SeasonalNaive, WeekdayMean
from airtraffic.forecasting.scores import scores
from airtraffic.forecasting.selection import champions
from tests.unit.forecasting.daily_samples import daily

END = date(2022, 1, 1) + timedelta(days=399)


@pytest.fixture(scope="module")
def history():
    return daily(400, 3)


@pytest.fixture(scope="module")
def backtest(history):
    origins = weekly_origins(END - timedelta(days=300), END - timedelta(days=20))
    every = [
        rolling_origins(model, history, origins, 14).with_columns(model=pl.lit(model.name))
        for model in (SeasonalNaive(), Persistence(), WeekdayMean())
    ]
    return pl.concat(every)


def test_every_row_stands_beside_what_came(backtest, history):
    joined = backtest.join(history, on=["series", "date"])
    assert joined.height == backtest.height
    assert (joined["actual"] == joined["value"]).all()
    assert (
        (backtest["date"] - backtest["origin"]).dt.total_days().equals(backtest["horizon"], check_names=False)
    )


def test_a_row_is_what_was_published_on_its_day(backtest, history):
    """The model refitted on the month's first origin, with the history of the origin."""
    origin = backtest["origin"].unique().sort()[20]
    known = history.filter(pl.col("date") <= origin)
    expected = WeekdayMean().fit(known, residuals=residuals(backtest.head(0))).forecast(14)
    ours = backtest.filter((pl.col("model") == "weekday_mean") & (pl.col("origin") == origin)).sort(
        "series", "horizon"
    )
    np.testing.assert_allclose(ours["mean"], expected["mean"])


def test_intervals_use_only_errors_that_had_come(history):
    """Wild days after an origin's refit do not widen its interval."""
    origins = weekly_origins(END - timedelta(days=200), END - timedelta(days=20))
    late = END - timedelta(days=60)
    wild = history.with_columns(
        value=pl.when(pl.col("date") > late).then(pl.col("value") * 3).otherwise("value")
    )
    calm, shaken = (rolling_origins(SeasonalNaive(), each, origins, 7) for each in (history, wild))
    before = pl.col("origin") <= late
    columns = ["origin", "series", "horizon", "mean", "lower", "upper"]
    assert calm.filter(before).select(columns).equals(shaken.filter(before).select(columns))
    assert not calm.filter(~before).select(columns).equals(shaken.filter(~before).select(columns))


def test_months_can_be_made_apart(history):
    origins = weekly_origins(date(2022, 8, 1), date(2022, 10, 30))
    apart = [
        rolling_means(WeekdayMean(), history, [day for day in origins if day.month == month], 7)
        for month in (8, 9, 10)
    ]
    assert pl.concat(apart).equals(rolling_means(WeekdayMean(), history, origins, 7))


def test_published_intervals_cover_what_they_claim(backtest):
    """A little more on a series that never changes: a young one is given the benefit of the doubt."""
    late = backtest.filter(pl.col("origin") > END - timedelta(days=200))
    covered = scores(late, by=["model", "series"])
    assert 0.94 < covered["coverage"].mean() < 0.99
    assert covered["coverage"].min() > 0.93


def test_scores_are_the_textbook_s():
    rows = pl.DataFrame(
        {
            "model": ["a"] * 4,
            "series": ["S"] * 4,
            "origin": [date(2024, 1, 1)] * 4,
            "horizon": [1, 2, 3, 4],
            "mean": [12.0, 8.0, 10.0, 1.0],
            "lower": [10.0, 7.0, 9.0, 0.0],
            "upper": [14.0, 9.0, 12.0, 2.0],
            "actual": [10.0, 10.0, 10.0, 0.0],
            "scale": [4.0, 4.0, 4.0, 4.0],
        }
    )
    row = scores(rows, by=["model"]).row(0, named=True)
    assert row["mae"] == pytest.approx(1.25)
    assert row["mape"] == pytest.approx(0.4 / 3), "a day without flights has no percentage"
    assert row["mase"] == pytest.approx(1.25 / 4)
    assert row["bias"] == pytest.approx(0.25)
    assert row["coverage"] == 0.75
    assert row["width"] == pytest.approx(2.75)


def test_models_are_compared_on_days_that_all_of_them_have(backtest):
    part = backtest.filter((pl.col("model") != "persistence") | (pl.col("origin") > END - timedelta(days=60)))
    counts = scores(part, by=["model"])["forecasts"]
    assert counts.n_unique() == 1
    assert scores(backtest, by=["model"]).filter(pl.col("model") == "seasonal_naive")[
        "vs_naive"
    ].item() == pytest.approx(1)


def test_the_champion_is_the_model_with_the_smallest_past_error(backtest):
    chosen = champions(backtest, END)
    assert chosen["champion"].to_list() == ["weekday_mean"] * 3
    assert chosen["reason"].str.contains("of seasonal naive's over").all()


def test_a_model_that_loses_to_naive_is_not_published(backtest):
    poor = backtest.filter(pl.col("model") != "weekday_mean")
    chosen = champions(poor, END)
    assert set(chosen["champion"]) == {"seasonal_naive"}
    assert chosen["reason"].str.contains("no model beats seasonal naive").all()


def test_days_that_had_not_come_do_not_choose(backtest):
    at = END - timedelta(days=150)
    changed = backtest.with_columns(
        actual=pl.when(pl.col("date") > at).then(pl.col("actual") * 9).otherwise("actual")
    )
    assert champions(backtest, at).equals(champions(changed, at))


def test_a_young_series_follows_its_kind(backtest):
    young = backtest.filter((pl.col("series") != "S2") | (pl.col("origin") >= backtest["origin"].max()))
    assert champions(young, END).filter(pl.col("series") == "S2")["champion"].item() == "weekday_mean"


def test_a_model_that_loses_on_a_series_is_not_published_for_it_however_its_kind_does():
    def past(name: str, ratio: float) -> pl.DataFrame:
        days = [date(2023, 1, 1) + timedelta(days=7 * week) for week in range(52)]
        return pl.concat(
            pl.DataFrame({"origin": days}).with_columns(
                series=pl.lit(name),
                kind=pl.lit("airport"),
                horizon=pl.lit(1),
                model=pl.lit(model),
                mean=pl.lit(100.0 + error),
                actual=pl.lit(100.0),
            )
            for model, error in (("seasonal_naive", 10.0), ("demand_forest", 10.0 * ratio))
        )

    backtest = pl.concat(past(f"S{number}", ratio) for number, ratio in enumerate((0.6, 0.6, 0.6, 1.04)))
    chosen = champions(backtest, date(2024, 1, 1))
    assert chosen["champion"].to_list() == ["demand_forest"] * 3 + ["seasonal_naive"]
    assert chosen["error"].to_list() == pytest.approx([0.6, 0.6, 0.6, 1.0])
    assert chosen["reason"].str.contains("MAE 0.6 of").to_list() == [True, True, True, False]


def test_intervals_of_a_quarter_come_from_the_errors_of_the_others_and_cover_what_they_promise():
    random = np.random.default_rng(3)
    days = [date(2023, 1, 1) + timedelta(days=7 * week) for week in range(52)]
    means = pl.DataFrame({"origin": days}).join(pl.DataFrame({"horizon": range(1, 31)}), how="cross")
    names = pl.DataFrame({"series": [f"S{number:02}" for number in range(20)]})
    means = names.join(means, how="cross").with_columns(
        kind=pl.lit("airport"),
        date=pl.col("origin") + pl.duration(days=pl.col("horizon")),
        mean=pl.lit(100.0),
        scale=pl.lit(10.0),
        fitted_on=pl.lit(days[0]),
    )
    means = means.with_columns(actual=100 + 10 * pl.Series(random.standard_normal(means.height)))
    made = with_crossed_intervals(means)
    assert made.height == means.height
    assert made["actual"].is_between(made["lower"], made["upper"]).mean() == pytest.approx(0.965, abs=0.015)
    last = pl.col("origin") >= days[39]
    wild = means.with_columns(actual=pl.when(last).then(500.0).otherwise("actual"))
    kept = [
        table.filter(last).sort("series", "origin", "horizon")
        for table in (made, with_crossed_intervals(wild))
    ]
    assert kept[0]["upper"].equals(kept[1]["upper"]), "a quarter does not judge itself"


def test_origins_outside_the_history_are_refused(history):
    with pytest.raises(ForecastError, match="lie outside"):
        rolling_origins(SeasonalNaive(), history, [END + timedelta(days=1)])
    with pytest.raises(ForecastError, match="no origin"):
        rolling_origins(SeasonalNaive(), history, [])
