"""Events of simulated airlines' flights, as their operations would send them: nothing in them has happened.

The flights are those of the simulated traffic of the same seed, so that both tell of the same world.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from airtraffic.errors import ConfigurationError
from airtraffic.simulation.callsigns import callsigns
from airtraffic.simulation.demand import DAY_S
from airtraffic.simulation.operators import KINDS, OPERATORS
from airtraffic.simulation.randomness import uniform
from airtraffic.simulation.schedule import LONGEST_DUTY_DAYS
from airtraffic.simulation.simulator import Simulation

OPERATOR = "simulated_airline"
CURRENCY = "USD"
_STREAM = 60
_SEATS = {"jet": 174, "heavy": 300, "turboprop": 70, "piston": 9, "bizjet": 10, "rotor": 6}
_SCHEDULED_BEFORE_S, _CLOSED_AFTER_S = 6 * 3600, 3600
_CANCELLED = 0.015
"""Share of flights beside which another one is cancelled: those of the simulated traffic all fly. [1]"""
_SPARE_S = 600
"""What the plan gives a flight above its usual block time. [s]"""


def airlines() -> list[str]:
    """Designators of the airlines that fly in the simulation, the largest first."""
    shares: dict[str, float] = {}
    for operator in OPERATORS:
        if operator.designator:
            shares[operator.designator] = shares.get(operator.designator, 0.0) + operator.share
    return sorted(shares, key=lambda name: -shares[name])


def simulated_events(
    simulation: Simulation, airline_codes: Sequence[str], start: datetime, end: datetime
) -> Iterator[dict[str, Any]]:
    """Events from ``start`` to ``end``, not included, in the order in which they occur.

    Raises
    ------
    ConfigurationError
        An airline does not fly in the simulation.
    """
    unknown = sorted(set(airline_codes) - set(airlines()))
    if unknown:
        raise ConfigurationError(
            f"no simulated airline {', '.join(unknown)}; there are {', '.join(airlines())}"
        )
    first_s, last_s = start.timestamp(), end.timestamp()
    # A flight's events begin hours before it and end after it, and a day of work lasts several days.
    for day in range(int(first_s // DAY_S), int(last_s // DAY_S) + 1):
        from_s, to_s = max(first_s, day * DAY_S), min(last_s, (day + 1) * DAY_S)
        events = [
            event
            for duty in range(day - LONGEST_DUTY_DAYS, day + 2)
            for event in _events(simulation, duty, set(airline_codes))
            if from_s <= event["occurred_at"] < to_s
        ]
        yield from sorted(events, key=lambda event: (event["occurred_at"], event["flight_id"]))


def _events(simulation: Simulation, duty: int, wanted: set[str]) -> Iterator[dict[str, Any]]:
    flights, fleet, airports = simulation.flights_of(duty), simulation.fleet, simulation.airports
    designators = np.array([operator.designator for operator in OPERATORS])[fleet.operator[flights.aircraft]]
    flights = flights.take(np.flatnonzero(np.isin(designators, sorted(wanted))))
    names = callsigns(simulation.seed, flights, fleet)
    draws = [uniform(simulation.seed, _STREAM + n, flights.id) for n in range(6)]
    for index, flight in enumerate(flights.id.tolist()):
        aircraft = int(flights.aircraft[index])
        operator = OPERATORS[fleet.operator[aircraft]]
        draw = [float(column[index]) for column in draws]
        pushback, gate = int(flights.pushback_s[index]), int(flights.gate_s[index])
        # Most leave on time, one in ten an hour late or more.
        delay = int(60 * (-5 + 12 * draw[0] + 90 * max(draw[0] - 0.85, 0) / 0.15))
        # What an odd transponder sends instead of the flight's number is not what the airline says.
        sent = str(names[index] or "")[3:]
        number = sent if sent.isdigit() and len(sent) == 4 else str(1000 + flight % 8999)
        known = {
            "source": "simulate",
            "operator": OPERATOR,
            "flight_id": f"{operator.designator}-{flight:x}",
            "airline": operator.designator,
            "flight_number": number,
            "callsign": f"{operator.designator}{number}",
            "icao24": str(fleet.icao24[aircraft]),
            "registration": str(fleet.registration[aircraft]),
            "origin": airports.codes[int(flights.origin[index])],
            "destination": airports.codes[int(flights.destination[index])],
            "scheduled_departure_at": pushback - delay,
            "scheduled_arrival_at": gate - delay + _SPARE_S - int(1200 * (draw[1] - 0.5)),
            "seats": _SEATS[KINDS[fleet.kind[aircraft]].name],
        }
        yield known | {"operation": "scheduled", "occurred_at": pushback - delay - _SCHEDULED_BEFORE_S}
        known["departure_at"] = pushback
        yield known | {"operation": "departed", "occurred_at": pushback}
        known["arrival_at"] = gate
        yield known | {"operation": "arrived", "occurred_at": gate}
        results = _results(known["seats"], float(flights.distance_m[index]) / 1000, draw)
        yield known | results | {"operation": "closed", "occurred_at": gate + _CLOSED_AFTER_S}
        if draw[5] < _CANCELLED:
            yield _cancelled(known)


def _results(seats: int, distance_km: float, draw: Sequence[float]) -> dict[str, Any]:
    """What a flight brings, round figures of our own: fares and costs fall with distance."""
    passengers = min(seats, round(seats * (0.62 + 0.4 * draw[2])))
    answers = round(0.06 * passengers)
    return {
        "passengers": passengers,
        "revenue": round(passengers * (38 + 0.075 * distance_km), 2),
        "cost": round(seats * (26 + 0.062 * distance_km), 2),
        "currency": CURRENCY,
        "satisfaction": round(3.4 + 1.3 * draw[3], 2) if answers else None,
        "answers": answers,
        "complaints": int(draw[4] ** 3 * 3),
    }


def _cancelled(flown: dict[str, Any]) -> dict[str, Any]:
    later = {name: flown[name] + 7200 for name in ("scheduled_departure_at", "scheduled_arrival_at")}
    number = str(9000 + int(flown["flight_number"]) % 1000)
    return (
        flown
        | later
        | {
            "flight_id": f"{flown['flight_id']}-c",
            "flight_number": number,
            "callsign": f"{flown['airline']}{number}",
            "icao24": None,
            "registration": None,
            "departure_at": None,
            "arrival_at": None,
            "operation": "cancelled",
            "occurred_at": later["scheduled_departure_at"] - 1800,
        }
    )
