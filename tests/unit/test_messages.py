"""Messages say what their table says."""

import base64
import time

import orjson
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from airtraffic.messages import (
    ORIGINAL_LIMIT_BYTES,
    PollMessage,
    encode_poll,
    encode_rejected,
    encode_state_vectors,
)
from airtraffic.state_vectors import FIELDS, SCHEMA, Rejected

numbers = st.floats(allow_nan=False, allow_infinity=False)
_VALUES = {
    "address": st.from_regex(r"[0-9a-f]{6}", fullmatch=True),
    "text": st.text(),
    "integer": st.integers(0, 2**31 - 1),
    "number": numbers,
    "boolean": st.booleans(),
    "integers": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
}
rows = st.fixed_dictionaries(
    {
        name: _VALUES[rule.kind] if name == "icao24" else st.none() | _VALUES[rule.kind]
        for name, rule in FIELDS.items()
    }
)


@settings(deadline=None)
@given(st.lists(rows, max_size=4), st.integers(0, 2**32 - 1))
def test_a_message_holds_exactly_its_row(values, snapshot_at):
    encoded = encode_state_vectors(pa.Table.from_pylist(values, schema=SCHEMA), snapshot_at, "replay")
    added = {"snapshot_at": snapshot_at, "source": "replay", "schema_version": 1}
    assert [orjson.loads(value) for _, value in encoded] == [row | added for row in values]
    assert [key for key, _ in encoded] == [row["icao24"].encode() for row in values]


def test_a_slice_of_a_table_is_encoded_alone():
    table = pa.Table.from_pylist([{"icao24": f"00000{n}"} for n in range(5)], schema=SCHEMA)
    assert [key for key, _ in encode_state_vectors(table.slice(2, 2), 1, "replay")] == [b"000002", b"000003"]


def test_a_day_of_rows_is_encoded_in_seconds():
    row = dict.fromkeys(FIELDS) | {"icao24": "e8021b", "latitude": -33.0484, "on_ground": False}
    table = pa.Table.from_pylist([row], schema=SCHEMA).take(pa.array([0] * 288_000))
    began = time.perf_counter()
    assert len(encode_state_vectors(table, 1, "simulate")) == 288_000
    assert time.perf_counter() - began < 10


def test_a_poll_says_how_much_came_and_how_much_was_refused():
    key, value = encode_poll(PollMessage("opensky", 1750548480, 210, 3, (-60, 15, -90, -30), 90))
    assert key == b"opensky"
    assert orjson.loads(value) == {
        "schema_version": 1,
        "source": "opensky",
        "snapshot_at": 1750548480,
        "rows": 210,
        "rejected": 3,
        "box": [-60, 15, -90, -30],
        "interval_s": 90.0,
    }


def test_a_huge_original_is_cut_and_its_size_kept():
    message = orjson.loads(encode_rejected(Rejected("too much", b"x" * 5_000_000), None, "opensky"))
    assert message["original_size"] == 5_000_000
    assert base64.b64decode(message["original_base64"]) == b"x" * ORIGINAL_LIMIT_BYTES
