"""Live traffic from OpenSky."""

import time
from collections.abc import Callable, Container, Iterator

import structlog

from airtraffic.credits import Budget, budget
from airtraffic.geometry import BoundingBox
from airtraffic.state_vectors import parse_answer
from collector.not_before import NotBefore
from collector.opensky_api import Fetched, OpenSkyApi, RateLimitedError, UnavailableError
from collector.source import Box, Poll, Skipped, Wait

log = structlog.get_logger()

FIRST_PAUSE_S = 5.0
"""Pause before a failed poll is tried again; it doubles, and the next poll ends the tries. [s]"""


class OpenSky:
    """Polls of a box at the shortest interval that the account's credits allow for a whole day.

    Parameters
    ----------
    api
        Makes the requests.
    box
        lamin, lamax, lomin, lomax. [deg]
    daily_credits
        Credits of the account's ``states`` bucket. [credits/d]
    not_before
        Remembers when the next request is allowed, so that a restart does not spend credits twice.
    minutes
        Polls are taken for this long, None for ever. [min]

    Raises
    ------
    ConfigurationError
        The credits do not pay for one poll.
    """

    name = "opensky"

    def __init__(
        self,
        api: OpenSkyApi,
        box: Box,
        daily_credits: int,
        not_before: NotBefore,
        *,
        minutes: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.box: Box | None = box
        self.budget: Budget = budget(BoundingBox(*box), daily_credits)
        self.interval_s = float(self.budget.interval_s)
        self._api = api
        self._not_before = not_before
        self._minutes = minutes
        self._clock = clock

    def polls(self, known: Container[int] = frozenset()) -> Iterator[Poll | Wait | Skipped]:
        """A poll each interval; one that fails is tried again until the next is due, then it is a gap."""
        began = self._clock()
        end = began + 60 * self._minutes if self._minutes else float("inf")
        due, pause_s, why = self._not_before.read(), FIRST_PAUSE_S, "OpenSky may not be asked sooner"
        next_poll = due
        while due < end:
            yield Wait(due, why)
            began_poll = self._clock()
            if due >= next_poll:
                next_poll, pause_s = began_poll + self.interval_s, FIRST_PAUSE_S
                self._not_before.write(next_poll)
            try:
                fetched = self._api.states(self.box)
            except RateLimitedError as error:
                due = next_poll = began_poll + error.retry_after_s
                why = str(error)
                self._not_before.write(due)
                log.warning("no credits left", source=self.name, reason=why, next_poll_at=due)
                continue
            except UnavailableError as error:
                due = min(began_poll + pause_s, next_poll)
                why = str(error)
                pause_s *= 2
                log.warning("poll failed", source=self.name, reason=why, next_poll_at=due)
                continue
            due, why = next_poll, "the next poll is due"
            yield self._poll(fetched, next_poll)
        if due > self._clock():
            log.info("ended before the next poll", source=self.name, reason=why, next_poll_at=due)

    def _poll(self, fetched: Fetched, next_poll: float) -> Poll:
        answer = parse_answer(fetched.body)
        return Poll(
            self.name,
            answer.snapshot_at,
            answer.table,
            self.interval_s,
            self.box,
            answer.rejected,
            fetched.credits_left,
            next_poll,
        )
