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
        ({"callsign": None, "dep": 11}, {"callsign": None}),
        ({"origin": "SBSP"}, {}),
        ({"destination": "SBGL", "dep": 46}, {}),
        ({"destination": "SBGL", "origin": None}, {}),
        ({"destination": "SBGL"}, {"dep": None, "arr": None, "scheduled_departure_at": at(0)}),
        ({"destination": "SBGL", "flags": ["departure_unobserved"]}, {}),
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


LOST, FOUND = ["arrival_unobserved"], ["departure_unobserved"]


def test_pieces_of_a_track_are_the_flight_that_another_route_knows_from_end_to_end():
    pieces = [
        track(dep=5, arr=20, destination=None, flags=LOST),
        track(dep=60, arr=90, origin=None, destination=None, flags=LOST + FOUND),
        track(dep=130, arr=175, origin=None, flags=FOUND),
    ]
    assert leads(operators(arr=180), *pieces) == [0, 0, 0, 0]
    assert leads(*pieces, operators(arr=180)) == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("flight", "piece"),
    [
        ({"arr": 180, "flags": LOST}, {}),
        ({"arr": None}, {}),
        ({"arr": 140}, {}),
        ({"arr": 180}, {"origin": "SBSP"}),
        ({"arr": 180}, {"source": "simulate"}),
        ({"arr": 180}, {"callsign": "TAM2"}),
        ({"arr": 180}, {"flags": []}),
    ],
)
def test_a_piece_that_the_flight_may_not_hold_stays_a_flight(flight, piece):
    pieces = [track(dep=5, arr=20, flags=LOST), track(**({"dep": 130, "arr": 175, "flags": FOUND} | piece))]
    assert leads(operators(**flight), *pieces) == [0, 0, 2]


def test_a_piece_within_two_flights_of_a_callsign_is_of_the_one_that_left_last():
    flights = [operators(dep=0, arr=300), operators(dep=100, arr=310)]
    tracks = [track(dep=1, arr=50, flags=LOST), track(dep=101, arr=150, flags=LOST)]
    assert leads(*flights, *tracks, track(dep=200, arr=290, flags=FOUND)) == [0, 1, 0, 1, 1]


def test_a_diverted_flight_is_one_flight_unless_another_row_agrees_on_its_end():
    assert leads(operators(), track(destination="SBGL", dep=8)) == [0, 0]
    assert leads(operators(), track(destination="SBGL", dep=1), track(dep=20)) == [0, 1, 0]


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


def filed(**fields) -> dict:
    """A row of a provider that names neither aircraft nor callsign nor number."""
    return row(**({"provider": "bimtra"} | fields))


def duplicates(*rows: dict) -> list[bool]:
    return match_flights(frame(*rows).with_row_index("row"))["possible_duplicate"].to_list()


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_a_row_without_a_name_is_the_flight_of_its_airports_and_time(minutes):
    assert leads(filed(dep=minutes), track()) == [0, 0]
    assert leads(filed(airline="TAM", dep=minutes), operators(airline="TAM")) == [1, 1]
    assert leads(operators(), filed(dep=5), track(dep=9)) == [0, 0, 0], "a route between them hides nothing"


@pytest.mark.parametrize(
    "unlike",
    [
        {"dep": 10.1},
        {"origin": "SBSP"},
        {"destination": None},
        {"airline": "GLO"},
        {"source": "simulate"},
        {"cancelled": True},
    ],
)
def test_a_row_without_a_name_that_differs_is_a_flight_of_its_own(unlike):
    assert leads(filed(**unlike), track()) == [0, 1]
    assert duplicates(filed(**unlike), track()) == [False, False]


def test_rows_without_a_name_of_one_provider_are_never_one_flight():
    assert leads(filed(), filed(), filed(dep=1)) == [0, 1, 2]


def test_rows_without_a_name_pair_with_the_nearest_one_to_one():
    taken = [filed(dep=0), filed(dep=5), track(dep=6), track(dep=9, callsign="TAM2")]
    assert leads(*taken) == [0, 1, 1, 0], "the nearest of both goes first, what is left pairs"
    assert leads(filed(dep=0), filed(dep=8), track(dep=1), track(dep=9, callsign="TAM2")) == [0, 1, 0, 1]


def test_a_row_without_a_name_that_may_be_either_of_two_flights_is_flagged_and_not_matched():
    rows = [filed(dep=5), track(dep=2), track(dep=7, callsign="TAM2")]
    assert leads(*rows) == [0, 1, 2]
    assert duplicates(*rows) == [False, True, True]
