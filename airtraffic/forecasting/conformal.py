"""Prediction intervals from the errors of past forecasts: split conformal, per horizon.

An error is divided by the series' own scale at its origin, so that errors of a small and of a large
series, or of a quiet and of a wild season, can be compared [1]_. The half-width at horizon h is a quantile of
such errors, of the series itself and of its kind: the fewer the series has, the more the kind counts.

References
----------
.. [1] Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, Distribution-free predictive inference for
   regression, JASA 113 (2018), section 5.2 (locally weighted conformal).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from airtraffic.forecasting.gaps import mean_between
from airtraffic.forecasting.panel import Panel

SCALE_DAYS = 56
"""Days that a series' scale is measured on."""
FALLBACK = 3.0
"""Half-width without any past error, in scales: a lag-7 difference has sqrt(2) of a level's deviation."""
RESIDUALS = {
    "series": pl.String,
    "kind": pl.String,
    "origin": pl.Date,
    "horizon": pl.Int64,
    "error": pl.Float64,
    "scale": pl.Float64,
}


def local_scale(panel: Panel, origins: np.ndarray) -> np.ndarray:
    """How much a series moves from week to week, as known at each origin. (n_series, n_origins) [1/d]

    Mean of |y(t) - y(t - 7)| over the last 56 days, and never less than half the deviation that a Poisson
    count of the same level has: a series of equal small counts is not certain to stay equal.
    """
    values = panel.values
    change = np.full_like(values, np.nan)
    change[:, 7:] = np.abs(values[:, 7:] - values[:, :-7])
    begin = np.maximum(origins + 1 - SCALE_DAYS, 0)
    moved, level = (mean_between(each, begin, origins + 1) for each in (change, values))
    floor = 0.5 * np.sqrt(np.nan_to_num(level) + 0.5)
    return np.fmax(moved, floor)


@dataclass(frozen=True)
class ConformalIntervals:
    """Half-widths of intervals, learned from past errors.

    ``level``: share of days that shall fall inside. [1] ``half_life_days``: age at which an error counts
    half. [d] ``neighbours``: horizons on either side whose errors count too. ``pool_weeks``: number of
    the series' own weekly forecasts that weigh as much as those of its kind.
    """

    level: float = 0.95
    half_life_days: float = 180.0
    neighbours: int = 5
    pool_weeks: float = 4.0

    def half_widths(
        self, residuals: pl.DataFrame, series: Sequence[str], kinds: Sequence[str], horizon: int
    ) -> np.ndarray:
        """Half-widths in scales. (n_series, horizon) [1]

        ``residuals``: the columns of ``RESIDUALS``, of forecasts whose day has come.
        """
        return self.learned(residuals).of(series, kinds, horizon)

    def learned(self, residuals: pl.DataFrame) -> "HalfWidths":
        """Half-widths of every series, every kind and all, from errors as ``half_widths`` takes them."""
        if residuals.is_empty():
            return HalfWidths({}, {}, np.empty(0))
        newest = residuals["origin"].max()
        age = (pl.lit(newest) - pl.col("origin")).dt.total_days()
        ready = residuals.with_columns(
            score=(pl.col("error").abs() / pl.col("scale")), weight=0.5 ** (age / self.half_life_days)
        ).drop_nulls("score")
        if ready.is_empty():
            return HalfWidths({}, {}, np.empty(0))
        horizon = int(ready["horizon"].max())
        of_kind = {
            kind: self._quantiles(part, horizon)
            for (kind,), part in sorted(ready.partition_by("kind", as_dict=True).items())
        }
        own = {}
        for (name, kind), mine in sorted(ready.partition_by("series", "kind", as_dict=True).items()):
            weeks = mine["origin"].n_unique()
            share = weeks / (weeks + self.pool_weeks)
            own[name] = share * self._quantiles(mine, horizon) + (1 - share) * of_kind[kind]
        overall = next(iter(of_kind.values())) if len(of_kind) == 1 else self._quantiles(ready, horizon)
        return HalfWidths(own, of_kind, overall)

    def _quantiles(self, scores: pl.DataFrame, horizon: int) -> np.ndarray:
        """The level's quantile of the scores near each horizon; beyond the last, it grows as a root.

        One forecast of n is missing, the one to come: the quantile is level * (1 + 1 / n), where n is the number
        of forecasts, the older ones counting less. A forecast's 30 days are alike and count once.
        """
        score, weight, ahead = (scores[name].to_numpy() for name in ("score", "weight", "horizon"))
        order = np.argsort(score, kind="stable")
        score, weight, ahead = score[order], weight[order], ahead[order]
        furthest = int(ahead.max())
        forecasts = scores.unique(["series", "origin"])["weight"].to_numpy()
        missing = (forecasts**2).sum() / forecasts.sum() ** 2
        found = np.full(horizon, np.nan)
        for step in range(1, min(horizon, furthest) + 1):
            near = np.abs(ahead - step) <= self.neighbours
            if near.any():
                found[step - 1] = _weighted_quantile(score[near], weight[near], self.level * (1 + missing))
        known = np.flatnonzero(~np.isnan(found))
        if len(known) == 0:
            return np.full(horizon, FALLBACK)
        found = np.interp(np.arange(horizon), known, found[known])
        beyond = np.arange(horizon) + 1 > furthest
        found[beyond] *= np.sqrt((np.arange(horizon)[beyond] + 1) / furthest)
        return found


@dataclass(frozen=True)
class HalfWidths:
    """Half-widths by horizon, in scales: of series, of kinds for a series without a past, of all for another kind.

    Each (furthest,); beyond it they grow as a root. Without any past error they are empty.
    """

    series: dict[str, np.ndarray]
    kinds: dict[str, np.ndarray]
    overall: np.ndarray

    def of(self, series: Sequence[str], kinds: Sequence[str], horizon: int) -> np.ndarray:
        """Half-widths in scales. (n_series, horizon) [1]"""
        furthest = len(self.overall)
        if furthest == 0:
            return np.full((len(series), horizon), FALLBACK)
        found = np.stack(
            [
                self.series.get(name, self.kinds.get(kind, self.overall))
                for name, kind in zip(series, kinds, strict=True)
            ]
        )
        ahead = np.arange(1, horizon + 1)
        return found[:, np.minimum(ahead, furthest) - 1] * np.sqrt(np.maximum(ahead / furthest, 1.0))

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
        """As arrays and names, to be stored."""
        groups = {"series": self.series, "kinds": self.kinds}
        arrays = {group: np.stack(list(of.values())) for group, of in groups.items() if of}
        return {**arrays, "overall": self.overall}, {group: list(of) for group, of in groups.items()}

    @classmethod
    def of_state(cls, arrays: dict[str, np.ndarray], names: dict[str, list[str]]) -> "HalfWidths":
        """What ``state`` gave."""
        series, kinds = (
            dict(zip(names[group], arrays.get(group, ()), strict=True)) for group in ("series", "kinds")
        )
        return cls(series, kinds, arrays["overall"])


PUBLISHED = ConformalIntervals()
"""What every model publishes."""


def _weighted_quantile(ordered: np.ndarray, weight: np.ndarray, level: float) -> float:
    """Smallest value at or below which ``level`` of the weight lies; the largest where that is all of it.

    >>> _weighted_quantile(np.arange(1.0, 101.0), np.ones(100), 0.95)
    95.0
    """
    share = np.cumsum(weight) / weight.sum()
    return float(ordered[min(int(np.searchsorted(share, level - 1e-12)), len(ordered) - 1)])
