"""Passages of airspace sectors: crossings, corners, levels, gaps and flicker; and the index itself."""

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from airtraffic.sector_index import SectorIndex
from airtraffic.sector_passages import airspace_passages
from airtraffic.sector_tables import SECTOR_FLIGHTS
from tests.unit.sector_samples import A_B, BESIDE, BOX, DAY, at, positions, sectors, track

CONCAVE = BOX.replace("BOX", "CONCAVE").replace(
    "[-48, -22], ", "[-48, -22], [-48.5, -22], [-49, -23.5], [-49.5, -22], "
)


def through(*tracks, declared=None):
    return airspace_passages(positions(*tracks), declared or sectors(BOX))


def only(made: pl.DataFrame) -> dict:
    (row,) = made.to_dicts()
    return row


def test_entry_and_exit_are_interpolated_on_the_track():
    row = only(through(track("a", (0, -51, -23, 300), (10, -49, -23, 300), (20, -47, -23, 300))))
    assert (row["entry_at"], row["exit_at"], row["time_in_sector_s"]) == (at(5), at(15), 600)
    assert (row["entry_fl"], row["exit_fl"]) == (pytest.approx(300), pytest.approx(300))
    assert (row["entry_observed"], row["exit_observed"], row["date"]) == (True, True, DAY)


def test_a_climb_enters_at_the_floor_and_leaves_at_the_ceiling():
    row = only(through(track("a", (0, -49, -23, 145), (4, -49, -22.9, 345), (8, -49, -22.8, 445))))
    assert (row["entry_at"], row["entry_fl"]) == (at(2), pytest.approx(245))
    assert (row["exit_at"], row["exit_fl"]) == (at(6.2), pytest.approx(400))


def test_the_floor_is_in_the_sector_and_the_ceiling_is_not():
    assert through(track("a", (0, -49, -23, 245), (4, -48.5, -23, 245))).height == 1
    assert through(track("a", (0, -49, -23, 400), (4, -48.5, -23, 400))).is_empty()


def test_a_corner_cut_between_two_polls_is_a_passage():
    row = only(through(track("a", (0, -50.2, -22.4, 300), (6, -49.4, -21.6, 300))))
    assert row["time_in_sector_s"] == pytest.approx(6 * 60 * 0.25, rel=1e-6)
    assert through(track("a", (0, -50.6, -22.4, 300), (8, -49.4, -21.2, 300))).is_empty()


def test_two_arms_of_a_concave_sector_are_two_passages_only_when_far_apart_in_time():
    slow = track("a", (0, -50, -22.5, 300), (20, -48, -22.5, 300))
    assert through(slow, declared=sectors(CONCAVE)).height == 2
    fast = track("a", (0, -50, -23.2, 300), (10, -48, -23.2, 300))
    assert only(through(fast, declared=sectors(CONCAVE)))["time_in_sector_s"] == 600


def test_flicker_at_a_boundary_is_one_passage():
    levels = [300, 260, 245.25, 244.75, 245.25, 244.75, 245.25, 260]
    made = through(track("a", *((n, -49 + n / 20, -23, level) for n, level in enumerate(levels))))
    assert made.height == 1


def test_who_is_first_or_last_seen_inside_was_not_seen_entering_or_leaving():
    row = only(through(track("a", (10, -49, -23, 300), (14, -48.5, -23, 300))))
    assert (row["entry_observed"], row["exit_observed"], row["time_in_sector_s"]) == (False, False, 240)


def test_a_long_gap_ends_a_track():
    made = through(
        track("a", (0, -51, -23, 300), (10, -49, -23, 300), (45, -48.9, -23, 300), (55, -47, -23, 300))
    )
    assert made.select("exit_observed", "entry_observed").rows() == [(False, True), (True, False)]
    low = sectors(BOX.replace("245", "0"))
    assert through(track("a", (0, -49, -23, 40), (16, -48.9, -23, 40)), declared=low).is_empty()


def test_repeats_and_a_single_jump_change_nothing():
    plain = track("a", (0, -51, -23, 300), (10, -49, -23, 300), (20, -47, -23, 300))
    repeat = [plain[1] | {"snapshot_at": at(11)}]
    jump = track("a", (12, -10, -60, 300))
    assert through(plain, repeat, jump).equals(through(plain))


def test_the_ground_and_what_has_no_level_or_place_is_nowhere():
    low = sectors(BOX.replace("245", "0"))
    still = ((0, -49, -23, 10), (4, -49, -23.01, 10))
    assert through(track("a", *still, on_ground=True), declared=low).is_empty()
    assert through(track("a", *still, baro_altitude=None), declared=low).is_empty()
    assert through(track("a", *still, longitude=None), declared=low).is_empty()
    assert through(track("a", *still), declared=low).height == 1


def test_an_aircraft_that_stands_in_the_air_is_inside_all_the_time():
    row = only(through(track("a", (0, -49, -23, 300), (4, -49, -23, 300), (8, -49, -23, 300))))
    assert row["time_in_sector_s"] == 480


def test_a_common_edge_is_left_and_entered_at_one_moment():
    way = track("a", (0, -49, -23, 300), (5, -48, -23, 300), (15, -46.5, -23, 300))
    made = through(way, declared=sectors(BOX, BESIDE))
    assert made.select("sector", "entry_at", "exit_at").sort("entry_at").rows() == [
        ("BOX", at(0), at(5)),
        ("BESIDE", at(5), at(15)),
    ]


def test_the_definition_of_the_day_of_entry_counts():
    later = sectors(BOX.replace("country", "valid_from: 2024-03-05, country"))
    way = track("a", (0, -49, -23, 300), (4, -48.5, -23, 300))
    assert through(way, declared=later).is_empty()
    assert through(way, declared=sectors(A_B)).schema == through(way).schema
    assert through(way).to_arrow().cast(SECTOR_FLIGHTS.schema).num_rows == 1


COORDINATE = st.floats(-3, 3).map(lambda value: round(value, 2))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE), min_size=1, max_size=20))
def test_the_index_finds_what_a_plain_loop_finds(ways):
    declared = sectors(BOX, CONCAVE).sectors
    index = SectorIndex(declared)
    corners = np.array(ways) + np.array([-49, -23, -49, -23])
    levels = np.full((len(ways), 1), 300.0)
    found = index.crossed(np.hstack([corners[:, :2], levels]), np.hstack([corners[:, 2:], levels]))
    length = np.zeros((len(ways), len(declared)))
    np.add.at(length, (found.segment, found.sector), found.end - found.start)
    for number, (x, y, x_end, y_end) in enumerate(corners):
        line = shapely.LineString([(x, y), (x_end, y_end)])
        if line.length:
            expected = [
                shapely.Polygon(each.polygon).intersection(line).length / line.length for each in declared
            ]
            assert length[number] == pytest.approx(expected, abs=1e-6)
    position, sector = index.containing(corners[:, 0], corners[:, 1], levels[:, 0])
    inside = {
        (n, k)
        for n, (x, y) in enumerate(corners[:, :2])
        for k, each in enumerate(declared)
        if shapely.Polygon(each.polygon).intersects(shapely.Point(x, y))
    }
    assert set(zip(position.tolist(), sector.tolist(), strict=True)) == inside
    assert not index.containing(corners[:, 0], corners[:, 1], levels[:, 0] + 100)[0].size
