"""State vectors as the network would send them: rounded, with its nulls and its dirt."""

import numpy as np
import pyarrow as pa

from airtraffic.simulation.callsigns import callsigns
from airtraffic.simulation.dirt import Draws, spoil
from airtraffic.simulation.fleet import Fleet
from airtraffic.simulation.geometry import degrees
from airtraffic.simulation.reception import Reception
from airtraffic.simulation.schedule import Flights
from airtraffic.simulation.trajectory import Trajectories
from airtraffic.tables import STATE_VECTOR_FIELDS, STATE_VECTORS_RAW

SCHEMA = pa.schema([STATE_VECTORS_RAW.schema.field(name) for name in STATE_VECTOR_FIELDS])
_ALTITUDE_STEP_M = 7.62
_RATE_STEP_MPS = 0.32512


class StateVectors:
    """Turns what was received into tables.

    Parameters
    ----------
    seed, fleet
        Of the simulation.
    box
        lamin, lamax, lomin, lomax: only rows inside are kept. [deg]
    """

    def __init__(self, seed: int, fleet: Fleet, box: tuple[float, float, float, float]) -> None:
        self._seed = seed
        self._fleet = fleet
        self._box = box
        self._icao24 = pa.array(fleet.icao24, pa.string())
        self._country = pa.array(fleet.country, pa.string())

    def tables(
        self, flights: Flights, trajectories: Trajectories, reception: Reception
    ) -> tuple[pa.Table, np.ndarray]:
        """All rows of all polls, poll after poll, and (n_polls + 1,) where each poll begins."""
        poll, flight = np.nonzero(reception.time_position.T)
        time_position = reception.time_position[flight, poll]
        last_contact = reception.last_contact[flight, poll]
        state = trajectories.at(flight, time_position.astype(np.float64))
        latitude, longitude = degrees(state.position)
        draws = Draws(self._seed, flights, flight, time_position)
        columns = spoil(draws, state, latitude, longitude)

        lamin, lamax, lomin, lomax = self._box
        latitude, longitude = columns.latitude.round(4), columns.longitude.round(4)
        inside = np.flatnonzero(
            (lamin <= latitude) & (latitude <= lamax) & (lomin <= longitude) & (longitude <= lomax)
        )
        aircraft = flights.aircraft[flight]
        names = callsigns(self._seed, flights, self._fleet)
        names = np.where(columns.callsign_missing, None, names[flight])
        arrays = {
            "icao24": self._icao24.take(pa.array(aircraft[inside])),
            "callsign": names[inside],
            "origin_country": self._country.take(pa.array(aircraft[inside])),
            "time_position": time_position[inside],
            "last_contact": last_contact[inside],
            "longitude": longitude[inside],
            "latitude": latitude[inside],
            "baro_altitude": _steps(columns.baro_altitude, _ALTITUDE_STEP_M)[inside],
            "on_ground": columns.on_ground[inside],
            "velocity": columns.velocity.round(2)[inside],
            "true_track": (columns.true_track.round(2) % 360.0)[inside],
            "vertical_rate": _steps(columns.vertical_rate, _RATE_STEP_MPS)[inside],
            "sensors": pa.nulls(len(inside), pa.list_(pa.int64())),
            "geo_altitude": _steps(columns.geo_altitude, _ALTITUDE_STEP_M)[inside],
            "squawk": columns.squawk[inside],
            "spi": columns.spi[inside],
            "position_source": self._fleet.position_source[aircraft][inside],
            "category": self._fleet.category[aircraft][inside],
        }
        table = pa.table([_arrow(arrays[field.name], field.type) for field in SCHEMA], schema=SCHEMA)
        bounds = np.searchsorted(poll[inside], np.arange(reception.time_position.shape[1] + 1))
        return table, bounds


def _steps(values: np.ndarray, step: float) -> np.ndarray:
    return (np.rint(values / step) * step).round(2)


def _arrow(values: np.ndarray | pa.Array, type_: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if values.dtype == np.float64:
        return pa.array(values, type_, from_pandas=True)  # NaN is null
    return pa.array(values, type_)
