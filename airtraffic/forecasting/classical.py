"""Classical models of a kept library, statsforecast, as ones to beat."""

from abc import abstractmethod
from typing import Any

import numpy as np

from airtraffic.forecasting.contract import Forecaster, whole
from airtraffic.forecasting.gaps import filled_by_weekday
from airtraffic.forecasting.panel import Panel

SEASON_DAYS = 7


class Classical(Forecaster):
    """A model of statsforecast for every series by itself.

    It is fitted once; newer days move its state and not its parameters (``forward``). A gap is filled with
    the same weekday's last value, since these models cannot leave days out. ``window_days``: history that is
    looked at; the fit's time is linear in it.
    """

    min_days = 3 * SEASON_DAYS

    def __init__(self, *, window_days: int = 365) -> None:
        self.window_days = whole("window_days", window_days, 4 * SEASON_DAYS)

    @abstractmethod
    def _model(self) -> Any:
        """The library's model, not yet fitted."""

    def _train(self, panel: Panel) -> None:
        filled = filled_by_weekday(panel.values)
        self._models: dict[str, Any] = {}
        for name, values in zip(panel.series, filled, strict=True):
            known = values[~np.isnan(values)][-self.window_days :]
            if len(known) >= self.min_days:
                self._models[name] = self._model().fit(known)

    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        means = np.full((len(panel.series), len(origins), horizon), np.nan)
        filled = filled_by_weekday(panel.values)
        for row, name in enumerate(panel.series):
            model = self._models.get(name)
            if model is None:
                continue
            for at, origin in enumerate(origins):
                until = filled[row, : origin + 1]
                known = until[~np.isnan(until)][-self.window_days :]
                if len(known) >= self.min_days:
                    means[row, at] = model.forward(known, horizon)["mean"]
        return means


class AutoETS(Classical):
    """Exponential smoothing, its form chosen by AICc [1]_.

    References
    ----------
    .. [1] Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008).
    """

    name = "auto_ets"

    def _model(self) -> Any:
        from statsforecast.models import AutoETS as Ets

        return Ets(season_length=SEASON_DAYS)


class WeeklyMSTL(Classical):
    """Weekly season by loess, the rest by exponential smoothing [1]_.

    References
    ----------
    .. [1] Bandara, Hyndman and Bergmeir, MSTL, International Journal of Operational Research 52 (2025).
    """

    name = "mstl"

    def _model(self) -> Any:
        from statsforecast.models import MSTL
        from statsforecast.models import AutoETS as Ets

        return MSTL(season_length=[SEASON_DAYS], trend_forecaster=Ets(model="ZZN"))
