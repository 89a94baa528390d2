"""Adjustments, complexity, flows between countries and critical flights."""

import numpy as np
import polars as pl
import pytest

from airtraffic.airports import Airports
from airtraffic.country_flows import country_flows
from airtraffic.critical_flights import critical_flights
from airtraffic.sector_adjustments import balanced_halves, sector_adjustments
from airtraffic.sector_capacity import daily_times, sector_capacity_days
from airtraffic.sector_complexity import sector_complexity
from airtraffic.sector_counts import sector_entries
from airtraffic.sector_passages import airspace_passages
from tests.unit.sector_samples import (
    A_B,
    BESIDE,
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

BUSY = A_B.replace("}", ", reduction_factor: 0.144445, neighbours: [C-B]}")
IDLE = A_B.replace("A-B", "C-B").replace("AAAA, AAAC", "CCCC").replace("}", ", reduction_factor: 0.288889}")


def adjustments(inside, known, declared):
    capacity = pl.from_arrow(sector_capacity_days(daily_times(inside), declared, [DAY]))
    entries = pl.from_arrow(sector_entries(inside, declared, [DAY], known))
    made = sector_adjustments(entries, capacity, inside, declared, [DAY]).to_pylist()
    return {(row["sector"], row["hour_start"], row["proposal"]): row for row in made}


def test_a_peak_hour_gets_a_cap_a_split_and_a_merger_with_saturation_before_and_after():
    declared = sectors(BUSY, IDLE)
    table = pl.concat(
        [
            departures(*range(600, 642, 6)),
            flights(*(flight(50 + n, at(603 + 6 * n), origin="AAAC") for n in range(5))),
            flights(*(flight(80 + n, at(605 + 6 * n), origin="CCCC") for n in range(2))),
        ]
    )
    made = adjustments(passages(table, declared), basis(table), declared)
    cap, split, merge = (made["A-B", at(600), name] for name in ("flow_cap", "split", "merge"))
    assert {row["level_before"] for row in (cap, split, merge)} == {"critical"}
    assert cap["saturation_before_percent"] == pytest.approx(120, abs=0.1)
    assert (cap["flow_cap_per_h"], cap["flights_to_move"]) == (8, 4)
    assert (cap["demand_after"], cap["level_after"]) == (8, "normal")
    assert (split["part"], split["demand_after"], split["level_after"]) == ("origin AAAA | AAAC", 7, "normal")
    assert (merge["part"], merge["demand_after"]) == ("C-B", 14)
    assert merge["capacity_after_per_h"] == pytest.approx(14 / (12 / 10.0 + 2 / 20.0), abs=1e-2)
    assert merge["level_after"] == "critical"
    assert {hour for _, hour, _ in made} == {at(540), at(600)}, "hours without a busy window have no row"


def test_nothing_is_proposed_where_all_is_normal():
    declared = sectors(A_B)
    table = departures(600, 601)
    assert adjustments(passages(table, declared), basis(table), declared) == {}


def test_an_airspace_sector_is_split_at_the_level_that_balances():
    declared = sectors(BOX.replace("}", ", reduction_factor: 0.06}"))
    way = ((0, -49.2, -23), (5, -48.5, -23))
    tracks = [
        track(f"a{n}", *((minute + 3 * n, x, y, level) for minute, x, y in way))
        for n, level in enumerate([250, 260, 270, 350, 360])
    ]
    inside = airspace_passages(positions(*tracks), declared)
    made = adjustments(inside, basis(flights(), polls(1.0)), declared)
    row = made["BOX", at(0), "split"]
    assert row["part"] == "FL270: 2 below | 3 above"
    assert (row["demand_before"], row["demand_after"]) == (5, 3)
    assert row["coverage"] == 1


def test_halves_are_balanced_and_the_same_in_any_order():
    counts = {"A": 5, "B": 4, "C": 3, "D": 3, "E": 1}
    assert balanced_halves(counts) == (["A", "D"], ["B", "C", "E"])
    assert balanced_halves(dict(reversed(counts.items()))) == balanced_halves(counts)


def complexity(*tracks, declared=None):
    made = sector_complexity(positions(*tracks), declared or sectors(BOX), DAY, basis(flights(), polls(0.5)))
    return {(row["sector"], row["hour_start"]): row for row in made.to_pylist()}


def minutes(count: int, longitude: float, level: float):
    return ((minute, longitude, -23.05, level) for minute in range(count))


def test_two_in_a_cell_interact_and_what_differs_is_counted():
    one = track("a", *minutes(30, -49.02, 300))
    other = track("b", *minutes(20, -49.03, 310), true_track=115.0, velocity=250.0, vertical_rate=5.0)
    row = complexity(one, other)["BOX", at(0)]
    assert (row["flight_min"], row["interaction_min"]) == (50, 40)
    assert (row["vertical_min"], row["horizontal_min"], row["speed_min"]) == (40, 40, 40)
    assert (row["density"], row["structure"], row["complexity"]) == (0.8, 3, pytest.approx(2.4))
    assert (row["cells"], row["coverage_marked"]) == (1, True)


def test_level_flight_on_close_tracks_and_speeds_has_density_and_no_structure():
    row = complexity(
        track("a", *minutes(10, -49.02, 300)), track("b", *minutes(10, -49.03, 310), true_track=109.0)
    )
    assert (row := row["BOX", at(0)])["interaction_min"] == 20
    assert (row["structure"], row["complexity"]) == (0, 0)
    around = complexity(
        track("a", *minutes(10, -49.02, 300), true_track=355.0),
        track("b", *minutes(10, -49.03, 300), true_track=5.0),
    )
    assert around["BOX", at(0)]["horizontal_min"] == 0, "355 and 5 deg are 10 apart"


def test_another_layer_sector_or_an_old_position_is_no_interaction():
    one = track("a", *minutes(10, -49.02, 300))
    for other in (
        track("b", *minutes(10, -49.02, 335)),
        track("b", *minutes(10, -49.03, 300), position_age_s=61),
        track("b", *minutes(10, -49.03, 300), on_ground=True),
    ):
        row = complexity(one, other)["BOX", at(0)]
        assert (row["interaction_min"], row["structure"], row["complexity"]) == (0, None, 0)
    apart = complexity(
        track("a", *minutes(10, -48.001, 300)),
        track("b", *minutes(10, -47.999, 300)),
        declared=sectors(BOX, BESIDE),
    )
    assert {key: row["interaction_min"] for key, row in apart.items()} == {
        ("BESIDE", at(0)): 0,
        ("BOX", at(0)): 0,
    }


def test_flows_are_by_the_airports_countries_and_the_unknown_is_shown():
    table = flights(
        flight(1, at(0)),
        flight(2, at(0)),
        flight(3, at(0), destination=None),
        flight(4, at(0), origin="ZZZZ"),
        flight(5, at(0), cancelled=True),
    )
    countries = pl.DataFrame({"airport": ["AAAA", "BBBB"], "country": ["BR", "CO"]})
    made = country_flows(table, countries, basis(table)).to_pylist()
    flows = {(row["origin_country"], row["destination_country"]): row["flights"] for row in made}
    assert flows == {("BR", "CO"): 2, ("BR", None): 1, (None, "CO"): 1}
    assert sum(row["share"] for row in made) == 1
    assert {row["unknown_share"] for row in made} == {0.5}


AIRPORTS = Airports(
    codes=np.array(["AAAA", "BBBB"]),
    countries=np.array(["BR", "CO"]),
    latitude=np.array([-23.0, 4.0]),
    longitude=np.array([-49.0, -74.0]),
    elevation_ft=np.array([0.0, 8000.0]),
)


def critical(*rows, table=None):
    schema = {
        "icao24": pl.String,
        "callsign": pl.String,
        "snapshot_at": pl.Datetime("us", "UTC"),
        "longitude": pl.Float64,
        "latitude": pl.Float64,
        "altitude_ft": pl.Int32,
        "critical_reasons": pl.List(pl.String),
        "source": pl.String,
    }
    states = pl.DataFrame(list(rows), schema=schema, orient="row")
    table = flights() if table is None else table
    return critical_flights(states, table, AIRPORTS, DAY, basis(table, polls(0.5))).to_pylist()


def seen(icao24, minute, *reasons, longitude=-49.0):
    return (icao24, None, at(minute), longitude, -22.0, 5000, list(reasons), "replay")


def test_an_episode_is_one_row_with_its_reasons_its_place_and_its_airport():
    (row,) = critical(seen("a", 10, "spi"), seen("a", 12, "emergency_squawk", "spi"), seen("a", 20, "spi"))
    assert (row["start"], row["end"], row["duration_s"], row["rows"]) == (at(10), at(20), 600, 3)
    assert row["reasons"] == ["emergency_squawk", "spi"]
    assert (row["rank"], row["severity"], row["continued"]) == (1, 5, False)
    assert (row["nearest_airport"], row["airport_distance_nm"]) == ("AAAA", pytest.approx(60.04, abs=0.01))
    assert (row["flight_id"], row["coverage"], row["coverage_marked"]) == (None, 0.5, True)


def test_the_gravest_and_then_the_longest_come_first():
    made = critical(
        seen("a", 10, "spi"),
        seen("b", 30, "low_and_fast"),
        seen("c", 40, "low_and_fast"),
        seen("c", 45, "low_and_fast"),
        seen("d", 50, "emergency_squawk"),
        seen("d", 70, "spi", longitude=None),
    )
    assert [row["icao24"] for row in made] == ["d", "c", "b", "a", "d"]
    assert [row["severity"] for row in made] == [5, 3, 3, 1, 1]
    assert made[-1]["nearest_airport"] is None


def test_an_episode_over_midnight_says_that_it_continued():
    (row,) = critical(seen("a", -4, "emergency_squawk"), seen("a", 2, "spi"), seen("a", 1441, "spi"))
    assert (row["start"], row["end"], row["continued"], row["reasons"]) == (at(2), at(2), True, ["spi"])
    assert critical(seen("a", -4, "spi")) == []


def test_the_flight_is_the_one_that_the_aircraft_was_on():
    table = flights(
        flight(10, at(-300), icao24="a", destination="CCCC"),
        flight(11, at(5), icao24="a"),
        flight(12, at(0), icao24="b"),
    )
    on, off, early = critical(
        seen("a", 60, "emergency_squawk"), seen("b", 61, "low_and_fast"), seen("a", 1, "spi"), table=table
    )
    assert (on["flight_id"], on["origin"], on["destination"]) == ("F011", "AAAA", "BBBB")
    assert (off["flight_id"], early["flight_id"]) == (None, None), "they had landed"


def test_an_empty_day_is_an_empty_table():
    assert critical() == []
    nothing = positions(track("a", (0, 0, 0, 300))).clear()
    assert sector_complexity(nothing, sectors(BOX), DAY, basis(flights(), NO_POLLS)).num_rows == 0
    assert (
        country_flows(
            flights(), pl.DataFrame({"airport": ["A"], "country": ["B"]}), basis(flights())
        ).num_rows
        == 0
    )
