"""Whether a zone fills or empties: the change over the far time against a threshold."""

import numpy as np
import polars as pl

DIRECTIONS = ("down", "flat", "up")


def directions(change: np.ndarray, threshold: np.ndarray | float) -> np.ndarray:
    """-1, 0 or 1: a change counts beyond the threshold, not at it. Same shape as ``change``.

    >>> directions(np.array([-3.0, 2.0, 2.5]), 2.0).tolist()
    [-1, 0, 1]
    """
    return (change > threshold).astype(np.int64) - (change < -np.asarray(threshold)).astype(np.int64)


def cuts(expected: np.ndarray, came: np.ndarray) -> tuple[float, float]:
    """Where an expected change is called a fall or a rise, so that each is called as often as it comes.

    A mean moves less than what comes, so that the threshold itself would be passed too seldom.

    Parameters
    ----------
    expected, came
        Changes in thresholds, of polls where both are known; any one shape.

    Returns
    -------
    tuple of float
        Below the first it is a fall, above the second a rise; never beyond 0 on the wrong side.
    """
    if not came.size:
        return -1.0, 1.0
    falls, rises = (came < -1).mean(), (came > 1).mean()
    low, high = np.quantile(expected, [falls, 1 - rises])
    return min(float(low), -1e-9), max(float(high), 1e-9)


def scores(came: np.ndarray, called: np.ndarray) -> pl.DataFrame:
    """Precision and recall of each direction beside its base rate.

    Parameters
    ----------
    came, called
        -1, 0 or 1 each; any one shape.

    Returns
    -------
    pl.DataFrame
        direction, cases, base_rate, precision (null when never called), recall (null when it never
        came). Calling at random as often has the base rate for precision. [1]
    """
    rows = []
    for value, name in zip((-1, 0, 1), DIRECTIONS, strict=True):
        true, said = came == value, called == value
        hits = int((true & said).sum())
        rows.append(
            {
                "direction": name,
                "cases": int(true.sum()),
                "base_rate": float(true.mean()) if true.size else None,
                "precision": hits / int(said.sum()) if said.any() else None,
                "recall": hits / int(true.sum()) if true.any() else None,
            }
        )
    schema = {"direction": pl.String, "cases": pl.Int64} | dict.fromkeys(
        ("base_rate", "precision", "recall"), pl.Float64
    )
    return pl.DataFrame(rows, schema=schema)
