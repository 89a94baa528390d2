"""How fast a reference jet climbs, descends and flies, by altitude, and what follows for a whole leg.

Speeds and rates are fitted to what state vectors over South America show per altitude band; other
kinds of aircraft scale them (``operators.Kind``).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

_SPEED_MPS = (
    (0, 300, 500, 1000, 2250, 3750, 5250, 6750, 8250, 9500, 10500, 11500, 12500, 15000),
    (70, 76, 83, 106, 138, 164, 187, 207, 220, 230, 234, 238, 233, 226),
)
_CLIMB_MPS = ((0, 1500, 3000, 6000, 9000, 11000, 13000, 15000), (11.0, 9.5, 10.0, 9.0, 6.8, 4.6, 3.0, 2.0))
_DESCENT_MPS = ((0, 1000, 3000, 6000, 9000, 12000, 15000), (3.4, 4.0, 5.6, 8.6, 9.6, 8.4, 8.0))
_STEP_M = 25.0
_LOWEST_M = 150.0
_TOP_M = 15_000.0


@dataclass(frozen=True)
class Profile:
    """Altitude against time and distance from the ground, for the reference jet."""

    altitude_m: np.ndarray
    climb_s: np.ndarray
    climb_m: np.ndarray
    descent_s: np.ndarray
    descent_m: np.ndarray


@cache
def profile() -> Profile:
    """Time and distance to every altitude, integrated from the rates."""
    altitude = np.arange(0.0, _TOP_M + _STEP_M, _STEP_M)
    middle = altitude[:-1] + _STEP_M / 2
    speed = np.interp(middle, *_SPEED_MPS)
    columns = []
    for rates in (_CLIMB_MPS, _DESCENT_MPS):
        seconds = _STEP_M / np.interp(middle, *rates)
        columns += [np.concatenate([[0.0], np.cumsum(part)]) for part in (seconds, seconds * speed)]
    return Profile(altitude, *columns)


def speed_mps(altitude_m: np.ndarray) -> np.ndarray:
    """Ground speed of the reference jet. [m/s]

    >>> float(speed_mps(np.array([11_000.0]))[0])
    236.0
    """
    return np.interp(altitude_m, *_SPEED_MPS)


def climb_rate_mps(altitude_m: np.ndarray) -> np.ndarray:
    """Rate of climb of the reference jet. [m/s]"""
    return np.interp(altitude_m, *_CLIMB_MPS)


def descent_rate_mps(altitude_m: np.ndarray) -> np.ndarray:
    """Rate of descent of the reference jet, positive downwards. [m/s]"""
    return np.interp(altitude_m, *_DESCENT_MPS)


@dataclass(frozen=True)
class Legs:
    """Climb, cruise and descent of legs: times and distances of their parts."""

    cruise_m: np.ndarray
    """Cruise height above the higher of both airports. [m]"""
    climb_s: np.ndarray
    climb_m: np.ndarray
    descent_s: np.ndarray
    descent_m: np.ndarray
    cruise_s: np.ndarray

    @property
    def airborne_s(self) -> np.ndarray:
        return self.climb_s + self.cruise_s + self.descent_s


def highest_m(
    distance_m: np.ndarray, speed: np.ndarray, climb: np.ndarray, descent: np.ndarray
) -> np.ndarray:
    """Height that legs can reach when climb and descent take at most 80 % of them. [m]

    Parameters
    ----------
    distance_m
        Length along the great circle. [m]
    speed, climb, descent
        Times the reference jet's. [1]
    """
    table = profile()
    highest = np.empty_like(distance_m)
    for start in range(0, len(distance_m), 1024):
        part = slice(start, start + 1024)
        used = table.climb_m * (speed / climb)[part, None] + table.descent_m * (speed / descent)[part, None]
        highest[part] = ((used <= 0.8 * distance_m[part, None]).sum(axis=1) - 1) * _STEP_M
    return np.maximum(highest, _LOWEST_M)


def plan(
    distance_m: np.ndarray, cruise_m: np.ndarray, speed: np.ndarray, climb: np.ndarray, descent: np.ndarray
) -> Legs:
    """Split legs into climb, cruise and descent.

    Parameters
    ----------
    distance_m
        Length along the great circle. [m]
    cruise_m
        Cruise height above the airports, not above ``highest_m``. [m]
    speed, climb, descent
        Times the reference jet's. [1]
    """
    table = profile()
    climb_m = np.interp(cruise_m, table.altitude_m, table.climb_m) * speed / climb
    descent_m = np.interp(cruise_m, table.altitude_m, table.descent_m) * speed / descent
    level_m = np.maximum(distance_m - climb_m - descent_m, 0.0)
    return Legs(
        cruise_m=cruise_m,
        climb_s=np.interp(cruise_m, table.altitude_m, table.climb_s) / climb,
        climb_m=climb_m,
        descent_s=np.interp(cruise_m, table.altitude_m, table.descent_s) / descent,
        descent_m=descent_m,
        cruise_s=level_m / (speed_mps(cruise_m) * speed),
    )
