"""Simulated air traffic as polls of state vectors: nothing here has flown.

Flights go between real airports on great circles; reception is that of a thin network of volunteers'
receivers. See ``Simulation``. Rates, measured over South America in June 2025 and in the default day
(2025-01-15, 250,333 rows):

====================================================  =================  =================
what                                                  measured           simulated
====================================================  =================  =================
aircraft in a poll, mean of the day                   168                174
at 04 and 19 UTC                                      69, 236            90, 244
rows that repeat the position before                  22.0 %             22.8 %
age of the position, median, p90, p99                 14, 189, 341 s     14, 184, 319 s
older than 60 s, than 600 s                           22.6 %, 0.35 %     23.1 %, 0.27 %
last contact is the time of the position              69 %               69 %
rows in a visible run, median (real ones are cut short)  18                 27
frozen rows at its end, median                        4                  4
on the ground                                         7.2 %              6.8 %
no callsign, in the air and on the ground             2.7 %, 8.9 %       1.8 %, 8.4 %
no baro_altitude, likewise                            0.1 %, 96 %        0.1 %, 96 %
above 9,000 m, of what flies                          47 %               42 %
per 100,000 rows: above 15,000 m                      50                 48
per 100,000 rows: below 0 m                           98                 82
per 100,000 rows: jumps faster than 350 m/s           7                  8
airline callsigns                                     84 %               82 %
Brazilian aircraft, of rows                           54 %               53 %
====================================================  =================  =================
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from airtraffic.errors import ConfigurationError
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

    Raises
    ------
    ConfigurationError
        An argument is out of range.
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
            raise ConfigurationError(
                f"start is {start.isoformat()}; expected a time zone such as UTC with it"
            )
        if not interval_s >= 1:
            raise ConfigurationError(f"interval_s is {interval_s}; expected at least 1 s")
        if not hours > 0:
            raise ConfigurationError(f"hours is {hours}; expected more than 0 h")
        if aircraft is not None and aircraft < 1:
            raise ConfigurationError(
                f"aircraft is {aircraft}; expected at least 1, or None for the usual number"
            )
        if seed < 0:
            raise ConfigurationError(f"seed is {seed}; expected 0 or more")
        self.seed = seed
        self.start_s = start.timestamp()
        self.end_s = self.start_s + hours * 3600.0
        self.interval_s = interval_s
        self.box = box
        airports = load_airports()
        size = max(10, round((aircraft or USUAL_AIRCRAFT) * _FLEET_PER_AIRCRAFT))
        self.airports = airports
        self.fleet = make_fleet(seed, size, airports)
        self._schedule = Schedule(seed, self.fleet, airports, Demand.of_day())
        self._receivers = Receivers.around(airports, seed)
        self._state_vectors = StateVectors(seed, self.fleet, box)
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
        trajectories = Trajectories(flights, self.airports)
        reception = receive(self.seed, flights, trajectories, self.fleet, self._receivers, times)
        table, bounds = self._state_vectors.tables(flights, trajectories, reception)
        for index, time in enumerate(times):
            first, last = int(bounds[index]), int(bounds[index + 1])
            yield SimulatedPoll(int(time), table.slice(first, last - first))

    def _flights(self, first_s: int, last_s: int) -> Flights:
        """Flights that may be shown between two times, in the order of their aircraft."""
        day = first_s // DAY_S
        flights = Flights.join([self.flights_of(day - back) for back in range(LONGEST_DUTY_DAYS)])
        shown = (flights.on_s <= last_s) & (flights.off_s >= first_s - LOOKBACK_S)
        chosen = np.flatnonzero(shown)
        return flights.take(chosen[np.argsort(flights.id[chosen] & ((1 << 28) - 1), kind="stable")])

    def flights_of(self, day: int) -> Flights:
        """Flights of the aircraft whose day of work begins on ``day``, counted from 1970-01-01."""
        if day not in self._days:
            self._days[day] = self._schedule.day(day)
            while len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        return self._days[day]
