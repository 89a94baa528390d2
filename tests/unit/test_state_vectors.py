"""OpenSky answers are read strictly, and nothing that arrives is ever an exception."""

import gzip
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airtraffic.state_vectors import FIELDS, SCHEMA, fault_of_field, parse_answer

ROW = [
    "e8021b",
    "LPE2368 ",
    "Chile",
    1750548476,
    1750548477,
    -59.6123,
    -33.0484,
    10393.68,
    False,
    219.51,
    328.81,
    0,
    [12, 7],
    10400,
    "2236",
    False,
    0,
    4,
]
WRONG = {"address": [123, "E8021B", "e8021", "e8021bb", "g8021b"], "text": [123, [], True]}
WRONG |= {"integer": ["a", 1.5, True, 2**63], "number": ["a", True, []], "boolean": ["a", 0, 1]}
WRONG |= {"integers": ["a", 3, [1.5], ["a"], [None], [2**63]]}

scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=40,
)


def answer(*rows, time=1750548480) -> bytes:
    return json.dumps({"time": time, "states": list(rows)}).encode()


def with_field(name, value) -> list:
    row = list(ROW)
    row[list(FIELDS).index(name)] = value
    return row


def test_a_good_row_keeps_its_values_and_gets_its_types():
    parsed = parse_answer(answer(ROW))
    assert parsed.rejected == []
    assert parsed.snapshot_at == 1750548480
    assert parsed.table.schema == SCHEMA
    assert list(parsed.table.to_pylist()[0].values()) == ROW


def test_a_row_without_category_is_good_and_one_with_more_items_too():
    parsed = parse_answer(answer(ROW[:17], [*ROW, "something new"]))
    assert parsed.table["category"].to_pylist() == [None, 4]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, rule in FIELDS.items() for value in WRONG[rule.kind]]
)
def test_a_value_of_the_wrong_type_rejects_its_row_alone_and_is_named(name, value):
    parsed = parse_answer(answer(ROW, with_field(name, value), ROW))
    assert parsed.table.num_rows == 2
    (rejected,) = parsed.rejected
    assert rejected.reason.startswith(f"{name} is ")
    assert "; expected " in rejected.reason
    assert orjson.loads(rejected.original) == with_field(name, value)
    assert fault_of_field(name, value) == rejected.reason


@pytest.mark.parametrize("name", FIELDS)
def test_null_is_judged_as_the_field_allows(name):
    allowed = FIELDS[name].nullable
    parsed = parse_answer(answer(with_field(name, None)))
    assert (parsed.table.num_rows, len(parsed.rejected)) == ((1, 0) if allowed else (0, 1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("latitude", 90.01),
        ("latitude", -90.01),
        ("longitude", 180.5),
        ("last_contact", -1),
        ("time_position", 2**32),
    ],
)
def test_a_value_out_of_range_rejects_its_row(name, value):
    (rejected,) = parse_answer(answer(with_field(name, value))).rejected
    assert rejected.reason.startswith(f"{name} is {value}; expected ")


@pytest.mark.parametrize(("name", "value"), [("latitude", 90), ("longitude", -180.0), ("baro_altitude", -60)])
def test_the_edge_of_a_range_and_whole_numbers_are_good(name, value):
    assert parse_answer(answer(with_field(name, value))).table[name].to_pylist() == [value]


def test_sixteen_items_are_too_few():
    (rejected,) = parse_answer(answer(ROW[:16])).rejected
    assert rejected.reason == "the row has 16 items; expected at least 17"


def test_null_states_are_an_empty_sky_and_no_error():
    parsed = parse_answer(b'{"time": 1683488744, "states": null}')
    assert (parsed.snapshot_at, parsed.table.num_rows, parsed.rejected) == (1683488744, 0, [])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the answer is empty"),
        (b" \n", "the answer is empty"),
        (b'{"time": 1, "states": [[', "the answer is no JSON"),
        (b'{"time": 1, "states": [NaN]}', "the answer is no JSON"),
        (b'{"time": 1, "states": [[Infinity]]}', "the answer is no JSON"),
        (b'{"time": 1, "states": [[1e999]]}', "the answer is no JSON"),
        (b"\xff\xfe\x00", "the answer is no JSON"),
        (b"<html>502 Bad Gateway</html>", "the answer is no JSON"),
        (b"[" * 100_000, "the answer is no JSON"),
        (b"[]", "the answer is []; expected a JSON object"),
        (b"null", "the answer is null; expected a JSON object"),
        (b"{}", "the answer has no time and no states"),
        (b'{"states": []}', "the answer has no time"),
        (b'{"time": 1}', "the answer has no states"),
        (b'{"time": "now", "states": []}', 'time is "now"; expected an integer'),
        (b'{"time": true, "states": []}', "time is true; expected an integer"),
        (b'{"time": -1, "states": []}', "time is -1; expected an integer"),
        (b'{"time": 1, "states": {}}', "states is {}; expected a list"),
        (b'{"time": 1, "states": "' + b"x" * 1_000_000 + b'"}', "states is "),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_rejected_with_a_short_reason(body, reason):
    parsed = parse_answer(body)
    assert (parsed.snapshot_at, parsed.table.num_rows) == (None, 0)
    (rejected,) = parsed.rejected
    assert rejected.reason.startswith(reason)
    assert len(rejected.reason) < 300
    assert rejected.original == body


@given(st.binary(max_size=300))
def test_random_bytes_are_one_rejected(body):
    parsed = parse_answer(body)
    assert len(parsed.rejected) == 1
    assert parsed.table.num_rows == 0


@given(json_values)
def test_random_json_is_never_an_exception(value):
    parsed = parse_answer(orjson.dumps(value))
    assert len(parsed.rejected) == 1


@given(st.lists(scalars | st.lists(scalars, min_size=16, max_size=19), max_size=6))
def test_every_row_is_either_kept_or_rejected(rows):
    parsed = parse_answer(orjson.dumps({"time": 1, "states": rows}))
    assert parsed.table.num_rows + len(parsed.rejected) == len(rows)


@given(st.integers(0, 10_000))
def test_an_answer_cut_anywhere_is_one_rejected(cut):
    body = answer(ROW, ROW)
    parsed = parse_answer(body[: cut % len(body)])
    assert (len(parsed.rejected), parsed.table.num_rows) == (1, 0)


@given(st.sampled_from(list(FIELDS)), json_values)
def test_a_field_has_one_judgement_wherever_it_arrives(name, value):
    of_answer = parse_answer(orjson.dumps({"time": 1, "states": [with_field(name, value)]}))
    of_message = fault_of_field(name, orjson.loads(orjson.dumps(value)))
    if value is not None:
        assert [r.reason for r in of_answer.rejected] == ([of_message] if of_message else [])


@pytest.mark.recordings
def test_each_malformed_file_gives_one_rejected_and_no_row(recordings):
    files = sorted((recordings / "malformed").glob("*.json"))
    answers = [parse_answer(file.read_bytes()) for file in files]
    assert len(files) == 18
    assert [(a.table.num_rows, len(a.rejected)) for a in answers] == [(0, 1)] * 18


@pytest.mark.recordings
def test_the_raw_answers_are_read_without_a_loss(recordings):
    bodies = [file.read_bytes() for file in sorted((recordings / "raw_api").iterdir())]
    answers = [parse_answer(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body) for body in bodies]
    assert [a.rejected for a in answers] == [[]] * 4
    assert sum(a.table.num_rows for a in answers) == 5520
    assert sum(a.table["latitude"].null_count for a in answers) == 101
    assert [a.table.num_rows for a in answers].count(0) == 1
