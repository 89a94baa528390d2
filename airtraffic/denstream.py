"""DenStream (Cao, Ester, Qian, Zhou, 2006), exact and on event time."""

import json
import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from river import base

from airtraffic.denstream_arguments import check_parameters, checked_places, checked_points, storable_names
from airtraffic.denstream_state import State
from airtraffic.micro_clusters import NOISE, Link, Snapshot, link_clusters, nearest_cluster

_NUMBERS = ("epsilon", "mu", "beta", "half_life", "max_merge_distance")
_NEEDED = frozenset(_NUMBERS[:-1])


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
        What a core micro-cluster weighs more than. [unit of the weights]
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
    >>> model.learn_many([[0, 0], [0.1, 0], [0, 0.1], [0.1, 0.1], [9, 9]], [0, 0, 0, 0, 0]).tolist()
    [0, 0, 0, 0, 1]
    >>> model.predict_many([[0.5, 0.5], [9, 9]]).tolist()
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
        check_parameters(epsilon, mu, beta, half_life, max_merge_distance, link)
        self.epsilon = epsilon
        self.mu = mu
        self.beta = beta
        self.half_life = half_life
        self.max_merge_distance = max_merge_distance
        self.link = link
        self._features: list[Hashable] = []
        self._state = State(min(2.0 * epsilon, self._max_merge_distance))

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
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
        return self._state.latest

    @property
    def pruning_period(self) -> float:
        """T_p, the time in which beta mu loses a weight of one. [unit of the half-life]"""
        return -self.half_life * math.log1p(-1 / (self.beta * self.mu)) / math.log(2)

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
        names, point = self._row(x)
        points, times, weights = checked_points(point, [t], [w], len(names))
        self._name(names)
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
            Shapes do not agree, a value is not finite, or a weight not positive; nothing was learned.
        """
        points, times, weights = checked_points(X, t, weights, len(self._features))
        if not len(points):
            return np.empty(0, np.int64)
        if not self._features:
            self._name(list(range(points.shape[1])))
        return self._learn(points, times, weights)

    def predict_one(self, x: Mapping[Hashable, float]) -> int:
        """Cluster of a point given by name, -1 for noise. ``ValueError``: a value is no finite number."""
        return int(self._predict(checked_places(self._row(x)[1], 0))[0])

    def predict_many(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:  # noqa: N803
        """(n, d) points to (n,) clusters at the model's time, -1 for noise. The model stays as it is.

        Raises
        ------
        ValueError
            The shape is another one, or a value is not finite.
        """
        return self._predict(checked_places(X, len(self._features)))

    def snapshot(self, t: float | None = None) -> Snapshot:
        """The micro-clusters with their weights faded to the time t, and their clusters then.

        Every micro-cluster of the model is in it, in order of id; none is dropped before its pruning.

        Raises
        ------
        ValueError
            t lies before the latest point, whose past the model does not keep.
        """
        latest = self.latest
        t = (latest or 0.0) if t is None else t
        if latest is not None and not t >= latest:
            raise ValueError(f"snapshot at {t}, before the latest point at {latest}")
        columns = self._state.to_columns()
        table = pa.table(
            {
                "id": columns["id"],
                "kind": columns["kind"],
                "centre": columns["centre"],
                "radius": self._state.radii,
                "weight": self._state.weights(t, self.half_life),
                "created_at": columns["created_at"],
                "cluster": self._clusters(t),
            }
        )
        return Snapshot(t, self.epsilon, table)

    def to_table(self) -> pa.Table:
        """The whole model, one row per micro-cluster; what is not a micro-cluster's is in every row.

        ``weight`` and ``squares`` (squared deviations) are those at ``updated_at``. A model that has learned
        nothing is an empty table. ``ValueError``: a dimension's name is no text and no number of Python's.
        """
        every_row = {
            "features": pa.scalar(json.dumps(storable_names(self._features)), pa.string()),
            **{name: pa.scalar(getattr(self, name), pa.float64()) for name in _NUMBERS},
            "link": pa.scalar(self.link, pa.string()),
        }
        repeated = {name: pa.repeat(value, self._state.rows) for name, value in every_row.items()}
        return pa.table(self._state.to_columns() | repeated)

    @classmethod
    def from_table(cls, table: pa.Table, **parameters: Any) -> Self:
        """The model that :meth:`to_table` wrote, bit for bit.

        Parameters
        ----------
        table
            The model's columns; further ones and the order of the rows do not matter.
        **parameters
            Those of the model. An empty table does not hold them; where the table does, they must agree.

        Raises
        ------
        ValueError
            The table was made with other parameters, or is empty and none were given.
        TypeError
            There is no such parameter.
        """
        if not table.num_rows:
            if missing := _NEEDED - parameters.keys():
                raise ValueError(f"an empty table holds no parameters: give {', '.join(sorted(missing))}")
            return cls(**parameters)
        table = table.sort_by("id")
        stored = {name: table[name][0].as_py() for name in (*_NUMBERS, "link")}
        if unknown := parameters.keys() - stored.keys():
            raise TypeError(f"DenStream has no parameter {', '.join(sorted(unknown))}")
        other = {name: value for name, value in parameters.items() if stored[name] != value}
        if other:
            raise ValueError(
                f"the table was made with { ({name: stored[name] for name in other}) }, not {other}"
            )
        model = cls(**stored)
        model._features = json.loads(table["features"][0].as_py())
        model._state = State.from_columns(table, model._state.reach)
        return model

    @property
    def _max_merge_distance(self) -> float:
        return 2.0 * self.epsilon if self.max_merge_distance is None else float(self.max_merge_distance)

    def _learn(self, points, times, weights) -> npt.NDArray[np.int64]:
        return self._state.learn(
            points,
            times,
            weights,
            self.epsilon,
            self.beta * self.mu,
            self.half_life,
            self.pruning_period,
            self._max_merge_distance,
        )

    def _predict(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        if self.latest is None:
            return np.full(len(points), NOISE, np.int64)
        clusters, centres = self._clusters(self.latest), self._state.centres
        unknown = np.zeros((len(centres), points.shape[1] - centres.shape[1]))
        return nearest_cluster(np.hstack([centres, unknown]), clusters, points, 2 * self.epsilon)

    def _clusters(self, t: float) -> npt.NDArray[np.int64]:
        state, potential = self._state, self._state.potential
        clusters = np.full(state.rows, NOISE, np.int64)
        clusters[potential] = link_clusters(
            state.centres[potential],
            state.radii[potential],
            state.weights(t, self.half_life)[potential],
            self.mu,
            self.link,
        )
        return clusters

    def _row(self, x: Mapping[Hashable, float]) -> tuple[list[Hashable], list[list[float]]]:
        """The model's names and then those of x that are new, and x as a (1, d) list."""
        names = self._features + sorted(x.keys() - set(self._features), key=str)
        return names, [[x.get(name, 0.0) for name in names]]

    def _name(self, features: list[Hashable]) -> None:
        if len(features) > len(self._features):
            self._features = features
            self._state.widen(len(features))
