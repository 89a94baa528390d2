"""Walks rows down trees; compiled once and kept."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def walk(
    rows: np.ndarray,
    roots: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    value: np.ndarray,
) -> np.ndarray:
    """The leaf's value of every row in every tree: (n_rows, n_trees)."""
    found = np.empty((rows.shape[0], roots.shape[0]))
    for tree in range(roots.shape[0]):
        for row in range(rows.shape[0]):
            node = roots[tree]
            while feature[node] >= 0:
                node = left[node] if rows[row, feature[node]] <= threshold[node] else right[node]
            found[row, tree] = value[node]
    return found
