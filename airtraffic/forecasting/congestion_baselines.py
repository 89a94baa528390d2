"""What a model of congestion has to beat: the last count, nothing at all, the usual count."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_grid import columns_of
from airtraffic.forecasting.congestion_intervals import guessed
from airtraffic.forecasting.congestion_positions import Congestion, Positions


class LastCount(CongestionForecaster):
    """Persistence: every zone keeps what it has.

    Parameters
    ----------
    every
        Also zones without traffic in training are forecast, where they can be listed. Errors are learned from those
        that had some, and assumed where none had.
    others
        As for every ``CongestionForecaster``.
    """

    name = "persistence"

    def __init__(self, *, every: bool = False, **others: Any) -> None:
        super().__init__(**others)
        self.every = every

    def params(self) -> dict[str, Any]:
        """The hyper-parameters; ``every`` is none of a model that is kept."""
        return {name: value for name, value in super().params().items() if name != "every"}

    def fit(self, history: pl.DataFrame | Positions, polls: pl.Series | None = None) -> Self:
        numbers = self.zones.every if self.every else None
        if numbers is None:
            return super().fit(history, polls)
        positions = Positions.of(history, polls, oldest_s=self.oldest_s)
        if len(positions.count(self.zones).zones):
            super().fit(positions)
        else:
            self._assume(positions)
        column, known = columns_of(numbers, self.numbers)
        for name, usual in (("zone_mean", 0.0), ("zone_median", 0.0), ("threshold", 1.0)):
            wide = np.full(len(numbers), usual)
            wide[known] = getattr(self, name)[column[known]]
            setattr(self, name, wide)
        self.numbers = numbers
        self._take(positions)
        return self

    def _assume(self, positions: Positions) -> None:
        """What is said of errors where there was nobody."""
        self.numbers = np.array([], dtype=np.int64)
        self.zone_mean = self.zone_median = self.threshold = np.array([])
        self.interval_s, self.trained_to = positions.polls.interval_s, positions.polls.at[-1]
        self.rounded = np.zeros(len(self.anchors), dtype=bool)
        self.half = guessed(np.full(len(self.anchors), np.nan), self.anchors)
        self.cuts = np.array([-1.0, 1.0])

    def _train(self, seen: Congestion, learn: np.ndarray) -> None:
        """Nothing to learn."""

    def _means(self, seen: Congestion, index: np.ndarray, horizons: Sequence[int]) -> np.ndarray:
        return np.repeat(seen.counts.aircraft[index][:, None], len(horizons), axis=1)


class NoAircraft(CongestionForecaster):
    """All zeros: hard to beat where a zone is mostly empty."""

    name = "zeros"

    def _train(self, seen: Congestion, learn: np.ndarray) -> None:
        """Nothing to learn."""

    def _means(self, seen: Congestion, index: np.ndarray, horizons: Sequence[int]) -> np.ndarray:
        return np.zeros((len(index), len(horizons), len(self.numbers)))


class TrainingMedian(CongestionForecaster):
    """Each zone's median over the training polls."""

    name = "training_median"

    def _train(self, seen: Congestion, learn: np.ndarray) -> None:
        """The median is part of what every model keeps of its zones."""

    def _means(self, seen: Congestion, index: np.ndarray, horizons: Sequence[int]) -> np.ndarray:
        return np.broadcast_to(self.zone_median, (len(index), len(horizons), len(self.numbers))).copy()


BASELINES = (LastCount, NoAircraft, TrainingMedian)
