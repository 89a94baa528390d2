"""The reference's forest: six features, one series, forecasts fed back as lags."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.contract import Forecaster, State, paths_table, whole
from airtraffic.forecasting.forest import NORMAL_95
from airtraffic.forecasting.gaps import filled_by_weekday
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.trees import TreeArrays

LAGS = (1, 7, 14, 28)


class ReferenceForest(Forecaster):
    """X_t = [weekday, month, y(t-1), y(t-7), y(t-14), y(t-28)], a forest for every series by itself.

    Each forecast becomes a lag of the next. Neither detrended nor aware of holidays: kept as one to compare
    with. ``trees``: K. ``features``: drawn at each split, of six. ``seed``: of bootstrap and draws.
    """

    name = "reference_forest"
    min_days = 2 * LAGS[-1]

    def __init__(self, *, trees: int = 100, features: int = 2, seed: int = 0) -> None:
        self.trees = whole("trees", trees, 2)
        self.features = whole("features", features, 1)
        self.seed = whole("seed", seed, 0)

    def tree_interval(self, horizon: int, origin: date | None = None) -> pl.DataFrame:
        """Mean -+ 1.96 sigma over the trees, as the reference publishes it. [1/d]"""
        panel = self._fitted()
        at = np.array([panel.column(origin or panel.end)])
        mean, sigma = self._means(panel, at, horizon)
        return paths_table(panel, at, mean, NORMAL_95 * sigma).drop("origin").sort("series", "horizon")

    def _train(self, panel: Panel) -> None:
        from sklearn.ensemble import RandomForestRegressor

        self._forests: dict[str, TreeArrays] = {}
        columns = np.arange(LAGS[-1], panel.values.shape[1])
        calendar = _calendar(panel, columns)
        for name, values in zip(panel.series, panel.values, strict=True):
            lags = np.stack([values[columns - lag] for lag in LAGS], axis=1)
            known = ~np.isnan(values[columns]) & ~np.isnan(lags).any(axis=1)
            if known.sum() < LAGS[-1]:
                continue
            forest = RandomForestRegressor(
                self.trees, max_features=self.features, bootstrap=True, random_state=self.seed, n_jobs=1
            )
            rows = np.concatenate([calendar, lags], axis=1)[known]
            self._forests[name] = TreeArrays.of(forest.fit(rows, values[columns][known]))

    def _learned(self) -> State:
        arrays = {
            f"{number}.{name}": each
            for number, trees in enumerate(self._forests.values())
            for name, each in trees.arrays().items()
        }
        return arrays, {"series": list(self._forests)}

    def _take(self, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
        self._forests = {
            name: TreeArrays.of_arrays(arrays, f"{number}.") for number, name in enumerate(words["series"])
        }
        if any(trees.feature.max() >= len(LAGS) + 2 for trees in self._forests.values()):
            raise ForecastError(f"the stored trees ask for more than the {len(LAGS) + 2} features there are")

    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        return self._means(panel, origins, horizon)[0]

    def _means(self, panel: Panel, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        mean = np.full((len(panel.series), len(origins), horizon), np.nan)
        sigma = np.zeros_like(mean)
        filled = filled_by_weekday(panel.values)
        at = origins[:, None] + np.arange(1 - LAGS[-1], 1)
        calendar = np.stack([_calendar(panel, origins + step) for step in range(1, horizon + 1)])
        for row, name in enumerate(panel.series):
            trees = self._forests.get(name)
            if trees is None:
                continue
            path = np.concatenate(
                [
                    np.where(at >= 0, filled[row, np.maximum(at, 0)], np.nan),
                    np.empty((len(origins), horizon)),
                ],
                axis=1,
            )
            known = ~np.isnan(path[:, : LAGS[-1]]).any(axis=1)
            for step in range(horizon if known.any() else 0):
                now = LAGS[-1] + step
                lags = path[known][:, [now - lag for lag in LAGS]]
                said = trees.predict(np.concatenate([calendar[step][known], lags], axis=1))
                path[known, now] = mean[row, known, step] = said.mean(axis=1)
                sigma[row, known, step] = said.std(axis=1, ddof=1)
        return mean, sigma


def _calendar(panel: Panel, columns: np.ndarray) -> np.ndarray:
    days = [panel.start + timedelta(days=int(each)) for each in columns]
    return np.array([(day.weekday(), day.month) for day in days], dtype=float)
