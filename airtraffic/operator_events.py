"""What an airline's operations say of a flight as it happens: schema version 1 of the operator's topic.

``collector/schemas/operator_event.v1.json`` describes the same as JSON Schema.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from airtraffic.message_faults import Bounds, MessageFault, read_object
from airtraffic.state_vectors import shown, valid_time

SCHEMA_VERSION = 1
SOURCES = ("operator", "simulate")
OPERATIONS = ("scheduled", "departed", "arrived", "cancelled", "closed")
PLANNED_AHEAD = timedelta(days=366)
"""How far beyond the bounds of what has occurred a flight may be planned."""
_LARGEST_MONEY = 1e12


@dataclass(frozen=True)
class _Rule:
    holds: Callable[[Any], bool]
    expected: str
    required: bool = False


def _text(pattern: str, expected: str, *, required: bool = False) -> _Rule:
    found = re.compile(pattern)
    return _Rule(lambda value: type(value) is str and bool(found.fullmatch(value)), expected, required)


def _integer(high: int) -> _Rule:
    # type() is: in Python a bool is an int, in JSON it is not.
    return _Rule(
        lambda value: type(value) is int and 0 <= value <= high, f"an integer from 0 to {high}, or null"
    )


def _number(low: float, high: float) -> _Rule:
    return _Rule(
        lambda value: type(value) in (int, float) and low <= value <= high,
        f"a number from {low:g} to {high:g}, or null",
    )


_CODE = _text(r"[A-Z0-9]{4}", "an ICAO code such as SBGR", required=True)
_TIME = _Rule(valid_time, "whole seconds since 1970-01-01 UTC", required=True)
_TIME_OR_NULL = _Rule(valid_time, "whole seconds since 1970-01-01 UTC, or null")
_MONEY = _number(-_LARGEST_MONEY, _LARGEST_MONEY)
FIELDS: Mapping[str, _Rule] = {
    "source": _Rule(SOURCES.__contains__, "operator or simulate", required=True),
    "operator": _text(r"[a-z0-9_]{1,40}", "1 to 40 of a-z, 0-9 and _", required=True),
    "flight_id": _text(r"(?s).{1,100}", "text of 1 to 100 characters", required=True),
    "operation": _Rule(OPERATIONS.__contains__, f"one of {', '.join(OPERATIONS)}", required=True),
    "occurred_at": _TIME,
    "airline": _text(r"[A-Z]{3}", "an ICAO designator such as TAM", required=True),
    "flight_number": _text(r"[0-9]{1,4}[A-Z]?", "a number without designator such as 3164", required=True),
    "callsign": _text(r"(?s).{0,8}", "at most 8 characters, or null"),
    "icao24": _text(r"[0-9a-f]{6}", "6 hex digits in lower case, or null"),
    "registration": _text(r"(?s).{0,10}", "at most 10 characters, or null"),
    "origin": _CODE,
    "destination": _CODE,
    "scheduled_departure_at": _TIME,
    "scheduled_arrival_at": _TIME,
    "departure_at": _TIME_OR_NULL,
    "arrival_at": _TIME_OR_NULL,
    "seats": _integer(2000),
    "passengers": _integer(2000),
    "revenue": _MONEY,
    "cost": _MONEY,
    "currency": _text(r"[A-Z]{3}", "ISO 4217 such as BRL, or null"),
    "satisfaction": _number(1, 5),
    "answers": _integer(2000),
    "complaints": _integer(100_000),
}
"""Every field but ``schema_version``, with its rule."""
_NEEDED = {
    "departed": ("departure_at",),
    "arrived": ("departure_at", "arrival_at"),
    "closed": ("departure_at", "arrival_at"),
}


def encode_event(event: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Key (operator and flight) and JSON value of an event; fields that are not given are null."""
    message = {"schema_version": SCHEMA_VERSION} | {name: event.get(name) for name in FIELDS}
    return f"{event['operator']}/{event['flight_id']}".encode(), orjson.dumps(message)


def read_event(value: bytes | None, bounds: Bounds) -> dict[str, Any]:
    """One event, as the columns of ``flights_raw`` that it fills.

    Parameters
    ----------
    bounds
        When an event may have occurred, a flight departed or arrived; it may be planned for up to
        ``PLANNED_AHEAD`` later.

    Raises
    ------
    MessageFault
        The message is no operator event of schema version 1.
    """
    event = read_object(value)
    _check(event, bounds)
    at = {name: _moment(event.get(name)) for name in FIELDS if name.endswith("_at")}
    return {
        "provider": event["operator"],
        "source": event["source"],
        "provider_flight_id": event["flight_id"],
        "updated_at": at["occurred_at"],
        "icao24": event.get("icao24"),
        "callsign": (event.get("callsign") or "").strip() or None,
        "airline": event["airline"],
        "flight_number": event["flight_number"],
        "registration": event.get("registration"),
        "origin": event["origin"],
        "destination": event["destination"],
        "departure_at": at["departure_at"],
        "arrival_at": at["arrival_at"],
        "scheduled_departure_at": at["scheduled_departure_at"],
        "scheduled_arrival_at": at["scheduled_arrival_at"],
        "cancelled": event["operation"] == "cancelled",
        "flags": [],
    }


def _check(event: Mapping[str, Any], bounds: Bounds) -> None:
    version = event.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        raise _fault(event, "schema_version", f"{SCHEMA_VERSION}, the only version that is known here")
    for name, rule in FIELDS.items():
        found = event.get(name)
        if (found is None and rule.required) or (found is not None and not rule.holds(found)):
            raise _fault(event, name, rule.expected)
    low, high = bounds.seconds
    if not low <= event["occurred_at"] <= high:
        raise _fault(
            event, "occurred_at", f"a time from {bounds.earliest:%Y-%m-%d} to {bounds.latest:%Y-%m-%d %H:%M}"
        )
    # The partition is the day of departure, and the first one is that of the bounds.
    for planned, ahead in (("", timedelta(0)), ("scheduled_", PLANNED_AHEAD)):
        departure, arrival = f"{planned}departure_at", f"{planned}arrival_at"
        latest = bounds.latest + ahead
        for name in (departure, arrival):
            found = event.get(name)
            if found is not None and not low <= found <= latest.timestamp():
                raise _fault(
                    event, name, f"a time from {bounds.earliest:%Y-%m-%d} to {latest:%Y-%m-%d %H:%M}"
                )
        times = [event.get(name) for name in (departure, arrival)]
        if None not in times and times[1] <= times[0]:
            raise _fault(event, arrival, f"a time after {departure}")
    if None not in (event.get("seats"), event.get("passengers")) and event["passengers"] > event["seats"]:
        raise _fault(event, "passengers", f"at most the {event['seats']} seats")
    for name in _NEEDED.get(event["operation"], ()):
        if event.get(name) is None:
            raise _fault(event, name, f"a time, since the flight has {event['operation']}")
    if event.get("currency") is None and not (event.get("revenue") is None and event.get("cost") is None):
        raise _fault(event, "currency", "ISO 4217 such as BRL, since there is revenue or cost")


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _fault(event: Mapping[str, Any], name: str, expected: str) -> MessageFault:
    found = f"is {shown(event[name])}" if name in event else "is missing"
    return MessageFault(f"{name} {found}; expected {expected}")
