"""Saturation, overloads, alerts and peak hours, from counts to tables."""

from datetime import date, timedelta

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airtraffic.monitoring import sector_alerts
from airtraffic.overloads import overload_segments
from airtraffic.peak_hours import hourly_entries, peak_hours
from airtraffic.saturation import level, observed_saturation, saturation_table
from airtraffic.sector_capacity import daily_times, sector_capacity_days
from airtraffic.sector_counts import sector_entries, sector_occupancy
from airtraffic.sector_values import Thresholds
from tests.unit.sector_samples import (
    A_B,
    BOX,
    DAY,
    HEAD,
    at,
    basis,
    departures,
    flight,
    flights,
    passages,
    sectors,
)

BUSY = A_B.replace("}", ", reduction_factor: 0.144445}")
"""CHadj = 10.0001 aircraft/h: 10 an hour are not too many, 11 are."""
NEXT = DAY + timedelta(days=1)


def frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))


def tables(table: pl.DataFrame, declared, days=(DAY,)):
    inside = passages(table, declared)
    known = basis(table)
    capacity = frame(sector_capacity_days(daily_times(inside), declared, days))
    entries = frame(sector_entries(inside, declared, days, known))
    occupancy = frame(sector_occupancy(inside, declared, days, known))
    return inside, known, capacity, entries, occupancy


def saturation(table: pl.DataFrame, declared) -> dict:
    _, _, capacity, entries, occupancy = tables(table, declared)
    made = saturation_table(observed_saturation(entries, occupancy, capacity, declared, [DAY]))
    (row,) = made.to_pylist()
    return row


def test_the_levels_and_their_thresholds():
    assert [level(percent) for percent in (0, 80, 80.001, 100, 100.001)] == [
        "normal",
        "normal",
        "alert",
        "alert",
        "critical",
    ]
    assert level(85, Thresholds(alert_percent=90, critical_percent=95)) == "normal"


def test_saturation_is_the_highest_rolling_hour_against_the_adjusted_capacity():
    row = saturation(departures(*range(630, 690, 5)), sectors(BUSY))
    assert (row["d_max"], row["window_start"], row["entries"]) == (12, at(630), 12)
    assert row["capacity_per_h"] == pytest.approx(10.0001, abs=1e-3)
    assert (row["saturation_percent"], row["level"]) == (pytest.approx(120, abs=0.1), "critical")
    assert (row["basis"], row["day"], row["windows_incomplete"]) == ("observed", DAY, 3)


def test_peak_occupancy_stands_beside_it_with_the_same_bands():
    row = saturation(departures(*range(600, 660), minutes=60), sectors(A_B))
    assert (row["peak_occupancy"], row["peak_occupancy_at"]) == (60, at(659))
    assert row["scv"] == pytest.approx(3600 / 52)
    assert (row["occupancy_percent"], row["occupancy_level"]) == (pytest.approx(60 * 52 / 36), "alert")
    assert row["saturation_percent"] == pytest.approx(60 / 62.3077 * 100, abs=1e-3)


def test_tps_is_the_mean_of_the_trailing_window_with_the_day_in_it():
    table = flights(
        flight(1, at(0), 60),
        flight(2, at(0, day=-6), 30),
        flight(3, at(0, day=-7), 600),
        flight(4, at(0, day=1), 600),
    )
    made = sector_capacity_days(daily_times(passages(table)), sectors(A_B), [DAY]).to_pylist()
    assert [(row["tps_s"], row["flights"], row["window_from"], row["window_to"]) for row in made] == [
        (2700, 2, date(2024, 2, 27), DAY)
    ]


def test_tps_takes_no_passage_that_reception_cut():
    inside = passages(departures(0, 10, minutes=60)).with_columns(
        pl.Series("entry_observed", [True, False] * 3)
    )
    assert daily_times(inside)["passages"].to_list() == [1, 1, 1]


def test_a_sector_without_flights_has_a_capacity_and_no_scv():
    (row,) = sector_capacity_days(daily_times(passages(flights())), sectors(BOX), [DAY]).to_pylist()
    assert (row["scv"], row["notes"], row["flights"]) == (None, ["no_flights_in_window"], 0)
    assert row["ch_per_h"] == pytest.approx(69.2308, abs=1e-4)


def overloads(table, days=(DAY,), around=(DAY, NEXT)):
    inside, _, capacity, entries, _ = tables(table, sectors(BUSY), around)
    return overload_segments(entries, capacity, inside, days).to_pylist()


def test_an_overload_is_one_run_with_its_flights():
    (row,) = overloads(departures(*range(600, 660, 5), 900))
    assert (row["start"], row["end"], row["steps"]) == (at(600), at(660), 1)
    assert (row["worst_count"], row["worst_excess"]) == (12, pytest.approx(2, abs=1e-3))
    assert row["flight_count"] == 12
    assert row["flights"] == [f"TST{n}" for n in range(12)]


def test_runs_whose_hours_overlap_are_one_and_no_flight_is_counted_twice():
    late = [*range(645, 675, 3), 699]
    (row,) = overloads(departures(*[600] * 11, *late))
    assert (row["start"], row["end"], row["steps"]) == (at(555), at(705), 5)
    assert (row["flight_count"], len(set(row["flights"]))) == (22, 22)


def test_runs_that_only_touch_are_two():
    first = overloads(departures(*range(600, 720, 4)))
    assert [(row["start"], row["end"], row["steps"]) for row in first] == [(at(585), at(735), 7)]
    assert first[0]["total_excess"] > first[0]["worst_excess"]
    assert len(overloads(departures(*range(600, 655, 5), *range(720, 775, 5)))) == 2


def test_an_overload_over_midnight_is_one_of_the_day_in_which_it_starts():
    table = pl.concat(
        [departures(*range(1400, 1440, 4)), flights(*(flight(20 + n, at(4 * n, day=1)) for n in range(16)))]
    )
    (row,) = overloads(table)
    assert row["start"] < at(1440) < row["end"]
    assert row["date"] == DAY
    assert overloads(table, days=[NEXT]) == []


def alerts(table, values):
    declared = sectors(A_B.replace("}", f", monitoring: {{{values}}}}}"))
    _, _, capacity, entries, occupancy = tables(table, declared)
    capacity = capacity.with_columns(pl.lit(10.0).alias("scv"))
    return sector_alerts(occupancy, capacity, declared, [DAY], entries).to_pylist()


def load(*counts: tuple[int, int, int]) -> pl.DataFrame:
    """So many aircraft from one minute to another."""
    rows = [
        flight(1000 * k + n, at(start), end - start)
        for k, (count, start, end) in enumerate(counts)
        for n in range(count)
    ]
    return flights(*rows)


def test_one_count_above_the_peak_fires_and_quiet_clears():
    (row,) = alerts(load((11, 100, 101), (6, 101, 120)), "peak_percent: 100, clear_min: 5")
    assert (row["cause"], row["start"], row["end"]) == ("peak", at(100), at(105))
    assert (row["highest"], row["peak_threshold"]) == (11, 10)


def test_sustained_load_fires_at_the_crossing_that_completes_it():
    (row,) = alerts(load((9, 100, 130)), "crossings: 10, elapsed_min: 15")
    assert (row["cause"], row["start"], row["end"]) == ("sustained", at(109), at(134))
    assert alerts(load((9, 100, 109)), "crossings: 10, elapsed_min: 15") == []
    assert len(alerts(load((9, 100, 105), (9, 106, 111)), "crossings: 10, elapsed_min: 15")) == 1
    assert alerts(load((9, 100, 105), (9, 116, 121)), "crossings: 10, elapsed_min: 15") == []


def test_a_count_that_swings_about_a_threshold_does_not_flicker():
    swinging = load((8, 100, 160), *((4, minute, minute + 1) for minute in range(100, 160, 2)))
    assert len(alerts(swinging, "peak_percent: 100")) == 1
    swinging = load((8, 100, 160), *((1, minute, minute + 1) for minute in range(100, 160, 2)))
    assert len(alerts(swinging, "crossings: 5, elapsed_min: 15")) == 1


def test_crossings_from_before_a_clearing_do_not_fire_again():
    busy = load((9, 100, 110), (9, 115, 116))
    assert len(alerts(busy, "crossings: 10, elapsed_min: 30")) == 1
    assert len(alerts(load((9, 100, 110), (9, 114, 115)), "crossings: 10, elapsed_min: 30")) == 1


def test_an_alert_that_has_not_cleared_by_midnight_has_no_end():
    (row,) = alerts(load((11, 1438, 1500)), "peak_percent: 100")
    assert (row["start"], row["end"]) == (at(1438), None)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 200), st.integers(1, 60)), max_size=8))
def test_alerts_are_those_of_a_machine_that_goes_minute_by_minute(loads):
    table = load(*((count, start, start + long) for count, start, long in loads))
    if table.is_empty():
        return
    values = "crossings: 6, elapsed_min: 9, clear_min: 4"
    declared = sectors(A_B)
    occupancy = tables(table, declared)[4].sort("minute")["aircraft_in_period"].to_list()
    expected, on, crossed, quiet = [], False, [], 0
    for minute, count in enumerate(occupancy):
        crossed = [each for each in crossed if each > minute - 9] + ([minute] if count > 8 else [])
        quiet = quiet + 1 if count <= 7 else 0
        if quiet >= 4:
            crossed = []
        if not on and (count > 10 or (count > 8 and len(crossed) >= 6)):
            expected.append([minute, None])
            on = True
        elif on and quiet >= 4:
            expected[-1][1] = minute
            on = False
    found = [(row["start"], row["end"]) for row in alerts(table, values)]
    assert found == [(at(start), None if end is None else at(end)) for start, end in expected]


def test_peak_hours_divide_by_calendar_dates_of_the_window():
    table = flights(
        flight(1, at(605)), flight(2, at(610)), flight(3, at(605, day=-7)), flight(4, at(30, day=-1))
    )
    declared = sectors(A_B, head=HEAD.replace("tps_window_days: 7", "tps_window_days: 14"))
    days = [DAY - timedelta(days=back) for back in range(14)]
    entries = frame(sector_entries(passages(table, declared), declared, days, basis(table)))
    made = frame(peak_hours(hourly_entries(entries), declared, [DAY]))
    assert made.height == 7 * 24
    monday = made.filter((pl.col("weekday") == 0) & (pl.col("hour") == 10)).to_dicts()[0]
    assert (monday["entries"], monday["dates"], monday["intensity"], monday["dates_with_data"]) == (
        3,
        2,
        1.5,
        2,
    )
    sunday = made.filter((pl.col("weekday") == 6) & (pl.col("hour") == 0)).to_dicts()[0]
    assert (sunday["intensity"], sunday["dates_with_data"]) == (0.5, 1)
    assert made["entries"].sum() == 4
