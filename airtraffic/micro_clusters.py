"""DenStream's offline step: micro-clusters linked to clusters, and points given to them."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

Link = Literal["ball", "paper"]
NOISE = -1

_ROUNDING = 1 + 1e-9
"""The tree searches this much further than needed; what decides are the distances themselves."""


@dataclass(frozen=True)
class Snapshot:
    """The micro-clusters of a model at one time, linked to clusters.

    Attributes
    ----------
    t
        Time that the weights are faded to. [unit of the half-life]
    epsilon
        The model's greatest radius; a point further than two of them from every cluster is noise.
    table
        One row per micro-cluster: id, kind (``p`` potential, ``o`` outlier), centre, radius, weight,
        created_at, and cluster, counted from 0 by the oldest core's id, -1 for none.
    """

    t: float
    epsilon: float
    table: pa.Table

    def assign(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """(n, d) points to (n,) clusters, as :func:`assign` does."""
        return assign(self.table, points, self.epsilon)


def ball_radius(radius: npt.ArrayLike, dimensions: int) -> npt.NDArray[np.float64]:
    """Radius of the uniform ball whose points lie at ``radius`` from its centre, root mean square.

    ``a = r sqrt((d + 2) / d)``.

    >>> float(ball_radius(1.0, 2)) ** 2
    2.0000000000000004
    """
    return np.asarray(radius, np.float64) * math.sqrt((dimensions + 2) / dimensions)


def link_clusters(
    centres: npt.NDArray[np.float64],
    radii: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    mu: float,
    link: Link = "ball",
) -> npt.NDArray[np.int64]:
    """Clusters of p-micro-clusters: DBSCAN over them, each with its own reach.

    Two are linked when their centres are no further apart than the sum of their ball radii (``ball``) or
    of their radii (``paper``). Linked cores, those that weigh more than mu, are one cluster. Another one
    joins the nearest core that it is linked with.

    Parameters
    ----------
    centres, radii, weights
        (m, d), (m,), (m,).
    mu
        A core weighs more. [unit of the points' weights]

    Returns
    -------
    (m,) int64
        Clusters, counted from 0 in the order of their first cores; -1 for none.
    """
    clusters = np.full(len(centres), NOISE, np.int64)
    core = weights > mu
    if not core.any():
        return clusters
    reach = ball_radius(radii, centres.shape[1]) if link == "ball" else radii
    pairs = KDTree(centres).query_pairs(2 * reach.max() * _ROUNDING, output_type="ndarray")
    a, b = pairs.T
    distance = np.linalg.norm(centres[a] - centres[b], axis=1)
    linked = distance <= reach[a] + reach[b]
    a, b, distance = a[linked], b[linked], distance[linked]

    both = core[a] & core[b]
    graph = coo_array((np.ones(both.sum(), bool), (a[both], b[both])), shape=(len(core), len(core)))
    component = connected_components(graph, directed=False)[1][core]
    _, first, member = np.unique(component, return_index=True, return_inverse=True)
    clusters[core] = np.argsort(np.argsort(first))[member]

    one = core[a] != core[b]
    border = np.where(core[a], b, a)[one]
    centre = np.where(core[a], a, b)[one]
    nearest = np.lexsort((centre, distance[one], border))
    border, position = np.unique(border[nearest], return_index=True)
    clusters[border] = clusters[centre[nearest][position]]
    return clusters


def assign(table: pa.Table, points: npt.NDArray[np.float64], epsilon: float) -> npt.NDArray[np.int64]:
    """Cluster of each point: that of the nearest micro-cluster that belongs to one, within 2 epsilon.

    Parameters
    ----------
    table
        A snapshot's columns kind, centre and cluster; more do no harm.
    points
        (n, d), in the unit of the centres.
    epsilon
        The model's greatest radius.

    Returns
    -------
    (n,) int64
        Clusters, -1 for noise.
    """
    clusters = np.where(table["kind"].to_numpy() == "p", table["cluster"].to_numpy(), NOISE)
    return nearest_cluster(matrix(table["centre"]), clusters, points, 2 * epsilon)


def nearest_cluster(
    centres: npt.NDArray[np.float64],
    clusters: npt.NDArray[np.int64],
    points: npt.NDArray[np.float64],
    reach: float,
) -> npt.NDArray[np.int64]:
    """Cluster of the nearest of (m, d) centres that has one, to each of (n, d) points; -1 beyond ``reach``."""
    belongs = clusters != NOISE
    if not belongs.any() or not len(points):
        return np.full(len(points), NOISE, np.int64)
    distance, nearest = KDTree(centres[belongs]).query(points, distance_upper_bound=reach * _ROUNDING)
    return np.where(distance <= reach, np.append(clusters[belongs], NOISE)[nearest], NOISE)


def matrix(lists: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """(m, d) of a column of m lists of the same length; (0, 0) of none."""
    values = lists.combine_chunks().flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return values.reshape(len(lists), len(values) // max(1, len(lists)))
