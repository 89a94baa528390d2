"""The loop between a source and Kafka."""

import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from collector.producer import Producer
from collector.source import Poll, Skipped, Source, Wait

BATCH_ROWS = 10_000
"""Polls that need not wait for each other share a round of acknowledgements up to this. [rows]"""
_NAP_S = 0.25
_HOUR_S = 3600


class Stop(Protocol):
    """A ``threading.Event`` or anything else that can be asked."""

    def is_set(self) -> bool: ...


class Never:
    """Never stops."""

    def is_set(self) -> bool:
        return False


@dataclass
class Totals:
    """What a collecting run has done so far."""

    polls: int = 0
    rows: int = 0
    rejected: int = 0
    skipped: int = 0
    """Polls that the lake already had."""


@dataclass(frozen=True)
class Progress:
    """One poll that is acknowledged or was skipped."""

    source: str
    snapshot_at: int | None
    rows: int
    rejected: int
    skipped: bool
    rows_per_s: float | None
    credits_left: int | None
    next_poll_at: float | None
    totals: Totals


@dataclass
class _Batch:
    polls: list[Poll] = field(default_factory=list)
    rows: int = 0

    def has_room_for(self, poll: Poll) -> bool:
        if not self.polls:
            return True
        same_hour = (self.polls[-1].snapshot_at or 0) // _HOUR_S == (poll.snapshot_at or 0) // _HOUR_S
        return same_hour and self.rows < BATCH_ROWS


def collect(
    source: Source,
    producer: Producer,
    *,
    known: Iterable[tuple[str, int]] = frozenset(),
    on_poll: Callable[[Progress], None] = lambda progress: None,
    on_wait: Callable[[Wait], None] = lambda wait: None,
    stop: Stop | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Totals:
    """Send every poll of a source until it ends or ``stop`` is set; the poll in hand is finished.

    ``on_poll`` is called for each poll in order, after the broker has acknowledged it; what it takes is
    waited for, so it can hold the source back. Polls without waits between them are acknowledged together,
    never across an hour.

    Parameters
    ----------
    known
        (source, snapshot_at) of polls that are skipped.
    clock, sleep
        Wall clock and pause. [s]

    Raises
    ------
    AirTrafficError
        The source or the broker cannot be used; the message says what to do.
    """
    stop = stop or Never()
    totals = Totals()
    skipped: Container[int] = frozenset(at for name, at in known if name == source.name)
    batch = _Batch()

    def send() -> None:
        nonlocal batch
        full, batch = batch, _Batch()
        if full.polls:
            began = time.perf_counter()
            producer.send(full.polls)
            rows_per_s = full.rows / max(time.perf_counter() - began, 1e-9)
            for poll in full.polls:
                on_poll(_sent(poll, rows_per_s, totals))

    for event in source.polls(skipped):
        if isinstance(event, Wait):
            if event.until <= clock():
                continue
            send()
            on_wait(event)
            while (left := event.until - clock()) > 0 and not stop.is_set():
                sleep(min(left, _NAP_S))
        elif isinstance(event, Skipped):
            totals.skipped += 1
            on_poll(Progress(source.name, event.snapshot_at, 0, 0, True, None, None, None, totals))
        else:
            if not batch.has_room_for(event):
                send()
            batch.polls.append(event)
            batch.rows += event.table.num_rows
        if stop.is_set():
            break
    send()
    return totals


def _sent(poll: Poll, rows_per_s: float, totals: Totals) -> Progress:
    rows, rejected = poll.table.num_rows, len(poll.rejected)
    totals.polls += poll.snapshot_at is not None
    totals.rows += rows
    totals.rejected += rejected
    return Progress(
        poll.source,
        poll.snapshot_at,
        rows,
        rejected,
        False,
        rows_per_s,
        poll.credits_left,
        poll.next_poll_at,
        totals,
    )
