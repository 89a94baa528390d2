"""Hyper-parameters that are tried, one model each."""

from collections.abc import Iterator
from itertools import product
from typing import Any

GRID: dict[str, tuple[float, ...]] = {
    "hidden": (32, 64),
    "dropout": (0.2, 0.4),
    "learning_rate": (1e-3, 5e-4),
    "layers": (1, 2),
}
"""The reference's grid."""


def configurations(grid: dict[str, tuple[Any, ...]] | None = None) -> Iterator[dict[str, Any]]:
    """Every combination, as arguments of ``CongestionLSTM``.

    >>> len(list(configurations()))
    16
    >>> next(configurations())
    {'hidden': 32, 'dropout': 0.2, 'learning_rate': 0.001, 'layers': 1}
    """
    names, values = zip(*(grid or GRID).items(), strict=True)
    for combination in product(*values):
        yield dict(zip(names, combination, strict=True))
