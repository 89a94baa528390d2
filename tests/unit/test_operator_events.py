"""The operator's events: read strictly, simulated reproducibly, summed up over the last 24 hours."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import polars as pl
import pytest

import collector
from airtraffic.errors import ConfigurationError
from airtraffic.message_faults import Bounds, MessageFault
from airtraffic.operator_events import FIELDS, encode_event, read_event
from airtraffic.received_flights import Received, received_tables
from airtraffic.route_live import EVENT_COLUMNS, live_routes
from airtraffic.route_thresholds import load_route_thresholds
from airtraffic.simulation.operator_events import simulated_events
from airtraffic.simulation.simulator import Simulation

DAY = datetime(2025, 1, 15, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
AT = int(NOON.timestamp())
BOUNDS = Bounds(datetime(2018, 1, 1, tzinfo=UTC), DAY + timedelta(days=3))
SCHEMA = json.loads(
    (Path(collector.__file__).parent / "schemas" / "operator_event.v1.json").read_text(encoding="utf-8")
)
VALID = jsonschema.Draft202012Validator(SCHEMA)
THRESHOLDS = load_route_thresholds(Path(__file__).parents[2] / "config" / "routes.yaml")


def event(**changes) -> dict:
    return {
        "source": "operator",
        "operator": "andes",
        "flight_id": "AND-1",
        "operation": "arrived",
        "occurred_at": AT,
        "airline": "AND",
        "flight_number": "123",
        "origin": "SKBO",
        "destination": "SKRG",
        "scheduled_departure_at": AT - 3600,
        "scheduled_arrival_at": AT - 600,
        "departure_at": AT - 3500,
        "arrival_at": AT - 500,
        "seats": 180,
        "passengers": 150,
        "revenue": 9000.5,
        "cost": 8000,
        "currency": "COP",
    } | changes


def test_an_event_fills_the_columns_of_a_flight():
    flight = read_event(encode_event(event())[1], BOUNDS)
    assert (flight["provider"], flight["source"], flight["provider_flight_id"]) == (
        "andes",
        "operator",
        "AND-1",
    )
    assert (flight["airline"], flight["flight_number"]) == ("AND", "123")
    assert flight["updated_at"] == NOON
    assert flight["departure_at"] == NOON - timedelta(seconds=3500)
    assert flight["cancelled"] is False
    assert read_event(encode_event(event(operation="cancelled"))[1], BOUNDS)["cancelled"] is True
    assert encode_event(event())[0] == b"andes/AND-1"


FAULTY = {
    "schema_version": [0, 2, "1", None, True],
    "source": ["replay", None],
    "operator": ["", "An Operator", None, "x" * 41],
    "flight_id": ["", None, 7],
    "operation": ["boarding", None],
    "occurred_at": [-1, 1.5, "noon", None, True],
    "airline": ["A1", "avia", None],
    "flight_number": ["AB12", 123, None, ""],
    "callsign": ["TOO LONG CALLSIGN"],
    "icao24": ["E48014", "e4801"],
    "origin": ["BOG", None],
    "scheduled_arrival_at": ["later", None],
    "seats": [-1, 1.5, 3000, "180"],
    "revenue": ["9000", True],
    "currency": ["pesos"],
    "satisfaction": [0.5, 6],
    "complaints": [-1],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in FAULTY.items() for value in values]
)
def test_the_reader_and_the_documented_schema_refuse_the_same(name, value):
    message = json.loads(encode_event(event())[1]) | {name: value}
    assert not VALID.is_valid(message)
    with pytest.raises(MessageFault, match=f"^{name} is .*; expected "):
        read_event(json.dumps(message).encode(), BOUNDS)


def test_every_field_is_documented_and_unknown_ones_are_let_be():
    assert set(SCHEMA["properties"]) == {"schema_version", *FIELDS}
    assert set(SCHEMA["required"]) == {"schema_version"} | {
        name for name, rule in FIELDS.items() if rule.required
    }
    message = json.loads(encode_event(event())[1])
    VALID.validate(message)
    read_event(json.dumps(message | {"gate": "B12"}).encode(), BOUNDS)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"operation": "departed", "departure_at": None},
            "departure_at is null; expected a time, since the flight",
        ),
        ({"arrival_at": None}, "arrival_at is null"),
        (
            {"departure_at": 2_556_144_000, "arrival_at": None, "operation": "departed"},
            "departure_at is 25.* to 2025-01-18",
        ),
        ({"arrival_at": 2_556_144_000}, "arrival_at is 2556144000; expected a time from 2018-01-01"),
        ({"arrival_at": AT - 3500}, "arrival_at is .*; expected a time after departure_at"),
        ({"scheduled_departure_at": AT + 370 * 86_400}, "scheduled_departure_at is .* to 2026-01-19"),
        ({"passengers": 181}, "passengers is 181; expected at most the 180 seats"),
        ({"scheduled_arrival_at": AT - 3600}, "expected a time after scheduled_departure_at"),
        ({"currency": None}, "currency is null; expected ISO 4217"),
        ({"occurred_at": AT + 9 * 86_400}, "occurred_at is"),
        ({"departure_at": 0}, "departure_at is 0; expected a time from 2018-01-01"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(changes, fault):
    with pytest.raises(MessageFault, match=fault):
        read_event(encode_event(event(**changes))[1], BOUNDS)


@pytest.mark.parametrize("value", [None, b"", b"\xff{", b"[]", b"{}"])
def test_what_is_no_event_is_refused_with_a_reason(value):
    with pytest.raises(MessageFault):
        read_event(value, BOUNDS)


def raw(*events: dict) -> pl.DataFrame:
    received = [
        Received(number, message.decode(), "topic", read_event(message, BOUNDS))
        for number, message in enumerate(encode_event(each)[1] for each in events)
    ]
    flights, _ = received_tables(received, "operator_events", NOON)
    return pl.DataFrame(pl.from_arrow(flights)).select(EVENT_COLUMNS)


def live(*events: dict, as_of: datetime = NOON + timedelta(hours=1)) -> list[dict]:
    return live_routes(raw(*events), as_of, THRESHOLDS).to_pylist()


def test_of_several_events_of_a_flight_the_last_counts_whatever_their_order():
    first = event(
        operation="departed", occurred_at=AT - 3500, arrival_at=None, passengers=None, revenue=None, cost=None
    )
    (row,) = live(event(), first)
    assert (row["flights"], row["passengers"], row["seats"], row["revenue"]) == (1, 150, 180, 9000.5)
    assert row["delay_mean_min"] == pytest.approx(100 / 60)
    assert row["last_event_at"] == NOON


def test_the_window_is_the_24_hours_before_as_of():
    yesterday = {name: event()[name] - 86_400 for name in event() if name.endswith("_at")}
    events = [event(), event(flight_id="AND-0", **yesterday)]
    (row,) = live(*events, as_of=NOON + timedelta(hours=1))
    assert row["flights"] == 1
    (row,) = live(*events, as_of=NOON - timedelta(minutes=70))
    assert (row["flights"], row["window_from"]) == (1, NOON - timedelta(days=1, minutes=70))
    assert live(as_of=NOON) == []


def test_cancelled_flights_count_and_flights_that_only_are_planned_do_not():
    planned = {"departure_at": None, "arrival_at": None}
    (row,) = live(
        event(),
        event(flight_id="AND-2", operation="cancelled", **planned),
        event(flight_id="AND-3", operation="scheduled", **planned),
    )
    assert (row["flights"], row["cancelled"], row["cancelled_share"]) == (1, 1, 0.5)


def test_lights_come_with_enough_flights_only():
    (one,) = live(event())
    assert one["load_factor"] == pytest.approx(150 / 180)
    assert one["load_factor_light"] is None
    (five,) = live(*(event(flight_id=f"AND-{n}") for n in range(5)))
    assert (five["load_factor_light"], five["margin_share_light"]) == ("green", "green")
    assert five["horizontal_efficiency_light"] is None


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(start=DAY, hours=24, aircraft=30)


def test_simulated_events_say_so_conform_to_the_schema_and_come_in_order(simulation):
    events = list(simulated_events(simulation, ["GLO"], DAY, DAY + timedelta(days=1)))
    assert len(events) > 100
    assert {each["source"] for each in events} == {"simulate"}
    assert {each["operation"] for each in events} >= {"scheduled", "departed", "arrived", "closed"}
    times = [each["occurred_at"] for each in events]
    assert times == sorted(times)
    for each in events:
        message = encode_event(each)[1]
        VALID.validate(json.loads(message))
        read_event(message, BOUNDS)
    ids = [(each["flight_id"], each["operation"]) for each in events]
    assert len(set(ids)) == len(ids)


def test_simulated_events_of_a_span_are_those_of_its_parts(simulation):
    whole = list(simulated_events(simulation, ["GLO"], DAY, DAY + timedelta(hours=30)))
    parts = [
        each
        for start, end in ((0, 7), (7, 25), (25, 30))
        for each in simulated_events(
            simulation, ["GLO"], DAY + timedelta(hours=start), DAY + timedelta(hours=end)
        )
    ]
    assert parts == whole


def test_an_airline_that_does_not_fly_in_the_simulation_is_named(simulation):
    with pytest.raises(ConfigurationError, match="no simulated airline XYZ; there are TAM, "):
        next(simulated_events(simulation, ["XYZ"], DAY, NOON))
