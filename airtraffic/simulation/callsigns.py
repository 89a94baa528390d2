"""Callsigns: flight numbers of airlines, registrations of everybody else, and a few odd ones."""

import numpy as np

from airtraffic.simulation.fleet import Fleet
from airtraffic.simulation.operators import OPERATORS
from airtraffic.simulation.randomness import bits, uniform
from airtraffic.simulation.schedule import Flights

_NUMBER_STREAM, _ODD_STREAM = 41, 42
_NEVER_SENT, _ODD = 0.022, 0.003


def callsigns(seed: int, flights: Flights, fleet: Fleet) -> np.ndarray:
    """One for each flight; None where it never sends one. A flight number comes back every day."""
    operator = fleet.operator[flights.aircraft]
    quarter = (flights.pushback_s % 86_400 // 900).astype(np.int64)
    number = 1000 + (
        bits(seed, _NUMBER_STREAM, operator, flights.origin, flights.destination, quarter) % np.uint64(8999)
    ).astype(np.int64)
    designators = np.array([entry.designator for entry in OPERATORS])[operator]
    names = [
        f"{designator}{digits}" if designator else registration
        for designator, digits, registration in zip(
            designators, number, fleet.registration[flights.aircraft], strict=True
        )
    ]
    result = np.array(names, dtype=object)
    odd = uniform(seed, _ODD_STREAM, flights.id)
    for index in np.flatnonzero(odd < _NEVER_SENT + _ODD):
        result[index] = _odd_name(odd[index], str(result[index]), str(fleet.icao24[flights.aircraft[index]]))
    return result


def _odd_name(draw: float, usual: str, icao24: str) -> str | None:
    """Nothing, or what careless crews and transponders send."""
    if draw < _NEVER_SENT:
        return None
    forms = ("00000000", "N", icao24.upper(), usual[:2] + usual[3:])
    return forms[min(int((draw - _NEVER_SENT) / _ODD * len(forms)), len(forms) - 1)]
