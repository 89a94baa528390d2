"""Where a flight is at a time: gate, taxi, climb, cruise, holding pattern, descent, taxi, gate."""

from dataclasses import dataclass

import numpy as np

from airtraffic.simulation.airports import Airports
from airtraffic.simulation.geometry import EARTH_RADIUS_M, bearings, tangents
from airtraffic.simulation.holdings import BEFORE_LANDING_M, CIRCUIT_S
from airtraffic.simulation.performance import climb_rate_mps, descent_rate_mps, profile, speed_mps
from airtraffic.simulation.schedule import ROLL_S, Flights

_TAKEOFF_SPEED_MPS = 70.0
_TAXI_IN_MPS = 6.5


@dataclass(frozen=True)
class States:
    """Columns of states of motion."""

    position: np.ndarray
    """(n, 3) unit vectors. [1]"""
    altitude_m: np.ndarray
    """Above the sea. [m]"""
    velocity_mps: np.ndarray
    track_deg: np.ndarray
    vertical_mps: np.ndarray
    on_ground: np.ndarray


class Trajectories:
    """Motion of a set of flights.

    Parameters
    ----------
    flights, airports
        What flies between where.
    """

    def __init__(self, flights: Flights, airports: Airports) -> None:
        self.flights = flights
        self._start = airports.vector[flights.origin]
        self._along = tangents(self._start, airports.vector[flights.destination])
        self._left = np.cross(self._start, self._along)
        self._from_m = airports.elevation_m[flights.origin]
        self._to_m = airports.elevation_m[flights.destination]
        # Aprons lie somewhere to the side: where exactly differs from airport to airport and gate to gate.
        spread = (flights.id % 97) / 97.0 - 0.5
        self._apron_out = _apron(flights.origin, spread)
        self._apron_in = _apron(flights.destination, -spread)

    def at(self, index: np.ndarray, time_s: np.ndarray) -> States:
        """States of flights ``index`` at ``time_s`` [s since 1970-01-01 UTC], element by element."""
        flights = self.flights
        airborne_s = (flights.landing_s - flights.takeoff_s)[index]
        since = time_s - flights.takeoff_s[index]
        until = airborne_s - since
        flying = (since >= 0.0) & (until > 0.0)
        along, aside, forward, leftward, height, speed, vertical = _ground(self, index, time_s)
        air = np.flatnonzero(flying)
        parts = _airborne(flights, index[air], since[air])
        for column, part in zip(
            (along, aside, forward, leftward, height, speed, vertical), parts, strict=True
        ):
            column[air] = part
        share = np.clip(along / flights.distance_m[index], 0.0, 1.0)
        share = np.where(flying, share, np.rint(share))
        ground = self._from_m[index] * (1.0 - share) + self._to_m[index] * share
        # The cruise level is one above the sea, so the datum rises to the higher airport's with the height.
        climbed = height / flights.cruise_m[index]
        rise = np.maximum(self._from_m, self._to_m)[index] - ground
        position, direction = self._place(index, along, aside, forward, leftward)
        return States(
            position=position,
            altitude_m=height + ground + rise * climbed,
            velocity_mps=speed,
            track_deg=bearings(position, direction),
            vertical_mps=vertical * (1.0 + rise / flights.cruise_m[index]),
            on_ground=~flying,
        )

    def _place(
        self,
        index: np.ndarray,
        along: np.ndarray,
        aside: np.ndarray,
        forward: np.ndarray,
        leftward: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions and directions from metres along and to the left of the great circle."""
        angle = along[:, None] / EARTH_RADIUS_M
        cosine, sine = np.cos(angle), np.sin(angle)
        start, tangent, left = self._start[index], self._along[index], self._left[index]
        position = start * cosine + tangent * sine + left * (aside[:, None] / EARTH_RADIUS_M)
        position /= np.sqrt((position**2).sum(axis=1, keepdims=True))
        direction = (tangent * cosine - start * sine) * forward[:, None] + left * leftward[:, None]
        return position, direction


def _apron(airport: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """(2, n) gate's place seen from the runway: along and to the left. [m]"""
    angle = airport * 2.4 + spread
    return (1900.0 + 1900.0 * np.abs(spread)) * np.stack([np.cos(angle), np.sin(angle)])


def _airborne(flights: Flights, index: np.ndarray, since: np.ndarray) -> tuple[np.ndarray, ...]:
    """Along, aside, forward, leftward, height, speed, vertical rate ``since`` seconds after take-off."""
    table = profile()
    factor, distance = flights.speed[index], flights.distance_m[index]
    climb, descent = flights.climb[index], flights.descent[index]
    climb_s, descent_s = flights.climb_s[index], flights.descent_s[index]
    held, total = flights.holding_s[index], (flights.landing_s - flights.takeoff_s)[index]

    fix_m = np.minimum(BEFORE_LANDING_M * np.sqrt(factor), 0.5 * flights.descent_m[index])
    fix_s = total - held - np.interp(fix_m * descent / factor, table.descent_m, table.descent_s) / descent
    in_pattern = np.clip(since - fix_s, 0.0, held)
    flown = since - in_pattern
    left = total - held - flown

    climbing, descending = flown < climb_s, left < descent_s
    height = flights.cruise_m[index].copy()
    height[climbing] = np.interp((flown * climb)[climbing], table.climb_s, table.altitude_m)
    height[descending] = np.interp((left * descent)[descending], table.descent_s, table.altitude_m)
    speed = speed_mps(height) * factor
    cruise_speed = speed_mps(flights.cruise_m[index]) * factor
    along = flights.climb_m[index] + (flown - climb_s) * cruise_speed
    climb_along = np.interp((flown * climb)[climbing], table.climb_s, table.climb_m)
    along[climbing] = climb_along * (factor / climb)[climbing]
    rest = np.interp((left * descent)[descending], table.descent_s, table.descent_m)
    along[descending] = distance[descending] - rest * (factor / descent)[descending]
    vertical = np.where(climbing, climb_rate_mps(height) * climb, 0.0)
    vertical = np.where(descending, -descent_rate_mps(height) * descent, vertical)

    share = np.clip(along / distance, 0.0, 1.0)
    aside = flights.offset_m[index] * np.sin(np.pi * share) ** 2
    leftward = flights.offset_m[index] * np.pi / distance * np.sin(2.0 * np.pi * share)
    forward = np.ones_like(along)

    circling = (in_pattern > 0.0) & (in_pattern < held)
    turned = 2.0 * np.pi * in_pattern / CIRCUIT_S
    radius = speed * CIRCUIT_S / (2.0 * np.pi)
    along = along + np.where(circling, radius * np.sin(turned), 0.0)
    aside = aside + np.where(circling, radius * (1.0 - np.cos(turned)), 0.0)
    forward = np.where(circling, np.cos(turned), forward)
    leftward = np.where(circling, np.sin(turned), leftward)
    return along, aside, forward, leftward, height, speed, np.where(circling, 0.0, vertical)


def _ground(self: Trajectories, index: np.ndarray, time_s: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same columns for every state as if it were on the ground."""
    flights = self.flights
    distance = flights.distance_m[index]
    to_takeoff = flights.takeoff_s[index] - time_s
    from_landing = time_s - flights.landing_s[index]
    arriving = from_landing >= 0.0

    # Take-off and landing roll: constant acceleration from and to a standstill.
    lift_off = _TAKEOFF_SPEED_MPS * flights.speed[index]
    roll_left = np.clip(np.where(arriving, from_landing, to_takeoff), 0.0, ROLL_S)
    roll_speed = lift_off * (1.0 - roll_left / ROLL_S)
    rolled = lift_off * roll_left * (1.0 - roll_left / (2.0 * ROLL_S))
    end_of_roll = lift_off * ROLL_S / 2.0

    # Taxi: out, 90 % of the time moving and then queueing at the runway; in, moving all the time.
    out_s = np.maximum(flights.takeoff_s[index] - ROLL_S - flights.pushback_s[index], 1.0)
    out_share = np.clip((time_s - flights.pushback_s[index]) / (0.9 * out_s), 0.0, 1.0)
    in_s = np.maximum(flights.gate_s[index] - flights.landing_s[index] - ROLL_S, 1.0)
    in_share = np.clip((from_landing - ROLL_S) / in_s, 0.0, 1.0)
    share = np.where(arriving, in_share, 1.0 - out_share)
    apron = np.where(arriving, self._apron_in[:, index], self._apron_out[:, index])
    taxi_s = np.where(arriving, in_s, 0.9 * out_s)
    moving = (share > 0.0) & (share < 1.0)
    taxi_speed = np.where(moving, np.hypot(*apron) / taxi_s, 0.0)

    rolling = roll_left < ROLL_S
    sign = np.where(arriving, 1.0, -1.0)
    along = (
        np.where(arriving, distance, 0.0) + sign * np.where(rolling, rolled, end_of_roll) + apron[0] * share
    )
    aside = apron[1] * share
    forward = np.where(moving, sign * apron[0], 1.0)
    leftward = np.where(moving, sign * apron[1], 0.0)
    zeros = np.zeros_like(along)
    return along, aside, forward, leftward, zeros, np.where(rolling, roll_speed, taxi_speed), zeros.copy()
