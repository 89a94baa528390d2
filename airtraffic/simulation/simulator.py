"""Simulated air traffic as polls of state vectors: nothing here has flown.

Flights go between real airports on great circles; reception is that of a thin network of volunteers'
receivers. See ``Simulation``.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from airtraffic.settings import SOUTH_AMERICA
from airtraffic.simulation.airports import load_airports
from airtraffic.simulation.demand import DAY_S, Demand
from airtraffic.simulation.fleet import make_fleet
from airtraffic.simulation.messages import StateVectors
from airtraffic.simulation.receivers import Receivers
from airtraffic.simulation.reception import LOOKBACK_S, receive
from airtraffic.simulation.schedule import LONGEST_DUTY_DAYS, Flights, Schedule
from airtraffic.simulation.trajectory import Trajectories

USUAL_AIRCRAFT = 168
"""Mean aircraft in a poll of South America. [aircraft]"""
_FLEET_PER_AIRCRAFT = 9.0
"""Fleet that shows one aircraft on average: most are parked or out of reach. [aircraft]"""
_BLOCK_S = 3600
_DAYS_KEPT = LONGEST_DUTY_DAYS + 1


@dataclass(frozen=True)
class SimulatedPoll:
    """One answer of the simulated network."""

    snapshot_at: int
    """[s since 1970-01-01 UTC]"""
    table: pa.Table
    """The 18 fields of a state vector, one row per aircraft."""


class Simulation:
    """Deterministic traffic over South America.

    Parameters
    ----------
    seed
        Another seed is another world.
    start, hours
        First poll and duration; ``start`` needs a time zone. Polls come at ``start + k * interval_s``,
        floored to the second, while that is before the end.
    aircraft
        Mean aircraft in a poll; None for the usual 168.
    interval_s
        Time between polls. [s]
    box
        lamin, lamax, lomin, lomax: only positions inside are shown. [deg]
    """

    def __init__(
        self,
        *,
        seed: int = 20250115,
        start: datetime,
        hours: float,
        aircraft: int | None = None,
        interval_s: float = 60.0,
        box: tuple[float, float, float, float] = SOUTH_AMERICA,
    ) -> None:
        if start.tzinfo is None:
            raise ValueError(f"start is {start.isoformat()} without a time zone; expected one such as UTC")
        if not interval_s >= 1:
            raise ValueError(f"interval_s is {interval_s}; expected at least 1 s")
        if not hours > 0:
            raise ValueError(f"hours is {hours}; expected more than 0")
        if aircraft is not None and aircraft < 1:
            raise ValueError(f"aircraft is {aircraft}; expected at least 1")
        self.seed = seed
        self.start_s = start.timestamp()
        self.end_s = self.start_s + hours * 3600.0
        self.interval_s = interval_s
        self.box = box
        airports = load_airports()
        size = max(10, round((aircraft or USUAL_AIRCRAFT) * _FLEET_PER_AIRCRAFT))
        self._airports = airports
        self._fleet = make_fleet(seed, size, airports)
        self._schedule = Schedule(seed, self._fleet, airports, Demand.of_day())
        self._receivers = Receivers.around(airports, seed)
        self._state_vectors = StateVectors(seed, self._fleet, box)
        self._days: OrderedDict[int, Flights] = OrderedDict()

    def polls(self, start: datetime | None = None) -> Iterator[SimulatedPoll]:
        """Polls from ``start`` on, the same as if all before had been skipped."""
        number = 0
        if start is not None:
            number = max(0, int(np.ceil((start.timestamp() - self.start_s) / self.interval_s)))
        while self._time(number) < self.end_s:
            block = int(self._time(number) // _BLOCK_S)
            last = number
            while self._time(last) < min(self.end_s, (block + 1) * _BLOCK_S):
                last += 1
            times = np.array([int(self._time(k)) for k in range(number, last)], dtype=np.int64)
            yield from self._block(times)
            number = last

    def _time(self, number: int) -> float:
        return self.start_s + number * self.interval_s

    def _block(self, times: np.ndarray) -> Iterator[SimulatedPoll]:
        flights = self._flights(int(times[0]), int(times[-1]))
        trajectories = Trajectories(flights, self._airports)
        reception = receive(self.seed, flights, trajectories, self._fleet, self._receivers, times)
        table, bounds = self._state_vectors.tables(flights, trajectories, reception)
        for index, time in enumerate(times):
            first, last = int(bounds[index]), int(bounds[index + 1])
            yield SimulatedPoll(int(time), table.slice(first, last - first))

    def _flights(self, first_s: int, last_s: int) -> Flights:
        """Flights that may be shown between two times, in the order of their aircraft."""
        day = first_s // DAY_S
        flights = Flights.join([self._day(day - back) for back in range(LONGEST_DUTY_DAYS)])
        shown = (flights.on_s <= last_s) & (flights.off_s >= first_s - LOOKBACK_S)
        chosen = np.flatnonzero(shown)
        return flights.take(chosen[np.argsort(flights.id[chosen] & ((1 << 28) - 1), kind="stable")])

    def _day(self, day: int) -> Flights:
        if day not in self._days:
            self._days[day] = self._schedule.day(day)
            while len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        return self._days[day]
