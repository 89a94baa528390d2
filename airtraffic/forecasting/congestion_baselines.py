"""What a model of congestion has to beat: the last count, nothing at all, the usual count."""

from collections.abc import Sequence

import numpy as np

from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_positions import Congestion


class LastCount(CongestionForecaster):
    """Persistence: every zone keeps what it has."""

    name = "persistence"

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
