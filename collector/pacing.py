"""Polls of another time, given at real speed, a multiple of it, or as fast as possible."""

import math
from collections.abc import Callable, Container, Iterable, Iterator

from collector.source import Poll, Skipped, Wait

AS_FAST_AS_POSSIBLE = math.inf


def paced(
    polls: Iterable[Poll],
    *,
    speed: float,
    clock: Callable[[], float],
    known: Container[int] = frozenset(),
    live: bool = False,
) -> Iterator[Poll | Wait | Skipped]:
    """The polls with the waits that their spacing asks for.

    Parameters
    ----------
    speed
        Recorded seconds that pass in one second, infinite for no waits. [1]
    clock
        Wall clock. [s since 1970-01-01 UTC]
    known
        ``snapshot_at`` that are skipped; skipping takes no time. [s since 1970-01-01 UTC]
    live
        The polls are of the present: each is due at its own ``snapshot_at``.
    """
    first: int | None = None
    began = 0.0
    for poll in polls:
        if poll.snapshot_at is None:
            yield poll
            continue
        if poll.snapshot_at in known:
            yield Skipped(poll.snapshot_at)
            continue
        if first is None:
            first = poll.snapshot_at
            began = float(first) if live else clock()
        if math.isfinite(speed):
            yield Wait(began + (poll.snapshot_at - first) / speed, "the next poll is due")
            poll.next_poll_at = began + (poll.snapshot_at + poll.interval_s - first) / speed
        yield poll
