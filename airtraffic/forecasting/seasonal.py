"""Trend, year and week of a series as published components."""

from dataclasses import dataclass
from datetime import date
from math import erfc, log, sqrt
from typing import Any

import numpy as np
import polars as pl

from airtraffic.forecasting.contract import ROUNDING, Forecaster, State, positive, whole
from airtraffic.forecasting.day_calendar import holiday_flags
from airtraffic.forecasting.gaps import carried_forward, mean_between
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.regimes import regimes

YEAR_DAYS = 365.25
NORMAL_95 = 1.96
ANCHOR_DAYS = 28
"""Days whose mean error moves a forecast to the present level."""
ANCHOR_HALF_LIFE_DAYS = 90.0
YEARS = 2.0
"""Years of a series that are fitted. With all since 2019 forecasts of Brazil and Europe in 2022 to 2024 erred 1.3
times as much 91 to 365 days ahead: a recovery's slope is no growth. (``benchmarks/forecasts.py``)"""
DAMPING_DAYS = 90.0
"""Days ahead in which the slope halves. Undamped, the same forecasts erred 1.1 to 1.3 times as much."""
HAC_LAGS = 28
"""Lags of the slope's standard error: errors of daily counts stay alike for weeks."""


@dataclass
class Decomposition:
    """One series' fit.

    ``coefficients`` belong to the columns of ``SeasonalFourier.design``, zero for a part that was left out.
    ``slope``: slope, its lower and upper end [1/d per year] and p-value, NaN with too few days.
    """

    coefficients: np.ndarray
    annual: bool
    slope: tuple[float, float, float, float]
    notes: list[str]


class SeasonalFourier(Forecaster):
    """y(t) = T(t) + S_annual(t) + S_weekly(t) + error, T linear, by least squares [1]_.

    t is a continuous count of days; the annual part has a period of 365.25 d, the weekly one of 7 d. A day
    without a value is left out, it is no zero. With less than a year of days the annual part cannot be
    told from the trend: it is left out, and ``trends`` says so. A forecast is moved by the mean error of
    the last 28 days, which halves every 90; ahead the slope of the trend halves, too [2]_.

    ``years``: of a series that are fitted, the last ones; None: all. ``damping_days``: in which the slope halves;
    None: never. ``annual_terms``, ``weekly_terms``: sine and cosine pairs. ``country``: its public holidays get a term
    each for the day itself, the day before and the day after (``holidays`` package); None: none.
    ``since_break``: leave out what lies before the last sudden change of level, if a year is left.

    References
    ----------
    .. [1] Taylor and Letham, Forecasting at scale, The American Statistician 72 (2018), section 3.2.
    .. [2] Gardner and McKenzie, Forecasting trends in time series, Management Science 31 (1985).
    """

    name = "seasonal_fourier"
    min_days = 14

    def __init__(
        self,
        *,
        annual_terms: int = 10,
        weekly_terms: int = 3,
        country: str | None = None,
        since_break: bool = True,
        years: float | None = YEARS,
        damping_days: float | None = DAMPING_DAYS,
    ) -> None:
        self.annual_terms = whole("annual_terms", annual_terms, 0)
        self.weekly_terms = whole("weekly_terms", weekly_terms, 0)
        self.country = country
        self.since_break = since_break
        self.years = positive("years", years)
        self.damping_days = positive("damping_days", damping_days)

    def design(self, t: np.ndarray, start: date) -> dict[str, np.ndarray]:
        """The columns of each component. ``t``: days since ``start``, (n_days,). [d]"""
        t = np.asarray(t, dtype=float)
        parts = {
            "trend": np.stack([np.ones_like(t), t], axis=1),
            "annual": _waves(t, YEAR_DAYS, self.annual_terms),
            "weekly": _waves(t, 7.0, self.weekly_terms),
        }
        if self.country is not None:
            parts["holiday"] = holiday_flags(self.country, start, t.astype(int))
        return parts

    def components(self, horizon: int = 0) -> pl.DataFrame:
        """What each known day consists of, and each of the ``horizon`` days after a series' last known one.

        series, date, value (null ahead), trend, annual, weekly, holiday. [1/d] A forecast is their sum, moved by
        the error of the last weeks.
        """
        panel = self._fitted()
        columns = np.arange(panel.values.shape[1] + horizon)
        parts = self.design(columns + (panel.start - self._start).days, self._start)
        tables = []
        for name, known, last in zip(panel.series, panel.values, panel.last_known(), strict=True):
            values = np.concatenate([known, np.full(horizon, np.nan)])
            each = _contributions(parts, self._fits[name])
            each["trend"] = each["trend"] - self._damped(self._fits[name], np.maximum(columns - last, 0))
            told = ~np.isnan(values) | ((columns > last) & (columns <= last + horizon))
            tables.append(
                pl.DataFrame(
                    {
                        "series": pl.Series([name] * told.sum(), dtype=pl.String),
                        "date": panel.dates(columns[told]),
                        "value": pl.Series(values[told]).fill_nan(None),
                        **{
                            part: each.get(part, np.zeros(len(columns)))[told]
                            for part in ("trend", "annual", "weekly", "holiday")
                        },
                    }
                )
            )
        return pl.concat(tables)

    def trends(self) -> pl.DataFrame:
        """Slope per series, with its 95 % interval and what to know about the fit.

        series, slope_per_year, lower, upper [1/d per year], p_value, direction (rising, falling, flat: flat
        when the interval holds zero; unclear where a year cannot be told from a trend), annual_identified, notes.
        """
        rows = []
        for name in self._fitted().series:
            fit = self._fits[name]
            slope, lower, upper, p_value = fit.slope
            sure = np.isfinite(slope) and (lower > 0 or upper < 0)
            direction = ("rising" if slope > 0 else "falling") if sure else "flat"
            if not fit.annual and self.annual_terms:
                direction = "unclear"
            rows.append((name, slope, lower, upper, p_value, direction, fit.annual, "; ".join(fit.notes)))
        columns = ("slope_per_year", "lower", "upper", "p_value")
        return pl.DataFrame(
            rows,
            schema=["series", *columns, "direction", "annual_identified", "notes"],
            orient="row",
        ).with_columns(pl.col(columns).cast(pl.Float64).fill_nan(None))

    def _train(self, panel: Panel) -> None:
        self._start = panel.start
        broken: dict[str, list] = {}
        for each in regimes(panel):
            broken.setdefault(each.series, []).append(each)
        self._fits = {
            name: self._fit_one(panel, values, broken.get(name, []))
            for name, values in zip(panel.series, panel.values, strict=True)
        }

    def _fit_one(self, panel: Panel, values: np.ndarray, broken: list) -> Decomposition:
        known = np.flatnonzero(~np.isnan(values))
        notes = [each.sentence() for each in broken]
        breaks = [panel.column(each.first) for each in broken if each.kind != "gap"]
        ends = [panel.column(each.last) + 1 for each in broken if each.kind == "closure" and each.last]
        last_break = max([*breaks, *ends], default=0)
        first = 0
        if self.since_break and (known >= last_break).sum() >= YEAR_DAYS:
            first = last_break
        if self.years is not None:
            first = max(first, known[-1] - int(self.years * YEAR_DAYS))
        if first > known[0]:
            known = known[known >= first]
            notes.append(f"fitted to the days since {panel.day(first)}")
        span = known[-1] - known[0] + 1
        annual = span >= YEAR_DAYS and len(known) >= 0.75 * YEAR_DAYS
        if not annual and self.annual_terms:
            notes.append(f"{span} days are less than a year: the annual part cannot be identified")
        elif span < 2 * YEAR_DAYS:
            notes.append("less than two years: trend and annual part can hardly be told apart")
        parts = self.design(known, panel.start)
        used = {name: part for name, part in parts.items() if annual or name != "annual"}
        matrix = np.concatenate(list(used.values()), axis=1)
        found = np.linalg.lstsq(matrix, values[known], rcond=None)[0]
        full, taken = [], 0
        for name, part in parts.items():
            size = part.shape[1]
            full.append(found[taken : taken + size] if name in used else np.zeros(size))
            taken += size if name in used else 0
        return Decomposition(np.concatenate(full), bool(annual), _slope(matrix, values[known]), notes)

    def _learned(self) -> State:
        fits = self._fits.values()
        arrays = {
            "coefficients": np.stack([fit.coefficients for fit in fits]),
            "slope": np.array([fit.slope for fit in fits]),
        }
        return arrays, {
            "start": self._start.isoformat(),
            "series": list(self._fits),
            "annual": [fit.annual for fit in fits],
            "notes": [fit.notes for fit in fits],
        }

    def _take(self, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
        self._start = date.fromisoformat(words["start"])
        self._fits = {
            name: Decomposition(
                arrays["coefficients"][row], annual, tuple(arrays["slope"][row].tolist()), notes
            )
            for row, (name, annual, notes) in enumerate(
                zip(words["series"], words["annual"], words["notes"], strict=True)
            )
        }

    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        shift = (panel.start - self._start).days
        columns = np.arange(panel.values.shape[1] + horizon)
        parts = self.design(columns + shift, self._start)
        fitted = np.stack([sum(_contributions(parts, self._fits[name]).values()) for name in panel.series])
        error = panel.values - fitted[:, : panel.values.shape[1]]
        ahead = np.arange(1, horizon + 1)
        fades = 0.5 ** (ahead / ANCHOR_HALF_LIFE_DAYS)
        level = _trailing(error, ANCHOR_DAYS)[:, origins]
        damped = np.stack([self._damped(self._fits[name], ahead) for name in panel.series])
        return fitted[:, origins[:, None] + ahead] + level[:, :, None] * fades - damped[:, None, :]

    def _damped(self, fit: Decomposition, ahead: np.ndarray) -> np.ndarray:
        """What the trend rises less by than its slope would, so many days ahead. [1/d]"""
        if self.damping_days is None:
            return np.zeros(len(ahead))
        mean_life = self.damping_days / log(2)
        return fit.coefficients[1] * (ahead - mean_life * (1 - np.exp(-ahead / mean_life)))


def _trailing(values: np.ndarray, days: int) -> np.ndarray:
    """Mean of the last ``days`` columns; where all are gaps, the last such mean, else zero."""
    end = np.arange(1, values.shape[1] + 1)
    return np.nan_to_num(carried_forward(mean_between(values, np.maximum(end - days, 0), end)))


def _waves(t: np.ndarray, period_d: float, terms: int) -> np.ndarray:
    angle = 2 * np.pi * np.outer(t, np.arange(1, terms + 1)) / period_d
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


def _contributions(parts: dict[str, np.ndarray], fit: Decomposition) -> dict[str, np.ndarray]:
    each, taken = {}, 0
    for name, part in parts.items():
        each[name] = part @ fit.coefficients[taken : taken + part.shape[1]]
        taken += part.shape[1]
    return each


def _slope(matrix: np.ndarray, values: np.ndarray) -> tuple[float, float, float, float]:
    """Slope with its 95 % interval [1/d per year] and p-value, large-sample.

    The wider of the textbook's standard error and of the one that lets errors be alike for weeks (Newey and
    West 1987), which is too small on independent ones.
    """
    days, terms = matrix.shape
    if days <= terms + HAC_LAGS:
        return np.nan, np.nan, np.nan, np.nan
    inverse = np.linalg.pinv(matrix.T @ matrix)
    found = inverse @ (matrix.T @ values)
    error = values - matrix @ found
    plain = inverse[1, 1] * (error @ error) / (days - terms)
    score = (matrix * error[:, None]) @ inverse[1]
    robust = score @ score + 2 * sum(
        (1 - lag / (HAC_LAGS + 1)) * (score[lag:] @ score[:-lag]) for lag in range(1, HAC_LAGS + 1)
    )
    deviation = float(np.sqrt(max(plain, robust)))
    slope = float(found[1])
    p_value = erfc(abs(slope) / deviation / sqrt(2)) if deviation > 0 else float(slope == 0)
    half = NORMAL_95 * deviation
    if (abs(slope) + half) * days < ROUNDING * max(float(np.abs(values).max()), 1.0):
        return 0.0, 0.0, 0.0, 1.0
    return slope * YEAR_DAYS, (slope - half) * YEAR_DAYS, (slope + half) * YEAR_DAYS, p_value
