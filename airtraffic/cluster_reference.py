"""A fixed set of positions on which the clusters of two days are compared."""

from functools import cache
from itertools import combinations

import numpy as np

from airtraffic.simulation.airports import load_airports
from airtraffic.simulation.geometry import angles, degrees, tangents

VERSION = 1
"""Counted up when the positions change: agreements of two versions are not comparable."""
AIRPORTS = (
    "SBGR", "SBSP", "SBBR", "SBKP", "SBCF", "SBRJ", "SBGL", "SBPA", "SBCT", "SBRF", "SBSV", "SBFZ", "SABE",
    "SAEZ", "SCEL", "SPJC", "SKBO", "SKRG", "MPTO",
)  # fmt: skip
"""The busiest of the box that the platform watches."""
LONGEST_NM = 1200.0
SPACING_NM = 10.0
_RAD_PER_NM = np.pi / 180 / 60


@cache
def reference_positions() -> np.ndarray:
    """Positions every 10 NM along the great circles between busy airports up to 1,200 NM apart.

    Returns
    -------
    np.ndarray
        (n, 2), read-only: latitude and longitude, to .001 degrees; the same in every call. [deg]

    >>> len(reference_positions())
    5061
    """
    airports = load_airports()
    places = airports.vector[[airports.index(code) for code in AIRPORTS]]
    parts = []
    for a, b in combinations(places, 2):
        length = float(angles(a, b))
        if length <= LONGEST_NM * _RAD_PER_NM:
            along = np.arange(0.0, length, SPACING_NM * _RAD_PER_NM)[:, None]
            route = a * np.cos(along) + tangents(a[None], b[None]) * np.sin(along)
            parts.append(np.column_stack(degrees(route)))
    positions = np.concatenate(parts).round(3)
    positions.flags.writeable = False
    return positions
