"""What operators know of a flight, however many of their routes brought it."""

import json

from airtraffic.operator_results import operator_results
from tests.unit.flight_rows import at, frame, row

KNOWN = {
    "seats": 180,
    "passengers": 150,
    "revenue": 1000.0,
    "cost": 800.0,
    "currency": "USD",
    "complaints": 1,
}


def told(route: str, known: dict, **fields) -> dict:
    own = {"provider": route, "provider_flight_id": "F9", "airline": "AVA", "flight_number": "9"}
    return row(route=route, original=json.dumps(known), **(own | fields))


def test_a_flight_that_the_database_and_the_topic_bring_has_its_money_once():
    topic = told("operator_events", KNOWN, callsign="AVA9", dep=5)
    (made,) = operator_results(frame(topic, told("database", KNOWN))).to_dicts()
    assert (made["seats"], made["revenue"], made["complaints"]) == (180, 1000.0, 1)
    (made,) = operator_results(frame(told("database", KNOWN, cancelled=True))).to_dicts()
    assert made["cancelled"]


def test_what_the_database_does_not_know_is_filled_from_the_topic_in_one_currency():
    database = {"seats": 200, "revenue": 5.0, "currency": "COP"}
    topic = KNOWN | {"satisfaction": 4.5, "answers": 12}
    (made,) = operator_results(frame(told("operator_events", topic), told("database", database))).to_dicts()
    assert (made["seats"], made["passengers"], made["satisfaction"], made["answers"]) == (200, 150, 4.5, 12)
    assert (made["revenue"], made["cost"], made["currency"]) == (5.0, None, "COP")


def test_a_flight_over_midnight_belongs_to_the_day_of_the_route_that_counts():
    database = told("database", KNOWN, dep=719, arr=800)
    topic = told("operator_events", KNOWN, dep=725, arr=800)
    (made,) = operator_results(frame(topic, database)).to_dicts()
    assert made["date"] == at(719).date() != at(725).date()
