"""Simulated traffic: nothing in it has flown."""

import time
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime

from airtraffic.simulation.simulator import SimulatedPoll, Simulation
from collector.pacing import paced
from collector.source import Box, Poll, Skipped, Wait

DEFAULT_SEED = 20250115
WITHOUT_END_H = 10 * 365 * 24
"""A live simulation that is given no end runs this long. [h]"""


class Simulate:
    """A seeded simulation, of a given time or of the present.

    Parameters
    ----------
    start
        First poll; None for the present: the poll that is due now and then each as its time comes.
    hours
        Simulated time; None for a day, or without end for the present. [h]
    aircraft
        Mean aircraft in a poll, None for the usual number.
    speed
        Simulated seconds that pass in one second, infinite for as fast as possible. [1]
    """

    name = "simulate"

    def __init__(
        self,
        box: Box,
        *,
        start: datetime | None = None,
        hours: float | None = None,
        aircraft: int | None = None,
        seed: int = DEFAULT_SEED,
        interval_s: float = 60.0,
        speed: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.box: Box | None = box
        self.interval_s = interval_s
        self.live = start is None
        self._speed = 1.0 if self.live else speed
        self._clock = clock
        if start is None:
            start = datetime.fromtimestamp(clock() // interval_s * interval_s, UTC)
        self.start = start
        self._simulation = Simulation(
            seed=seed,
            start=start,
            hours=hours or (WITHOUT_END_H if self.live else 24),
            aircraft=aircraft,
            interval_s=interval_s,
            box=box,
        )

    def polls(self, known: Container[int] = frozenset()) -> Iterator[Poll | Wait | Skipped]:
        simulated = (self._poll(poll) for poll in self._simulation.polls())
        return paced(simulated, speed=self._speed, clock=self._clock, known=known, live=self.live)

    def _poll(self, poll: SimulatedPoll) -> Poll:
        return Poll(self.name, poll.snapshot_at, poll.table, self.interval_s, self.box)
