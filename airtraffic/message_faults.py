"""The exact rules of the three Kafka messages, one message at a time: what is wrong with it, or nothing."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from types import NoneType
from typing import Any

import orjson

from airtraffic.messages import SCHEMA_VERSION, SOURCES
from airtraffic.state_vectors import FIELDS, fault_of_field, shown, valid_time

STATE_VECTOR_KEYS = (*FIELDS, "snapshot_at", "source", "schema_version")
_STATE_VECTOR_VALUES = itemgetter(*STATE_VECTOR_KEYS)
_TYPES = {
    "address": {str},
    "text": {str},
    "integer": {int},
    "number": {int, float},
    "boolean": {bool},
    "integers": set(),
}
_MOST_ROWS = 2**31 - 1


class MessageFault(ValueError):  # noqa: N818 - it is a finding about a message, not a failure of ours
    """Why a message cannot be used: what, which value, what was expected."""


@dataclass(frozen=True)
class Bounds:
    """Which event times are believed: those that have an hourly partition, up to a day ahead of now."""

    earliest: datetime
    """First moment that is believed (UTC)."""
    latest: datetime
    """Last moment that is believed (UTC)."""

    @property
    def seconds(self) -> tuple[int, int]:
        """Both in whole seconds since 1970-01-01 UTC."""
        return int(self.earliest.timestamp()), int(self.latest.timestamp())


def read_state_vector(value: bytes | None, bounds: Bounds) -> dict[str, Any]:
    """One state vector as a dictionary of the fields that the schema knows.

    Raises
    ------
    MessageFault
        The message is no state vector of schema version 1.
    """
    message = read_object(value)
    _check_version(message)
    _check_snapshot(message, bounds)
    _check_source(message)
    for name in FIELDS:
        fault = fault_of_field(name, message.get(name))
        if fault:
            raise MessageFault(fault)
    return message


def shape_of(message: dict[str, Any]) -> tuple[type, ...] | None:
    """The types of a state vector's values in the schema's order; None when a field is missing."""
    try:
        return tuple(map(type, _STATE_VECTOR_VALUES(message)))
    except KeyError:
        return None


@cache
def is_sound_shape(shape: tuple[type, ...] | None) -> bool:
    """Whether values of these types are right but for their ranges; a list is to be looked into.

    A feed has a few dozen of them, which makes this a hundred times cheaper than looking at each value.
    """
    if shape is None:
        return False
    fields, (snapshot_at, source, version) = shape[:-3], shape[-3:]
    return (snapshot_at, source, version) == (int, str, int) and all(
        found in _TYPES[expected.kind] or (found is NoneType and (expected.nullable or expected.absent))
        for expected, found in zip(FIELDS.values(), fields, strict=True)
    )


def read_poll(value: bytes | None, bounds: Bounds) -> dict[str, Any]:
    """One poll.

    Raises
    ------
    MessageFault
        The message is no poll of schema version 1.
    """
    message = read_object(value)
    _check_version(message)
    _check_snapshot(message, bounds)
    _check_source(message)
    for name in ("rows", "rejected"):
        if not _integer(message.get(name), 0, _MOST_ROWS):
            raise _fault(message, name, f"an integer from 0 to {_MOST_ROWS}")
    box = message.get("box")
    if box is not None and not _is_box(box):
        raise _fault(message, "box", "[lamin, lamax, lomin, lomax] in degrees or null")
    interval = message.get("interval_s")
    if type(interval) not in (int, float) or interval < 0:
        raise _fault(message, "interval_s", "a number of seconds from 0")
    return message


def read_rejected(value: bytes | None) -> dict[str, Any]:
    """What the collector rejected, with ``original`` as bytes.

    Raises
    ------
    MessageFault
        The message is no rejection of schema version 1.
    """
    message = read_object(value)
    _check_version(message)
    for name in ("source", "reason"):
        found = message.get(name)
        if type(found) is not str and not (found is None and name == "source"):
            raise _fault(message, name, "text or null" if name == "source" else "text")
    snapshot_at = message.get("snapshot_at")
    if snapshot_at is not None and not valid_time(snapshot_at):
        raise _fault(message, "snapshot_at", "whole seconds since 1970-01-01 UTC or null")
    encoded = message.get("original_base64")
    try:
        original = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        raise _fault(message, "original_base64", "bytes in base64") from None
    size = message.get("original_size")
    if not _integer(size, len(original), 2**63 - 1):
        raise _fault(message, "original_size", f"an integer from {len(original)}, the size of the original")
    return message | {"original": original}


def read_object(value: bytes | None) -> dict[str, Any]:
    """The JSON object of a message.

    Raises
    ------
    MessageFault
        It is empty, no JSON in UTF-8, or no object.
    """
    if not value or not value.strip():
        raise MessageFault("the message is empty; expected a JSON object")
    try:
        message = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise MessageFault(f"the message is no JSON: {error}; expected a JSON object in UTF-8") from None
    if type(message) is not dict:
        raise MessageFault(f"the message is {shown(message)}; expected a JSON object")
    return message


def _check_version(message: Mapping[str, Any]) -> None:
    version = message.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        raise _fault(message, "schema_version", f"{SCHEMA_VERSION}, the only version that is known here")


def _check_snapshot(message: Mapping[str, Any], bounds: Bounds) -> None:
    low, high = bounds.seconds
    if not _integer(message.get("snapshot_at"), low, high):
        raise _fault(
            message,
            "snapshot_at",
            f"whole seconds since 1970-01-01 UTC from {low} ({bounds.earliest:%Y-%m-%d %H:%M}, the first"
            f" partition) to {high} ({bounds.latest:%Y-%m-%d %H:%M}, a day ahead)",
        )


def _check_source(message: Mapping[str, Any]) -> None:
    if message.get("source") not in SOURCES:
        raise _fault(message, "source", f"one of {', '.join(SOURCES)}")


def _is_box(box: Any) -> bool:
    if type(box) is not list or len(box) != 4 or not all(type(edge) in (int, float) for edge in box):
        return False
    return all(abs(edge) <= 90 for edge in box[:2]) and all(abs(edge) <= 180 for edge in box[2:])


def _integer(value: Any, low: int, high: int) -> bool:
    # type() is: in Python a bool is an int, in JSON it is not.
    return type(value) is int and low <= value <= high


def _fault(message: Mapping[str, Any], name: str, expected: str) -> MessageFault:
    found = f"is {shown(message[name])}" if name in message else "is missing"
    return MessageFault(f"{name} {found}; expected {expected}")
