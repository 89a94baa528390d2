"""Entry and occupancy counts: windows, midnight, and what is not known."""

from datetime import timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from airtraffic.sector_counts import sector_entries, sector_occupancy
from tests.unit.sector_samples import (
    A_ANY,
    A_B,
    BOX,
    DAY,
    at,
    basis,
    departures,
    flight,
    flights,
    passages,
    polls,
    sectors,
)

NEXT = DAY + timedelta(days=1)


def entries(table, declared=None, days=(DAY,), completeness=None):
    declared = declared or sectors(A_B)
    known = basis(table) if completeness is None else basis(table, completeness)
    return pl.DataFrame(pl.from_arrow(sector_entries(passages(table, declared), declared, days, known)))


def occupancy(table, declared=None, days=(DAY,)):
    declared = declared or sectors(A_B)
    return pl.DataFrame(
        pl.from_arrow(sector_occupancy(passages(table, declared), declared, days, basis(table)))
    )


def counted(made, column="entries_60min"):
    return {row["window_start"]: row[column] for row in made.to_dicts() if row[column]}


def test_windows_are_half_open_and_start_on_quarter_hours():
    made = entries(departures(600, 659.999, 660))
    assert made.height == 96
    assert counted(made) == {
        at(555): 1,
        at(570): 1,
        at(585): 1,
        at(600): 2,
        at(615): 2,
        at(630): 2,
        at(645): 2,
        at(660): 1,
    }
    assert counted(made, "entries_15min") == {at(600): 1, at(645): 1, at(660): 1}


def test_clock_hours_understate_the_peak():
    made = entries(departures(*range(630, 690, 5)))
    assert made["entries_60min"].max() == 12
    assert made.filter(pl.col("window_start").dt.minute() == 0)["entries_60min"].max() == 6


def test_the_last_windows_of_a_day_count_entries_of_the_next_and_belong_to_their_own():
    table = pl.concat([departures(1435), flights(flight(9, at(5, day=1)))])
    made = entries(table)
    assert counted(made) == {at(1380): 1, at(1395): 2, at(1410): 2, at(1425): 2}
    assert made["entries_15min"].sum() == 1
    assert made["window_complete"].all()
    assert counted(entries(table, days=[NEXT])) == {at(0, day=1): 1}


def test_windows_that_reach_into_a_day_without_data_say_so():
    made = entries(departures(100))
    assert made.filter(~pl.col("window_complete"))["window_start"].to_list() == [at(1395), at(1410), at(1425)]


def test_a_sector_without_flights_has_zeros_and_one_of_which_nothing_is_known_has_no_rows():
    table = departures(100, origin="AAAC")
    made = entries(table, sectors(A_B, A_ANY, BOX))
    assert set(made["sector"]) == {"A-B"}, "none of A-ANY's airports is in the data, and no poll came"
    made = entries(table, sectors(A_B, BOX), completeness=polls(0.5))
    assert made.group_by("sector").agg(pl.col("entries_15min").sum()).sort("sector").rows() == [
        ("A-B", 1),
        ("BOX", 0),
    ]
    assert made.filter(pl.col("sector") == "BOX")["coverage_marked"].all()
    assert entries(table, days=[NEXT]).is_empty()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3 * 24 * 4 - 1), max_size=40))
def test_counts_are_those_of_a_plain_loop(quarters):
    table = departures(*(quarter * 15 - 24 * 60 + 3 for quarter in quarters))
    made = entries(pl.concat([table, departures(-1, 1, 1441, origin="AAAC", destination="CCCC")]))
    starts = [at(quarter * 15 - 24 * 60 + 3) for quarter in quarters]
    for row in made.iter_rows(named=True):
        begin = row["window_start"]
        assert row["entries_60min"] == sum(begin <= start < begin + timedelta(hours=1) for start in starts)


def test_occupancy_counts_who_is_there_at_the_full_minute():
    made = occupancy(flights(flight(1, at(10), minutes=2), flight(2, at(10.5), minutes=1)))
    assert made.height == 1440
    assert {row["minute"]: row["aircraft"] for row in made.to_dicts() if row["aircraft"]} == {
        at(10): 1,
        at(11): 2,
    }
    in_period = {
        row["minute"]: row["aircraft_in_period"] for row in made.to_dicts() if row["aircraft_in_period"]
    }
    assert in_period == {at(10): 2, at(11): 2}


def test_who_is_in_the_air_at_midnight_is_in_both_days():
    table = pl.concat([departures(1430, minutes=30), departures(1441, origin="AAAC", minutes=1)])
    first, second = occupancy(table), occupancy(table, days=[NEXT])
    assert first["aircraft"].sum() == 10
    assert second.filter(pl.col("aircraft") > 0)["minute"].to_list() == [at(1440 + n) for n in range(20)]
    both = occupancy(table, days=[DAY, NEXT])
    assert both.equals(pl.concat([first, second]))


def test_a_passage_without_an_exit_is_in_no_occupancy():
    assert occupancy(departures(10, minutes=None))["aircraft"].sum() == 0


def test_the_period_of_the_monitoring_values_widens_the_count():
    declared = sectors(A_B.replace("}", ", monitoring: {duration_min: 10}}"))
    made = occupancy(departures(100, minutes=1), declared)
    assert made.filter(pl.col("aircraft_in_period") > 0)["minute"].to_list() == [
        at(91 + n) for n in range(10)
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-600, 1400), st.floats(0.5, 400)), max_size=12))
def test_occupancy_is_that_of_a_plain_loop(stays):
    table = flights(*(flight(n, at(start), minutes=long) for n, (start, long) in enumerate(stays)))
    made = occupancy(pl.concat([table, departures(1, origin="AAAC", destination="CCCC")]))
    if made.is_empty():
        return
    spans = [(row["departure_at"], row["arrival_at"]) for row in table.to_dicts()]
    for row in made.sample(20, seed=1).iter_rows(named=True):
        assert row["aircraft"] == sum(start <= row["minute"] < end for start, end in spans)
