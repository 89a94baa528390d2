"""Classical models of a kept library, statsforecast, as ones to beat."""

import re
from abc import abstractmethod
from typing import Any

import numpy as np

from airtraffic.errors import ForecastError
from airtraffic.forecasting.contract import Forecaster, State, whole
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

    @abstractmethod
    def _smoothing(self, model: Any) -> Any:
        """The exponential smoothing in it, which is all that ``forward`` needs of a fit."""

    def _learned(self) -> State:
        fits = [self._smoothing(model).model_ for model in self._models.values()]
        numbers = {name: np.array([fit[name] for fit in fits], np.int64) for name in ("m", "n_params")}
        return {
            **numbers,
            "par": np.concatenate([np.empty(0), *(fit["par"] for fit in fits)]),
            "par_count": np.array([len(fit["par"]) for fit in fits], np.int64),
        }, {"series": list(self._models), "components": [fit["components"] for fit in fits]}

    def _take(self, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
        par = np.split(arrays["par"], np.cumsum(arrays["par_count"])[:-1])
        self._models = {}
        for row, (name, components) in enumerate(zip(words["series"], words["components"], strict=True)):
            _check(name, components, par[row], int(arrays["m"][row]))
            self._models[name] = self._model()
            self._smoothing(self._models[name]).model_ = {
                "components": components,
                "par": par[row],
                **{number: int(arrays[number][row]) for number in ("m", "n_params")},
                "fit": None,
            }

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


def _check(name: str, components: str, par: np.ndarray, period: int) -> None:
    """Refuse a form or a number of parameters that the library's compiled code would read beyond."""
    form = re.fullmatch("[AM]([NAM])([NAM])[DN]", components)
    states = 1 + (form[1] != "N") + (period if form[2] != "N" else 0) if form else 0
    if not form or len(par) != 4 + states or not 1 <= period <= SEASON_DAYS:
        raise ForecastError(
            f"the stored smoothing of {name} is {components!r} of period {period} with {len(par)} parameters, "
            "which do not belong together"
        )


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

    def _smoothing(self, model: Any) -> Any:
        return model


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

    def _smoothing(self, model: Any) -> Any:
        return model.trend_forecaster
