"""What another model, or more or fewer flights, would make of a forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from airtraffic.forecasting.backtest import residuals, rolling_means, with_crossed_intervals
from airtraffic.forecasting.baselines import SeasonalNaive
from airtraffic.forecasting.contract import Forecaster
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.scores import scores
from airtraffic.forecasting.training import HORIZON, backtest_origins, pooled_kinds

ENDS = ("mean", "lower", "upper")
REFIT_DAYS = 182
"""Half as often as a training does: somebody waits for it, and a forest takes 5 s a fit."""


@dataclass(frozen=True)
class Alternative:
    """Another forecast of a series.

    ``forecast``: target_date, horizon, mean, lower, upper. [1/d] ``scores``: of its backtest on the series, as
    ``scores.scores`` has them with vs_naive; None where the history is too short for one.
    """

    forecast: pl.DataFrame
    scores: dict[str, Any] | None


def alternative(model: Forecaster, history: pl.DataFrame, series: str, day: date) -> Alternative:
    """What a model says of a series, trained on all series that are given.

    It is tried on weekly origins of the last year, as the published candidates are but refitted every 182 days,
    and its interval comes from these errors.

    Parameters
    ----------
    model
        Untrained.
    history
        series, kind, country, date and value; no row later than ``day``.

    Raises
    ------
    ForecastError
        The history cannot be read, or is too short for the model.
    """
    from threadpoolctl import threadpool_limits

    # As in a training: the same rounding on any number of cores, and no thread that waits for another.
    with threadpool_limits(1, user_api="blas"):
        return _alternative(model, pooled_kinds(history).drop_nulls("value"), series, day)


def _alternative(model: Forecaster, history: pl.DataFrame, series: str, day: date) -> Alternative:
    panel = Panel.of(history)
    origins = [each for each in backtest_origins(panel.start, day) if each <= panel.end]
    judged = None
    if origins:
        means = _means(model, history, origins)
        errors = residuals(means)
        judged = _judged(pl.concat([means, _means(SeasonalNaive(), history, origins)]), series)
        model.fit(history, errors)
    else:
        model.fit(history)
    model.update(history, day)
    rows = model.forecasts(HORIZON, [day]).filter(pl.col("series") == series)
    return Alternative(rows.select("horizon", *ENDS, target_date="date"), judged)


def grown(forecast: pl.DataFrame, percent: float) -> pl.DataFrame:
    """A forecast and its interval with more or fewer flights. ``percent``: of what is forecast. [%]"""
    return forecast.with_columns(pl.col(ENDS) * (1 + percent / 100))


def beside(champion: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Both forecasts of each day and the difference: mean_percent is what the other's mean is above. [%]"""
    both = champion.select("target_date", "horizon", *ENDS).join(
        other.select("target_date", *(pl.col(end).alias(f"other_{end}") for end in ENDS)), on="target_date"
    )
    change = pl.when(pl.col("mean") > 0).then(100 * (pl.col("other_mean") / pl.col("mean") - 1))
    return both.with_columns(mean_percent=change).sort("target_date")


def _means(model: Forecaster, history: pl.DataFrame, origins: Sequence[date]) -> pl.DataFrame:
    rows = rolling_means(model, history, list(origins), HORIZON, refit_days=REFIT_DAYS)
    return rows.with_columns(model=pl.lit(model.name))


def _judged(means: pl.DataFrame, series: str) -> dict[str, Any] | None:
    """Scores of the series, with intervals as a training judges them."""
    parts = [
        with_crossed_intervals(part.drop("model")).with_columns(model=pl.lit(name))
        for (name,), part in means.partition_by("model", as_dict=True).items()
    ]
    rows = pl.concat(parts).filter(pl.col("series") == series)
    found = scores(rows, by=["model"]).filter(pl.col("model") != SeasonalNaive.name)
    return next(found.iter_rows(named=True), None)
