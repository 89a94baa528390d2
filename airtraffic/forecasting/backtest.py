"""Forecasts as they would have been made: rolling origins, and how far off they were."""

from datetime import date, timedelta
from itertools import groupby

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.conformal import PUBLISHED, RESIDUALS, ConformalIntervals, HalfWidths, local_scale
from airtraffic.forecasting.contract import Forecaster, paths_table
from airtraffic.forecasting.panel import Panel

MIN_DAYS = 28
"""Known days before the first origin of a series. [d]"""
CROSSED = 4
"""Parts of a backtest that judge each other's intervals."""
APART_DAYS = 29
"""Forecasts of origins that lie this near share days. [d]"""
COLUMNS = (
    "origin",
    "series",
    "kind",
    "date",
    "horizon",
    "mean",
    "lower",
    "upper",
    "actual",
    "scale",
    "fitted_on",
)


def weekly_origins(first: date, last: date) -> list[date]:
    """One day a week from ``first`` to ``last``.

    >>> [day.day for day in weekly_origins(date(2024, 1, 1), date(2024, 1, 20))]
    [1, 8, 15]
    """
    return [first + timedelta(days=7 * week) for week in range((last - first).days // 7 + 1)]


def rolling_origins(
    model: Forecaster,
    history: pl.DataFrame,
    origins: list[date],
    horizon: int = 30,
    *,
    past: pl.DataFrame | None = None,
    refit_days: int | None = None,
) -> pl.DataFrame:
    """What ``model`` would have published on each origin, beside what came.

    The model is fitted anew at the first origin of every month (or every ``refit_days``), to what was known
    then; from the month's other origins it continues the newer history. Its intervals come from the errors
    of earlier origins whose day had come at the refit, and from ``past``.

    Returns
    -------
    pl.DataFrame
        origin, series, kind, date, horizon, mean, lower, upper, actual (null in a gap), scale and fitted_on.

    Raises
    ------
    ForecastError
        No origin was given, or one lies outside the history.
    """
    means = rolling_means(model, history, origins, horizon, refit_days=refit_days)
    return with_intervals(means, past=past)


def rolling_means(
    model: Forecaster,
    history: pl.DataFrame,
    origins: list[date],
    horizon: int = 30,
    *,
    refit_days: int | None = None,
) -> pl.DataFrame:
    """As ``rolling_origins`` without the intervals, whose months can be made apart and put together."""
    panel = Panel.of(history)
    if not origins:
        raise ForecastError("no origin to forecast from")
    if min(origins) < panel.start or max(origins) > panel.end:
        raise ForecastError(
            f"origins from {min(origins)} to {max(origins)} lie outside the history, "
            f"which has {panel.start} to {panel.end}"
        )
    first = min(origins)

    def refit(day: date) -> tuple[int, ...] | int:
        return (day - first).days // refit_days if refit_days else (day.year, day.month)

    groups = [list(group) for _, group in groupby(sorted(origins), key=refit)]
    return pl.concat(
        _continued(model.clone(), panel, np.array([panel.column(day) for day in group]), horizon)
        for group in groups
    )


def with_intervals(
    means: pl.DataFrame,
    past: pl.DataFrame | None = None,
    intervals: ConformalIntervals = PUBLISHED,
) -> pl.DataFrame:
    """Put lower and upper beside rolling means of one model, each fit's from errors that had come by then."""
    every = pl.concat([residuals(means), *([past.select(list(RESIDUALS))] if past is not None else [])])
    every = every.with_columns(came=pl.col("origin") + pl.duration(days=pl.col("horizon")))
    return pl.concat(
        _widened(part, intervals.learned(every.filter(pl.col("came") <= fitted_on)))
        for (fitted_on,), part in means.partition_by("fitted_on", as_dict=True, maintain_order=True).items()
    )


def with_crossed_intervals(means: pl.DataFrame) -> pl.DataFrame:
    """Put lower and upper beside rolling means of one model, each quarter's from the errors of the other quarters.

    So every day is judged by intervals made of about as many errors as those that are published, none of them
    of an origin within 30 days of its quarter. With those of the past alone, a year's first intervals come from few
    errors, are wider than what is published, and make its coverage look better than it will be.
    """
    errors = residuals(means)
    parts = []
    for group in np.array_split(means["origin"].unique().sort().to_numpy(), CROSSED):
        if not len(group):
            continue
        inside = pl.col("origin").is_between(group[0].item(), group[-1].item())
        near = pl.col("origin").is_between(
            group[0].item() - timedelta(days=APART_DAYS), group[-1].item() + timedelta(days=APART_DAYS)
        )
        parts.append(_widened(means.filter(inside), PUBLISHED.learned(errors.filter(~near))))
    return pl.concat(parts)


def _widened(part: pl.DataFrame, learned: HalfWidths) -> pl.DataFrame:
    names = part.select("series", "kind").unique("series").sort("series")
    half = learned.of(names["series"].to_list(), names["kind"].to_list(), part["horizon"].max())
    row = part["series"].cast(pl.Enum(names["series"].to_list())).to_physical().to_numpy()
    width = pl.Series(half[row, part["horizon"].to_numpy() - 1]) * part["scale"]
    widened = part.with_columns(
        lower=(part["mean"] - width).clip(lower_bound=0.0), upper=part["mean"] + width
    )
    return widened.select(COLUMNS)


def _continued(model: Forecaster, panel: Panel, columns: np.ndarray, horizon: int) -> pl.DataFrame:
    """Train at the first column, continue from all."""
    known = panel.known_days(columns[:1])[:, 0]
    kept = panel.rows(known > 0)
    model._train(kept.until(columns[0]))
    mean = model.paths(kept, columns, horizon)
    mean[kept.known_days(columns) < MIN_DAYS] = np.nan
    table = paths_table(kept, columns, mean, np.zeros_like(mean)).drop("lower", "upper")
    row, at, step = np.nonzero(~np.isnan(mean))
    target = columns[at] + step + 1
    inside = target < panel.values.shape[1]
    actual = np.where(inside, kept.values[row, np.where(inside, target, 0)], np.nan)
    return table.with_columns(
        kind=pl.Series(kept.kinds, dtype=pl.String).gather(row),
        actual=pl.Series(actual).fill_nan(None),
        scale=pl.Series(local_scale(kept, columns)[row, at]),
        fitted_on=pl.lit(panel.day(columns[0])),
    )


def residuals(backtest: pl.DataFrame) -> pl.DataFrame:
    """Errors of past forecasts, as intervals are made from them; a gap has none."""
    return (
        backtest.filter(pl.col("actual").is_not_null())
        .with_columns(error=pl.col("actual") - pl.col("mean"))
        .select(pl.col(name).cast(kind) for name, kind in RESIDUALS.items())
    )


def calibration(model: Forecaster, panel: Panel) -> pl.DataFrame:
    """Errors of ``model`` on the last year of a history, refitted a few times to what came before.

    A history that is shorter than two years is tried out on its second half.
    """
    days = panel.values.shape[1]
    furthest = min(30, max((days - MIN_DAYS) // 2, 1))
    begin = max(days - 1 - 7 * model.calibration_weeks - furthest, days // 2, MIN_DAYS)
    columns = np.arange(begin, days - 1, 7)
    if len(columns) == 0:
        return pl.DataFrame(schema=RESIDUALS)
    parts = [
        residuals(_continued(model.clone(), panel, group, furthest))
        for group in np.array_split(columns, model.calibration_refits)
        if len(group)
    ]
    return pl.concat(parts)
