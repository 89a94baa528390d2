"""Which polls a model of congestion learns from, and how wide its intervals and its thresholds are."""

import numpy as np

from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_positions import Congestion

LEVEL = 0.95
VALIDATION = 0.15
"""Share of every segment's polls, its last, that training leaves for checks and intervals. [1]"""
SHORTEST = 40
"""A segment of fewer polls is learned from as a whole. [polls]"""
THRESHOLD_SHARE = 2 / 3


def spread_of(mean: np.ndarray) -> np.ndarray:
    """Deviation that a count of this mean has by itself, and never less than one aircraft's. [aircraft]"""
    return np.sqrt(1 + mean)


def learned_from(polls: Polls) -> np.ndarray:
    """Polls to learn from, the others, each long segment's last, being for checks. (n_polls,) bool"""
    length = np.bincount(polls.segment)[polls.segment]
    checked = np.where(length >= SHORTEST, np.ceil(VALIDATION * length), 0)
    return polls.position < length - checked


def thresholds(seen: Congestion, learn: np.ndarray, far: int, share: float = THRESHOLD_SHARE) -> np.ndarray:
    """Change over the far time that ``share`` of a zone's changes in training do not exceed. (n_zones,)

    At least one aircraft: what is beyond it is a rise or a fall. [aircraft]
    """
    target = seen.polls.ahead(far)
    known = learn & (target >= 0)
    known[known] = learn[target[known]]
    if not known.any():
        return np.maximum(1.0, np.sqrt(seen.counts.aircraft[learn].mean(axis=0)))
    change = np.abs(seen.counts.aircraft[target[known]] - seen.counts.aircraft[known])
    return np.maximum(1.0, np.quantile(change, share, axis=0))


def calibrated(came: np.ndarray, said: np.ndarray) -> tuple[bool, float]:
    """Whether the nearest whole number errs less than the mean, and the half-width that ``LEVEL`` asks for.

    Parameters
    ----------
    came, said
        (n_polls, n_zones) Counts that came, and means that were expected. [aircraft]

    Returns
    -------
    bool, float
        The half-width is the conformal quantile of the errors, in ``spread_of`` the mean; NaN without cases.
    """
    if not len(came):
        return False, float("nan")
    rounded = bool(np.abs(came - np.round(said)).mean() < np.abs(came - said).mean())
    said = np.round(said) if rounded else said
    error = np.sort((np.abs(came - said) / spread_of(said)).ravel())
    rank = int(np.ceil(LEVEL * (len(error) + 1))) - 1
    return rounded, float(error[min(rank, len(error) - 1)])


def guessed(half: np.ndarray, horizons: tuple[int, ...]) -> np.ndarray:
    """Half-widths with those that nothing measured filled in. (n_horizons,)

    Two standard deviations of a Poisson count, more with time as a random walk has it.
    """
    return np.where(np.isnan(half), 2.0 * np.sqrt(np.minimum(np.array(horizons), 9) / 3), half)
