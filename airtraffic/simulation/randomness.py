"""Random numbers that belong to a thing and not to a place in a stream.

A draw depends only on its seed and keys (a leg, a ten-second slot), so any poll can be computed
without the polls before it, in any process and in any order.
"""

import numpy as np

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_DAY_OFFSET = 1 << 20
_UNIT = 2.0**-53
_BITS_16 = np.uint64(0xFFFF)


def _mix(z: np.ndarray) -> np.ndarray:
    """Finaliser of splitmix64, in place."""
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def bits(seed: int, stream: int, *keys: np.ndarray) -> np.ndarray:
    """64 random bits for every combination of keys (broadcast together).

    Parameters
    ----------
    seed, stream
        The simulation's seed and a number for what is drawn.
    keys
        Integer arrays.
    """
    start = np.uint64((seed * _GOLDEN + stream * 0xD1B54A32D192ED03 + _GOLDEN) & _MASK)
    z = _mix(np.full(1, start, dtype=np.uint64))
    for key in keys:
        z = _mix((z + np.uint64(_GOLDEN)) ^ np.atleast_1d(key).astype(np.uint64))
    return z


def uniform(seed: int, stream: int, *keys: np.ndarray) -> np.ndarray:
    """Uniform numbers in [0, 1) for every combination of keys. [1]

    >>> float(uniform(1, 2, np.array([3]))[0]) == float(uniform(1, 2, np.array([9, 3]))[1])
    True
    """
    return (bits(seed, stream, *keys) >> np.uint64(11)).astype(np.float64) * _UNIT


def quarters(words: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Four uniform numbers in [0, 1) with 16 bits each, from one word of 64 bits each."""
    return tuple(((words >> np.uint64(16 * part)) & _BITS_16).astype(np.uint16) for part in range(4))


def generator(seed: int, stream: int, day: int = 0) -> np.random.Generator:
    """A generator of its own for one purpose and one day. ``day`` counts from 1970-01-01."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream, day + _DAY_OFFSET])))
