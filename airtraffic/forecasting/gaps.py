"""Arithmetic on daily series with gaps: NaN is a day of which nothing is known, never a zero."""

import numpy as np


def known_mean(stack: np.ndarray | list[np.ndarray], axis: int = 0) -> np.ndarray:
    """Mean over an axis of what is known, NaN where nothing is.

    >>> known_mean([[1.0, np.nan], [4.0, np.nan]]).tolist()
    [2.5, nan]
    """
    stack = np.asarray(stack)
    known = ~np.isnan(stack)
    count = known.sum(axis=axis)
    return np.where(count > 0, np.where(known, stack, 0.0).sum(axis=axis) / np.maximum(count, 1), np.nan)


def mean_between(values: np.ndarray, begin: np.ndarray, end: np.ndarray, least: int = 1) -> np.ndarray:
    """Mean of what is known from column ``begin`` to before ``end``, NaN where fewer than ``least`` are.

    ``values``: (..., n_days); ``begin``, ``end``: (n,) of 0 to n_days. (..., n)

    >>> mean_between(np.array([1.0, np.nan, 4.0]), np.array([0, 1]), np.array([3, 2])).tolist()
    [2.5, nan]
    """
    known = ~np.isnan(values)
    before = [(0, 0)] * (values.ndim - 1) + [(1, 0)]
    total = np.cumsum(np.pad(np.where(known, values, 0.0), before), axis=-1)
    count = np.cumsum(np.pad(known, before), axis=-1)
    days = count[..., end] - count[..., begin]
    return np.where(days >= least, (total[..., end] - total[..., begin]) / np.maximum(days, 1), np.nan)


def carried_forward(values: np.ndarray) -> np.ndarray:
    """The last known value at each column, NaN before the first. (n, n_days)"""
    known = ~np.isnan(values)
    at = np.maximum.accumulate(np.where(known, np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(values, at, axis=1)


def same_weekday(values: np.ndarray, weeks: int) -> np.ndarray:
    """Mean of the last ``weeks`` known values of the column's weekday, itself included. (n, n_days)

    A gap is passed over: the weekday's value before it counts.
    """
    found = np.full_like(values, np.nan)
    for weekday in range(7):
        column = values[:, weekday::7]
        lagged = [carried_forward(column)]
        for back in range(1, weeks):
            older = np.full_like(column, np.nan)
            older[:, back:] = column[:, :-back] if back < column.shape[1] else np.nan
            lagged.append(older)
        found[:, weekday::7] = known_mean(lagged)
    return found


def filled_by_weekday(values: np.ndarray) -> np.ndarray:
    """Gaps after the first known day as the weekday's last known value, else the last day's. (n, n_days)"""
    usual = same_weekday(values, 1)
    filled = np.where(np.isnan(values), usual, values)
    return np.where(np.isnan(filled), carried_forward(filled), filled)
