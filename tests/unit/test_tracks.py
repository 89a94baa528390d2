"""Tracks become flights: where one ends and the next begins, and what is known of its ends."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from airtraffic.flight_tables import FLIGHTS_RAW
from airtraffic.track_flights import track_flights
from airtraffic.tracks import flight_tracks
from tests.unit.track_samples import NOON, flown, states

DAY = NOON.date()
LEGS = ("origin", "destination")


def flights(*tracks: pl.DataFrame, day: date = DAY, **options) -> list[dict]:
    return track_flights(pl.concat(tracks), day, **options).to_pylist()


def test_a_flight_from_taxi_to_taxi_has_its_airports_times_and_level():
    (flight,) = flights(flown("SBGR", "SBGL", 60))
    assert (flight["origin"], flight["destination"], flight["cruise_fl"]) == ("SBGR", "SBGL", 330)
    assert flight["departure_at"] == NOON + timedelta(seconds=55)
    assert flight["arrival_at"] == NOON + timedelta(minutes=59) - timedelta(seconds=5)
    assert (flight["airline"], flight["flight_number"], flight["callsign"]) == ("TAM", "3164", "TAM3164")
    assert (flight["flags"], flight["source"], flight["route"]) == ([], "simulate", "tracks")


def test_the_rows_are_those_of_the_table():
    made = track_flights(flown("SBGR", "SBGL", 60), DAY)
    assert made.schema.equals(FLIGHTS_RAW.schema, check_metadata=False)
    assert track_flights(flown("SBGR", "SBGL", 60).head(0), DAY).num_rows == 0


def test_two_legs_with_a_turnaround_on_the_ground_are_two_flights():
    there = flown("SBGR", "SBGL", 60, taxi=20)
    back = flown("SBGL", "SBGR", 60, start=NOON + timedelta(minutes=101), callsign="TAM3165", taxi=20)
    found = flights(there, back)
    assert [(each["origin"], each["destination"], each["callsign"]) for each in found] == [
        ("SBGR", "SBGL", "TAM3164"),
        ("SBGL", "SBGR", "TAM3165"),
    ]
    assert [each["position"] for each in found] == [0, 1]


@pytest.mark.parametrize(
    ("gap_min", "low", "expected"),
    [(14, True, 1), (16, True, 2), (16, False, 1), (29, False, 1), (31, False, 2)],
)
def test_a_gap_separates_flights_after_30_min_and_near_the_ground_after_15(gap_min, low, expected):
    altitude = 1000.0 if low else 9000.0
    minutes = [0, 1, 2, 2 + gap_min, 3 + gap_min, 4 + gap_min]
    rows = flown("SBGR", "SBRF", 180, heard=[60 + each for each in minutes], baro_altitude=altitude)
    assert len(flights(rows)) == expected


def test_a_flight_lost_low_and_heard_again_high_stays_one():
    rows = flown("SBGR", "SBRF", 180, heard=[1, 2, *range(20, 180)])
    assert len(flights(rows)) == 1


def test_a_callsign_changed_in_the_air_is_one_flight_under_the_one_sent_longest():
    early, late = (
        flown("SBGR", "SBRF", 180, heard=range(1, 10)),
        flown("SBGR", "SBRF", 180, heard=range(10, 180)),
    )
    (flight,) = flights(early.with_columns(callsign=pl.lit("TAM9999")), late)
    assert flight["callsign"] == "TAM3164"


def test_a_callsign_changed_over_a_gap_of_a_quarter_hour_is_another_flight():
    landed, off = (
        flown("SBGR", "SBRF", 180, heard=range(176, 180)),
        flown("SBRF", "SBGR", 180, heard=range(9, 30)),
    )
    other = off.with_columns(pl.col("time_position") + 195 * 60, pl.lit("TAM3165").alias("callsign"))
    assert [each["callsign"] for each in flights(landed, other)] == ["TAM3164", "TAM3165"]


def test_a_flight_over_midnight_is_one_and_belongs_to_the_day_of_its_departure():
    rows = flown("SBGR", "SBRF", 180, start=datetime(2025, 6, 25, 23, 30, tzinfo=UTC))
    (flight,) = flights(rows)
    assert flight["arrival_at"] == datetime(2025, 6, 26, 2, 28, 55, tzinfo=UTC)
    assert flights(rows, day=DAY + timedelta(days=1)) == []
    # The day after sees only what is left of it, and knows from its last half hour that it was under way.
    left = rows.filter(pl.col("snapshot_at") >= datetime(2025, 6, 25, 23, 45, tzinfo=UTC))
    assert flights(left, day=DAY + timedelta(days=1)) == []


def test_what_begins_in_the_air_is_flagged_and_what_ends_there_has_no_arrival():
    (flight,) = flights(flown("SBGR", "SBRF", 180, heard=range(60, 100)))
    assert flight["flags"] == ["arrival_unobserved", "departure_unobserved"]
    assert (flight["origin"], flight["destination"], flight["arrival_at"]) == (None, None, None)
    assert flight["departure_at"] == NOON + timedelta(minutes=60) - timedelta(seconds=5)


def test_what_is_heard_on_the_ground_only_is_no_flight():
    assert flights(flown("SBGR", "SBRF", 180, heard=range(-3, 1))) == []


def test_a_surface_report_at_flying_speed_does_not_cut_a_flight():
    rows = flown("SBGR", "SBRF", 180)
    false_report = rows.with_columns(on_ground=pl.col("on_ground") | (pl.col("baro_altitude") == 10_000))
    assert len(flights(false_report)) == 1


def test_repeated_positions_and_the_order_of_rows_change_nothing():
    rows = flown("SBGR", "SBGL", 60)
    frozen = rows.with_columns(pl.col("snapshot_at") + pl.duration(minutes=1))
    mixed = pl.concat([rows, frozen]).sample(fraction=1.0, shuffle=True, seed=1)
    plain = track_flights(rows, DAY)
    assert track_flights(rows.reverse(), DAY).equals(plain)
    assert track_flights(mixed, DAY).equals(plain)


def test_simulated_and_observed_rows_of_one_address_are_never_one_flight():
    rows = flown("SBGR", "SBGL", 60)
    found = flights(rows, rows.with_columns(source=pl.lit("opensky")))
    assert [each["source"] for each in found] == ["opensky", "simulate"]


def test_positions_without_a_place_are_left_out():
    nowhere = [{"icao24": "e48014", "snapshot_at": NOON, "source": "simulate", "on_ground": False}]
    assert flight_tracks(states(nowhere), DAY).is_empty()
