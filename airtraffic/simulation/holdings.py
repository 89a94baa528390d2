"""Holding patterns: rare hours in which arrivals at busy airports circle before they approach."""

import numpy as np

from airtraffic.simulation.airports import Airports
from airtraffic.simulation.randomness import uniform

CIRCUIT_S = 240.0
"""One turn of the pattern. [s]"""
BEFORE_LANDING_M = 55_000.0
"""The pattern lies this far before the airport, along the route. [m]"""
_HOUR_STREAM = 11
_CONGESTED_HOURS = {
    "SBSP": 0.13,
    "SBRJ": 0.115,
    "SBGR": 0.09,
    "SBKP": 0.08,
    "SBCF": 0.05,
    "SBCT": 0.03,
    "SKBO": 0.05,
}
_OTHER_HOURS = 0.01
_SHARE_HELD = 0.45


def holding_s(
    seed: int, airports: Airports, destination: np.ndarray, arrival_s: np.ndarray, draws: np.ndarray
) -> np.ndarray:
    """Time each arrival holds: whole circuits, most often none. [s]

    Parameters
    ----------
    destination, arrival_s
        Airport and time without holding.
    draws
        (2, n) uniform numbers.
    """
    rates = np.array([_CONGESTED_HOURS.get(code, _OTHER_HOURS) for code in airports.codes])
    hour = (arrival_s // 3600).astype(np.int64)
    # Aircraft queue up when there are many of them: not at night.
    busy = (hour % 24 >= 10) | (hour % 24 <= 1)
    congested = busy & (uniform(seed, _HOUR_STREAM, destination, hour) < 1.8 * rates[destination])
    held = congested & (draws[0] < _SHARE_HELD)
    return np.where(held, CIRCUIT_S * (1 + np.floor(3 * draws[1])), 0.0)
