"""What every forecaster of congestion promises, and what it is spared.

A model says how it learns (``_train``) and what it expects at some polls (``_means``); here stand the
counting, the intervals, the table and the checks, the same for all.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from inspect import signature
from typing import Any, Self

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_direction import cuts
from airtraffic.forecasting.congestion_intervals import (
    THRESHOLD_SHARE,
    calibrated,
    guessed,
    learned_from,
    spread_of,
    thresholds,
)
from airtraffic.forecasting.congestion_positions import Congestion, Positions
from airtraffic.forecasting.congestion_rows import Expected
from airtraffic.forecasting.congestion_zones import Cells, Zones
from airtraffic.forecasting.contract import whole

MAX_HORIZON = 240


class CongestionForecaster(ABC):
    """Expects so many aircraft in each zone some polls from now, with an interval.

    ``fit(history)`` learns, ``forecast(horizon)`` goes on from the last poll, ``update(history)`` moves to
    newer polls without learning. ``history``: rows of ``state_vectors``; polls of an empty sky, which have
    no row, are named by ``polls``. A forecast from a poll never depends on a later one, and no window
    reaches over a gap between polls. Hyper-parameters are keyword arguments of ``__init__``, which checks
    them and does nothing else.

    Parameters
    ----------
    zones
        What aircraft are counted in.
    lookahead
        Polls that are forecast directly. [polls]
    far_min
        The direction is that of the change over this time. [min]
    oldest_s
        Positions older than this are not counted; None: all that a poll shows. [s]
    least_aircraft
        Zones whose training polls average fewer are left out. [aircraft]
    threshold_share
        Share of a zone's changes over the far time, in training, that are no rise and no fall. [1]
    """

    name: str
    lookback = 1

    def __init__(
        self,
        *,
        zones: Zones | None = None,
        lookahead: int = 3,
        far_min: float = 30.0,
        oldest_s: float | None = None,
        least_aircraft: float = 0.25,
        threshold_share: float = THRESHOLD_SHARE,
    ) -> None:
        self.zones = zones or Cells()
        self.lookahead = whole("lookahead", lookahead, 1)
        self.far_min, self.oldest_s, self.least_aircraft = far_min, oldest_s, least_aircraft
        if not 0 < far_min <= 240:
            raise ForecastError(f"far_min is {far_min}; expected more than 0 and at most 240 min")
        if oldest_s is not None and oldest_s <= 0:
            raise ForecastError(f"oldest_s is {oldest_s}; expected more than 0 s, or None for all positions")
        if least_aircraft < 0:
            raise ForecastError(f"least_aircraft is {least_aircraft}; expected 0 or more")
        self.threshold_share = threshold_share
        if not 0 <= threshold_share < 1:
            raise ForecastError(f"threshold_share is {threshold_share}; expected 0 to less than 1")

    def params(self) -> dict[str, Any]:
        """The hyper-parameters, as ``__init__`` takes them."""
        names = dict.fromkeys(
            [*signature(CongestionForecaster).parameters, *signature(type(self)).parameters]
        )
        return {name: getattr(self, name) for name in names if name != "others"}

    def fit(self, history: pl.DataFrame | Positions, polls: pl.Series | None = None) -> Self:
        """Learn from a history.

        Raises
        ------
        ForecastError
            The history lacks a column, has too few polls, or no zone has enough traffic.
        """
        positions = Positions.of(history, polls, oldest_s=self.oldest_s)
        axis, counts = positions.polls, positions.count(self.zones)
        learn = learned_from(axis)
        mean = counts.aircraft[learn].mean(axis=0)
        busy = (mean >= self.least_aircraft) & (mean > 0)
        if not busy.any():
            raise ForecastError(
                f"no zone averages {self.least_aircraft} aircraft in {learn.sum()} polls; lower least_aircraft"
            )
        self.numbers, self.interval_s = counts.zones[busy], axis.interval_s
        self.zone_mean = mean[busy]
        self.zone_median = np.median(counts.aircraft[learn][:, busy], axis=0)
        self.trained_to = axis.at[-1]
        self._take(positions)
        self.threshold = thresholds(self._seen, learn, self.far, self.threshold_share)
        self._train(self._seen, learn)
        self._calibrate(~learn if (~learn).any() else learn)
        self.cuts = self._cuts()
        return self

    def update(self, history: pl.DataFrame | Positions, polls: pl.Series | None = None) -> Self:
        """Take newer polls without learning from them; what was learned stays as it is.

        About an hour before the first poll to be forecast from is enough.
        """
        if not hasattr(self, "numbers"):
            raise ForecastError(f"{self.name} is not fitted; call fit with a history first")
        self._take(Positions.of(history, polls, interval_s=self.interval_s, oldest_s=self.oldest_s))
        return self

    def forecast(self, horizon: int | None = None, origin: datetime | None = None) -> pl.DataFrame:
        """Expect the next polls, from the last one or from ``origin`` as if nothing later were known."""
        seen = self.seen
        origin = seen.polls.at[-1] if origin is None else origin
        return self.forecasts(horizon, [origin])

    def forecasts(
        self, horizon: int | None = None, origins: Sequence[datetime] | None = None
    ) -> pl.DataFrame:
        """Expect the polls after each of ``origins``; None: after all that are known.

        Returns
        -------
        pl.DataFrame
            issued_at, zone, horizon (1 to ``horizon``, default ``lookahead`` [polls]), target_at, mean,
            lower, upper [aircraft], basis (what said so: a model needs full windows).
        """
        horizon = self.lookahead if horizon is None else whole("horizon", horizon, 1)
        if horizon > MAX_HORIZON:
            raise ForecastError(f"horizon is {horizon}; expected 1 to {MAX_HORIZON} polls")
        index, horizons = self._index(origins), range(1, horizon + 1)
        return self._rows(self._said(index, horizons, *self.expect(index, horizons)))

    def issues(self, origins: Sequence[datetime] | None = None) -> pl.DataFrame:
        """What is published after each of ``origins``: the next polls and the far one with its direction.

        Returns
        -------
        pl.DataFrame
            As ``forecasts``, for each of ``anchors``, and aircraft (now), threshold [aircraft], direction (up, flat or
            down) and significant (not flat), the last three null where the horizon is not ``far``.
        """
        seen, index = self.seen, self._index(origins)
        raw, known = self.expect(index, self.anchors, rounded=False)
        now = seen.counts.aircraft[index]
        called = self._called((raw[:, self.anchors.index(self.far)] - now) / self.threshold)
        said = self._said(index, self.anchors, self._nearest(raw, self.anchors), known)
        return said.directed(self._rows(said), now, self.threshold, called, self.far)

    def _index(self, origins: Sequence[datetime] | None) -> np.ndarray:
        polls = self.seen.polls
        if origins is None:
            return np.arange(len(polls))
        return polls.indices(pl.Series(list(origins), dtype=pl.Datetime("us", "UTC")))

    def _said(
        self, index: np.ndarray, horizons: Sequence[int], mean: np.ndarray, known: np.ndarray
    ) -> Expected:
        ahead = np.array(horizons)
        basis = np.where(known, self.name, "persistence")
        return Expected(self.seen.polls.time_s[index], ahead, mean, self.half_widths(ahead, mean), basis)

    def _rows(self, said: Expected) -> pl.DataFrame:
        return said.rows(self.zones.names(self.numbers), self.interval_s)

    def directions(self, index: np.ndarray) -> np.ndarray:
        """-1, 0 or 1 for the far time after polls by their index. (n, n_zones)"""
        return self._called(self._far_change(index))

    def _called(self, change: np.ndarray) -> np.ndarray:
        return (change > self.cuts[1]).astype(np.int64) - (change < self.cuts[0]).astype(np.int64)

    @property
    def far(self) -> int:
        """Polls in ``far_min``. [polls]"""
        return max(1, round(self.far_min * 60 / self.interval_s))

    @property
    def anchors(self) -> tuple[int, ...]:
        """Horizons whose intervals are measured; those in between are interpolated. [polls]"""
        return tuple(sorted({*range(1, self.lookahead + 1), self.far}))

    @property
    def scale(self) -> np.ndarray:
        """What one step of a zone's count is compared with: (n_zones,) [aircraft]"""
        return np.sqrt(1 + self.zone_mean)

    @abstractmethod
    def _train(self, seen: Congestion, learn: np.ndarray) -> None:
        """Learn from the polls of ``learn``; the others are for checks."""

    @abstractmethod
    def _means(self, seen: Congestion, index: np.ndarray, horizons: Sequence[int]) -> np.ndarray:
        """Expected counts (n, n_horizons, n_zones) after the polls ``index``, which have full windows."""

    def expect(
        self, index: np.ndarray, horizons: Sequence[int], rounded: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Means, none negative, and where the model itself said them; elsewhere stands the last count.

        Where the checks say that it errs less, the mean is the nearest whole number, as a median is.

        Parameters
        ----------
        index
            (n,) Polls of ``seen`` to forecast from.
        horizons
            Polls ahead.

        Returns
        -------
        mean, known
            (n, n_horizons, n_zones) [aircraft] and (n,) bool.
        """
        seen = self.seen
        known = seen.polls.position[index] >= self.lookback - 1
        mean = np.repeat(seen.counts.aircraft[index][:, None], len(horizons), axis=1)
        if known.any():
            mean[known] = np.maximum(self._means(seen, index[known], horizons), 0.0)
        return self._nearest(mean, horizons) if rounded else mean, known

    def _nearest(self, mean: np.ndarray, horizons: Sequence[int]) -> np.ndarray:
        """The nearest whole numbers where the checks said that they err less."""
        if not self.rounded.any():
            return mean
        anchor = np.abs(np.subtract.outer(np.array(horizons), np.array(self.anchors))).argmin(axis=1)
        return np.where(self.rounded[anchor][None, :, None], np.round(mean), mean)

    @property
    def seen(self) -> Congestion:
        """The polls that forecasts go on from.

        Raises
        ------
        ForecastError
            There are none yet.
        """
        if not hasattr(self, "_seen"):
            raise ForecastError(f"{self.name} has no polls; call fit, or update with polls, first")
        return self._seen

    def _take(self, positions: Positions) -> None:
        self._seen = Congestion(positions, positions.count(self.zones, self.numbers))

    def _calibrate(self, check: np.ndarray) -> None:
        """Half-widths in spreads at the anchors, from the errors at polls of ``check``."""
        seen = self._seen
        index = np.flatnonzero(check & (seen.polls.position >= self.lookback - 1))
        self.rounded = np.zeros(len(self.anchors), dtype=bool)
        half = np.full(len(self.anchors), np.nan)
        mean, _ = self.expect(index, self.anchors, rounded=False)
        for number, horizon in enumerate(self.anchors):
            target = seen.polls.ahead(horizon)[index]
            known = (target >= 0) & check[target]
            came = seen.counts.aircraft[target[known]]
            self.rounded[number], half[number] = calibrated(came, mean[known, number])
        self.half = guessed(half, self.anchors)

    def _far_change(self, index: np.ndarray) -> np.ndarray:
        """Expected change over the far time, in thresholds. (n, n_zones)"""
        seen = self.seen
        mean, _ = self.expect(index, [self.far], rounded=False)
        return (mean[:, 0] - seen.counts.aircraft[index]) / self.threshold

    def _cuts(self) -> np.ndarray:
        seen = self._seen
        target = seen.polls.ahead(self.far)
        index = np.flatnonzero((target >= 0) & (seen.polls.position >= self.lookback - 1))
        came = (seen.counts.aircraft[target[index]] - seen.counts.aircraft[index]) / self.threshold
        return np.array(cuts(self._far_change(index), came))

    def half_widths(self, horizons: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Half the width of the intervals around means (n, n_horizons, n_zones), which end at zero. [aircraft]"""
        half = np.interp(np.sqrt(horizons), np.sqrt(self.anchors), self.half)
        return half[None, :, None] * spread_of(mean)
