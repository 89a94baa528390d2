"""Checks of clusters and hotspots find what is wrong, and only that."""

import pyarrow as pa
import pytest

from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.settings import Settings
from airtraffic.snapshots import state_vectors_table
from airtraffic.tables import CLUSTER_TABLES
from orchestration.check_clusters import (
    check_cluster_members,
    check_cluster_quality,
    check_cluster_snapshots,
    check_hotspots,
)
from orchestration.clusters import make_clusters
from orchestration.resources.lake import LakeResource
from orchestration.silver import hours_predicate
from tests.unit.cluster_samples import START, simulated

HOTSPOTS = next(table for table in CLUSTER_TABLES if table.name == "hotspots")
SETTINGS = Settings.from_env({})
AT = hours_predicate([START])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> LakeResource:
    lake = LakeResource(root=str(tmp_path_factory.mktemp("lake")))
    rows = simulated(2).filter(simulated(2)["snapshot_at"].dt.truncate("1h") == START)
    lake.replace("state_vectors", state_vectors_table(rows), AT)
    list(make_clusters(lake, [START], ClusterParameters()))
    return lake


def failed(check, lake) -> list[str]:
    return [finding.check for finding in check(lake, SETTINGS, [START]) if not finding.passed]


def changed(lake: LakeResource, name: str, column: str, value) -> pa.Table:
    rows = lake.read(name)
    index = rows.schema.get_field_index(column)
    return rows.set_column(
        index, rows.schema.field(index), pa.array([value] * rows.num_rows, rows[column].type)
    )


@pytest.mark.parametrize("check", [check_cluster_members, check_cluster_snapshots, check_cluster_quality])
def test_nothing_is_wrong_with_an_hour_as_it_is_made(made, check):
    assert failed(check, made) == []


def test_a_lost_and_an_invented_member_are_found(made):
    rows = made.read("cluster_members")
    try:
        made.replace("cluster_members", rows.slice(1), AT)
        assert failed(check_cluster_members, made) == ["positions_conserved"]
        made.replace("cluster_members", pa.concat_tables([rows.slice(1), rows.slice(1, 1)]), AT)
        assert failed(check_cluster_members, made) == ["positions_conserved"]
    finally:
        made.replace("cluster_members", rows, AT)


def test_a_micro_cluster_that_stands_twice_or_is_too_wide_is_found(made):
    rows = made.read("cluster_snapshots")
    try:
        for wrong in (
            pa.concat_tables([rows, rows.slice(0, 1)]),
            changed(made, "cluster_snapshots", "radius_nm", 21.0),
        ):
            made.replace("cluster_snapshots", wrong, AT)
            assert failed(check_cluster_snapshots, made) == ["micro_clusters_are_sound"]
    finally:
        made.replace("cluster_snapshots", rows, AT)


@pytest.mark.parametrize(
    ("noise", "biggest", "positions", "expected"),
    [
        (0.996, 0.002, 5000, ["noise_within_bounds"]),
        (0.05, 0.9, 5000, ["biggest_cluster_within_bounds"]),
        (0.002, 0.3, 5000, ["noise_within_bounds"]),
        (0.4, 0.35, 5000, ["biggest_cluster_within_bounds"]),
        (0.18, 0.3, 5000, []),
        (1.0, 0.0, 20, []),
        (None, None, 0, []),
    ],
)
def test_nearly_all_noise_and_one_cluster_are_found_whatever_the_silhouette(
    made, noise, biggest, positions, expected
):
    rows = made.read("cluster_quality")
    (row,) = rows.to_pylist()
    row |= {"noise_share": noise, "biggest_share": biggest, "positions": positions, "silhouette": 0.95}
    try:
        made.replace("cluster_quality", pa.Table.from_pylist([row], schema=rows.schema), AT)
        assert failed(check_cluster_quality, made) == expected
    finally:
        made.replace("cluster_quality", rows, AT)


def hotspot(**values) -> dict:
    sound = {field.name: None for field in HOTSPOTS.schema} | {
        "hour_start": START,
        "kind": "all",
        "rank": 1,
        "polygon": '{"type": "Polygon", "coordinates": []}',
        "share_of_traffic": 0.1,
        "share_of_kind": 0.1,
        "share_of_occupied_area": 0.01,
        "date": START.date(),
        "hour": START.hour,
    }
    return sound | values


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({}, []),
        ({"rank": 2}, ["hotspots_are_sound"]),
        ({"share_of_traffic": 1.2}, ["hotspots_are_sound"]),
        ({"polygon": '{"type": "Point"}'}, ["hotspots_are_sound"]),
    ],
)
def test_hotspots_without_polygon_or_with_impossible_shares_are_found(tmp_path, wrong, found):
    lake = LakeResource(root=str(tmp_path))
    lake.replace("hotspots", pa.Table.from_pylist([hotspot(**wrong)], schema=HOTSPOTS.schema), AT)
    assert failed(check_hotspots, lake) == found
