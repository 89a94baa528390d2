"""What a DenStream knows: its micro-clusters, its clock, and the grid that finds them."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from airtraffic import denstream_kernel as kernel
from airtraffic.micro_clusters import matrix

_FIRST_ROWS = 64
_SUMS = {
    "weight": kernel.WEIGHT,
    "squares": kernel.SQUARES,
    "updated_at": kernel.UPDATED,
    "created_at": kernel.CREATED,
}


class State:
    """Micro-clusters in order of id, as :mod:`airtraffic.denstream_kernel` lays them out.

    The arrays have more rows than there are micro-clusters; the properties show those that live. The grid is
    no part of what is known: it can be made anew at any time, and is left out of pickles.

    Parameters
    ----------
    reach
        How far the grid searches. [unit of the points]
    dimensions
        d.
    """

    def __init__(self, reach: float, dimensions: int = 0, rows: int = 0) -> None:
        self.reach = reach
        self.clock = np.array([-np.inf, np.nan])
        self.counts = np.zeros(2, np.int64)
        self._allocate(max(rows, _FIRST_ROWS), dimensions)

    @property
    def rows(self) -> int:
        return int(self.counts[kernel.ROWS])

    @property
    def latest(self) -> float | None:
        """The latest time seen."""
        return float(self.clock[kernel.LATEST]) if self.counts[kernel.NEXT_ID] else None

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """(m, d)"""
        return self._centres[: self.rows]

    @property
    def potential(self) -> npt.NDArray[np.bool_]:
        """(m,): is it a p-micro-cluster?"""
        return self._potential[: self.rows]

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """(m,), rising."""
        return self._ids[: self.rows]

    @property
    def radii(self) -> npt.NDArray[np.float64]:
        """(m,) root mean square distances from the centre."""
        return np.sqrt(self.sums(kernel.SQUARES) / self.sums(kernel.WEIGHT))

    def sums(self, column: int) -> npt.NDArray[np.float64]:
        """(m,) of one of ``WEIGHT``, ``SQUARES``, ``UPDATED`` and ``CREATED``."""
        return self._sums[: self.rows, column]

    def weights(self, t: float, half_life: float) -> npt.NDArray[np.float64]:
        """(m,) weights faded to the time t."""
        return self.sums(kernel.WEIGHT) * np.exp2(-(t - self.sums(kernel.UPDATED)) / half_life)

    def learn(
        self,
        points: npt.NDArray[np.float64],
        times: npt.NDArray[np.float64],
        weights: npt.NDArray[np.float64],
        *parameters: float,
    ) -> npt.NDArray[np.int64]:
        """(n, d) points at (n,) times with (n,) weights to the (n,) ids that they joined.

        The parameters are epsilon, beta mu, the half-life, T_p and the greatest distance of a merge.
        """
        joined = np.empty(len(points), np.int64)
        epsilon, beta_mu, half_life, period, max_merge_distance = map(float, parameters)
        learned = 0
        while True:
            learned = kernel.learn(
                points, times, weights, learned, joined,
                epsilon, beta_mu, half_life, period, self.reach, max_merge_distance,
                self.clock, self.counts, self._centres, self._sums, self._ids, self._potential,
                self._homes, self._blocks, self._grid,
            )  # fmt: skip
            if learned == len(points):
                return joined
            self._resize(2 * self.rows if self.rows == len(self._ids) else len(self._ids))

    def widen(self, dimensions: int) -> None:
        """Give every centre further dimensions, in which it is 0."""
        self._resize(len(self._ids), dimensions)

    def to_columns(self) -> dict[str, pa.Array]:
        """One row per micro-cluster, the clock and the next id in each."""
        rows, dimensions = self.centres.shape
        offsets = np.arange(rows + 1, dtype=np.int32) * dimensions
        every_row = {
            "t": pa.scalar(self.clock[kernel.LATEST], pa.float64()),
            "next_pruning": pa.scalar(self.clock[kernel.NEXT_PRUNING], pa.float64()),
            "next_id": pa.scalar(self.counts[kernel.NEXT_ID], pa.int64()),
        }
        return {
            "id": pa.array(self.ids),
            "kind": pa.array(np.where(self.potential, "p", "o"), pa.string()),
            "centre": pa.ListArray.from_arrays(offsets, self.centres.ravel()),
            **{name: pa.array(self.sums(column)) for name, column in _SUMS.items()},
            **{name: pa.repeat(value, rows) for name, value in every_row.items()},
        }

    @classmethod
    def from_columns(cls, table: pa.Table, reach: float) -> Self:
        """The state that :meth:`to_columns` wrote, of a table in order of id."""
        centres = matrix(table["centre"])
        state = cls(reach, centres.shape[1], table.num_rows)
        state.clock[:] = table["t"][0].as_py(), table["next_pruning"][0].as_py()
        state.counts[:] = table.num_rows, table["next_id"][0].as_py()
        state.centres[:] = centres
        state.ids[:] = table["id"].to_numpy()
        state.potential[:] = table["kind"].to_numpy() == "p"
        for name, column in _SUMS.items():
            state.sums(column)[:] = table[name].to_numpy()
        state._index()
        return state

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: value for name, value in vars(self).items() if name not in ("_homes", "_blocks", "_grid")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._allocate_grid()
        self._index()

    def _resize(self, capacity: int, dimensions: int | None = None) -> None:
        rows, centres, sums, ids, potential = self.rows, self.centres, self._sums, self.ids, self.potential
        self._allocate(capacity, centres.shape[1] if dimensions is None else dimensions)
        self._centres[:rows, : centres.shape[1]] = centres
        self._sums[:rows] = sums[:rows]
        self._ids[:rows] = ids
        self._potential[:rows] = potential
        self._index()

    def _allocate(self, capacity: int, dimensions: int) -> None:
        self._centres = np.zeros((capacity, dimensions))
        self._sums = np.zeros((capacity, len(_SUMS)))
        self._ids = np.zeros(capacity, np.int64)
        self._potential = np.zeros(capacity, np.bool_)
        self._allocate_grid()

    def _allocate_grid(self) -> None:
        """Four lists a row, of which few share one; a row in 27 lists takes at most two further blocks."""
        capacity = len(self._ids)
        lists = 1 << (4 * capacity - 1).bit_length()
        self._homes = np.zeros(capacity, np.int64)
        self._grid = np.array([lists, lists])
        self._blocks = np.zeros((2, lists + 3 * capacity + kernel.SPARE_BLOCKS, kernel.BLOCK), np.int32)

    def _index(self) -> None:
        kernel.index(
            self._centres, self._potential, self.rows, self.reach, self._homes, self._blocks, self._grid
        )
