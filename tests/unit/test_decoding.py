"""Messages to tables: strict, and the same whether a message is read alone, in company or one by one."""

from datetime import UTC, date, datetime

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airtraffic.decoding import decode_polls, decode_rejected, decode_state_vectors
from airtraffic.message_faults import STATE_VECTOR_KEYS, Bounds, MessageFault, read_state_vector
from airtraffic.messages import PollMessage, encode_poll, encode_rejected, encode_state_vectors
from airtraffic.state_vectors import FIELDS, SCHEMA, Rejected
from airtraffic.tables import POLLS, REJECTED_MESSAGES, STATE_VECTORS_RAW

BOUNDS = Bounds(datetime(2018, 1, 1, tzinfo=UTC), datetime(2025, 1, 16, 12, tzinfo=UTC))
AT = 1_736_899_200
GOOD = {
    "icao24": "e8021b",
    "callsign": "LAN123 ",
    "origin_country": "Chile",
    "time_position": AT - 4,
    "last_contact": AT - 1,
    "longitude": -70.79,
    "latitude": -33.39,
    "baro_altitude": 4572,
    "on_ground": False,
    "velocity": 154.3,
    "true_track": 12.0,
    "vertical_rate": -0.33,
    "sensors": [1, 2],
    "geo_altitude": 4600.5,
    "squawk": "0123",
    "spi": False,
    "position_source": 0,
    "category": None,
    "snapshot_at": AT,
    "source": "simulate",
    "schema_version": 1,
}


def message(**changes: object) -> bytes:
    return orjson.dumps(GOOD | changes)


def raw(name: str, text: bytes) -> bytes:
    """The good message with the JSON text of one value replaced."""
    return message(**{name: "@"}).replace(b'"@"', text)


def exactly(value: bytes | None) -> dict | str:
    try:
        read = read_state_vector(value, BOUNDS)
    except MessageFault as fault:
        return str(fault)
    row = {name: read.get(name) for name in STATE_VECTOR_KEYS}
    decimals = [name for name in FIELDS if FIELDS[name].kind == "number" and row[name] is not None]
    return row | {name: float(row[name]) for name in decimals}


def rows_of(table: pa.Table) -> list[dict]:
    rows = table.select(STATE_VECTOR_KEYS).to_pylist()
    return [row | {"snapshot_at": int(row["snapshot_at"].timestamp())} for row in rows]


def test_a_good_message_becomes_a_row_of_the_raw_table():
    decoded = decode_state_vectors([message()], BOUNDS)
    assert rows_of(decoded.table) == [GOOD]
    assert decoded.table["date"].to_pylist() == [date(2025, 1, 15)]
    assert all(decoded.table.schema.field(i) == STATE_VECTORS_RAW.schema.field(i) for i in range(21))
    assert decoded.rejected == []


def test_what_is_encoded_is_decoded_unchanged():
    table = pa.Table.from_pylist([{name: GOOD[name] for name in FIELDS}] * 3, schema=SCHEMA)
    values = [value for _, value in encode_state_vectors(table, AT, "replay")]
    decoded = decode_state_vectors(values, BOUNDS)
    assert decoded.table.select(list(FIELDS)).equals(table)


def test_nothing_is_decoded_to_an_empty_table():
    assert decode_state_vectors([], BOUNDS).table.num_rows == 0
    assert decode_polls([], BOUNDS).table.num_rows == 0
    assert decode_rejected([]).table.num_rows == 0


WRONG = {
    "text for a number": ("velocity", b'"154.3"', 'velocity is "154.3"; expected a finite number or null'),
    "true for a number": ("velocity", b"true", "velocity is true; expected a finite number or null"),
    "text for an integer": ("last_contact", b'"12"', 'last_contact is "12"; expected an integer'),
    "true for an integer": ("last_contact", b"true", "last_contact is true; expected an integer"),
    "a decimal for an integer": ("last_contact", b"12.0", "last_contact is 12.0; expected an integer"),
    "1 for true": ("on_ground", b"1", "on_ground is 1; expected true or false"),
    "text for true": ("spi", b'"true"', 'spi is "true"; expected true or false'),
    "a number for text": ("squawk", b"123", "squawk is 123; expected text or null"),
    "a list for text": ("callsign", b'["A"]', 'callsign is ["A"]; expected text or null'),
    "text in a list of integers": ("sensors", b'[1,"2"]', "sensors is"),
    "an integer that is too large": ("position_source", b"99999999999", "position_source is 99999999999"),
    "NaN": ("velocity", b"NaN", "the message is no JSON"),
    "Infinity": ("velocity", b"-Infinity", "the message is no JSON"),
    "a number beyond a double": ("velocity", b"1e999", "the message is no JSON"),
    "no address": ("icao24", b"null", "icao24 is null; expected 6 hex digits in lower case"),
    "an address in capitals": ("icao24", b'"E8021B"', 'icao24 is "E8021B"; expected 6 hex digits'),
    "an address with a line end": ("icao24", b'"e8021b\\n"', "icao24 is"),
    "no last contact": ("last_contact", b"null", "last_contact is null; expected an integer"),
    "a latitude beyond the pole": (
        "latitude",
        b"90.1",
        "latitude is 90.1; expected a finite number from -90 to 90",
    ),
    "a longitude beyond 180": ("longitude", b"-181", "longitude is -181; expected a finite number from -180"),
    "no snapshot time": ("snapshot_at", b"null", "snapshot_at is null; expected whole seconds"),
    "a decimal snapshot time": ("snapshot_at", b"1736899200.5", "snapshot_at is 1736899200.5"),
    "a snapshot before the partitions": (
        "snapshot_at",
        b"1514764799",
        "(2018-01-01 00:00, the first partition)",
    ),
    "a snapshot in the future": ("snapshot_at", b"1737028801", "(2025-01-16 12:00, a day ahead)"),
    "a source nobody knows": ("source", b'"radar"', 'source is "radar"; expected one of opensky, replay'),
    "no source": ("source", b"null", "source is null; expected one of"),
    "a source that is no text": ("source", b"[]", "source is []; expected one of"),
    "another schema version": ("schema_version", b"2", "schema_version is 2; expected 1, the only version"),
    "a schema version that is text": ("schema_version", b'"1"', 'schema_version is "1"; expected 1'),
    "a schema version that is true": ("schema_version", b"true", "schema_version is true; expected 1"),
}


@pytest.mark.parametrize(("name", "text", "reason"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_rejected_with_its_reason_and_never_coerced(name, text, reason):
    decoded = decode_state_vectors([message(), raw(name, text), message()], BOUNDS)
    assert decoded.indices.tolist() == [0, 2]
    [(index, said)] = decoded.rejected
    assert index == 1
    assert reason in said


NO_MESSAGES = {
    "nothing": None,
    "empty": b"",
    "blank": b" \n ",
    "bytes": b"\x00\xff\xfe",
    "no JSON": b"{",
    "a list": b"[1]",
    "no UTF-8": raw("callsign", b'"\xff\xfe"'),
    "half a surrogate": raw("callsign", b'"\\udc00"'),
    "the other half": raw("callsign", b'"\\uD800"'),
    "two documents": message() + message(),
    "two documents on two lines": message() + b"\n" + message(),
    "the first half of a document": message()[:-20] + b"}",
    "a line end in text": raw("callsign", b'"A\nB"'),
    "very deep": b'{"a":' * 3000 + b"1" + b"}" * 3000,
}


@pytest.mark.parametrize("value", NO_MESSAGES.values(), ids=NO_MESSAGES)
def test_what_is_no_message_is_rejected_and_its_neighbours_stay(value):
    decoded = decode_state_vectors([message(), value, message(), value], BOUNDS)
    assert decoded.indices.tolist() == [0, 2]
    assert [index for index, _ in decoded.rejected] == [1, 3]
    assert all("expected" in reason for _, reason in decoded.rejected)


def test_documents_that_run_over_two_messages_are_no_messages():
    """Three lines of JSON text with three documents in them, none of which is a message."""
    head, tail = message()[:100], message()[100:]
    decoded = decode_state_vectors([head, tail + message(), message()], BOUNDS)
    assert decoded.indices.tolist() == [2]
    nested = [b'{"x":{"y":1}', b"{}}", message() + message()]
    assert decode_state_vectors(nested, BOUNDS).indices.tolist() == []


GOOD_ANYWAY = {
    "spread over lines": orjson.dumps(GOOD, option=orjson.OPT_INDENT_2),
    "with blanks around": b" " + message() + b"\r\n",
    "with more fields": message(more={"deep": [1, {"a": None}]}, squak="x"),
    "with escapes": raw("callsign", b'"LAN\\u0031\\u00e9 \\ud83d\\ude00"'),
    "with other letters": message(origin_country="Türkiye, Côte d'Ivoire, 日本"),
    "without optional fields": orjson.dumps(
        {k: v for k, v in GOOD.items() if k not in ("squawk", "sensors")}
    ),
    "with a key twice": message()[:-1] + b',"squawk":"7700"}',
    "with an integer for a decimal": raw("velocity", b"12345678901234567890"),
}


@pytest.mark.parametrize("value", GOOD_ANYWAY.values(), ids=GOOD_ANYWAY)
def test_what_json_allows_is_read(value):
    decoded = decode_state_vectors([message(), value], BOUNDS)
    assert decoded.rejected == []
    assert rows_of(decoded.table) == [GOOD, exactly(value)]


def test_a_huge_message_is_read_or_rejected_like_any_other():
    callsign = "A" * 3_000_000
    decoded = decode_state_vectors([message(), message(callsign=callsign), b"{" + b"x" * 3_000_000], BOUNDS)
    assert decoded.table["callsign"].to_pylist() == ["LAN123 ", callsign]
    [(index, reason)] = decoded.rejected
    assert (index, len(reason) < 200) == (2, True)


numbers = st.sampled_from(
    [
        b"0",
        b"-0",
        b"1",
        b"-1",
        b"1.0",
        b"1e2",
        b"1E-2",
        b"01",
        b"1.",
        b"+1",
        b".5",
        b"1e400",
        b"-1e400",
        b"1e-400",
        b"9007199254740993",
        b"9223372036854775807",
        b"9223372036854775808",
        b"18446744073709551616",
        b"0.1",
        b"123456789.123456789123456789",
        b"NaN",
        b"Infinity",
        b"4294967296",
        b"2147483648",
        b"90",
        b"180",
    ]
)
texts = st.sampled_from(
    [
        b'""',
        b'"a"',
        b'"abcdef"',
        b'"\\u0000"',
        b'"\\n"',
        b'"\n"',
        b'"\t"',
        b'"\\x"',
        b'"\xc3\xa9"',
        b'"\xc3"',
        b'"\\ud800\\udc00"',
        b'"\\ud800"',
        b'"\\udfff"',
        b'"\\/"',
        b'"replay"',
        b"'a'",
        b'"}\n{"',
        b'"\xed\xa0\x80"',
    ]
)
others = st.sampled_from(
    [b"null", b"true", b"false", b"[]", b"[1,2]", b"[null]", b"[1.5]", b"{}", b"nul", b"", b"@"]
)
changed = st.builds(raw, st.sampled_from(STATE_VECTOR_KEYS), numbers | texts | others)
extended = st.builds(
    lambda key, text: message()[:-1] + b"," + key + b":" + text + b"}",
    st.sampled_from([b'"more"', b'"squawk"', b'"icao24"', b'"snapshot_at"', b"more", b'"\\u0069cao24"']),
    numbers | texts | others,
)
cut = st.builds(lambda start, end: message()[start:end], st.integers(0, 40), st.integers(300, 460))
lines = st.sampled_from([message(), b"{}", b"{", b"}", b'{"a":1,', b'"b":2}', b"{}{}", b"[", b"{}\n", b""])
joined = st.lists(lines, max_size=4).map(b"\n".join)
good = st.builds(message, icao24=st.sampled_from(["000000", "ffffff"]), latitude=st.floats(-90, 90))
values = st.none() | good | changed | extended | cut | joined | lines | st.binary(max_size=30)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(values, max_size=8))
def test_a_batch_holds_exactly_what_its_messages_hold_one_by_one(batch):
    decoded = decode_state_vectors(batch, BOUNDS)
    one_by_one = [exactly(value) for value in batch]
    expected = {index: read for index, read in enumerate(one_by_one) if isinstance(read, dict)}
    assert decoded.indices.tolist() == list(expected)
    assert rows_of(decoded.table) == list(expected.values())
    assert decoded.rejected == [(i, read) for i, read in enumerate(one_by_one) if isinstance(read, str)]
    decoded.table.validate(full=True)


def test_a_large_batch_with_every_kind_of_garbage_keeps_its_order():
    garbage = [value for value in NO_MESSAGES.values() if value is None or len(value) < 1000]
    garbage += [raw(name, text) for name, text, _ in WRONG.values()]
    batch = [message(time_position=n) for n in range(9000)]
    for n, value in enumerate(garbage):
        batch[n * 150] = value
    decoded = decode_state_vectors(batch, BOUNDS)
    assert [index for index, _ in decoded.rejected] == [n * 150 for n in range(len(garbage))]
    assert decoded.table["time_position"].to_pylist() == decoded.indices.tolist()
    assert decoded.table.num_rows == 9000 - len(garbage)


POLL = PollMessage("opensky", AT, 120, 1, (-60.0, 15.0, -90.0, -30.0), 90.0)


def test_a_poll_becomes_a_row():
    without_box = PollMessage("replay", AT + 60, 0, 0, None, 60.47)
    decoded = decode_polls([encode_poll(poll)[1] for poll in (POLL, without_box)], BOUNDS)
    first, second = decoded.table.to_pylist()
    assert (first["rows"], first["lamin"], first["lomax"], first["interval_s"]) == (120, -60.0, -30.0, 90.0)
    assert (second["lamin"], second["rows"], second["date"]) == (None, 0, date(2025, 1, 15))
    assert all(item == POLLS.schema.field(item.name) for item in decoded.table.schema)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rows": -1}, "rows is -1; expected an integer from 0"),
        ({"rows": 1.0}, "rows is 1.0"),
        ({"rejected": None}, "rejected is null"),
        ({"box": [1, 2, 3]}, "box is [1,2,3]"),
        ({"box": [1, 2, 3, True]}, "box is [1,2,3,true]"),
        ({"box": [-91, 2, 3, 4]}, "box is [-91,2,3,4]"),
        ({"interval_s": "60"}, 'interval_s is "60"; expected a number of seconds'),
        ({"interval_s": True}, "interval_s is true"),
        ({"snapshot_at": 0}, "snapshot_at is 0"),
        ({"schema_version": 3}, "schema_version is 3; expected 1"),
        ({"source": None}, "source is null"),
    ],
)
def test_a_poll_that_is_wrong_is_rejected_with_its_reason(changes, reason):
    right = encode_poll(POLL)[1]
    decoded = decode_polls([orjson.dumps(orjson.loads(right) | changes), right], BOUNDS)
    assert decoded.indices.tolist() == [1]
    assert reason in decoded.rejected[0][1]


def test_what_the_collector_rejected_is_read_with_its_original_bytes():
    value = encode_rejected(Rejected("the row has 1 item", b"\x00\xff" * 200_000), AT, "opensky")
    unknown = encode_rejected(Rejected("the answer is empty", b""), None, None)
    decoded = decode_rejected([value, b"\xff", unknown])
    first, second = decoded.table.to_pylist()
    assert (first["original"], first["original_size"]) == ((b"\x00\xff" * 200_000)[: 256 * 1024], 400_000)
    assert (second["source"], second["snapshot_at"], second["original"]) == (None, None, b"")
    assert [index for index, _ in decoded.rejected] == [1]
    assert all(item == REJECTED_MESSAGES.schema.field(item.name) for item in decoded.table.schema)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"original_base64": "a"}, 'original_base64 is "a"; expected bytes in base64'),
        ({"original_base64": "é"}, "original_base64 is"),
        ({"original_base64": None}, "original_base64 is null"),
        ({"original_size": 0}, "original_size is 0; expected an integer from 3"),
        ({"reason": None}, "reason is null; expected text"),
        ({"source": 1}, "source is 1; expected text or null"),
        ({"snapshot_at": "now"}, 'snapshot_at is "now"'),
    ],
)
def test_a_rejection_that_is_wrong_itself_is_rejected(changes, reason):
    right = encode_rejected(Rejected("why", b"abc"), AT, "opensky")
    decoded = decode_rejected([orjson.dumps(orjson.loads(right) | changes)])
    assert reason in decoded.rejected[0][1]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.binary(max_size=40) | lines, max_size=5))
def test_garbage_on_the_small_topics_is_rejected_and_nothing_else(batch):
    for decoded in (decode_polls(batch, BOUNDS), decode_rejected(batch)):
        assert len(decoded.rejected) == len(batch)
