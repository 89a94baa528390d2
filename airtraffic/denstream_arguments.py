"""What a DenStream is given, checked before any arithmetic."""

import math
from collections.abc import Hashable, Sequence
from numbers import Real
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from airtraffic.micro_clusters import Link


def check_parameters(
    epsilon: float, mu: float, beta: float, half_life: float, max_merge_distance: float | None, link: str
) -> None:
    """Raise ``ValueError`` for a parameter of ``DenStream`` that is no number, or out of its bounds."""
    for name, value in {"epsilon": epsilon, "mu": mu, "half_life": half_life}.items():
        if not (isinstance(value, Real) and value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} is {value!r}; expected a positive number")
    if not (isinstance(beta, Real) and 0 < beta <= 1):
        raise ValueError(f"beta is {beta!r}; expected a number above 0 and up to 1")
    if not beta * mu > 1:
        raise ValueError(f"beta mu is {beta * mu}; expected above 1: raise mu or beta")
    if max_merge_distance is not None and not (
        isinstance(max_merge_distance, Real) and max_merge_distance > 0
    ):
        raise ValueError(
            f"max_merge_distance is {max_merge_distance!r}; expected a positive number, infinity or None"
        )
    if not (isinstance(link, str) and link in get_args(Link)):
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
        Shapes do not agree, a value is no number or not finite, a weight is not positive, or the weights
        together are not finite.
    """
    points, times = _numbers("points", points), _numbers("times", times)
    if points.ndim != 2 or not 0 < points.shape[1] == (dimensions or points.shape[1]):
        raise ValueError(f"points of shape {points.shape}; expected (n, {dimensions or 'at least 1'})")
    weights = np.ones(len(points)) if weights is None else _numbers("weights", weights)
    if not times.shape == weights.shape == points.shape[:1]:
        raise ValueError(
            f"{len(points)} points, but times of shape {times.shape} and weights of shape {weights.shape}"
        )
    if not (np.isfinite(points).all() and np.isfinite(times).all()):
        raise ValueError("points and times must be finite")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not (np.isfinite(total) and (weights > 0).all()):
        raise ValueError("weights must be positive, and finite together")
    return points, times, weights


def checked_places(points: npt.ArrayLike, dimensions: int) -> npt.NDArray[np.float64]:
    """(n, d) points whose cluster is asked for; d as expected, 0 for any.

    Raises
    ------
    ValueError
        The shape is another one, or a value is no number or not finite.
    """
    points = _numbers("points", points)
    if points.ndim != 2 or points.shape[1] != (dimensions or points.shape[1]):
        raise ValueError(f"points of shape {points.shape}; expected (n, {dimensions or 'd'})")
    if not np.isfinite(points).all():
        raise ValueError("points must be finite")
    return points


def storable_names(features: Sequence[Hashable]) -> Sequence[Hashable]:
    """Names of dimensions that come back from JSON as they are.

    Raises
    ------
    ValueError
        A name is neither a text nor a number of Python's.
    """
    other = [name for name in features if not isinstance(name, str | int | float | None)]
    if other:
        raise ValueError(
            f"dimensions named {', '.join(map(repr, other))} cannot be stored; "
            "name them by texts or by Python's numbers"
        )
    return features


def _numbers(name: str, values: Any) -> npt.NDArray[np.float64]:
    """Values as float64 in C order, writeable; what numpy would turn into numbers of another meaning is refused."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} have masked values; fill them or leave them out")
    given = np.asarray(values)
    if values is None or given.dtype.kind not in "biufO":
        raise ValueError(f"{name} are {'None' if values is None else given.dtype}; expected numbers")
    try:
        return np.require(given, np.float64, "CW")
    except TypeError as error:
        raise ValueError(f"{name} are no numbers: {error}") from error
