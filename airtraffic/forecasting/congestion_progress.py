"""How the training of a model of congestion goes on, and how it ended, in words."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

EVERY = 5
"""Epochs between two lines. [epochs]"""


def progress(kind: str, log: Callable[[str], None]) -> Callable[[int, int, float, float], None]:
    """To be called after every epoch with the member, the epoch, and the errors on training and on checks."""

    def told(member: int, epoch: int, learned: float, checked: float) -> None:
        if epoch % EVERY == 0:
            # Nothing is learned in epoch 0, which says how good the start is.
            of_training = f"error {learned:.4f}, " if epoch else ""
            log(f"{kind}: member {member}, epoch {epoch}: {of_training}on checks {checked:.4f}")

    return told


def ended(course: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each member.

    >>> ended([{"member": 0, "epoch": e, "validation": v} for e, v in ((0, 0.9), (1, 0.7), (2, 0.8))])
    ['member 0: 2 epochs, the best is epoch 1: error on checks 0.7000']
    """
    lines = []
    for member, epochs in groupby(course, key=lambda each: each["member"]):
        of_member = list(epochs)
        best = min(of_member, key=lambda each: each["validation"])
        lines.append(
            f"member {member}: {of_member[-1]['epoch']} epochs, the best is epoch {best['epoch']}: error on checks "
            f"{best['validation']:.4f}"
        )
    return lines
