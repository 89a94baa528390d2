"""What a DenStream is given, checked before any arithmetic."""

import math
from typing import get_args

import numpy as np
import numpy.typing as npt

from airtraffic.micro_clusters import Link


def check_parameters(
    epsilon: float, mu: float, beta: float, half_life: float, max_merge_distance: float | None, link: str
) -> None:
    """Raise ``ValueError`` for a parameter of ``DenStream`` that is out of its bounds."""
    for name, value in {"epsilon": epsilon, "mu": mu, "half_life": half_life}.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} is {value}; expected a positive number")
    if not 0 < beta <= 1:
        raise ValueError(f"beta is {beta}; expected a number above 0 and up to 1")
    if not beta * mu > 1:
        raise ValueError(f"beta mu is {beta * mu}; expected above 1: raise mu or beta")
    if max_merge_distance is not None and not max_merge_distance > 0:
        raise ValueError(
            f"max_merge_distance is {max_merge_distance}; expected a positive number, infinity or None"
        )
    if link not in get_args(Link):
        raise ValueError(f"link is {link!r}; expected one of {', '.join(get_args(Link))}")


def checked_points(
    points: npt.ArrayLike, times: npt.ArrayLike, weights: npt.ArrayLike | None, dimensions: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points, times and weights as the kernel takes them: writeable and in C order, else numba compiles anew.

    Parameters
    ----------
    points, times, weights
        (n, d), (n,), (n,) or None for weights of 1.
    dimensions
        d that is expected, 0 for any.

    Raises
    ------
    ValueError
        Shapes do not agree, a value is not finite, or a weight not positive.
    """
    points = np.require(points, np.float64, "CW")
    times = np.require(times, np.float64, "CW")
    weights = np.ones(len(points)) if weights is None else np.require(weights, np.float64, "CW")
    if points.ndim != 2 or not 0 < points.shape[1] == (dimensions or points.shape[1]):
        raise ValueError(f"points of shape {points.shape}; expected (n, {dimensions or 'at least 1'})")
    if not times.shape == weights.shape == points.shape[:1]:
        raise ValueError(
            f"{len(points)} points, but times of shape {times.shape} and weights of shape {weights.shape}"
        )
    if not (np.isfinite(points).all() and np.isfinite(times).all()):
        raise ValueError("points and times must be finite")
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ValueError("weights must be positive and finite")
    return points, times, weights
