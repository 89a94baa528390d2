"""DenStream (Cao, Ester, Qian, Zhou, 2006), exact and on event time."""

import json
import math
from collections.abc import Hashable, Mapping
from typing import Any, Self, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from river import base

from airtraffic import denstream_kernel as kernel
from airtraffic.micro_clusters import NOISE, Link, Snapshot, link_clusters, matrix, nearest_cluster

_FIRST_ROWS = 64
_PARAMETERS = ("epsilon", "mu", "beta", "half_life", "max_merge_distance", "link")


class DenStream(base.Clusterer):
    """Clusters of any shape in a stream whose past fades, with noise.

    A point of weight w and age a counts ``w 2^(-a / half_life)``. It joins the nearest p-micro-cluster
    (potential) if the radius with it stays within epsilon, else the nearest o-micro-cluster (outlier)
    likewise, which becomes potential when it weighs more than ``beta mu``, else it opens an o-micro-cluster.
    Every ``T_p = half_life log2(beta mu / (beta mu - 1))`` from the first point's time on, what weighs too
    little is dropped. Clusters are made when they are asked for: see :func:`link_clusters`.

    Time is the points' own: the model's time is the latest one seen, and a late point enters with the
    weight that its age leaves. How the stream is cut into batches changes nothing.

    Parameters
    ----------
    epsilon
        Greatest radius of a micro-cluster, root mean square. [unit of the points]
    mu
        What a core micro-cluster weighs at least. [unit of the weights]
    beta
        Share of mu above which a micro-cluster is potential, in (0, 1]; ``beta mu`` exceeds 1.
    half_life
        Time in which a weight halves. [unit of t]
    max_merge_distance
        How far from a micro-cluster's centre a point may join it; 2 epsilon unless told, infinite as in
        the paper. Above 2 epsilon, points without a near micro-cluster cost a search through all of them.
    link
        When two micro-clusters are one cluster: ``ball`` or ``paper``, see :func:`link_clusters`.

    Raises
    ------
    ValueError
        A parameter is out of its bounds.

    References
    ----------
    .. [1] F. Cao, M. Ester, W. Qian, A. Zhou: Density-Based Clustering over an Evolving Data Stream with
           Noise. SIAM International Conference on Data Mining, 2006, pp. 328-339.

    >>> model = DenStream(epsilon=1.0, mu=3.0, beta=0.5, half_life=10.0)
    >>> model.learn_many([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1], [0.1, 0.1], [9.0, 9.0]], [0, 0, 0, 0, 0]).tolist()
    [0, 0, 0, 0, 1]
    >>> model.predict_many([[0.5, 0.5], [9.0, 9.0]]).tolist()
    [0, -1]
    """

    def __init__(
        self,
        *,
        epsilon: float,
        mu: float,
        beta: float,
        half_life: float,
        max_merge_distance: float | None = None,
        link: Link = "ball",
    ) -> None:
        super().__init__()
        _check_parameters(epsilon, mu, beta, half_life, max_merge_distance, link)
        self.epsilon = epsilon
        self.mu = mu
        self.beta = beta
        self.half_life = half_life
        self.max_merge_distance = max_merge_distance
        self.link = link
        self._features: list[Hashable] = []
        self._clock = np.array([-np.inf, np.nan])
        self._counts = np.zeros(2, np.int64)
        self._allocate(_FIRST_ROWS, 0)

    @classmethod
    def _unit_test_params(cls):
        yield {"epsilon": 0.5, "mu": 4.0, "beta": 0.5, "half_life": 50.0}
        yield {
            "epsilon": 0.5,
            "mu": 4.0,
            "beta": 0.5,
            "half_life": 50.0,
            "max_merge_distance": math.inf,
            "link": "paper",
        }

    @property
    def latest(self) -> float | None:
        """The latest time seen, the model's own; None before the first point. [unit of the half-life]"""
        return float(self._clock[kernel.LATEST]) if self._counts[kernel.NEXT_ID] else None

    @property
    def pruning_period(self) -> float:
        """T_p, the time in which beta mu loses a weight of one. [unit of the half-life]"""
        return self.half_life * math.log2(self.mu * self.beta / (self.mu * self.beta - 1))

    def learn_one(self, x: Mapping[Hashable, float], t: float | None = None, w: float = 1.0) -> None:
        """Learn a point given by name; a name that is missing is 0, a new one a new dimension.

        Parameters
        ----------
        x
            Coordinates by name.
        t
            When; one after the latest time unless told. [unit of the half-life]
        w
            Its weight.
        """
        if t is None:
            t = 0.0 if self.latest is None else self.latest + 1
        names = self._features + self._new_features(x)
        points, times, weights = _checked([[x.get(name, 0.0) for name in names]], [t], [w], len(names))
        self._widen(names)
        self._learn(points, times, weights)

    def learn_many(
        self,
        X: npt.ArrayLike,  # noqa: N803
        t: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
    ) -> npt.NDArray[np.int64]:
        """Learn points in the order in which they came.

        Parameters
        ----------
        X
            (n, d) points. d stays what it was; a first batch names its columns 0 to d - 1.
        t
            (n,) times, which may be late. [unit of the half-life]
        weights
            (n,) weights, positive; 1 each unless told.

        Returns
        -------
        (n,) int64
            Id of the micro-cluster that each point joined or opened.

        Raises
        ------
        ValueError
            Shapes do not agree, or a value is not finite or a weight not positive; nothing was learned.
        """
        points, times, weights = _checked(X, t, weights, len(self._features) or None)
        if not len(points):
            return np.empty(0, np.int64)
        if not self._features:
            self._widen(list(range(points.shape[1])))
        return self._learn(points, times, weights)

    def predict_one(self, x: Mapping[Hashable, float]) -> int:
        """Cluster of a point given by name, -1 for noise."""
        if not self._features:
            return NOISE
        names = self._features + self._new_features(x)
        return int(self._predict(np.array([[x.get(name, 0.0) for name in names]], np.float64))[0])

    def predict_many(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:  # noqa: N803
        """(n, d) points to (n,) clusters at the model's time, -1 for noise. The model stays as it is."""
        points = np.asarray(X, np.float64)
        if not self._features:
            return np.full(len(points), NOISE, np.int64)
        if points.ndim != 2 or points.shape[1] != len(self._features):
            raise ValueError(f"points of shape {points.shape}; expected (n, {len(self._features)})")
        return self._predict(points)

    def snapshot(self, t: float | None = None) -> Snapshot:
        """The micro-clusters with their weights faded to the time t, and their clusters then.

        Every micro-cluster of the model is in it, in order of id; none is dropped before its pruning.

        Raises
        ------
        ValueError
            t lies before the latest point, whose past the model does not keep.
        """
        if t is None:
            t = self.latest if self.latest is not None else 0.0
        if self.latest is not None and not t >= self.latest:
            raise ValueError(f"snapshot at {t}, before the latest point at {self.latest}")
        rows = self._counts[kernel.ROWS]
        sums, potential = self._sums[:rows], self._potential[:rows]
        table = pa.table(
            {
                "id": self._ids[:rows],
                "kind": pa.array(np.where(potential, "p", "o"), pa.string()),
                "centre": _lists(self._centres[:rows]),
                "radius": _radii(sums),
                "weight": self._weights(t),
                "created_at": sums[:, kernel.CREATED],
                "cluster": self._clusters(t),
            }
        )
        return Snapshot(t, self.epsilon, table)

    def to_table(self) -> pa.Table:
        """The whole model, one row per micro-cluster; what is not a micro-cluster's is in every row.

        ``weight`` and ``squares`` (squared deviations) are those at ``updated_at``. A model that has learned
        nothing is an empty table.
        """
        rows = self._counts[kernel.ROWS]
        sums = self._sums[:rows]
        columns = {
            "id": pa.array(self._ids[:rows]),
            "kind": pa.array(np.where(self._potential[:rows], "p", "o"), pa.string()),
            "centre": _lists(self._centres[:rows]),
            "weight": pa.array(sums[:, kernel.WEIGHT]),
            "squares": pa.array(sums[:, kernel.SQUARES]),
            "updated_at": pa.array(sums[:, kernel.UPDATED]),
            "created_at": pa.array(sums[:, kernel.CREATED]),
        }
        every_row = {
            "features": (json.dumps(self._features), pa.string()),
            "t": (self._clock[kernel.LATEST], pa.float64()),
            "next_pruning": (self._clock[kernel.NEXT_PRUNING], pa.float64()),
            "next_id": (self._counts[kernel.NEXT_ID], pa.int64()),
            **{name: (getattr(self, name), pa.float64()) for name in _PARAMETERS[:-1]},
            "link": (self.link, pa.string()),
        }
        for name, (value, dtype) in every_row.items():
            columns[name] = pa.repeat(pa.scalar(value, dtype), rows)
        return pa.table(columns)

    @classmethod
    def from_table(cls, table: pa.Table, **parameters: Any) -> Self:
        """The model that :meth:`to_table` wrote, bit for bit; further columns and the order of rows do not matter.

        Parameters
        ----------
        table
            The model's columns.
        **parameters
            Those of the model. An empty table does not hold them; where the table does, they must agree.

        Raises
        ------
        ValueError
            The table was made with other parameters, or is empty and none were given.
        """
        if not table.num_rows:
            missing = {"epsilon", "mu", "beta", "half_life"} - parameters.keys()
            if missing:
                raise ValueError(f"an empty table holds no parameters: give {', '.join(sorted(missing))}")
            return cls(**parameters)
        table = table.sort_by("id")
        stored = {name: table[name][0].as_py() for name in _PARAMETERS}
        other = {name: value for name, value in parameters.items() if stored[name] != value}
        if other:
            made = {name: stored[name] for name in other}
            raise ValueError(f"the table was made with {made}, not {other}")
        model = cls(**stored)
        model._restore(table)
        return model

    def _restore(self, table: pa.Table) -> None:
        rows = table.num_rows
        centres = matrix(table["centre"])
        self._features = json.loads(table["features"][0].as_py())
        self._allocate(max(_FIRST_ROWS, rows), centres.shape[1])
        self._clock[:] = table["t"][0].as_py(), table["next_pruning"][0].as_py()
        self._counts[:] = rows, table["next_id"][0].as_py()
        self._ids[:rows] = table["id"].to_numpy()
        self._centres[:rows] = centres
        self._potential[:rows] = table["kind"].to_numpy() == "p"
        for column, name in (
            (kernel.WEIGHT, "weight"),
            (kernel.SQUARES, "squares"),
            (kernel.UPDATED, "updated_at"),
            (kernel.CREATED, "created_at"),
        ):
            self._sums[:rows, column] = table[name].to_numpy()
        self._index()

    def _learn(self, points, times, weights) -> npt.NDArray[np.int64]:
        joined = np.empty(len(points), np.int64)
        farthest = 2.0 * self.epsilon if self.max_merge_distance is None else float(self.max_merge_distance)
        learned = 0
        while True:
            learned = kernel.learn(
                points, times, weights, learned, joined,
                float(self.epsilon), self.mu * self.beta * 1.0, float(self.half_life), self.pruning_period,
                self._reach, farthest,
                self._clock, self._counts, self._centres, self._sums, self._ids, self._potential,
                self._heads, self._following, self._buckets,
            )  # fmt: skip
            if learned == len(points):
                return joined
            self._resize(2 * len(self._ids), len(self._features))

    def _predict(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        clusters = self._clusters(self.latest)
        belongs = clusters != NOISE
        if not belongs.any():
            return np.full(len(points), NOISE, np.int64)
        centres = self._centres[: len(clusters)][belongs]
        unknown = np.zeros((len(centres), points.shape[1] - centres.shape[1]))
        return nearest_cluster(np.hstack([centres, unknown]), clusters[belongs], points, 2 * self.epsilon)

    def _weights(self, t: float) -> npt.NDArray[np.float64]:
        sums = self._sums[: self._counts[kernel.ROWS]]
        return sums[:, kernel.WEIGHT] * np.exp2(-(t - sums[:, kernel.UPDATED]) / self.half_life)

    def _clusters(self, t: float) -> npt.NDArray[np.int64]:
        rows = self._counts[kernel.ROWS]
        potential = self._potential[:rows]
        clusters = np.full(rows, NOISE, np.int64)
        clusters[potential] = link_clusters(
            self._centres[:rows][potential],
            _radii(self._sums[:rows])[potential],
            self._weights(t)[potential],
            self.mu,
            self.link,
        )
        return clusters

    def _new_features(self, x: Mapping[Hashable, float]) -> list[Hashable]:
        return sorted(x.keys() - set(self._features), key=str)

    def _widen(self, features: list[Hashable]) -> None:
        if len(features) > len(self._features):
            self._features = features
            self._resize(len(self._ids), len(features))

    def _resize(self, capacity: int, dimensions: int) -> None:
        rows, before = self._counts[kernel.ROWS], (self._centres, self._sums, self._ids, self._potential)
        self._allocate(capacity, dimensions)
        self._centres[:rows, : before[0].shape[1]] = before[0][:rows]
        for array, old in zip((self._sums, self._ids, self._potential), before[1:], strict=True):
            array[:rows] = old[:rows]
        self._index()

    def _allocate(self, capacity: int, dimensions: int) -> None:
        self._centres = np.zeros((capacity, dimensions))
        self._sums = np.zeros((capacity, 4))
        self._ids = np.zeros(capacity, np.int64)
        self._potential = np.zeros(capacity, np.bool_)
        self._heads = np.full(1 << (2 * capacity - 1).bit_length(), -1, np.int32)
        self._following = np.zeros(capacity, np.int32)
        self._buckets = np.zeros(capacity, np.int32)

    @property
    def _reach(self) -> float:
        """How far the grid searches."""
        far = 2.0 * self.epsilon
        return far if self.max_merge_distance is None else min(far, float(self.max_merge_distance))

    def _index(self) -> None:
        rows = self._counts[kernel.ROWS]
        kernel.index(self._centres, rows, self._reach, self._heads, self._following, self._buckets)


def _check_parameters(epsilon, mu, beta, half_life, max_merge_distance, link) -> None:
    positive = {"epsilon": epsilon, "mu": mu, "half_life": half_life}
    for name, value in positive.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} is {value}; expected a positive number")
    if not 0 < beta <= 1:
        raise ValueError(f"beta is {beta}; expected a number above 0 and up to 1")
    if not beta * mu > 1:
        raise ValueError(f"beta mu is {beta * mu}; expected above 1: raise mu or beta")
    if max_merge_distance is not None and not max_merge_distance > 0:
        raise ValueError(
            f"max_merge_distance is {max_merge_distance}; expected a positive number, infinity or None"
        )
    if link not in get_args(Link):
        raise ValueError(f"link is {link!r}; expected one of {', '.join(get_args(Link))}")


def _checked(points, times, weights, dimensions):
    """Arrays that the kernel takes, which numba compiles for writeable ones in C order only."""
    points = np.require(points, np.float64, "CW")
    times = np.require(times, np.float64, "CW")
    weights = np.ones(len(points)) if weights is None else np.require(weights, np.float64, "CW")
    if points.ndim != 2 or points.shape[1] != (dimensions or points.shape[1] or 1):
        raise ValueError(f"points of shape {points.shape}; expected (n, {dimensions or 'at least 1'})")
    if not times.shape == weights.shape == points.shape[:1]:
        raise ValueError(
            f"{len(points)} points, times of shape {times.shape}, weights of shape {weights.shape}"
        )
    if not (np.isfinite(points).all() and np.isfinite(times).all()):
        raise ValueError("points and times must be finite")
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ValueError("weights must be positive and finite")
    return points, times, weights


def _radii(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.sqrt(sums[:, kernel.SQUARES] / sums[:, kernel.WEIGHT])


def _lists(centres: npt.NDArray[np.float64]) -> pa.ListArray:
    rows, dimensions = centres.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * dimensions
    return pa.ListArray.from_arrays(offsets, centres.ravel())
