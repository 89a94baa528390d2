"""OpenSky's flights, ``/flights/all``: from an answer to rows of ``flights_raw``."""

import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson

from airtraffic.airports import all_airports
from airtraffic.errors import AirTrafficError
from airtraffic.geometry import BoundingBox
from airtraffic.received_flights import Received
from airtraffic.track_flights import ARRIVAL_UNOBSERVED, DEPARTURE_UNOBSERVED

PROVIDER = "opensky"
_ADDRESS = re.compile(r"[0-9a-f]{6}")
_AIRPORT = re.compile(r"[A-Z0-9]{4}")
_AIRLINE_FLIGHT = re.compile(r"([A-Z]{3})([0-9][0-9A-Z]{0,4})")


class _FaultError(ValueError):
    """What is wrong with one flight: which field, which value, what was expected."""


def read_flights(body: bytes, received_from: str) -> list[Received]:
    """The flights of an answer; one that is not as documented is kept with the reason.

    ``firstSeen`` and ``lastSeen`` are when the aircraft was heard: where OpenSky names no airport for that
    end, the departure is flagged as unobserved and the arrival is null.

    Raises
    ------
    AirTrafficError
        The answer is no list of flights.
    """
    try:
        flights = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise AirTrafficError(f"{received_from} is no JSON: {error}; expected a list of flights") from None
    if not isinstance(flights, list):
        raise AirTrafficError(f"{received_from} is {str(flights)[:80]!r}; expected a list of flights")
    return [_received(position, flight, received_from) for position, flight in enumerate(flights)]


def touching(received: list[Received], box: BoundingBox) -> list[Received]:
    """Those that leave or reach an airport inside a box, and those that could not be read.

    OpenSky gives the flights of the whole world.
    """
    known = all_airports()

    def inside(code: str | None) -> bool:
        row = int(known.rows(np.array([code or ""]))[0])
        return row >= 0 and box.contains(float(known.latitude[row]), float(known.longitude[row]))

    return [
        each
        for each in received
        if each.flight is None or inside(each.flight["origin"]) or inside(each.flight["destination"])
    ]


def _received(position: int, flight: Any, received_from: str) -> Received:
    original = orjson.dumps(flight).decode()
    try:
        return Received(position, original, received_from, _flight(flight))
    except _FaultError as fault:
        return Received(
            position, original, received_from, reason=str(fault), provider=PROVIDER, source="opensky"
        )


def _flight(flight: Any) -> dict[str, Any]:
    if not isinstance(flight, dict):
        raise _FaultError(f"the flight is {str(flight)[:80]!r}; expected an object")
    icao24 = flight.get("icao24")
    if not (isinstance(icao24, str) and _ADDRESS.fullmatch(icao24.lower())):
        raise _FaultError(f"icao24 is {icao24!r}; expected 6 hex digits")
    first, last = (_seconds(flight, name) for name in ("firstSeen", "lastSeen"))
    origin, destination = (_airport(flight, name) for name in ("estDepartureAirport", "estArrivalAirport"))
    callsign = flight.get("callsign")
    if not (callsign is None or isinstance(callsign, str)):
        raise _FaultError(f"callsign is {callsign!r}; expected text or null")
    callsign = (callsign or "").strip() or None
    known = _AIRLINE_FLIGHT.fullmatch(callsign or "")
    return {
        "provider": PROVIDER,
        "source": "opensky",
        "provider_flight_id": f"{icao24.lower()} {int(first.timestamp())}",
        "icao24": icao24.lower(),
        "callsign": callsign,
        "airline": known[1] if known else None,
        "flight_number": known[2] if known else None,
        "origin": origin,
        "destination": destination,
        "departure_at": first,
        "arrival_at": last if destination else None,
        "cancelled": False,
        "flags": [
            flag
            for flag, airport in ((ARRIVAL_UNOBSERVED, destination), (DEPARTURE_UNOBSERVED, origin))
            if airport is None
        ],
    }


def _seconds(flight: dict[str, Any], name: str) -> datetime:
    value = flight.get(name)
    # type() is: in Python a bool is an int, in JSON it is not.
    if type(value) is not int or not 946_684_800 <= value < 2**32:
        raise _FaultError(f"{name} is {value!r}; expected seconds since 1970-01-01 UTC, not before 2000")
    return datetime.fromtimestamp(value, UTC)


def _airport(flight: dict[str, Any], name: str) -> str | None:
    value = flight.get(name)
    if value is None or value == "":
        return None
    if not (isinstance(value, str) and _AIRPORT.fullmatch(value)):
        raise _FaultError(f"{name} is {value!r}; expected four letters or digits, or null")
    return value
