"""Kafka messages to Arrow tables, strictly, and fast where nothing is wrong.

State vectors go through Arrow's JSON reader with a fixed schema: 290,000 messages/s on one core beside
330,000 for ``orjson.loads`` alone, and other threads run meanwhile. Polars' reader takes three quarters of
that, but makes text of numbers where text is declared and takes the first of two equal keys. Whatever Arrow
refuses is judged one by one by ``message_faults``, which decides: a batch with garbage in it takes at most
three times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from airtraffic.message_faults import (
    STATE_VECTOR_KEYS,
    Bounds,
    MessageFault,
    is_sound_shape,
    read_object,
    read_poll,
    read_rejected,
    read_state_vector,
    shape_of,
)
from airtraffic.messages import SCHEMA_VERSION, SOURCES
from airtraffic.state_vectors import FIELDS
from airtraffic.tables import POLLS, REJECTED_MESSAGES, STATE_VECTORS_RAW

_AS_SENT = pa.schema(
    [
        # In a message the snapshot is a whole number of seconds.
        pa.field(name, pa.int64() if name == "snapshot_at" else STATE_VECTORS_RAW.schema.field(name).type)
        for name in STATE_VECTOR_KEYS
    ]
)
_STATE_VECTOR_COLUMNS = [*_AS_SENT.names, "date"]
_POLL_COLUMNS = [
    name for name in POLLS.schema.names if not name.startswith("kafka_") and name != "ingested_at"
]
_REJECTED_COLUMNS = ["reason", "source", "snapshot_at", "original", "original_size", "schema_version"]

_BLOCK_BYTES = 1 << 20
# A batch that Arrow refuses is tried again in pieces of this many messages.
_TOGETHER = 4096
_ADDRESS = r"\A[0-9a-f]{6}\z"


@dataclass
class Decoded:
    """What a batch of messages holds."""

    table: pa.Table
    """One row for each good message, without the columns that say where in Kafka it was."""
    indices: np.ndarray
    """(rows,) Position in the batch of each row's message, ascending."""
    rejected: list[tuple[int, str]] = field(default_factory=list)
    """Position and reason of every other message, ascending."""


def decode_state_vectors(values: Sequence[bytes | None], bounds: Bounds) -> Decoded:
    """Read messages of the state vector topic; never raises on what is in them.

    The columns are those of ``state_vectors_raw`` up to ``schema_version``, and ``date``.
    """
    return _StateVectors(values, bounds).decoded()


def decode_polls(values: Sequence[bytes | None], bounds: Bounds) -> Decoded:
    """Read messages of the poll topic: the columns of ``polls`` up to ``schema_version``, and ``date``."""
    rows, indices, rejected = [], [], []
    for index, value in enumerate(values):
        try:
            row = read_poll(value, bounds)
        except MessageFault as fault:
            rejected.append((index, str(fault)))
            continue
        edges = zip(("lamin", "lamax", "lomin", "lomax"), row["box"] or [None] * 4, strict=True)
        rows.append(row | {name: None if edge is None else float(edge) for name, edge in edges})
        indices.append(index)
    columns = {name: [row.get(name) for row in rows] for name in _POLL_COLUMNS if name != "date"}
    columns["interval_s"] = [float(value) for value in columns["interval_s"]]
    columns["snapshot_at"] = _timestamps(pa.array(columns["snapshot_at"], pa.int64()))
    columns["date"] = _dates(columns["snapshot_at"])
    return Decoded(_table(columns, POLLS.schema), np.array(indices, np.int64), rejected)


def decode_rejected(values: Sequence[bytes | None]) -> Decoded:
    """Read messages of the rejection topic: reason, source, snapshot_at, original and its size, version."""
    rows, indices, rejected = [], [], []
    for index, value in enumerate(values):
        try:
            rows.append(read_rejected(value))
            indices.append(index)
        except MessageFault as fault:
            rejected.append((index, str(fault)))
    columns = {name: [row.get(name) for row in rows] for name in _REJECTED_COLUMNS}
    columns["snapshot_at"] = _timestamps(pa.array(columns["snapshot_at"], pa.int64()))
    return Decoded(_table(columns, REJECTED_MESSAGES.schema), np.array(indices, np.int64), rejected)


class _StateVectors:
    """One batch on its way to a table: quickly together, more closely where Arrow refuses."""

    def __init__(self, values: Sequence[bytes | None], bounds: Bounds):
        self._values = values
        self._bounds = bounds
        self._parts: list[tuple[np.ndarray, pa.Table]] = []
        self._rejected: list[tuple[int, str]] = []
        lines = [value or b"" for value in values]
        buffer = b"\n".join(lines)
        whole = _are_whole(buffer, lines)
        everything = np.arange(len(lines))
        if not whole.all():
            self._judge(everything[~whole])
            self._decode(everything[whole])
        elif not self._take(everything, buffer):
            self._decode(everything)

    def decoded(self) -> Decoded:
        indices = np.concatenate([index for index, _ in self._parts] or [np.empty(0, np.int64)])
        table = pa.concat_tables([table for _, table in self._parts] or [_AS_SENT.empty_table()])
        if len(self._parts) > 1:
            order = np.argsort(indices)
            indices, table = indices[order], table.take(order)
        return Decoded(_typed(table), indices, sorted(self._rejected))

    def _decode(self, indices: np.ndarray) -> None:
        for few in np.array_split(indices, -(-len(indices) // _TOGETHER) or 1):
            if not self._take(few, b"\n".join(self._values[index] for index in few.tolist())):
                self._sort_out(few)

    def _take(self, indices: np.ndarray, buffer: bytes, block_bytes: int = _BLOCK_BYTES) -> bool:
        """Read messages that stand joined in ``buffer``; False when Arrow refuses one of them."""
        table = _read_json(buffer, len(indices), block_bytes)
        if table is None:
            return False
        good = _in_range(table, self._bounds)
        if not good.all():
            self._judge(indices[~good])
            indices, table = indices[good], table.filter(pa.array(good))
        self._parts.append((indices, table))
        return True

    def _sort_out(self, indices: np.ndarray) -> None:
        """Judge by the types of their values first, which Arrow then reads, and the others one by one."""
        sound, lines, others = [], [], []
        for index in indices.tolist():
            value = self._values[index]
            try:
                message = read_object(value)
            except MessageFault as fault:
                self._rejected.append((index, str(fault)))
                continue
            if is_sound_shape(shape_of(message)):
                sound.append(index)
                lines.append(value if len(message) == len(_AS_SENT) else _written(message))
            else:
                others.append(index)
        buffer = b"\n".join(lines)
        if not self._take(np.array(sound, np.int64), buffer, len(buffer) + 1):
            others.extend(sound)
        self._judge(np.array(others, np.int64))

    def _judge(self, indices: np.ndarray) -> None:
        """The exact way, message by message; what is good is written anew, so that Arrow reads it."""
        good, lines = [], []
        for index in indices.tolist():
            try:
                lines.append(_written(read_state_vector(self._values[index], self._bounds)))
                good.append(index)
            except MessageFault as fault:
                self._rejected.append((index, str(fault)))
        if good:
            buffer = b"\n".join(lines)
            self._parts.append((np.array(good, np.int64), _parse(buffer, len(buffer) + 1)))


def _written(message: dict) -> bytes:
    return orjson.dumps({name: message.get(name) for name in STATE_VECTOR_KEYS})


def _are_whole(buffer: bytes, lines: list[bytes]) -> np.ndarray:
    """(lines,) Which lines of ``buffer`` begin with { and end with }.

    Such lines can't run into each other: no JSON text has a newline between } and {, and none has one
    inside a string. So as many documents as lines means one document in each.
    """
    sizes = np.fromiter(map(len, lines), np.int64, len(lines))
    ends = np.cumsum(sizes + 1) - 1
    # An empty line's first byte is a newline, or the one that is put here.
    letters = np.frombuffer(buffer + b"\n", np.uint8)
    return (letters[ends - sizes] == ord("{")) & (letters[ends - 1] == ord("}"))


def _read_json(buffer: bytes, count: int, block_bytes: int) -> pa.Table | None:
    """The messages as a table; None when Arrow refuses them or would read them more kindly than orjson."""
    # Arrow takes bytes that are no UTF-8 and half surrogates as they come. Escapes are rare.
    if b"\\" in buffer and (b"\\ud" in buffer or b"\\uD" in buffer):
        return None
    if not _is_utf8(buffer):
        return None
    if not count:
        return _AS_SENT.empty_table()
    try:
        table = _parse(buffer, block_bytes)
    except pa.ArrowInvalid:
        return None
    return table if table.num_rows == count else None


def _parse(buffer: bytes, block_bytes: int) -> pa.Table:
    # One thread: the other core is the consumer's, and two of them gain nothing there.
    return pj.read_json(
        pa.BufferReader(buffer),
        read_options=pj.ReadOptions(use_threads=False, block_size=block_bytes),
        parse_options=pj.ParseOptions(explicit_schema=_AS_SENT, unexpected_field_behavior="error"),
    )


def _is_utf8(buffer: bytes) -> bool:
    if buffer.isascii():
        return True
    try:
        pa.array([buffer], pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _in_range(table: pa.Table, bounds: Bounds) -> np.ndarray:
    """(rows,) Which rows meet the rules that are about values rather than types."""
    low, high = bounds.seconds
    checks = [
        _between(table["snapshot_at"], low, high),
        pc.is_in(table["source"], pa.array(SOURCES)),
        pc.fill_null(pc.equal(table["schema_version"], SCHEMA_VERSION), False),
    ]
    for name, expected in FIELDS.items():
        column = table[name]
        required = not (expected.nullable or expected.absent)
        if expected.kind == "address":
            checks.append(pc.fill_null(pc.match_substring_regex(column, _ADDRESS), False))
        elif expected.low is not None:
            checks.append(_between(column, expected.low, expected.high, null=not required))
        elif expected.kind == "number":
            checks.append(pc.fill_null(pc.is_finite(column), True))
        elif required:
            checks.append(column.is_valid())
    return reduce(pc.and_, checks).to_numpy()


def _between(column: pa.ChunkedArray, low: float, high: float, null: bool = False) -> pa.ChunkedArray:
    inside = pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
    return pc.fill_null(inside, null)


def _typed(table: pa.Table) -> pa.Table:
    snapshot_at = _timestamps(table["snapshot_at"])
    columns = {name: table[name] for name in table.column_names}
    columns |= {"snapshot_at": snapshot_at, "date": _dates(snapshot_at)}
    return _table({name: columns[name] for name in _STATE_VECTOR_COLUMNS}, STATE_VECTORS_RAW.schema)


def _timestamps(seconds):
    return seconds.cast(pa.timestamp("s", tz="UTC")).cast(pa.timestamp("us", tz="UTC"))


def _dates(timestamps):
    return timestamps.cast(pa.date32())


def _table(columns: dict, schema: pa.Schema) -> pa.Table:
    return pa.table(columns, schema=pa.schema([schema.field(name) for name in columns]))
