"""What every forecaster of congestion promises, and what it is spared.

A model says how it learns (``_train``) and what it expects at some polls (``_means``); here stand the
counting, the intervals, the table and the checks, the same for all.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import signature
from typing import Any, Self

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_aircraft import KnownAircraft, known_aircraft
from airtraffic.forecasting.congestion_direction import DIRECTIONS, cuts
from airtraffic.forecasting.congestion_grid import Counts, count
from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_zones import Cells, Zones
from airtraffic.forecasting.contract import whole

LEVEL = 0.95
MAX_HORIZON = 240
VALIDATION = 0.15
"""Share of every segment's polls, its last, that training leaves for checks and intervals. [1]"""
SHORTEST = 40
"""A segment of fewer polls is learned from as a whole. [polls]"""


@dataclass
class Congestion:
    """Positions counted: polls, aircraft per zone, and what was known of each aircraft."""

    rows: pl.DataFrame
    polls: Polls
    counts: Counts
    oldest_s: float | None
    _known: KnownAircraft | None = None

    @property
    def known(self) -> KnownAircraft:
        """Followed when asked for: baselines need it not."""
        if self._known is None:
            self._known = known_aircraft(self.rows, self.polls, self.oldest_s)
        return self._known


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

    def params(self) -> dict[str, Any]:
        """The hyper-parameters, as ``__init__`` takes them."""
        names = dict.fromkeys(
            [*signature(CongestionForecaster).parameters, *signature(type(self)).parameters]
        )
        return {name: getattr(self, name) for name in names if name != "others"}

    def fit(self, history: pl.DataFrame, polls: pl.Series | None = None) -> Self:
        """Learn from a history.

        Raises
        ------
        ForecastError
            The history lacks a column, has too few polls, or no zone has enough traffic.
        """
        axis = Polls.of(history, polls)
        counts = count(history, axis, self.zones, self.oldest_s)
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
        self._take(history, polls)
        self.threshold = thresholds(self._seen, learn, self.far)
        self._train(self._seen, learn)
        self._calibrate(~learn if (~learn).any() else learn)
        self.cuts = self._cuts()
        return self

    def update(self, history: pl.DataFrame, polls: pl.Series | None = None) -> Self:
        """Take newer polls without learning from them; what was learned stays as it is.

        About an hour before the first poll to be forecast from is enough.
        """
        if not hasattr(self, "numbers"):
            raise ForecastError(f"{self.name} is not fitted; call fit with a history first")
        self._take(history, polls)
        return self

    def forecast(self, horizon: int | None = None, origin: datetime | None = None) -> pl.DataFrame:
        """Expect the next polls, from the last one or from ``origin`` as if nothing later were known."""
        seen = self._fitted()
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
        seen = self._fitted()
        horizon = self.lookahead if horizon is None else whole("horizon", horizon, 1)
        if horizon > MAX_HORIZON:
            raise ForecastError(f"horizon is {horizon}; expected 1 to {MAX_HORIZON} polls")
        at = seen.polls.at if origins is None else pl.Series(list(origins), dtype=pl.Datetime("us", "UTC"))
        index = seen.polls.indices(at)
        mean, known = self._expect(seen, index, range(1, horizon + 1))
        half = self._half_widths(np.arange(1, horizon + 1), mean)
        shape = mean.shape
        poll, step, zone = (each.ravel() for each in np.indices(shape))
        issued_s = seen.polls.time_s[index[poll]]
        target_s = np.round(issued_s + (step + 1) * self.interval_s).astype(np.int64)
        names = pl.Series(self.zones.names(self.numbers), dtype=pl.String)
        return pl.DataFrame(
            {
                "issued_at": _instants(issued_s),
                "zone": names.gather(zone),
                "horizon": (step + 1).astype(np.int64),
                "target_at": _instants(target_s),
                "mean": mean.ravel(),
                "lower": np.maximum(mean - half, 0).ravel(),
                "upper": (mean + half).ravel(),
                "basis": np.where(known[poll], self.name, "persistence"),
            }
        )

    def outlook(self, origins: Sequence[datetime] | None = None) -> pl.DataFrame:
        """Which zones fill or empty over the far time, after each of ``origins``; None: after all polls.

        Returns
        -------
        pl.DataFrame
            issued_at, zone, target_at, aircraft (now), mean (then), threshold [aircraft], direction (up, flat or
            down), significant (not flat).
        """
        seen = self._fitted()
        at = seen.polls.at if origins is None else pl.Series(list(origins), dtype=pl.Datetime("us", "UTC"))
        index = seen.polls.indices(at)
        mean = self._expect(seen, index, [self.far])[0][:, 0]
        called = self.directions(index)
        poll, zone = (each.ravel() for each in np.indices(called.shape))
        issued_s = seen.polls.time_s[index[poll]]
        return pl.DataFrame(
            {
                "issued_at": _instants(issued_s),
                "zone": pl.Series(self.zones.names(self.numbers), dtype=pl.String).gather(zone),
                "target_at": _instants(issued_s + round(self.far * self.interval_s)),
                "aircraft": seen.counts.aircraft[index].ravel().astype(np.int64),
                "mean": mean.ravel(),
                "threshold": self.threshold[zone],
                "direction": np.array(DIRECTIONS)[called.ravel() + 1],
                "significant": called.ravel() != 0,
            }
        )

    def directions(self, index: np.ndarray) -> np.ndarray:
        """-1, 0 or 1 for the far time after polls by their index. (n, n_zones)"""
        change = self._far_change(index)
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

    def _expect(
        self, seen: Congestion, index: np.ndarray, horizons: Sequence[int], rounded: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Means, none negative, and where the model itself said them; elsewhere stands the last count.

        Where the checks say that it errs less, the mean is the nearest whole number, as a median is.
        """
        known = seen.polls.position[index] >= self.lookback - 1
        mean = np.repeat(seen.counts.aircraft[index][:, None], len(horizons), axis=1)
        if known.any():
            mean[known] = np.maximum(self._means(seen, index[known], horizons), 0.0)
        if rounded and self.rounded.any():
            nearest = np.abs(np.subtract.outer(np.array(horizons), np.array(self.anchors))).argmin(axis=1)
            mean = np.where(self.rounded[nearest][None, :, None], np.round(mean), mean)
        return mean, known

    def _take(self, history: pl.DataFrame, polls: pl.Series | None) -> None:
        axis = Polls.of(history, polls, self.interval_s)
        counts = count(history, axis, self.zones, self.oldest_s, self.numbers)
        self._seen = Congestion(history, axis, counts, self.oldest_s)

    def _fitted(self) -> Congestion:
        if not hasattr(self, "_seen"):
            raise ForecastError(f"{self.name} has no polls; call fit, or update with polls, first")
        return self._seen

    def _calibrate(self, check: np.ndarray) -> None:
        """Half-widths in scales at the anchors: the conformal quantile of the errors at polls of ``check``."""
        seen = self._seen
        index = np.flatnonzero(check & (seen.polls.position >= self.lookback - 1))
        self.rounded = np.zeros(len(self.anchors), dtype=bool)
        self.half = np.full(len(self.anchors), np.nan)
        mean, _ = self._expect(seen, index, self.anchors)
        for number, horizon in enumerate(self.anchors):
            target = seen.polls.ahead(horizon)[index]
            known = (target >= 0) & check[target]
            came, said = seen.counts.aircraft[target[known]], mean[known, number]
            if known.any():
                self.rounded[number] = np.abs(came - np.round(said)).mean() < np.abs(came - said).mean()
            if self.rounded[number]:
                mean[:, number] = np.round(mean[:, number])
            error = np.abs(seen.counts.aircraft[target[known]] - mean[known, number])
            error = np.sort((error / spread_of(mean[known, number])).ravel())
            if len(error):
                rank = int(np.ceil(LEVEL * (len(error) + 1))) - 1
                self.half[number] = error[min(rank, len(error) - 1)]
        # Nothing to measure: two standard deviations of a Poisson count, more with time as a random walk has it.
        missing = np.isnan(self.half)
        self.half[missing] = 2.0 * np.sqrt(np.minimum(np.array(self.anchors)[missing], 9) / 3)

    def _far_change(self, index: np.ndarray) -> np.ndarray:
        """Expected change over the far time, in thresholds. (n, n_zones)"""
        seen = self._fitted()
        mean, _ = self._expect(seen, index, [self.far], rounded=False)
        return (mean[:, 0] - seen.counts.aircraft[index]) / self.threshold

    def _cuts(self) -> np.ndarray:
        seen = self._seen
        target = seen.polls.ahead(self.far)
        index = np.flatnonzero((target >= 0) & (seen.polls.position >= self.lookback - 1))
        came = (seen.counts.aircraft[target[index]] - seen.counts.aircraft[index]) / self.threshold
        return np.array(cuts(self._far_change(index), came))

    def _half_widths(self, horizons: np.ndarray, mean: np.ndarray) -> np.ndarray:
        half = np.interp(np.sqrt(horizons), np.sqrt(self.anchors), self.half)
        return half[None, :, None] * spread_of(mean)


def _instants(time_s: np.ndarray) -> pl.Series:
    return pl.Series(time_s.astype(np.int64) * 1_000_000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def spread_of(mean: np.ndarray) -> np.ndarray:
    """Deviation that a count of this mean has by itself, and never less than one aircraft's. [aircraft]"""
    return np.sqrt(1 + mean)


def learned_from(polls: Polls) -> np.ndarray:
    """Polls to learn from, the others, each long segment's last, being for checks. (n_polls,) bool"""
    length = np.bincount(polls.segment)[polls.segment]
    checked = np.where(length >= SHORTEST, np.ceil(VALIDATION * length), 0)
    return polls.position < length - checked


def thresholds(seen: Congestion, learn: np.ndarray, far: int, share: float = 2 / 3) -> np.ndarray:
    """Change over the far time that ``share`` of a zone's changes in training do not exceed. (n_zones,)

    At least one aircraft: what is beyond it is a rise or a fall. [aircraft]
    """
    target = seen.polls.ahead(far)
    known = learn & (target >= 0)
    known[known] = learn[target[known]]
    if not known.any():
        return np.maximum(1.0, np.sqrt(seen.counts.aircraft[learn].mean(axis=0)))
    change = np.abs(seen.counts.aircraft[target[known]] - seen.counts.aircraft[known])
    return np.maximum(1.0, np.quantile(change, share, axis=0))
