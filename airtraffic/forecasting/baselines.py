"""What any model has to beat: the same weekday, the last day, the mean of the last weekdays."""

import numpy as np

from airtraffic.forecasting.contract import Forecaster, whole
from airtraffic.forecasting.panel import Panel


def carried_forward(values: np.ndarray) -> np.ndarray:
    """The last known value at each column, NaN before the first. (n, n_days)"""
    known = ~np.isnan(values)
    at = np.maximum.accumulate(np.where(known, np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(values, at, axis=1)


def same_weekday(values: np.ndarray, weeks: int) -> np.ndarray:
    """Mean of the last ``weeks`` known values of the column's weekday, itself included. (n, n_days)

    A gap is passed over: the weekday's value before it counts.
    """
    found = np.full_like(values, np.nan)
    for weekday in range(7):
        column = values[:, weekday::7]
        lagged = [carried_forward(column)]
        for back in range(1, weeks):
            older = np.full_like(column, np.nan)
            older[:, back:] = column[:, :-back] if back < column.shape[1] else np.nan
            lagged.append(older)
        stack = np.stack(lagged)
        count = (~np.isnan(stack)).sum(axis=0)
        found[:, weekday::7] = np.where(count > 0, np.nansum(stack, axis=0) / np.maximum(count, 1), np.nan)
    return found


class Persistence(Forecaster):
    """Every day is like the last one."""

    name = "persistence"

    def _train(self, panel: Panel) -> None:
        """Nothing to learn."""

    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        last = carried_forward(panel.values)[:, origins]
        return np.repeat(last[:, :, None], horizon, axis=2)


class WeekdayMean(Forecaster):
    """Every day is like the mean of the last weeks' same weekday."""

    name = "weekday_mean"

    def __init__(self, *, weeks: int = 4) -> None:
        self.weeks = whole("weeks", weeks, 1)

    def _train(self, panel: Panel) -> None:
        """Nothing to learn."""

    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        usual = same_weekday(panel.values, self.weeks)
        week = np.stack([usual[:, np.maximum(origins - 6 + ahead, 0)] for ahead in range(7)], axis=2)
        before = (origins[:, None] - 6 + np.arange(7)) < 0
        week = np.where(before[None], np.nan, week)
        any_day = carried_forward(panel.values)[:, origins]
        week = np.where(np.isnan(week), any_day[:, :, None], week)
        return week[:, :, np.arange(horizon) % 7]


class SeasonalNaive(WeekdayMean):
    """Every day is like the same weekday of the last week that is known: what every model must beat."""

    name = "seasonal_naive"

    def __init__(self) -> None:
        super().__init__(weeks=1)
