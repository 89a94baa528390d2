"""Flights of days from the rows of all routes."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airtraffic.flight_tables import FLIGHTS, FLIGHTS_QUALITY
from airtraffic.flights import ROW_COLUMNS, VERSION_COLUMNS, flights_of_days
from tests.unit.flight_rows import NOON, at, frame, row

DAY = NOON.date()
STRICT = {"sample": ("arrival_not_after_departure", "duration_over_6h", "same_airport")}


def made(*rows, days=(DAY,), rules=None, versions=None):
    received = frame(*rows)
    older = received if versions is None else frame(*versions)
    return flights_of_days(
        received.select(ROW_COLUMNS), older.select(VERSION_COLUMNS), days, rules if rules is not None else {}
    )


def flights(*rows, **options) -> list[dict]:
    return made(*rows, **options).flights.to_pylist()


def quality(*rows, **options) -> list[dict]:
    return made(*rows, **options).quality.to_pylist()


def test_a_flight_has_the_declared_columns_and_its_duration():
    done = made(row(dep=0, arr=75, callsign="TAM1"))
    assert (done.flights.schema, done.quality.schema) == (FLIGHTS.schema, FLIGHTS_QUALITY.schema)
    (flight,) = done.flights.to_pylist()
    assert flight["duration_s"] == 75 * 60
    assert (flight["flags"], flight["routes"], flight["sources"]) == ([], ["files"], ["file"])
    assert flight["flight_id"] == "sample/20250115T120000Z/TAM1/SBGR-SBRJ"


def test_rows_that_say_the_same_are_one_flight_and_are_counted():
    rows = [row(), row(), row(received_from="again.csv"), row(dep=1)]
    assert len(flights(*rows)) == 2
    (counts,) = quality(*rows)
    assert (counts["rows_received"], counts["duplicates_removed"], counts["flights"]) == (4, 2, 2)


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"arr": 0}, "arrival_not_after_departure"),
        ({"arr": 361}, "duration_over_6h"),
        ({"destination": "SBGR"}, "same_airport"),
    ],
)
def test_what_one_providers_rules_remove_is_a_flag_elsewhere(fields, flag):
    (flight,) = flights(row(**fields))
    assert flag in flight["flags"]
    assert flights(row(**fields), rules=STRICT) == []
    (counts,) = quality(row(**fields), rules=STRICT)
    assert counts["removed"] == [{"reason": flag, "rows": 1}]
    assert flights(row(**fields), rules={"another": STRICT["sample"]})


def test_six_hours_to_the_second_are_still_a_flight():
    (flight,) = flights(row(arr=360), rules=STRICT)
    assert flight["flags"] == []


def test_a_row_that_breaks_two_rules_is_counted_by_the_first():
    (counts,) = quality(row(arr=-5, destination="SBGR"), rules=STRICT)
    assert counts["removed"] == [{"reason": "arrival_not_after_departure", "rows": 1}]


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"dep": None, "arr": None, "scheduled_departure_at": NOON, "cancelled": True}, ["cancelled"]),
        ({"dep": None, "arr": None, "scheduled_departure_at": NOON}, ["departure_unobserved"]),
        ({"arr": None}, ["no_arrival"]),
        ({"origin": None, "destination": None}, ["unknown_destination", "unknown_origin"]),
        ({"flags": ["arrival_unobserved"]}, ["arrival_unobserved"]),
        ({"flags": None}, []),
    ],
)
def test_flags_say_what_is_not_known(fields, flags):
    (flight,) = flights(row(**fields))
    assert flight["flags"] == flags
    assert flight["date"] == DAY


def test_the_last_version_of_a_providers_flight_counts():
    rows = [
        row(provider_flight_id="7", updated_at=at(10), arr=60),
        row(provider_flight_id="7", updated_at=at(30), arr=80),
        row(provider_flight_id="7", updated_at=at(20), arr=70),
    ]
    (flight,) = flights(*rows)
    assert flight["arrival_at"] == at(80)
    assert quality(*rows)[0]["superseded"] == 2


def test_a_flight_that_was_moved_over_midnight_leaves_its_old_day():
    old = row(provider_flight_id="7", updated_at=at(10), dep=11 * 60, arr=12 * 60)
    new = row(provider_flight_id="7", updated_at=at(20), dep=13 * 60, arr=14 * 60)
    assert flights(old, new) == []
    (flight,) = flights(old, new, days=[DAY + timedelta(days=1)])
    assert flight["departure_at"] == at(13 * 60)
    far = row(provider_flight_id="7", updated_at=at(20), dep=5 * 1440)
    assert flights(old, versions=[old, far]) == []


def test_a_version_that_returns_to_what_it_was_counts():
    rows = [
        row(provider_flight_id="7", updated_at=at(n), arr=arrival) for n, arrival in enumerate((60, 90, 60))
    ]
    (flight,) = flights(*rows)
    assert flight["arrival_at"] == at(60)
    (counts,) = quality(*rows)
    assert (counts["duplicates_removed"], counts["superseded"]) == (1, 1)


def test_one_flight_of_three_routes_is_filled_in_the_order_of_precedence():
    rows = [
        row(
            route="tracks",
            provider="tracks",
            source="opensky",
            dep=12,
            arr=55,
            icao24="e48000",
            callsign="TAM1",
        ),
        row(route="database", provider="operator", airline="TAM", flight_number="1", arr=None, cruise_fl=350),
        row(route="files", provider="sample", callsign="TAM1", dep=5, registration="PRABC", origin=None),
    ]
    (flight,) = flights(*rows)
    assert flight["routes"] == ["database", "files", "tracks"]
    assert flight["sources"] == ["file", "opensky"]
    assert (flight["provider"], flight["departure_at"], flight["arrival_at"]) == ("operator", at(0), at(60))
    assert (flight["icao24"], flight["registration"], flight["cruise_fl"]) == ("e48000", "PRABC", 350)
    counts = {each["route"]: (each["matched"], each["flights"]) for each in quality(*rows)}
    assert counts == {"database": (0, 1), "files": (1, 0), "tracks": (1, 0)}


def test_a_time_taken_from_a_track_that_began_in_the_air_says_so():
    rows = [
        row(
            route="database",
            provider="operator",
            callsign="TAM1",
            dep=None,
            arr=None,
            scheduled_departure_at=NOON,
        ),
        row(route="tracks", provider="tracks", callsign="TAM1", dep=20, flags=["departure_unobserved"]),
    ]
    (flight,) = flights(*rows)
    assert (flight["departure_at"], flight["flags"]) == (at(20), ["departure_unobserved"])
    rows[0] |= {"departure_at": at(2)}
    assert flights(*rows)[0]["flags"] == []


def test_a_diverted_flight_ends_where_the_route_that_counts_says_and_is_flagged():
    planned = row(route="database", provider="operator", callsign="TAM1")
    (flight,) = flights(planned, row(route="tracks", callsign="TAM1", destination="SBGL", dep=8))
    assert (flight["destination"], flight["flags"]) == ("SBRJ", ["destination_differs"])


def test_a_row_that_may_be_a_flight_of_another_route_is_flagged():
    tracks = [row(route="tracks", callsign=name, dep=dep) for name, dep in (("TAM1", 2), ("TAM2", 7))]
    assert [flight["flags"] for flight in flights(row(dep=5), *tracks)].count(["possible_duplicate"]) == 2


def test_a_planned_flight_lies_in_the_day_in_which_a_track_saw_it_leave():
    rows = [
        row(
            route="database",
            provider="operator",
            callsign="TAM1",
            dep=None,
            arr=None,
            scheduled_departure_at=at(11 * 60 + 50),
        ),
        row(route="tracks", provider="tracks", callsign="TAM1", dep=12 * 60 + 15, arr=13 * 60),
    ]
    assert flights(*rows) == []
    (flight,) = flights(*rows, days=[DAY + timedelta(days=1)])
    assert flight["routes"] == ["database", "tracks"]


def test_flights_without_a_key_of_their_own_never_share_an_id():
    ids = [flight["flight_id"] for flight in flights(row(arr=60), row(arr=61), row(arr=61, cruise_fl=300))]
    assert len(set(ids)) == 3


ROWS = st.lists(
    st.builds(
        row,
        route=st.sampled_from(["database", "files", "tracks"]),
        provider=st.sampled_from(["a", "b"]),
        provider_flight_id=st.sampled_from([None, None, "1", "2"]),
        callsign=st.sampled_from([None, "TAM1", "GLO2"]),
        icao24=st.sampled_from([None, "e48000"]),
        destination=st.sampled_from([None, "SBRJ", "SBGR"]),
        dep=st.integers(-26 * 60, 26 * 60),
        arr=st.integers(-26 * 60, 26 * 60),
        updated_at=st.sampled_from([None, at(1), at(2)]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, chance=st.randoms())
def test_every_row_has_one_fate_and_its_place_in_the_input_changes_nothing(rows, chance):
    days = [DAY + timedelta(days=n) for n in (-1, 0, 1)]
    done = made(*rows, days=days)
    for counts in done.quality.to_pylist():
        parts = ("duplicates_removed", "superseded", "removed_by_rule", "matched", "flights")
        assert counts["rows_received"] == sum(counts[part] for part in parts)
    total = sum(counts["flights"] for counts in done.quality.to_pylist())
    if all(row["date"] in days for row in rows):
        assert total == done.flights.num_rows
    chance.shuffle(rows)
    assert made(*rows, days=days) == done
    ids = pl.DataFrame(done.flights).select("date", "flight_id")
    assert ids.is_unique().all()


def test_no_rows_make_no_flights():
    done = made(days=[date(2025, 1, 1)])
    assert (done.flights.num_rows, done.quality.num_rows) == (0, 0)
