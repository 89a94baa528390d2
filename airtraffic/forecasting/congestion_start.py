"""Where the LSTM starts from: the last count, drawn towards what is expected and what is usual."""

from dataclasses import dataclass
from itertools import product

import numpy as np

MOST_POLLS = 2000
"""Of more polls, so many evenly spread ones decide. [polls]"""
TOWARD = tuple(tenth / 10 for tenth in range(11))
USUAL = (0.0, 0.25, 0.5, 0.75, 1.0)
NEWCOMERS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Start:
    """``count + toward (expected + newcomers - count) + usual (median - count)`` for one horizon.

    ``newcomers``: (n_zones,) what usually comes beyond what is expected: aircraft that no poll has shown. [aircraft]
    """

    toward: float
    usual: float
    newcomers: np.ndarray


def best_start(came: np.ndarray, count: np.ndarray, expected: np.ndarray, median: np.ndarray) -> Start:
    """The shares of least absolute error, newcomers being tried out across time.

    Newcomers of a rush hour are too many an hour later. So each half of the polls is tried with the newcomers
    of the other half, whole, halved or none, and what is kept is that share of all polls' newcomers.

    Parameters
    ----------
    came
        (n_polls, n_zones) Counts at the target, NaN where not known. [aircraft]
    count, expected
        (n_polls, n_zones) Counts now, and expected for the target. [aircraft]
    median
        (n_zones,) Usual count. [aircraft]
    """
    known = np.flatnonzero(np.isfinite(came).all(axis=1))
    if len(known) < 2:
        return Start(0.0, 0.0, np.zeros(came.shape[1]))
    missed = came - expected
    whole = missed[known].mean(axis=0)
    halves = np.array_split(known, 2)
    other = np.empty((len(known), came.shape[1]))
    other[: len(halves[0])] = missed[halves[1]].mean(axis=0)
    other[len(halves[0]) :] = missed[halves[0]].mean(axis=0)
    chosen = np.unique(np.linspace(0, len(known) - 1, min(len(known), MOST_POLLS)).astype(np.int64))
    rows, other = known[chosen], other[chosen]
    change = came[rows] - count[rows]
    expectation, back = expected[rows] - count[rows], median - count[rows]
    tried = [each for each in product(TOWARD, USUAL, NEWCOMERS) if each[0] + each[1] <= 1]
    errors = [np.abs(change - a * (expectation + c * other) - b * back).mean() for a, b, c in tried]
    toward, usual, share = tried[int(np.argmin(errors))]
    return Start(toward, usual, share * whole)
