"""Flights of one day of work: every aircraft flies round trips from its base and is back within 24 hours.

Because each day of work begins and ends at the base, a day can be made without the days before it, and
no aircraft is in two places at once. Aircraft from across the Atlantic need longer: they have 44 hours
and fly every other day.
"""

from dataclasses import dataclass, fields

import numpy as np

from airtraffic.simulation.airports import Airports
from airtraffic.simulation.demand import DAY_S, Demand, weekday_activity
from airtraffic.simulation.fleet import Fleet
from airtraffic.simulation.geometry import EARTH_RADIUS_M, angles, bearings, tangents
from airtraffic.simulation.holdings import holding_s
from airtraffic.simulation.operators import KINDS, OPERATORS
from airtraffic.simulation.performance import highest_m, plan
from airtraffic.simulation.randomness import generator

_DAY_STREAM = 2
_MOST_TRIPS = 9
_SILENT_S = 420.0
"""Between two legs of an aircraft at least this long nothing is sent, so that the first is forgotten. [s]"""
LONGEST_DUTY_DAYS = 3
_OVERSEAS_DUTY_S = 44 * 3600
_ATLANTIC_DEG = -30.0
ROLL_S = 26.0
"""Duration of the take-off and landing rolls. [s]"""
_FOOT_M = 0.3048
_LOW_CRUISE_M = 600.0


@dataclass(frozen=True)
class Flights:
    """Columns of flights; times in s since 1970-01-01 UTC."""

    id: np.ndarray
    """Unique, and the same whenever it is made."""
    aircraft: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    on_s: np.ndarray
    """The transponder is switched on at the gate."""
    pushback_s: np.ndarray
    takeoff_s: np.ndarray
    landing_s: np.ndarray
    gate_s: np.ndarray
    off_s: np.ndarray
    distance_m: np.ndarray
    speed: np.ndarray
    climb: np.ndarray
    descent: np.ndarray
    cruise_m: np.ndarray
    climb_s: np.ndarray
    climb_m: np.ndarray
    descent_s: np.ndarray
    descent_m: np.ndarray
    cruise_s: np.ndarray
    holding_s: np.ndarray
    """Time in a holding pattern before the approach. [s]"""
    offset_m: np.ndarray
    """Greatest distance to the left of the great circle, halfway. [m]"""

    def __len__(self) -> int:
        return len(self.id)

    def take(self, chosen: np.ndarray) -> "Flights":
        return Flights(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @classmethod
    def join(cls, parts: list["Flights"]) -> "Flights":
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True)
class Schedule:
    """Makes the flights of any day.

    Parameters
    ----------
    seed
        The simulation's seed.
    fleet, airports, demand
        Who flies, between where, and when.
    """

    seed: int
    fleet: Fleet
    airports: Airports
    demand: Demand

    def day(self, day: int) -> Flights:
        """Flights of the aircraft whose day of work begins on ``day``, counted from 1970-01-01.

        They end within ``LONGEST_DUTY_DAYS`` of that midnight.
        """
        rng = generator(self.seed, _DAY_STREAM, day)
        overseas = self.airports.longitude[self.fleet.base] > _ATLANTIC_DEG
        rests = overseas & ((np.arange(len(self.fleet)) + day) % 2 == 1)
        active = np.flatnonzero((rng.random(len(self.fleet)) < weekday_activity(day)) & ~rests)
        duty_s = np.where(overseas, _OVERSEAS_DUTY_S, DAY_S)
        starts = day * DAY_S + self.fleet.duty_starts_s
        ready = starts + 900.0
        parts = []
        for trip in range(_MOST_TRIPS):
            if not len(active):
                break
            base = self.fleet.base[active]
            away = self._destinations(active, rng.random(len(active)))
            out = self._flights(day, 2 * trip, active, base, away, ready[active], rng)
            back = self._flights(
                day, 2 * trip + 1, active, away, base, out.off_s + self._turnaround_s(active), rng
            )
            fits = back.off_s + _SILENT_S <= starts[active] + duty_s[active]
            parts += [out.take(fits), back.take(fits)]
            active = active[fits]
            ready[active] = back.off_s[fits] + self._turnaround_s(active)
        return Flights.join(parts)

    def _destinations(self, aircraft: np.ndarray, draw: np.ndarray) -> np.ndarray:
        chances = self.fleet.destinations[self.fleet.network[aircraft]]
        return (chances < draw[:, None] * chances[:, -1:]).sum(axis=1)

    def _turnaround_s(self, aircraft: np.ndarray) -> np.ndarray:
        return np.array([kind.turnaround_s for kind in KINDS])[self.fleet.kind[aircraft]]

    def _flights(
        self,
        day: int,
        leg: int,
        aircraft: np.ndarray,
        origin: np.ndarray,
        destination: np.ndarray,
        ready_s: np.ndarray,
        rng: np.random.Generator,
    ) -> Flights:
        size = len(aircraft)
        kinds = self.fleet.kind[aircraft]
        start, end = self.airports.vector[origin], self.airports.vector[destination]
        distance_m = angles(start, end) * EARTH_RADIUS_M
        speed = _of_kind("speed", kinds) * np.clip(rng.normal(1.0, 0.075, size), 0.82, 1.18)
        climb = _of_kind("climb", kinds) * np.clip(rng.normal(1.0, 0.22, size), 0.5, 1.6)
        descent = _of_kind("climb", kinds) * np.clip(rng.normal(1.08, 0.17, size), 0.6, 1.6)
        course = bearings(start, tangents(start, end))
        highest = highest_m(distance_m, speed, climb, descent)
        terrain = np.maximum(self.airports.elevation_m[origin], self.airports.elevation_m[destination])
        level_m = _cruise_levels_m(kinds, course, highest + terrain, rng)
        cruise_m = np.clip(level_m - terrain, np.minimum(highest, _LOW_CRUISE_M), highest)
        legs = plan(distance_m, cruise_m, speed, climb, descent)

        private = np.array([not entry.designator for entry in OPERATORS])[self.fleet.operator[aircraft]]
        scheduled = np.array([entry.leaves_at_h is not None for entry in OPERATORS])[
            self.fleet.operator[aircraft]
        ]
        wait_h = rng.exponential(size=size) * np.where(scheduled, 0.25, _of_kind("wait_h", kinds))
        pushback = self.demand.departures(ready_s, wait_h)
        takeoff = (
            pushback + ROLL_S + np.where(private, rng.uniform(150, 400, size), rng.uniform(300, 900, size))
        )
        held_s = holding_s(
            self.seed, self.airports, destination, takeoff + legs.airborne_s, rng.random((2, size))
        )
        held_s = np.where(legs.cruise_m > 3500, held_s, 0.0)
        landing = takeoff + legs.airborne_s + held_s
        gate = landing + ROLL_S + rng.uniform(120, 480, size)
        return Flights(
            id=((day << 28) + (aircraft << 5) + leg).astype(np.int64),
            aircraft=aircraft,
            origin=origin,
            destination=destination,
            on_s=pushback - rng.uniform(20, 100, size),
            pushback_s=pushback,
            takeoff_s=takeoff,
            landing_s=landing,
            gate_s=gate,
            off_s=gate + rng.uniform(10, 60, size),
            distance_m=distance_m,
            speed=speed,
            climb=climb,
            descent=descent,
            cruise_m=legs.cruise_m,
            climb_s=legs.climb_s,
            climb_m=legs.climb_m,
            descent_s=legs.descent_s,
            descent_m=legs.descent_m,
            cruise_s=legs.cruise_s,
            holding_s=held_s,
            offset_m=rng.normal(0.0, 1.0, size) * np.minimum(0.012 * distance_m, 9_000.0),
        )


def _of_kind(name: str, kinds: np.ndarray) -> np.ndarray:
    return np.array([getattr(kind, name) for kind in KINDS])[kinds]


def _cruise_levels_m(
    kinds: np.ndarray, course_deg: np.ndarray, highest_m: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Whole thousands of feet: odd eastbound, even westbound, in 95 of 100 flights. [m above the sea]"""
    size = len(kinds)
    wanted = rng.normal(_of_kind("cruise_m", kinds), _of_kind("cruise_spread_m", kinds))
    reachable = np.floor(highest_m / _FOOT_M / 1000.0)
    thousands = np.round(np.minimum(wanted, _of_kind("ceiling_m", kinds)) / _FOOT_M / 1000.0)
    thousands = np.minimum(thousands, reachable)
    odd = (course_deg < 180.0) ^ (rng.random(size) > 0.95)
    shift = np.where((rng.random(size) < 0.5) & (thousands < reachable), 1.0, -1.0)
    wrong = ((thousands % 2 == 1) != odd) & (thousands >= 5)
    return np.maximum(thousands + np.where(wrong, shift, 0.0), 1.0) * 1000.0 * _FOOT_M
