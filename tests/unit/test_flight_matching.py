"""When two rows are one flight."""

import pytest

from airtraffic.flight_matching import match_flights
from tests.unit.flight_rows import at, frame, row


def leads(*rows: dict) -> list[int]:
    numbered = frame(*rows).with_row_index("row")
    return match_flights(numbered)["lead"].to_list()


def track(**fields) -> dict:
    return row(**({"route": "tracks", "provider": "tracks", "callsign": "TAM1"} | fields))


def operators(**fields) -> dict:
    return row(**({"route": "database", "provider": "operator", "callsign": "TAM1"} | fields))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"dep": 45}, {}),
        ({"origin": None, "destination": None}, {}),
        ({"callsign": None, "icao24": "e48000"}, {"callsign": None, "icao24": "e48000"}),
        ({"callsign": "TAM77AB", "icao24": "e48000"}, {"icao24": "e48000"}),
        ({}, {"callsign": None, "airline": "TAM", "flight_number": "1"}),
        ({"dep": 170}, {"dep": None, "arr": None, "scheduled_departure_at": at(0)}),
        ({"dep": 50, "flags": ["departure_unobserved"]}, {"arr": 70}),
    ],
)
def test_rows_that_name_the_same_flight_are_one(one, other):
    assert leads(track(**one), operators(**other)) == [1, 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"dep": 46}, {}),
        ({"callsign": "TAM2"}, {}),
        ({"callsign": None}, {"callsign": None}),
        ({"origin": "SBSP"}, {}),
        ({"destination": "SBSP"}, {}),
        ({"icao24": "e48001"}, {"icao24": "e48000"}),
        ({"source": "simulate"}, {}),
        ({}, {"dep": None, "arr": None, "scheduled_departure_at": at(0), "cancelled": True}),
        ({"dep": 181}, {"dep": None, "arr": None, "scheduled_departure_at": at(0)}),
        ({"dep": 75, "arr": 90, "flags": ["departure_unobserved"]}, {"arr": 70}),
    ],
)
def test_rows_that_contradict_each_other_are_two(one, other):
    assert leads(track(**one), operators(**other)) == [0, 1]


def test_two_rows_of_one_route_and_provider_are_never_one_flight():
    assert leads(track(), track(dep=1)) == [0, 1]


def test_each_of_two_legs_takes_the_track_nearest_to_it():
    legs = [operators(dep=0, origin=None, destination=None), operators(dep=40, origin=None, destination=None)]
    tracks = [track(dep=38), track(dep=3)]
    assert leads(*legs, *tracks) == [0, 1, 1, 0]


def test_a_third_route_joins_by_what_the_second_told():
    rows = [
        operators(callsign=None, airline="TAM", flight_number="1"),
        row(route="opensky_flights", provider="opensky", callsign="TAM1", icao24="e48000", dep=10),
        track(callsign=None, icao24="e48000", dep=12),
    ]
    assert leads(*rows) == [0, 0, 0]


def test_two_providers_of_one_route_may_know_the_same_flight():
    assert leads(row(provider="b", callsign="TAM1"), row(provider="a", callsign="TAM1")) == [1, 1]
