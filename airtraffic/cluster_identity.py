"""Which cluster of a snapshot is which of the snapshot before: ids that last, and what happened.

Rules after MONIC (Spiliopoulou, Ntoutsi, Theodoridis, Schult: Modeling and Monitoring Cluster Transitions,
KDD 2006), with one share for both directions. Two clusters are linked when at least half of one of them
lies in the other, by the weight of positions seen under both snapshots. Of all links, heaviest first, each
cluster hands its id to one successor at most and each successor takes one at most. What is left over
explains itself: a cluster without links died or was born; one whose every link found another heir was
merged; a new one whose links all have heirs was split off.

An hour that is made again, because rows came late, keeps its own ids too: the hours after it that are not made
again go on naming clusters as it named them. A cluster without a predecessor takes the id that the hour, as it
was before, had given to that place, by the same rule; only what is new in it gets a new number, never one that
is taken. What stays possible is that one cluster has two names: its predecessor, and so its id, may be another.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

SHARE = 0.5
"""Of the smaller cluster's weight, what two clusters have in common at least to be linked. [1]"""
NEW = -1


@dataclass(frozen=True)
class Matching:
    """How the clusters of two snapshots go together; numbers count each snapshot's clusters from 0."""

    predecessor: np.ndarray
    """(n_new,) int64: the old cluster whose id it keeps, -1 for none."""
    born: list[int]
    """New clusters linked with no old one."""
    died: list[int]
    """Old clusters linked with no new one."""
    merged: dict[int, list[int]]
    """Old clusters that ended, by the new one that they went into."""
    split: dict[int, list[int]]
    """New clusters without a predecessor, by the old one that they came out of."""


def overlap(old: np.ndarray, new: np.ndarray, weight: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Weight of points by their cluster in two snapshots.

    Parameters
    ----------
    old, new
        (n,) int64: cluster of each point under either snapshot, -1 for noise.
    weight
        (n,). [aircraft-minutes]
    shape
        Clusters in the old and in the new snapshot.

    Returns
    -------
    np.ndarray
        (n_old + 1, n_new + 1); the last row and column are noise. [aircraft-minutes]

    >>> overlap(np.array([0, 0, -1]), np.array([0, -1, 0]), np.array([1.0, 2.0, 4.0]), (1, 1)).tolist()
    [[1.0, 2.0], [4.0, 0.0]]
    """
    rows, columns = shape[0] + 1, shape[1] + 1
    cell = np.where(old < 0, shape[0], old) * columns + np.where(new < 0, shape[1], new)
    return np.bincount(cell, weights=weight, minlength=rows * columns).reshape(rows, columns)


def match(common: np.ndarray, share: float = SHARE) -> Matching:
    """Match the clusters of two snapshots by ``overlap``.

    Every old cluster either hands on its id, or died, or was merged into one new cluster; every new one
    either keeps an id, or was born, or was split off one old cluster.

    >>> match(np.array([[9.0, 8.0, 1.0], [0.0, 0.0, 5.0], [0.0, 0.0, 0.0]])).split  # one becomes two
    {0: [1]}
    """
    inside = common[:-1, :-1]
    smaller = np.minimum(common.sum(axis=1)[:-1, None], common.sum(axis=0)[None, :-1])
    linked = (inside > 0) & (inside >= share * smaller)
    old, new = np.nonzero(linked)
    heir = np.full(len(inside), NEW)
    predecessor = np.full(inside.shape[1], NEW)
    for index in np.lexsort((new, old, -inside[old, new])):
        a, b = old[index], new[index]
        if heir[a] == NEW and predecessor[b] == NEW:
            heir[a], predecessor[b] = b, a
    merged: dict[int, list[int]] = {}
    for a in np.flatnonzero((heir == NEW) & linked.any(axis=1)).tolist():
        merged.setdefault(int(np.argmax(np.where(linked[a], inside[a], -1.0))), []).append(a)
    split: dict[int, list[int]] = {}
    for b in np.flatnonzero((predecessor == NEW) & linked.any(axis=0)).tolist():
        split.setdefault(int(np.argmax(np.where(linked[:, b], inside[:, b], -1.0))), []).append(b)
    return Matching(
        predecessor=predecessor,
        born=np.flatnonzero(~linked.any(axis=0)).tolist(),
        died=np.flatnonzero(~linked.any(axis=1)).tolist(),
        merged=merged,
        split=split,
    )


def cluster_ids(
    hour: datetime,
    matching: Matching,
    old_ids: Sequence[str],
    weight: np.ndarray,
    *,
    earlier: np.ndarray | None = None,
    earlier_ids: Sequence[str] = (),
    taken: Collection[str] = (),
) -> list[str]:
    """Ids of a snapshot's clusters: handed on, or kept from how the hour was before, or new.

    Parameters
    ----------
    hour
        Start of the hour; a new id is made of it and of a number counted from the heaviest.
    weight
        (n_new,). [aircraft-minutes]
    earlier
        ``overlap`` of the clusters of the hour as it was made before with those of now, None if it was not.
    earlier_ids
        Ids of the clusters of the hour as it was made before.
    taken
        Ids that are no longer free, of whatever hour.

    >>> hour, nothing = datetime(2025, 1, 15), match(np.zeros((1, 3)))
    >>> cluster_ids(hour, nothing, [], np.array([9.0, 5.0]))
    ['2025-01-15T00-01', '2025-01-15T00-02']
    >>> before = np.array([[0.0, 5.0, 0.0], [9.0, 0.0, 0.0]])  # the heavier one is new
    >>> cluster_ids(
    ...     hour, nothing, [], np.array([9.0, 5.0]), earlier=before, earlier_ids=["2025-01-15T00-01"]
    ... )
    ['2025-01-15T00-02', '2025-01-15T00-01']
    """
    ids = [old_ids[a] if a != NEW else "" for a in matching.predecessor.tolist()]
    of_hour = f"{hour:%Y-%m-%dT%H}-"
    if earlier is not None:
        born = np.array([name.startswith(of_hour) for name in earlier_ids], bool)
        kept = match(_among(earlier, born, matching.predecessor == NEW)).predecessor
        ids = [name or (earlier_ids[a] if a != NEW else "") for name, a in zip(ids, kept, strict=True)]
    used = [name for name in (*earlier_ids, *taken) if name.startswith(of_hour)]
    last = max((int(name.removeprefix(of_hour)) for name in used), default=0)
    fresh = [b for b in np.argsort(-weight, kind="stable").tolist() if not ids[b]]
    for number, b in enumerate(fresh, start=last + 1):
        ids[b] = f"{of_hour}{number:02}"
    return ids


def _among(common: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The overlap of some old and some new clusters, the others counted as noise."""
    folded = common.copy()
    folded[-1] += folded[:-1][~old].sum(axis=0)
    folded[:-1][~old] = 0.0
    folded[:, -1] += folded[:, :-1][:, ~new].sum(axis=1)
    folded[:, :-1][:, ~new] = 0.0
    return folded
