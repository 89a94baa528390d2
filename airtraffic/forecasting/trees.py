"""A fitted forest as plain arrays: every tree's answer at once, stored without pickle."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from airtraffic.errors import ForecastError

ARRAYS = ("roots", "feature", "threshold", "left", "right", "value")


@dataclass(frozen=True)
class TreeArrays:
    """Regression trees, one after another.

    ``roots``: (n_trees,) first node of each. The rest, (n_nodes,): feature asked (-1: a leaf), threshold
    (at or below goes left), children, and a leaf's mean.
    """

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, forest: Any) -> "TreeArrays":
        """Take a fitted scikit-learn forest of regression trees apart."""
        trees = [each.tree_ for each in forest.estimators_]
        sizes = np.array([tree.node_count for tree in trees])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        child = {
            side: np.concatenate(
                [getattr(tree, f"children_{side}") + root for tree, root in zip(trees, roots, strict=True)]
            ).astype(np.int32)
            for side in ("left", "right")
        }
        feature = np.concatenate([tree.feature for tree in trees])
        return cls(
            roots.astype(np.int32),
            np.where(feature < 0, -1, feature).astype(np.int32),
            np.concatenate([tree.threshold for tree in trees]),
            child["left"],
            child["right"],
            np.concatenate([tree.value[:, 0, 0] for tree in trees]),
        )

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """What every tree says: (n_rows, n_trees). ``rows``: (n_rows, n_features), no NaN."""
        from airtraffic.forecasting.trees_kernel import walk

        return walk(
            np.ascontiguousarray(rows, dtype=np.float32),
            self.roots,
            self.feature,
            self.threshold,
            self.left,
            self.right,
            self.value,
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, as they are stored (``safetensors`` or ``numpy.savez``)."""
        return {name: getattr(self, name) for name in ARRAYS}

    @classmethod
    def of_arrays(cls, arrays: dict[str, np.ndarray], prefix: str = "") -> "TreeArrays":
        """What ``arrays`` gave, each name behind a prefix.

        Raises
        ------
        ForecastError
            They are no trees: walking down them would leave the arrays or not end.
        """
        trees = cls(*(np.ascontiguousarray(arrays[prefix + name]) for name in ARRAYS))
        count = len(trees.feature)
        sizes = {len(getattr(trees, name)) for name in ARRAYS[1:]}
        at = np.arange(count)
        inner = trees.feature >= 0
        # A child comes after its parent, so every walk ends.
        below = all(((side > at) & (side < count))[inner].all() for side in (trees.left, trees.right))
        if sizes != {count} or not below or not ((trees.roots >= 0) & (trees.roots < count)).all():
            raise ForecastError("the stored trees are not whole")
        return trees
