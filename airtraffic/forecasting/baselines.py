"""What any model has to beat: the same weekday, the last day, the mean of the last weekdays."""

import numpy as np

from airtraffic.forecasting.contract import Forecaster, whole
from airtraffic.forecasting.gaps import carried_forward, same_weekday
from airtraffic.forecasting.panel import Panel


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
