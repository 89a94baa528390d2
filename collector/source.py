"""What every source of polls gives: polls, and the waits between them."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from airtraffic.state_vectors import Rejected

Box = tuple[float, float, float, float]
"""lamin, lamax, lomin, lomax [deg]"""


@dataclass
class Poll:
    """One poll to be sent.

    ``snapshot_at`` is None for an answer that could not be read at all: only its ``rejected`` are sent.
    """

    source: str
    snapshot_at: int | None
    """[s since 1970-01-01 UTC]"""
    table: pa.Table
    """The 18 fields of state vectors."""
    interval_s: float
    box: Box | None = None
    rejected: list[Rejected] = field(default_factory=list)
    credits_left: int | None = None
    next_poll_at: float | None = None
    """When the source means to poll again, None at once. [s since 1970-01-01 UTC, wall clock]"""


@dataclass(frozen=True)
class Wait:
    """Nothing to send before ``until``. [s since 1970-01-01 UTC, wall clock]"""

    until: float
    reason: str


@dataclass(frozen=True)
class Skipped:
    """A poll that the lake already has."""

    snapshot_at: int


class Source(Protocol):
    """A source never sleeps: it yields a ``Wait``, so that who runs it can be stopped at any time."""

    name: str
    interval_s: float
    box: Box | None

    def polls(self, known: Container[int] = frozenset()) -> Iterator[Poll | Wait | Skipped]:
        """Polls in time order; those whose ``snapshot_at`` is ``known`` are skipped."""
        ...
