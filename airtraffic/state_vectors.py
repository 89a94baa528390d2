"""OpenSky answers read strictly: every row is either a typed state vector or rejected with its reason."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from airtraffic.tables import STATE_VECTOR_FIELDS, STATE_VECTORS_RAW

SCHEMA = pa.schema([STATE_VECTORS_RAW.schema.field(name) for name in STATE_VECTOR_FIELDS])
"""The 18 fields by OpenSky's names, in OpenSky's order."""

FEWEST_ITEMS = 17
"""Items of a row without ``category``, which only extended answers have."""
LATEST_S = 4_294_967_295
"""Latest time that is believed, in the year 2106. [s since 1970-01-01 UTC]"""
_INT32 = (-(2**31), 2**31 - 1)
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Rejected:
    """What could not be read, and why."""

    reason: str
    original: bytes


@dataclass
class Answer:
    """One answer of ``states/all``: ``snapshot_at`` is None when the whole of it could not be read."""

    snapshot_at: int | None
    table: pa.Table
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True)
class Expected:
    """What one field of a state vector must be."""

    kind: str
    """address, text, integer, number, boolean or integers"""
    nullable: bool = True
    """Null is allowed in an answer of OpenSky."""
    low: float | None = None
    high: float | None = None
    absent: bool = False
    """Null is allowed in a message, because recordings exist that lack the field."""

    @property
    def words(self) -> str:
        words = _WORDS[self.kind]
        if self.low is not None:
            words = f"{words} from {self.low} to {self.high}"
        return f"{words} or null" if self.nullable else words


_WORDS = {
    "address": "6 hex digits in lower case",
    "text": "text",
    "integer": "an integer",
    "number": "a finite number",
    "boolean": "true or false",
    "integers": "a list of integers",
}

FIELDS: dict[str, Expected] = {
    "icao24": Expected("address", nullable=False),
    "callsign": Expected("text"),
    "origin_country": Expected("text", nullable=False, absent=True),
    "time_position": Expected("integer", low=0, high=LATEST_S),
    "last_contact": Expected("integer", nullable=False, low=0, high=LATEST_S),
    "longitude": Expected("number", low=-180, high=180),
    "latitude": Expected("number", low=-90, high=90),
    "baro_altitude": Expected("number"),
    "on_ground": Expected("boolean", nullable=False, absent=True),
    "velocity": Expected("number"),
    "true_track": Expected("number"),
    "vertical_rate": Expected("number"),
    "sensors": Expected("integers"),
    "geo_altitude": Expected("number"),
    "squawk": Expected("text"),
    "spi": Expected("boolean", nullable=False, absent=True),
    "position_source": Expected("integer", nullable=False, low=_INT32[0], high=_INT32[1], absent=True),
    "category": Expected("integer", low=_INT32[0], high=_INT32[1]),
}
"""One rule per field, in OpenSky's order; answers and messages are judged by the same."""


def parse_answer(body: bytes) -> Answer:
    """Read an answer of ``states/all``; never raises.

    A row of another type, length or range than ``FIELDS`` says is rejected alone and the other rows go on.
    An answer that is no JSON object with ``time`` and ``states`` is rejected whole. ``states: null`` is an
    empty sky.

    >>> parse_answer(b'{"time": 1683488744, "states": null}').table.num_rows
    0
    >>> parse_answer(b'{"time": 16834').rejected[0].reason
    'the answer is no JSON: unexpected end of data: line 1 column 15 (char 14); expected a JSON object'
    """
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        what = "empty" if not body.strip() else f"no JSON: {error}"
        return _refused(f"the answer is {what}; expected a JSON object", body)
    reason = fault_of_answer(answer)
    if reason:
        return _refused(reason, body)
    good, rejected = [], []
    for row in answer["states"] or ():
        reason = fault_of_row(row)
        if reason:
            rejected.append(Rejected(reason, orjson.dumps(row)))
        else:
            good.append(row)
    return Answer(answer["time"], _table(good), rejected)


def fault_of_answer(answer: Any) -> str | None:
    """Why an answer cannot be used at all, or None."""
    if type(answer) is not dict:
        return f"the answer is {shown(answer)}; expected a JSON object with time and states"
    missing = [key for key in ("time", "states") if key not in answer]
    if missing:
        return f"the answer has no {' and no '.join(missing)}; its keys are {sorted(answer)[:10]}"
    if not valid_time(answer["time"]):
        return f"time is {shown(answer['time'])}; expected an integer from 0 to {LATEST_S}"
    if answer["states"] is not None and type(answer["states"]) is not list:
        return f"states is {shown(answer['states'])}; expected a list of state vectors or null"
    return None


def valid_time(value: Any) -> bool:
    """Whether this can be the time of a poll. [s since 1970-01-01 UTC]"""
    return type(value) is int and 0 <= value <= LATEST_S


def fault_of_row(row: Any) -> str | None:
    """Why a positional row cannot be used, or None; more than 18 items are tolerated.

    >>> fault_of_row(["e8021b"])
    'the row has 1 item; expected at least 17'
    """
    if type(row) is not list:
        return f"the row is {shown(row)}; expected a list of at least {FEWEST_ITEMS} items"
    if len(row) < FEWEST_ITEMS:
        return f"the row has {len(row)} item{'s' * (len(row) != 1)}; expected at least {FEWEST_ITEMS}"
    for (name, expected), value in zip(FIELDS.items(), row, strict=False):
        if value is None:
            if not expected.nullable:
                return f"{name} is null; expected {expected.words}"
        elif not _holds(expected, value):
            return f"{name} is {shown(value)}; expected {expected.words}"
    return None


def fault_of_field(name: str, value: Any) -> str | None:
    """Why the value of a message's field cannot be used, or None.

    >>> fault_of_field("squawk", 1)
    'squawk is 1; expected text or null'
    >>> fault_of_field("origin_country", None)
    """
    expected = FIELDS[name]
    if value is None:
        if expected.nullable or expected.absent:
            return None
    elif _holds(expected, value):
        return None
    return f"{name} is {shown(value)}; expected {expected.words}"


def shown(value: Any) -> str:
    """A value as JSON, shortened, for a reason that a person reads."""
    # A float of a column file may be infinite, which JSON cannot say.
    text = str(value) if type(value) is float else orjson.dumps(value, default=str).decode()
    return (
        text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}... ({len(text)} characters)"
    )


def _holds(expected: Expected, value: Any) -> bool:
    # type(...) is: in Python a bool is an int, in JSON it is not.
    kind, found = expected.kind, type(value)
    if kind == "number":
        # orjson refuses NaN, Infinity and numbers beyond a double.
        right = found is float or found is int
    elif kind == "text":
        return found is str
    elif kind == "integer":
        right = found is int
    elif kind == "boolean":
        return found is bool
    elif kind == "address":
        return found is str and len(value) == 6 and not set(value) - _HEX_DIGITS
    else:
        return found is list and all(type(item) is int and abs(item) < 2**63 for item in value)
    return right and (expected.low is None or expected.low <= value <= expected.high)


_HEX_DIGITS = frozenset("0123456789abcdef")


def _refused(reason: str, body: bytes) -> Answer:
    return Answer(None, SCHEMA.empty_table(), [Rejected(reason, body)])


def _table(rows: list[list]) -> pa.Table:
    columns = []
    for index, item in enumerate(SCHEMA):
        values = [row[index] if index < len(row) else None for row in rows]
        if item.type == pa.float64():
            # Arrow refuses whole numbers that a double does not hold exactly.
            values = [value if value is None else float(value) for value in values]
        columns.append(pa.array(values, item.type))
    return pa.Table.from_arrays(columns, schema=SCHEMA)
