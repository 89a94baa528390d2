"""What every forecaster of daily counts promises, and what it is spared.

A model says how it learns (``_train``) and how it continues a series (``_paths``); here stand the tables,
the intervals, the calendar of origins and the checks, the same for all.
"""

from abc import ABC, abstractmethod
from datetime import date
from functools import cached_property
from inspect import signature
from typing import Any, Self

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.conformal import PUBLISHED, RESIDUALS, HalfWidths, local_scale
from airtraffic.forecasting.panel import Panel

MAX_HORIZON = 730
ROUNDING = 1e-9
"""Share of a level under which a change over a whole history is arithmetic's, and no trend. [1]"""
_NOT_FITTED = "{} is not fitted; call fit with a history first"
_NO_HISTORY = "{} was loaded and has no history yet; call update with one first"
State = tuple[dict[str, np.ndarray], dict[str, Any]]
"""Arrays by name, and what is no array as JSON has it."""


class Forecaster(ABC):
    """Continues daily counts, with an interval.

    ``fit(history)`` learns, ``forecast(horizon)`` continues every series from its last known day, and
    ``update(history)`` moves to newer days without learning again: models are trained weekly and
    forecast daily. A forecast with an origin never depends on a later row; the same input gives the same
    numbers; no count is negative.

    ``history``: series, date, value and optionally kind; a null or missing date is a gap, never zero.
    Hyper-parameters are keyword arguments of ``__init__``, which checks them and does nothing else.
    """

    name: str
    min_days = 1
    """Known days that a series needs before it is continued. [d]"""
    calibration_weeks = 52
    """How far back ``fit`` tries itself out for the intervals, where nobody hands it past errors."""
    calibration_refits = 4

    def params(self) -> dict[str, Any]:
        """The hyper-parameters, as ``__init__`` takes them."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def clone(self) -> Self:
        """The same model, untrained."""
        return type(self)(**self.params())

    def fit(self, history: pl.DataFrame, residuals: pl.DataFrame | None = None) -> Self:
        """Learn from a history.

        Parameters
        ----------
        history
            Daily counts.
        residuals
            Errors of this model's past forecasts (columns of ``conformal.RESIDUALS``), from
            ``backtest.residuals``. Without them the model is tried out on the last year of the history.

        Raises
        ------
        ForecastError
            The history cannot be read.
        """
        panel = Panel.of(history)
        self._panel = panel
        self._train(panel)
        self.trained_to, self.series = panel.end, panel.series
        if residuals is None:
            from airtraffic.forecasting.backtest import calibration

            residuals = calibration(self, panel)
        self.residuals = residuals.select(list(RESIDUALS))
        self.__dict__.pop("half_widths", None)
        return self

    @cached_property
    def half_widths(self) -> HalfWidths:
        """Half-widths of the intervals, learned from ``residuals``; others may be put in their place."""
        return PUBLISHED.learned(self.residuals)

    def update(self, history: pl.DataFrame, until: date | None = None) -> Self:
        """Take a newer history without learning from it; what was learned stays as it is.

        ``until``: day that the history reaches to, where nothing is known of its last days.

        Raises
        ------
        ForecastError
            The model was not fitted, or a series is one that it was not fitted to.
        """
        if not hasattr(self, "series"):
            raise ForecastError(_NOT_FITTED.format(self.name))
        panel = Panel.of(history, until)
        unknown = sorted(set(panel.series) - set(self.series))
        if unknown:
            raise ForecastError(f"{self.name} was not fitted to {unknown}; fit it to a history that has them")
        self._panel = panel
        return self

    def forecast(self, horizon: int, origin: date | None = None) -> pl.DataFrame:
        """Continue every series: series, date, horizon (1 to ``horizon``), mean, lower, upper. [1/d]

        From each series' last known day, or from ``origin`` as if nothing later were known.
        """
        panel = self._fitted()
        if origin is not None:
            return self.forecasts(horizon, [origin]).drop("origin")
        last = panel.last_known()
        columns = np.unique(last[last >= 0])
        table = self._table(panel, columns, horizon, starts=last[:, None] == columns)
        return table.drop("origin").sort("series", "horizon")

    def forecasts(self, horizon: int, origins: list[date]) -> pl.DataFrame:
        """As ``forecast`` from many origins at once, with the column origin first."""
        panel = self._fitted()
        outside = [day for day in origins if not panel.start <= day <= panel.end]
        if outside:
            raise ForecastError(
                f"origin {outside[0]} lies outside the history, which has {panel.start} to {panel.end}"
            )
        columns = np.array([panel.column(day) for day in origins], dtype=np.int64)
        return self._table(panel, columns, horizon).sort("origin", "series", "horizon")

    def state(self) -> State:
        """What was learned, to be stored by ``files.save``; a history is not part of it.

        Raises
        ------
        ForecastError
            The model was not fitted.
        """
        if not hasattr(self, "series"):
            raise ForecastError(_NOT_FITTED.format(self.name))
        arrays, learned = self._learned()
        widths, names = self.half_widths.state()
        words = {
            "model": self.name,
            "params": self.params(),
            "series": list(self.series),
            "trained_to": self.trained_to.isoformat(),
            "half_widths": names,
            "learned": learned,
        }
        return {**arrays, **{f"half_widths.{name}": each for name, each in widths.items()}}, words

    def take_state(self, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> Self:
        """Become what ``state`` of a model with the same hyper-parameters gave; ``update`` gives it a history."""
        self.series = tuple(words["series"])
        self.trained_to = date.fromisoformat(words["trained_to"])
        prefix = "half_widths."
        widths = {name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)}
        self.half_widths = HalfWidths.of_state(widths, words["half_widths"])
        self._take(arrays, words["learned"])
        return self

    def _learned(self) -> State:
        """What ``_train`` has learned; nothing, where there is nothing to learn."""
        return {}, {}

    def _take(self, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
        """Become what ``_learned`` gave."""
        if words:
            raise ForecastError(f"{self.name} learns nothing, and is stored with {sorted(words)}")

    @abstractmethod
    def _train(self, panel: Panel) -> None:
        """Learn from all of ``panel``."""

    @abstractmethod
    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        """Means at 1 to ``horizon`` days after each column of ``origins``: (n_series, n_origins, horizon).

        Nothing right of an origin's column may be looked at. NaN: no forecast.
        """

    def paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        """Means, none negative; NaN where a series has fewer than ``min_days`` known days."""
        mean = np.maximum(self._paths(panel, origins, horizon), 0.0)
        young = panel.known_days(origins) < max(self.min_days, 1)
        return np.where(young[:, :, None], np.nan, mean)

    def _fitted(self) -> Panel:
        if not hasattr(self, "_panel"):
            loaded = hasattr(self, "series")
            raise ForecastError((_NO_HISTORY if loaded else _NOT_FITTED).format(self.name))
        return self._panel

    def _table(
        self, panel: Panel, origins: np.ndarray, horizon: int, starts: np.ndarray | None = None
    ) -> pl.DataFrame:
        if not 1 <= horizon <= MAX_HORIZON:
            raise ForecastError(f"horizon is {horizon}; expected 1 to {MAX_HORIZON} days")
        mean = self.paths(panel, origins, horizon)
        if starts is not None:
            mean[~starts] = np.nan
        half = self.half_widths.of(panel.series, panel.kinds, horizon)
        width = half[:, None, :] * local_scale(panel, origins)[:, :, None]
        return paths_table(panel, origins, mean, width)


def paths_table(panel: Panel, origins: np.ndarray, mean: np.ndarray, width: np.ndarray) -> pl.DataFrame:
    """A table of what arrays of (n_series, n_origins, horizon) hold; no row where the mean is NaN."""
    row, at, step = np.nonzero(~np.isnan(mean))
    middle, half = mean[row, at, step], width[row, at, step]
    return pl.DataFrame(
        {
            "origin": panel.dates(origins[at]),
            "series": pl.Series(panel.series, dtype=pl.String).gather(row),
            "date": panel.dates(origins[at] + step + 1),
            "horizon": step + 1,
            "mean": middle,
            "lower": np.maximum(middle - half, 0.0),
            "upper": middle + half,
        },
        schema_overrides={"origin": pl.Date, "date": pl.Date, "horizon": pl.Int64},
    )


def whole(name: str, value: int, least: int) -> int:
    """A whole number that is not below ``least``.

    Raises
    ------
    ForecastError
        It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ForecastError(f"{name} is {value!r}; expected a whole number of {least} or more")
    return int(value)


def positive(name: str, value: float | None) -> float | None:
    """A finite number above zero, or None.

    Raises
    ------
    ForecastError
        It is something else.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ForecastError(f"{name} is {value!r}; expected a number above 0, or None")
    return float(value)
