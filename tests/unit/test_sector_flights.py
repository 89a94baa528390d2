"""Who is in a connectivity sector, and how a day of counts is known."""

from datetime import timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from airtraffic.sector_flights import connectivity_flights, sector_flights_table, with_flights
from airtraffic.sector_passages import airspace_passages
from airtraffic.sector_tables import SECTOR_FLIGHTS
from tests.unit.sector_samples import (
    A_ANY,
    A_B,
    BOX,
    DAY,
    NO_POLLS,
    at,
    basis,
    departures,
    flight,
    flights,
    passages,
    polls,
    positions,
    sectors,
    track,
)

AIRPORTS = st.sampled_from(["AAAA", "AAAC", "BBBB", "CCCC", None])


def members(made: pl.DataFrame) -> set[tuple[str, str]]:
    return set(made.select("flight_id", "sector").iter_rows())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(AIRPORTS, AIRPORTS), max_size=8))
def test_a_flight_is_in_a_sector_when_both_ends_are_taken(pairs):
    declared = sectors()
    table = flights(
        *(flight(n, at(n), origin=origin, destination=to) for n, (origin, to) in enumerate(pairs))
    )
    expected = {
        (f"F{n:03}", sector.id)
        for n, (origin, to) in enumerate(pairs)
        for sector in declared.sectors
        if (not sector.origins or origin in sector.origins)
        and (not sector.destinations or to in sector.destinations)
    }
    assert members(connectivity_flights(table, declared)) == expected


def test_an_unknown_airport_is_in_a_sector_that_takes_any_only():
    made = passages(flights(flight(1, at(0), origin=None), flight(2, at(0), destination=None)))
    assert members(made) == {("F001", "ANY-B"), ("F002", "A-ANY")}


def test_entry_is_the_departure_and_exit_the_arrival():
    (row,) = passages(departures(30, minutes=45), sectors(A_B)).to_dicts()
    assert (row["entry_at"], row["exit_at"], row["time_in_sector_s"]) == (at(30), at(75), 2700)
    assert (row["date"], row["kind"], row["exit_observed"]) == (DAY, "connectivity", True)


def test_what_did_not_take_off_is_nowhere_and_what_did_not_arrive_has_no_exit():
    made = passages(
        flights(
            flight(1, at(0), cancelled=True),
            flight(2, None),
            flight(3, at(0), minutes=None),
            flight(4, at(0), minutes=-5),
        ),
        sectors(A_B),
    )
    assert made.select("flight_id", "exit_at", "time_in_sector_s", "exit_observed").rows() == [
        ("F003", None, None, False),
        ("F004", None, None, False),
    ]


def test_a_flight_meets_the_definition_of_its_day():
    old = A_B.replace("}", ", valid_to: 2024-03-04}")
    new = A_B.replace("AAAA, ", "").replace("}", ", valid_from: 2024-03-05}")
    table = flights(flight(1, at(10)), flight(2, at(10, day=1)))
    assert members(passages(table, sectors(old, new))) == {("F001", "A-B")}


def test_the_table_is_as_declared_and_the_same_in_any_order():
    table = departures(50, 10, 30, 10)
    one = sector_flights_table([passages(table)])
    other = sector_flights_table([passages(table.reverse())])
    assert one.schema.equals(SECTOR_FLIGHTS.schema)
    assert one.equals(other)


def test_polls_cover_positions_and_flights_from_tracks_but_not_a_files_flights():
    filed = departures(1)
    tracked = filed.with_columns(
        pl.lit("tracks").alias("provider"),
        pl.lit(["tracks"]).alias("routes"),
        pl.lit("replay").alias("source"),
    )
    rows = basis(pl.concat([filed, tracked]), polls(0.5)).select(
        "kind", "coverage", "coverage_marked", "coverage_basis", "sources"
    )
    assert rows.rows() == [
        ("airspace", 0.5, True, "polls", ["replay"]),
        ("connectivity", 0.5, True, "polls, test", ["file", "replay"]),
    ]
    assert basis(filed, polls(0.5)).row(1)[2:5] == (None, False, "test")
    assert basis(tracked, NO_POLLS).row(0)[2:5] == (None, True, "polls"), "not known is marked"
    assert basis(filed, polls(0.95))["coverage_marked"].to_list() == [False, False]


def test_a_day_of_which_nothing_is_known_has_no_basis():
    none = polls(0.0).with_columns(pl.lit(0).cast(pl.Int32).alias("polls_seen"))
    assert basis(flights(), none).is_empty()


def test_times_stay_within_the_flights():
    made = passages(departures(*range(0, 1440, 7)), sectors(A_ANY))
    assert (made["exit_at"] - made["entry_at"]).unique().to_list() == [timedelta(hours=1)]


def test_a_passage_has_the_flight_that_the_aircraft_was_on():
    crossing = [(minute, -51 + 0.2 * minute, -23, 300) for minute in range(0, 21, 10)]
    inside = airspace_passages(
        positions(*(track(icao24, *crossing) for icao24 in ("a", "b", "c"))), sectors(BOX)
    )
    known = flights(
        flight(1, at(-90), 96, icao24="a"),
        flight(2, at(7), 60, icao24="a", destination=None),
        flight(3, at(-60), None, icao24="b", origin=None),
        flight(4, at(0), 60, icao24="c", cancelled=True),
        flight(5, at(0), 60, icao24=None),
    )
    made = with_flights(inside, known)
    assert made.select("icao24", "flight_id", "origin", "destination").rows() == [
        ("a", "F002", "AAAA", None),
        ("b", "F003", None, "BBBB"),
        ("c", None, None, None),
    ], "a left the box at 00:15: one minute on its first flight, eight on its second"
    assert made.drop("flight_id", "origin", "destination").equals(
        inside.drop("flight_id", "origin", "destination")
    )
    assert with_flights(inside, known.clear()).equals(inside)
