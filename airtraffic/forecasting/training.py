"""A training of the daily models: backtest, champions, and every candidate fitted to all that is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.backtest import MIN_DAYS, residuals, rolling_means, with_crossed_intervals
from airtraffic.forecasting.baselines import SeasonalNaive, WeekdayMean
from airtraffic.forecasting.blend import Blend
from airtraffic.forecasting.classical import AutoETS
from airtraffic.forecasting.conformal import PUBLISHED, RESIDUALS
from airtraffic.forecasting.contract import Forecaster, State
from airtraffic.forecasting.forest import DemandForest
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.regimes import regimes
from airtraffic.forecasting.scores import NAIVE, scores
from airtraffic.forecasting.seasonal import SeasonalFourier
from airtraffic.forecasting.selection import champions
from airtraffic.forecasting.workers import each_done

HORIZON = 30
CANDIDATES = (NAIVE, "weekday_mean", "auto_ets", "seasonal_fourier", "demand_forest", "blend")
"""What can become champion."""
BLENDED = ("demand_forest", "auto_ets")
BACKTEST_DAYS = 364
REFIT_DAYS = 91
"""Four fits for a year of weekly origins: a fifth of what fitting monthly takes."""
TREES = 100
FIRST_ORIGIN_DAYS = 35
"""Days of history before the first origin."""
WORTH_A_PROCESS = 12
"""Series from which on another process, which takes 3 s to start, is faster. AutoETS takes .2 s a series and fit."""
_ROWS = {
    **{"origin": pl.Date, "series": pl.String, "kind": pl.String, "date": pl.Date, "horizon": pl.Int64},
    **dict.fromkeys(("mean", "lower", "upper", "actual", "scale"), pl.Float64),
    **{"model": pl.String, "fitted_on": pl.Date},
}
NO_ERRORS = pl.DataFrame(schema=RESIDUALS)

Progress = Callable[[int, int, str], None]
"""Steps done, steps of all, and what was done last."""


@dataclass(frozen=True)
class Training:
    """What a day of training gives.

    ``models``: by name, fitted to all of the history, with intervals. ``backtest``: rows of
    ``backtest.rolling_origins`` with a column model. ``champions``: series, champion, error, origins, reason, the
    champion's scores and notes on the history. ``scores``: per series, model and horizon.
    """

    trained_to: date
    models: dict[str, Forecaster]
    backtest: pl.DataFrame
    champions: pl.DataFrame
    scores: pl.DataFrame


def candidates(history: pl.DataFrame, trees: int = TREES) -> dict[str, Forecaster]:
    """The models that are trained, by name; a blend of two of them comes on top.

    ``history``: series and country, whose holidays the forest knows. ``trees``: of the forest.
    """
    countries = history.drop_nulls("country").unique("series", keep="last", maintain_order=True)
    known = dict(countries.select("series", "country").sort("series").iter_rows())
    made = (
        SeasonalNaive(),
        WeekdayMean(),
        AutoETS(),
        SeasonalFourier(),
        DemandForest(trees=trees, countries=known),
    )
    return {model.name: model for model in made}


def pooled_kinds(history: pl.DataFrame) -> pl.DataFrame:
    """The history with the kind that a series is compared with: overflights are not departures.

    >>> names = ["airport/SKBO", "country/ED/total"]
    >>> pooled_kinds(pl.DataFrame({"series": names, "kind": ["airport", "country"]}))["kind"].to_list()
    ['airport', 'country/total']
    """
    part = pl.col("series").str.extract("^[^/]+/.*(/[^/]+)$")
    return history.with_columns(kind=pl.concat_str("kind", part.fill_null("")))


def backtest_origins(start: date, until: date) -> list[date]:
    """A day a week of the year before ``until``, less where the history is short.

    >>> [len(backtest_origins(date(2023, 1, 1), date(2023, 1, 1) + timedelta(days=days))) for days in (40, 50, 900)]
    [0, 2, 52]
    """
    first = max(until - timedelta(days=BACKTEST_DAYS), start + timedelta(days=FIRST_ORIGIN_DAYS))
    return [until - timedelta(days=7 * week) for week in range(1, (until - first).days // 7 + 1)][::-1]


def train(
    history: pl.DataFrame,
    until: date,
    *,
    refit_days: int = REFIT_DAYS,
    trees: int = TREES,
    workers: int = 1,
    progress: Progress | None = None,
) -> Training:
    """Learn from what was known on the evening of ``until``.

    Every candidate is tried on weekly origins of the last year, refitted now and then to what was known then;
    by these the champions are chosen, and from these errors come the intervals. Then each is fitted to all.

    Parameters
    ----------
    history
        series, kind, country, date and value; no row later than ``until``.
    refit_days
        How often in the backtest. Seldom is fast, and blames the models for what they could have learned. [d]
    trees
        Of the forest.
    workers
        Processes to use where there are series enough. The result does not depend on it.

    Raises
    ------
    ForecastError
        No series has the 28 known days that a forecast is tried on, or rows are later than ``until``.
    """
    history = _checked(pooled_kinds(history), until)
    panel = Panel.of(history)
    models = candidates(history, trees)
    origins = [day for day in backtest_origins(panel.start, until) if day <= panel.end]
    groups = _refits(origins, refit_days)
    jobs = _jobs(models, history, groups)
    total = len(jobs) + (len(CANDIDATES) if groups else 0)
    workers = workers if len(panel.series) >= WORTH_A_PROCESS else 1
    done: dict[tuple[str, int], Any] = {}
    for key, result in each_done(jobs, workers):
        done[key] = result
        _tell(progress, len(done), total, key[0])
    means = [done[key] for key in sorted(done) if key[1] < len(groups)]
    backtest = _judged(means, workers, lambda made, name: _tell(progress, len(jobs) + made, total, name))
    for name, model in models.items():
        model.take_state(*done[name, len(groups)]).update(history, until)
    models["blend"] = Blend.of(*(models[name] for name in BLENDED)).update(history, until)
    for name, model in models.items():
        model.half_widths = PUBLISHED.learned(residuals(backtest.filter(pl.col("model") == name)))
    chosen = _chosen(backtest, panel, until)
    by_horizon = scores(backtest, ("series", "model", "horizon")).join(
        chosen.select("series", "champion"), on="series", maintain_order="left"
    )
    by_series = scores(backtest, ("series", "model")).rename({"model": "champion"})
    return Training(
        until,
        {name: models[name] for name in CANDIDATES},
        backtest,
        chosen.join(by_series, on=["series", "champion"], how="left", maintain_order="left"),
        by_horizon.with_columns(champion=pl.col("champion") == pl.col("model")),
    )


def blended(means: pl.DataFrame) -> pl.DataFrame:
    """Mean of the members' rows of ``rolling_means``; where one has none, the others'."""
    day = [name for name in means.columns if name not in ("mean", "model")]
    members = means.filter(pl.col("model").is_in(BLENDED))
    mean = members.group_by(day).agg(pl.col("mean").mean()).with_columns(model=pl.lit("blend"))
    return mean.select(means.columns).sort("origin", "series", "horizon")


def _checked(history: pl.DataFrame, until: date) -> pl.DataFrame:
    known = history.drop_nulls("value")
    days = known.group_by("series").len()["len"]
    longest = days.max() or 0
    if longest < MIN_DAYS:
        raise ForecastError(
            f"too little is known up to {until}: of {len(days)} series the longest has {longest} known days; a "
            f"training needs {MIN_DAYS}"
        )
    if known["date"].max() > until:
        raise ForecastError(f"the history has rows of {known['date'].max()}, which is after {until}")
    return known


def _refits(origins: Sequence[date], refit_days: int) -> list[list[date]]:
    groups: dict[int, list[date]] = {}
    for day in origins:
        groups.setdefault((day - origins[0]).days // refit_days, []).append(day)
    return list(groups.values())


def _jobs(
    models: dict[str, Forecaster], history: pl.DataFrame, groups: list[list[date]]
) -> dict[tuple[str, int], Callable[[], Any]]:
    """A step for each model and refit, and one, numbered last, that fits it to all."""
    jobs: dict[tuple[str, int], Callable[[], Any]] = {}
    # The slow ones first, so that no process waits for the last of them.
    for name in sorted(models, key=lambda each: each not in BLENDED):
        for number, days in enumerate(groups):
            jobs[name, number] = partial(_means, models[name], history, days)
        jobs[name, len(groups)] = partial(_fitted, models[name], history)
    return jobs


def _means(model: Forecaster, history: pl.DataFrame, origins: list[date]) -> pl.DataFrame:
    known = history.filter(pl.col("date") <= origins[-1] + timedelta(days=HORIZON))
    means = rolling_means(model, known, origins, HORIZON, refit_days=BACKTEST_DAYS)
    return means.with_columns(model=pl.lit(model.name))


def _fitted(model: Forecaster, history: pl.DataFrame) -> State:
    return model.fit(history, NO_ERRORS).state()


def _judged(parts: list[pl.DataFrame], workers: int, tell: Callable[[int, str], None]) -> pl.DataFrame:
    """The backtest with intervals like those that are published."""
    if not parts:
        return pl.DataFrame(schema=_ROWS)
    means = pl.concat(parts)
    means = pl.concat([means, blended(means)])
    jobs = {
        (name, 0): partial(_with_intervals, part)
        for (name,), part in means.partition_by("model", as_dict=True).items()
    }
    done = {}
    for (name, _), rows in each_done(jobs, workers):
        done[name] = rows
        tell(len(done), f"intervals of {name}")
    return pl.concat(done[name] for name in sorted(done))


def _with_intervals(means: pl.DataFrame) -> pl.DataFrame:
    return with_crossed_intervals(means.drop("model")).with_columns(model=pl.lit(means["model"][0]))


def _chosen(backtest: pl.DataFrame, panel: Panel, until: date) -> pl.DataFrame:
    """The champion of every series; one without any past is continued by the naive."""
    every = pl.DataFrame({"series": panel.series}, schema={"series": pl.String})
    found = champions(backtest, until).drop("kind")
    notes: dict[str, list[str]] = {name: [] for name in panel.series}
    for regime in regimes(panel):
        notes[regime.series].append(regime.sentence())
    return every.join(found, on="series", how="left", maintain_order="left").with_columns(
        champion=pl.col("champion").fill_null(NAIVE),
        error=pl.col("error").fill_null(1.0),
        origins=pl.col("origins").fill_null(0),
        reason=pl.col("reason").fill_null("no past forecast to judge by: its history is too short"),
        notes=pl.Series(list(notes.values()), dtype=pl.List(pl.String)),
    )


def _tell(progress: Progress | None, done: int, total: int, what: str) -> None:
    if progress:
        progress(done, total, what)
