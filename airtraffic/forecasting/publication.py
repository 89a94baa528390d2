"""What is published of trained models: of every series its champion, and the naive where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from airtraffic.forecasting.baselines import SeasonalNaive
from airtraffic.forecasting.conformal import local_scale
from airtraffic.forecasting.contract import Forecaster
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.scores import NAIVE
from airtraffic.forecasting.training import HORIZON, NO_ERRORS, pooled_kinds

PUBLISHED = {
    "origin": pl.Date,
    "series": pl.String,
    "date": pl.Date,
    "horizon": pl.Int64,
    "mean": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "model": pl.String,
    "reason": pl.String,
    "scale": pl.Float64,
}


@dataclass(frozen=True)
class Trained:
    """Models of a training, as they are continued.

    ``champions``: model and reason by series. ``otherwise``: why a series that is not among them has the naive.
    """

    models: Mapping[str, Forecaster]
    champions: Mapping[str, tuple[str, str]]
    trained_to: date | None
    otherwise: str


def untrained(history: pl.DataFrame) -> Trained:
    """The naive with intervals from its own past, where nothing has been trained yet.

    ``history``: what was known on the day from which on this is published; it may be empty.
    """
    naive = SeasonalNaive()
    if history.is_empty():
        naive.residuals = NO_ERRORS
    else:
        naive.fit(pooled_kinds(history))
    return Trained({NAIVE: naive}, {}, None, "no model has been trained yet")


def published(
    trained: Trained, history: pl.DataFrame, wanted: pl.DataFrame, horizon: int = HORIZON
) -> pl.DataFrame:
    """Forecasts of several days of issue, in one pass of each model.

    Parameters
    ----------
    history
        series, kind, date and value up to the last day of issue.
    wanted
        origin and series: which series are forecast on which day. A forecast depends on no day after its own.

    Returns
    -------
    pl.DataFrame
        The columns of ``PUBLISHED``; date is the day that is forecast, scale the mean lag-7 change. [1/d]
    """
    history = pooled_kinds(history).join(wanted.select("series").unique(), on="series", how="semi")
    if history.drop_nulls("value").is_empty():
        return pl.DataFrame(schema=PUBLISHED)
    days = wanted["origin"].unique().sort().to_list()
    by_model: dict[str, list[str]] = {}
    for name in wanted["series"].unique().sort():
        model, _ = trained.champions.get(name, (NAIVE, ""))
        by_model.setdefault(model, []).append(name)
    reasons = {name: reason for name, (_, reason) in trained.champions.items()}
    parts = [_continued(trained.models[NAIVE], history, by_model.pop(NAIVE, []), days, horizon)]
    parts += [
        _continued(trained.models[model], history, names, days, horizon)
        for model, names in sorted(by_model.items())
    ]
    made = pl.concat(parts).join(wanted, on=["origin", "series"], how="semi")
    reason = pl.col("series").replace_strict(reasons, default=trained.otherwise, return_dtype=pl.String)
    made = made.with_columns(reason=reason)
    left = wanted.join(made, on=["origin", "series"], how="anti")
    if left.height:
        said = {
            name: f"{model} has no forecast yet: too few known days"
            for model, names in by_model.items()
            for name in names
        }
        naive = _continued(
            trained.models[NAIVE], history, left["series"].unique().sort().to_list(), days, horizon
        )
        why = pl.col("series").replace_strict(said, default=trained.otherwise, return_dtype=pl.String)
        made = pl.concat(
            [made, naive.join(left, on=["origin", "series"], how="semi").with_columns(reason=why)]
        )
    return (
        made.join(_scales(history, days), on=["origin", "series"], maintain_order="left", how="left")
        .select(list(PUBLISHED))
        .sort("origin", "series", "horizon")
    )


def _continued(
    model: Forecaster, history: pl.DataFrame, names: Sequence[str], days: list[date], horizon: int
) -> pl.DataFrame:
    """Forecasts of some series; the naive, which learns nothing, continues also what it was not fitted to."""
    part = history.filter(pl.col("series").is_in(names))
    # Where the first of them is younger than a day, there is no column of that day to begin from.
    first = part.drop_nulls("value")["date"].min()
    days = [day for day in days if first is not None and day >= first]
    if not days:
        return pl.DataFrame(schema=PUBLISHED).drop("reason", "scale")
    if model.name == NAIVE:
        known = SeasonalNaive().fit(part, NO_ERRORS)
        known.half_widths = model.half_widths
        model = known
    table = model.update(part, until=days[-1]).forecasts(horizon, days)
    return table.with_columns(model=pl.lit(model.name)).select(
        [name for name in PUBLISHED if name not in ("reason", "scale")]
    )


def _scales(history: pl.DataFrame, days: list[date]) -> pl.DataFrame:
    first = history.drop_nulls("value")["date"].min()
    inside = [day for day in days if day >= first]
    panel = Panel.of(history, until=days[-1])
    columns = np.array([panel.column(day) for day in inside], dtype=np.int64)
    scale = local_scale(panel, columns)
    return pl.DataFrame(
        {
            "origin": pl.Series(inside * len(panel.series), dtype=pl.Date),
            "series": pl.Series(panel.series, dtype=pl.String).gather(
                np.repeat(np.arange(len(panel.series)), len(inside))
            ),
            "scale": scale.ravel(),
        }
    )


def calibrated_on(day: date) -> date:
    """The Sunday up to which the untrained naive's intervals are learned: one for a week of days.

    >>> calibrated_on(date(2024, 1, 10)), calibrated_on(date(2024, 1, 7))
    (datetime.date(2024, 1, 7), datetime.date(2024, 1, 7))
    """
    return day - timedelta(days=(day.weekday() + 1) % 7)
