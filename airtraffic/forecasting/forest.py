"""The demand forest: trees for what repeats, a moving level for what does not."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.contract import Forecaster, State, paths_table, whole
from airtraffic.forecasting.demand_features import NAMES, DayTable, day_table, features
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.trees import TreeArrays

NORMAL_95 = 1.96
YEAR_DAYS = 366
LARGEST = 1.0
"""Deviations of log(1 + y) beyond this are cut before learning: a day of closed skies teaches nothing."""


class DemandForest(Forecaster):
    """Random forest [1]_ over all series together, on what a day deviates from level and week.

    The level and week at the origin are taken off in log(1 + y), since a forest cannot go on beyond what it has
    seen; the trees say what remains at each horizon at once, from the calendar (weekday, day of the year,
    holidays, Easter), from the same day of earlier years, and from the lags 1, 7, 14 and 28.

    ``trees``, ``leaf_rows``, ``feature_share``: of the forest. ``rows``: pairs of origin and target drawn to
    learn from. ``window_days``: how far back the drawn origins lie: what was learned in another regime is
    worse than nothing. With less than a year of days the day of the year is not looked at. ``horizon``: furthest day learned. [d] ``countries``: ISO code of the holidays, one for
    all series or by series; None: none. ``seed``: of the draws.

    References
    ----------
    .. [1] Breiman, Random forests, Machine Learning 45 (2001).
    """

    name = "demand_forest"
    min_days = 21

    def __init__(
        self,
        *,
        trees: int = 100,
        leaf_rows: int = 8,
        feature_share: float = 0.4,
        rows: int = 15_000,
        window_days: int = 500,
        horizon: int = 30,
        countries: Mapping[str, str] | str | None = None,
        seed: int = 0,
    ) -> None:
        self.trees = whole("trees", trees, 2)
        self.leaf_rows = whole("leaf_rows", leaf_rows, 1)
        if not 0 < feature_share < 1:
            raise ForecastError(f"feature_share is {feature_share!r}; expected a share between 0 and 1")
        self.feature_share = feature_share
        self.rows = whole("rows", rows, 100)
        self.window_days = whole("window_days", window_days, 28)
        self.horizon = whole("horizon", horizon, 1)
        self.countries = countries
        self.seed = whole("seed", seed, 0)

    def tree_interval(self, horizon: int, origin: date | None = None) -> pl.DataFrame:
        """The spread of the trees, as series, date, horizon, mean, sigma, lower, upper. [1/d]

        sigma = sqrt(sum (T_k - mean)^2 / (K - 1)) over the K trees' forecasts; lower and upper are
        mean -+ 1.96 sigma. It knows what the trees disagree on and nothing of what none of them knows: it
        covers 45 to 92 % where it claims 95. The published interval is ``forecast``'s.
        """
        panel = self._fitted()
        at = np.array([panel.column(origin or panel.end)])
        if not 0 <= at[0] < panel.values.shape[1]:
            raise ForecastError(f"origin {origin} lies outside the history")
        mean, sigma = self._means(panel, at, horizon)
        table = paths_table(panel, at, mean, NORMAL_95 * sigma)
        spread = paths_table(panel, at, mean, sigma).select(sigma=pl.col("upper") - pl.col("mean"))
        columns = ["series", "date", "horizon", "mean", "sigma", "lower", "upper"]
        return table.with_columns(spread["sigma"]).select(columns).sort("series", "horizon")

    def _train(self, panel: Panel) -> None:
        from sklearn.ensemble import RandomForestRegressor

        count = panel.values.shape[1]
        self._year_known = count > YEAR_DAYS
        table = day_table(panel, self.horizon, self.countries)
        random = np.random.default_rng(self.seed)
        origins = np.arange(max(count - 1 - self.window_days, min(self.min_days, count - 2)), count - 1)
        picked = [
            self._drawn(table, part, random) for part in np.array_split(origins, max(len(origins) // 64, 1))
        ]
        rows = np.concatenate([each[0] for each in picked])
        known = np.concatenate([each[1] for each in picked])
        self._trees = None
        if len(rows) < 2 * self.leaf_rows:
            return
        if len(rows) > self.rows:
            chosen = random.choice(len(rows), self.rows, replace=False)
            rows, known = rows[chosen], known[chosen]
        forest = RandomForestRegressor(
            self.trees,
            min_samples_leaf=self.leaf_rows,
            max_features=self.feature_share,
            bootstrap=True,
            random_state=self.seed,
            n_jobs=-1,
        )
        self._trees = TreeArrays.of(forest.fit(rows, known))

    def _learned(self) -> State:
        trees = {} if self._trees is None else self._trees.arrays()
        return trees, {"year_known": bool(self._year_known), "learned": self._trees is not None}

    def _take(self, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
        self._year_known = bool(words["year_known"])
        self._trees = TreeArrays.of_arrays(arrays) if words["learned"] else None
        if self._trees is not None and self._trees.feature.max() >= len(NAMES):
            raise ForecastError(f"the stored trees ask for more than the {len(NAMES)} features there are")

    def _drawn(
        self, table: DayTable, origins: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """About twice the share of ``rows`` that these origins have, so that gaps leave enough."""
        rows, base = self._rows(table, origins, self.horizon)
        target = origins[:, None] + np.arange(1, self.horizon + 1)
        inside = target < table.logs.shape[1]
        known = np.where(inside[None], table.logs[:, np.where(inside, target, 0)], np.nan) - base
        usable = np.flatnonzero(~np.isnan(known).ravel())
        most = int(np.ceil(2 * self.rows * len(origins) / self.window_days))
        if len(usable) > most:
            usable = random.choice(usable, most, replace=False)
        return rows.reshape(-1, rows.shape[-1])[usable], np.clip(known.ravel()[usable], -LARGEST, LARGEST)

    def _rows(self, table: DayTable, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        rows, base = features(table, origins, horizon)
        if not self._year_known:
            rows[..., NAMES.index("day_of_year")] = 0
        return rows, base

    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        return self._means(panel, origins, horizon)[0]

    def _means(self, panel: Panel, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean and spread of the trees' forecasts, each (n_series, n_origins, horizon). [1/d]"""
        table = day_table(panel, horizon, self.countries)
        mean = np.empty((len(panel.series), len(origins), horizon))
        sigma = np.zeros_like(mean)
        for part in np.array_split(np.arange(len(origins)), max(len(origins) // 16, 1)):
            rows, base = self._rows(table, origins[part], horizon)
            if self._trees is None:
                mean[:, part] = np.expm1(base)
                continue
            said = self._trees.predict(rows.reshape(-1, rows.shape[-1]))
            counts = np.expm1(base.reshape(-1, 1) + said)
            mean[:, part] = counts.mean(axis=1).reshape(base.shape)
            sigma[:, part] = counts.std(axis=1, ddof=1).reshape(base.shape)
        return mean, sigma
