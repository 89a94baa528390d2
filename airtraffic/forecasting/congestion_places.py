"""How much better or worse aircraft are counted at a place than elsewhere: reception, airports, edges."""

from dataclasses import dataclass

import numpy as np

SIZES_DEG = (0.5, 2.0)
PRIOR = 20.0
"""A place has to be seen about so often before its own share counts for more than the mean. [aircraft]"""
BLOCK_POLLS = 15
"""While learning, an aircraft's own quarter of an hour does not speak for its place. [polls]"""


@dataclass(frozen=True)
class PlaceRates:
    """Share of aircraft counted some polls later, by cell, less the mean share.

    ``tables``: one a size of cell, (2, rows, columns): of aircraft not counted now, and counted now. [1]
    """

    box: tuple[float, float, float, float]
    tables: tuple[np.ndarray, ...]

    @classmethod
    def learn(
        cls,
        box: tuple[float, float, float, float],
        latitude: np.ndarray,
        longitude: np.ndarray,
        counted: np.ndarray,
        later: np.ndarray,
        poll: np.ndarray,
    ) -> tuple["PlaceRates", np.ndarray]:
        """The shares, and for every row the features made without its own quarter of an hour.

        ``latitude``, ``longitude``: (n,) [deg]; ``counted``, ``later``: (n,) bool, now and then; ``poll``:
        (n,) index. The features: (n, n_sizes).
        """
        rates = cls(box, tuple(np.zeros((2, *_shape(box, size))) for size in SIZES_DEG))
        block, state, features = poll // BLOCK_POLLS, counted.astype(np.int64), []
        mean = np.array(
            [
                later[~counted].mean() if (~counted).any() else 0.0,
                later[counted].mean() if counted.any() else 0.0,
            ]
        )
        for size, table in zip(SIZES_DEG, rates.tables, strict=True):
            flat = rates._flat(size, latitude, longitude) + state * table[0].size
            number = np.bincount(flat, minlength=table.size)
            good = np.bincount(flat, weights=later, minlength=table.size)
            table[:] = _shrunk(good, number, np.repeat(mean, table[0].size)).reshape(table.shape)
            _, own = np.unique(flat * (block.max() + 1) + block, return_inverse=True)
            own_number, own_good = np.bincount(own), np.bincount(own, weights=later)
            features.append(_shrunk(good[flat] - own_good[own], number[flat] - own_number[own], mean[state]))
        return rates, np.stack(features, axis=1)

    def features(self, latitude: np.ndarray, longitude: np.ndarray, counted: np.ndarray) -> np.ndarray:
        """(n, n_sizes) of what is learned about each row's place."""
        state = counted.astype(np.int64)
        return np.stack(
            [
                table.reshape(-1)[self._flat(size, latitude, longitude) + state * table[0].size]
                for size, table in zip(SIZES_DEG, self.tables, strict=True)
            ],
            axis=1,
        )

    def _flat(self, size: float, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
        """Number of each row's cell; the outermost cells also have what lies beyond the box."""
        rows, columns = _shape(self.box, size)
        row = np.clip(np.floor((latitude - self.box[0]) / size).astype(np.int64) + 1, 0, rows - 1)
        column = np.clip(np.floor((longitude - self.box[2]) / size).astype(np.int64) + 1, 0, columns - 1)
        return row * columns + column


def _shape(box: tuple[float, float, float, float], size: float) -> tuple[int, int]:
    return int(np.ceil((box[1] - box[0]) / size)) + 2, int(np.ceil((box[3] - box[2]) / size)) + 2


def _shrunk(good: np.ndarray, number: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return (good + PRIOR * mean) / (number + PRIOR) - mean
