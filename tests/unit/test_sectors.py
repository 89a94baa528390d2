"""Definitions of sectors: what is shipped, what is refused, and which hold on a day."""

from datetime import date
from pathlib import Path

import pytest

from airtraffic.errors import ConfigurationError
from airtraffic.sectors import read_sectors
from tests.unit.sector_samples import A_B, ANY_B, BOX, HEAD, read, sectors

SHIPPED = Path(__file__).parents[2] / "config" / "sectors.yaml"


def test_the_shipped_sectors_can_be_used():
    shipped = read_sectors(SHIPPED.read_text())
    connectivity = [sector for sector in shipped.sectors if sector.kind == "connectivity"]
    assert len(connectivity) >= 12
    assert {sector.country for sector in connectivity} == {"BR", "CO", "MX"}
    assert {sector.control_time.total_s for sector in shipped.sectors} == {40}
    golden = next(sector for sector in connectivity if sector.id == "BR-SAO-RIO")
    assert (golden.origins, golden.destinations) == ({"SBSP", "SBGR", "SBKP"}, {"SBRJ", "SBGL"})
    assert shipped.tps_window_days == 90


def test_shipped_polygons_of_one_level_band_do_not_overlap():
    import shapely

    airspace = [sector for sector in read_sectors(SHIPPED.read_text()).sectors if sector.kind == "airspace"]
    assert len(airspace) >= 3
    for number, one in enumerate(airspace):
        for other in airspace[number + 1 :]:
            if one.floor_fl < other.ceiling_fl and other.floor_fl < one.ceiling_fl:
                shared = shapely.Polygon(one.polygon).intersection(shapely.Polygon(other.polygon))
                assert shared.area < 1e-9, (one.id, other.id)


def test_defaults_hold_where_a_sector_says_nothing_and_are_merged_into_what_it_says():
    declared = read(
        HEAD + A_B + ANY_B.replace("}", ", control_time: {transfer_s: 30}, reduction_factor: 0.8}")
    )
    first, second = declared.sectors
    assert (first.control_time.total_s, first.reduction_factor) == (40, 0.9)
    assert (second.control_time.total_s, second.reduction_factor) == (60, 0.8)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            A_B.replace("}", ", reduction_factor: 1.2}"),
            ("'A-B'", "reduction_factor", "1.2", "less than or equal to 1"),
        ),
        (A_B.replace("}", ", reduction_factor: 0}"), ("'A-B'", "reduction_factor", "is 0", "greater than 0")),
        (A_B.replace("BBBB", "BBB"), ("'A-B'", "destinations.0", "'BBB'", "pattern")),
        (A_B.replace("origins: [AAAA, AAAC], ", ""), ("'A-B'", "needs origins and destinations")),
        (A_B.replace("}", ", floor_fl: 100}"), ("'A-B'", "a connectivity sector has no floor_fl")),
        (A_B.replace("}", ", colour: red}"), ("'A-B'", "colour", "'red'", "not permitted")),
        (A_B.replace("}", ", valid_to: 2019-01-01}"), ("'A-B'", "valid_to 2019-01-01 is before")),
        (A_B.replace("}", ", neighbours: [NO-ONE]}"), ("'A-B'", "neighbours", "NO-ONE")),
        (A_B.replace("BBBB", "ZZZZ"), ("'A-B'", "destinations.0", "'ZZZZ'", "airportsdata")),
        (A_B.replace("[BBBB]", "[]"), ("'A-B'", "destinations", "is []", "'any'")),
        (
            A_B.replace("}", ", reduction_factor: 0.7, reduction_factor: 0.8}"),
            ("'A-B'", "reduction_factor", "given 2 times: 0.7, 0.8"),
        ),
        (A_B + A_B, ("'A-B'", "valid_from", "two definitions hold on one day, 2020-01-01")),
        (
            A_B.replace("}", ", thresholds: {alert_percent: 120}}"),
            ("'A-B'", "thresholds", "alert_percent 120 has to be below critical_percent 100"),
        ),
        (
            A_B.replace("}", ", monitoring: {sustained_percent: 120}}"),
            ("'A-B'", "monitoring", "clear_percent <= sustained_percent <= peak_percent, not 70, 120, 100"),
        ),
        (
            BOX.replace("floor_fl: 245", "floor_fl: 500"),
            ("'BOX'", "floor_fl 500 is not below ceiling_fl 400"),
        ),
        (BOX.replace("[-48, -22]", "[-52, -23.5]"), ("'BOX'", "polygon", "not a simple polygon")),
        (BOX.replace("[-48, -22]", "[-48, -122]"), ("'BOX'", "polygon", "not a longitude and a latitude")),
        (
            A_B.replace(
                "}",
                ", control_time: {transfer_s: 0, communications_s: 0, separation_s: 0, coordination_s: 0}}",
            ),
            ("'A-B'", "control_time", "more than 0 s"),
        ),
    ],
)
def test_an_error_names_the_sector_the_field_the_value_and_what_was_expected(declared, said):
    with pytest.raises(ConfigurationError) as error:
        read(HEAD + declared)
    for part in ("config/sectors.yaml", *said):
        assert part in str(error.value)


def test_airports_are_those_of_the_world_unless_others_are_given():
    with pytest.raises(ConfigurationError, match=r"'BR-SAO-RIO', field origins\.\d is 'SBXQ'"):
        read_sectors(SHIPPED.read_text().replace("SBSP", "SBXQ"))


def test_every_fault_is_named_at_once():
    with pytest.raises(ConfigurationError) as error:
        read(HEAD + A_B.replace("BBBB", "b") + ANY_B.replace("BR", "BRA"))
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["", "- a", "sectors: 1", "a: [", "{sectors: []}"])
def test_what_is_no_set_of_definitions_is_refused(text):
    with pytest.raises(ConfigurationError, match=r"config/sectors\.yaml"):
        read_sectors(text)


def test_a_definition_holds_from_its_first_to_its_last_day():
    old = A_B.replace("}", ", valid_to: 2024-01-31}")
    new = A_B.replace("}", ", valid_from: 2024-02-01, reduction_factor: 0.8}")
    declared = sectors(old, new)
    assert [s.reduction_factor for s in declared.on(date(2024, 1, 31))] == [0.9]
    assert [s.reduction_factor for s in declared.on(date(2024, 2, 1))] == [0.8]
    assert declared.on(date(2019, 12, 31)) == ()


def test_the_version_shows_an_edit_that_was_not_declared_and_nothing_else():
    assert sectors(A_B).version_id == sectors(A_B.replace("[AAAA, AAAC]", "[AAAC, AAAA]")).version_id
    assert sectors(A_B).version_id != sectors(A_B.replace("AAAC", "AAAD")).version_id
    assert sectors(A_B).version_id.startswith("1+")
