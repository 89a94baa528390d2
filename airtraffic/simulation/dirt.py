"""Nulls, odd values and errors at the rates that real state vectors show."""

from dataclasses import dataclass

import numpy as np

from airtraffic.simulation.randomness import bits, uniform
from airtraffic.simulation.schedule import Flights
from airtraffic.simulation.trajectory import States

_FLIGHT_STREAM, _MESSAGE_STREAM = 51, 61

BARO_MISSING_AIRBORNE, BARO_MISSING_ON_GROUND = 0.001, 0.96
RATE_MISSING_AIRBORNE, RATE_MISSING_ON_GROUND = 0.004, 0.98
GEO_MISSING_AIRBORNE = 0.02
VELOCITY_MISSING = 0.0001
CALLSIGN_MISSING_AIRBORNE, CALLSIGN_MISSING_ON_GROUND = 0.005, 0.07
SQUAWK_PRESENT = 0.06
SPI_SET = 0.007
ALTITUDE_TOO_HIGH = 0.0005
SLOW_AIRBORNE = 0.0016
GROUND_IN_FLIGHT = 0.0009
DISPLACED = 0.000045
EMERGENCY_FLIGHTS = 0.0008
_EMERGENCIES = np.array(["7700", "7600", "7500", "7700", "7600", "7700"], dtype=object)


@dataclass(frozen=True)
class Columns:
    """What a message carries; NaN is null."""

    latitude: np.ndarray
    longitude: np.ndarray
    baro_altitude: np.ndarray
    geo_altitude: np.ndarray
    velocity: np.ndarray
    true_track: np.ndarray
    vertical_rate: np.ndarray
    on_ground: np.ndarray
    squawk: np.ndarray
    spi: np.ndarray
    callsign_missing: np.ndarray


class Draws:
    """Random numbers that belong to a message, that is, to a flight and the time of its position.

    A repeated row therefore repeats everything.
    """

    def __init__(self, seed: int, flights: Flights, flight: np.ndarray, time_s: np.ndarray) -> None:
        self._seed = seed
        self.flights = flights
        self.flight = flight
        self.time_s = time_s
        self._id = flights.id[flight]

    def message(self, number: int) -> np.ndarray:
        """Uniform in [0, 1), one a message."""
        return uniform(self._seed, _MESSAGE_STREAM + number, self._id, self.time_s)

    def of_flight(self, number: int) -> np.ndarray:
        """Uniform in [0, 1), one a flight, repeated for its messages."""
        return uniform(self._seed, _FLIGHT_STREAM + number, self.flights.id)[self.flight]

    def codes(self, number: int) -> np.ndarray:
        """Four octal digits, one code a flight, repeated for its messages."""
        values = bits(self._seed, _FLIGHT_STREAM + number, self.flights.id) % np.uint64(4096)
        return np.array([f"{value:04o}" for value in values.tolist()], dtype=object)[self.flight]


def spoil(draws: Draws, state: States, latitude: np.ndarray, longitude: np.ndarray) -> Columns:
    """Measured values out of true ones: pressure offsets, nulls, wrong flags and jumps."""
    ground = state.on_ground | (draws.message(0) < GROUND_IN_FLIGHT)
    pressure_m = (draws.of_flight(0) + draws.of_flight(1) + draws.of_flight(2) - 1.5) * 55.0
    baro = state.altitude_m + pressure_m * (state.altitude_m < 3000.0)
    wild = draws.message(1)
    baro = np.where(wild < ALTITUDE_TOO_HIGH, 15_200.0 + 23_000.0 * wild / ALTITUDE_TOO_HIGH, baro)
    geo = baro + 0.055 * state.altitude_m + 15.0 + 40.0 * (draws.of_flight(3) - 0.5)

    velocity = np.maximum(state.velocity_mps * (1.0 + 0.03 * (draws.message(2) - 0.5)), 0.0)
    slow = draws.message(3)
    velocity = np.where((slow < SLOW_AIRBORNE) & ~state.on_ground, 9.5 * slow / SLOW_AIRBORNE, velocity)
    rate = state.vertical_mps + np.where(state.on_ground, 0.0, 1.2 * (draws.message(4) - 0.5))

    displaced = draws.message(5) < DISPLACED
    away = draws.message(6) - 0.5
    latitude = np.where(displaced, latitude + 4.0 * away + np.copysign(0.8, away), latitude)
    nulls = draws.message(7)
    return Columns(
        latitude=latitude,
        longitude=longitude,
        baro_altitude=_without(baro, nulls, np.where(ground, BARO_MISSING_ON_GROUND, BARO_MISSING_AIRBORNE)),
        geo_altitude=_without(geo, draws.message(8), np.where(ground, 1.0, GEO_MISSING_AIRBORNE)),
        velocity=_without(velocity, draws.message(9), VELOCITY_MISSING),
        true_track=state.track_deg,
        vertical_rate=_without(
            rate, draws.message(10), np.where(ground, RATE_MISSING_ON_GROUND, RATE_MISSING_AIRBORNE)
        ),
        on_ground=ground,
        squawk=_squawks(draws),
        spi=draws.message(11) < SPI_SET,
        callsign_missing=draws.message(12)
        < np.where(ground, CALLSIGN_MISSING_ON_GROUND, CALLSIGN_MISSING_AIRBORNE),
    )


def _without(values: np.ndarray, draw: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    return np.where(draw < share, np.nan, values)


def _squawks(draws: Draws) -> np.ndarray:
    """Mostly none; emergencies are always heard, in the second half of their flight."""
    codes = np.where(draws.of_flight(10) < SQUAWK_PRESENT, draws.codes(11), None)
    emergency = draws.of_flight(12)
    flights = draws.flights
    halfway = ((flights.takeoff_s + flights.landing_s) / 2.0)[draws.flight]
    declared = (emergency < EMERGENCY_FLIGHTS) & (draws.time_s > halfway)
    kind = np.minimum(emergency / EMERGENCY_FLIGHTS * len(_EMERGENCIES), len(_EMERGENCIES) - 1).astype(int)
    return np.where(declared, _EMERGENCIES[kind], codes)
