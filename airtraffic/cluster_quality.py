"""How good an hour of clusters is: never one figure alone."""

import json
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airtraffic import cluster_reference
from airtraffic.cluster_hour import HourOfClusters
from airtraffic.cluster_rows import stored_clusters
from airtraffic.cluster_tables import CLUSTER_QUALITY
from airtraffic.micro_clusters import NOISE, assign
from airtraffic.projection import plane

_SILHOUETTE_POSITIONS = 2_000
"""All distances between so many positions take 32 MB and .05 s."""
_DBSCAN_POSITIONS = 5_000
"""DBSCAN keeps every neighbourhood: so many positions of a dense feed take 100 MB."""
_DIGITS = 9
"""Sums of thousands of terms differ in the digits after, by the number of threads."""


def hour_quality(made: HourOfClusters, day_before: pa.Table | None, coverage: float | None) -> pa.Table:
    """The row of ``cluster_quality`` of an hour.

    Parameters
    ----------
    made
        The hour.
    day_before
        Rows of ``cluster_snapshots`` of the hour 24 hours before; None or no rows when it is missing. What
        was made with other parameters is compared too: that is what the agreement is for.
    coverage
        Of the hour's polls; None when it is unknown. [1]
    """
    label, positions = made.label, len(made.label)
    sizes = np.bincount(label[label != NOISE])
    kinds = made.snapshots["kind"]
    dbscan = dbscan_labels(made)
    row = {
        "hour_start": made.hour,
        "snapshot_at": made.snapshot_at,
        "positions": positions,
        "aircraft": len(made.members["icao24"].unique()),
        "points": made.points,
        "clusters": len(made.snapshots["cluster_id"].drop_null().unique()),
        "potential": pc.sum(pc.equal(kinds, "p"), min_count=0).as_py(),
        "outliers": pc.sum(pc.equal(kinds, "o"), min_count=0).as_py(),
        "noise_share": float((label == NOISE).mean()) if positions else None,
        "biggest_share": float(max(chain([0], sizes)) / positions) if positions else None,
        "silhouette": silhouette(made.xy, label),
        "dbscan_clusters": len(np.unique(dbscan[1][dbscan[1] != NOISE])),
        "ami_dbscan": mutual_information(label[dbscan[0]], dbscan[1]),
        "agreement": agreement(made, day_before),
        "reference_version": cluster_reference.VERSION,
        "traffic_variability": variability(made.members["snapshot_at"]),
        "coverage": coverage,
        "parameters": made.parameters.to_json(),
        "warmed_up": made.warmed_up,
        "chained_hours": made.chained_hours,
        "sources": made.sources,
        "date": made.hour.date(),
        "hour": made.hour.hour,
    }
    return pa.Table.from_pylist([row], schema=CLUSTER_QUALITY.schema)


def silhouette(xy: np.ndarray, label: np.ndarray) -> float | None:
    """Mean silhouette of the positions inside clusters, of 2,000 of them spread evenly when there are more.

    None with fewer than two clusters, or with no more positions than clusters.
    """
    from sklearn.metrics import silhouette_score

    inside = np.flatnonzero(label != NOISE)
    chosen = inside[thinned(len(inside), _SILHOUETTE_POSITIONS)]
    clusters = len(np.unique(label[chosen]))
    if not 2 <= clusters < len(chosen):
        return None
    return round(float(silhouette_score(xy[chosen], label[chosen])), _DIGITS)


def dbscan_labels(made: HourOfClusters) -> tuple[np.ndarray, np.ndarray]:
    """What DBSCAN makes of the same hour, at most 5,000 positions of it, spread evenly.

    Radius epsilon, positions faded as the model fades them. A core has mu in its radius, less what no hour
    holds: of the weight that never ends, a window of T holds ``1 - 2^(-T / half-life)``, an hour 75 %.

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        (m,) and (m,) int64: which positions, and their clusters, -1 for noise.
    """
    from sklearn.cluster import DBSCAN

    chosen = thinned(len(made.t), _DBSCAN_POSITIONS)
    if not len(chosen):
        return chosen, np.empty(0, np.int64)
    parameters = made.parameters
    age = made.snapshot_at.timestamp() / 60 - made.t
    weight = made.weight * np.exp2(-age / parameters.half_life_min)
    held = 1 - np.exp2(-age.max() / parameters.half_life_min)
    scale = len(made.t) / len(chosen)
    # sklearn compares the sum of weights with a whole number: count in millionths of mu.
    model = DBSCAN(eps=parameters.epsilon_nm, min_samples=max(1, round(1e6 * held / scale)))
    found = model.fit_predict(made.xy[chosen], sample_weight=1e6 * weight[chosen] / parameters.mu)
    return chosen, found.astype(np.int64)


def mutual_information(one: np.ndarray, other: np.ndarray) -> float | None:
    """Adjusted mutual information over the positions that either puts into a cluster; None without any.

    What both call noise is left out: it is most of all positions and would hide the rest.

    >>> mutual_information(np.array([0, 0, 1, 1, -1]), np.array([4, 4, 2, 2, -1]))
    1.0
    """
    from sklearn.metrics import adjusted_mutual_info_score

    either = (one != NOISE) | (other != NOISE)
    if not either.any():
        return None
    return round(float(adjusted_mutual_info_score(one[either], other[either])), _DIGITS)


def agreement(made: HourOfClusters, other: pa.Table | None) -> float | None:
    """Adjusted Rand index of two snapshots on the reference positions, noise being a class of its own.

    None when either snapshot is missing or empty, as that of an hour which nobody polled, or when neither
    has a cluster at any of the positions.
    """
    from sklearn.metrics import adjusted_rand_score

    if other is None or not (other.num_rows and made.snapshots.num_rows):
        return None
    labels = [_reference_labels(rows) for rows in (made.snapshots, other)]
    if all((label == NOISE).all() for label in labels):
        return None
    return round(float(adjusted_rand_score(*labels)), _DIGITS)


def variability(snapshot_at: pa.ChunkedArray) -> float | None:
    """Standard deviation over mean of the positions per poll; None below two polls. [1]

    >>> variability(pa.chunked_array([[1, 1, 1, 2]]))
    0.5
    """
    counts = np.array([pair["counts"].as_py() for pair in snapshot_at.value_counts()])
    return float(counts.std() / counts.mean()) if len(counts) > 1 else None


def thinned(count: int, most: int) -> np.ndarray:
    """Up to ``most`` numbers out of ``range(count)``, spread evenly.

    >>> thinned(10, 3).tolist(), thinned(2, 3).tolist()
    ([0, 3, 6], [0, 1])
    """
    return np.arange(count) if count <= most else np.arange(most) * count // most


def _reference_labels(snapshots: pa.Table) -> np.ndarray:
    latitude, longitude = cluster_reference.reference_positions().T
    if not snapshots.num_rows:
        return np.full(len(latitude), NOISE)
    made_with = json.loads(snapshots["parameters"][0].as_py())
    xy = plane(latitude, longitude, made_with["centre"])
    return assign(stored_clusters(snapshots).table, xy, made_with["epsilon_nm"])
