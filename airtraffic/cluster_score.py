"""Which parameters make better clusters: the rule by which a sweep names its best."""

import math

MOST_NOISE = 0.9
"""Mean share of noise above which clusters say too little: 5 NM over South America has 90 to 100 %. [1]"""
MOST_IN_ONE = 0.25
"""Mean share of the biggest cluster above which it is a chain: 30 NM with half the mu has 28 %. [1]"""
RULE = (
    f"The greatest score among those with a noise share of at most {MOST_NOISE:.0%} and a biggest cluster of "
    f"at most {MOST_IN_ONE:.0%} of all positions, else the greatest score of all. The score is the fourth root "
    "of clustered share x share of it outside the biggest cluster x adjusted mutual information with DBSCAN x "
    "adjusted Rand index of snapshots an hour apart. The silhouette has no part in it."
)


def within_bounds(noise_share: float | None, biggest_share: float | None) -> bool:
    """Whether clusters are neither nearly all noise nor chained into one; not if it is unknown.

    >>> within_bounds(0.59, 0.13), within_bounds(0.08, 0.28), within_bounds(None, None)
    (True, False, False)
    """
    if noise_share is None or biggest_share is None:
        return False
    return noise_share <= MOST_NOISE and biggest_share <= MOST_IN_ONE


def cluster_score(
    noise_share: float | None,
    biggest_share: float | None,
    ami_dbscan: float | None,
    stability: float | None,
) -> float:
    """Geometric mean of four parts, each 0 where clusters fail in one known way.

    ``score = (c * s * a * r) ^ (1/4)`` with

    * c, the clustered share, ``1 - noise_share``: 0 when all is noise, where the silhouette is best;
    * s, the spread, ``1 - biggest_share / c``: 0 when all that is clustered is one cluster;
    * a, the adjusted mutual information with DBSCAN on the same window: 0 when fading changed the picture;
    * r, the stability, the adjusted Rand index of snapshots an hour apart: 0 when clusters come and go.

    The silhouette has no part in it. A negative index counts as 0, and so does one that is missing.

    Parameters
    ----------
    noise_share
        Share of the positions in no cluster. [1]
    biggest_share
        Share of all positions that the biggest cluster has. [1]
    ami_dbscan, stability
        As above. [1]

    Returns
    -------
    float
        0 (worst) to 1. [1]

    >>> round(cluster_score(0.59, 0.13, 0.6, 0.7), 3)
    0.586
    >>> cluster_score(0.996, 0.002, None, 1.0), cluster_score(0.0, 1.0, 1.0, 1.0)  # all noise; one cluster
    (0.0, 0.0)
    """
    if noise_share is None or biggest_share is None or noise_share >= 1:
        return 0.0
    clustered = 1 - noise_share
    parts = (clustered, 1 - biggest_share / clustered, ami_dbscan or 0.0, stability or 0.0)
    return math.prod(max(part, 0.0) for part in parts) ** (1 / len(parts))
