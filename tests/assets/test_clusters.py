"""Hours of clusters on a real lake, each made from the hour before."""

import base64
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pyarrow as pa
import pytest

from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.recordings import read_polls
from airtraffic.snapshots import state_vectors_table
from airtraffic.tables import POLL_COVERAGE
from assets.clusters import clusters
from orchestration.clusters import CLUSTER_HOUR_TABLES, make_clusters, of_hours
from orchestration.partitions import hour_key
from orchestration.resources.lake import LakeResource
from orchestration.silver import hours_predicate
from tests.unit.cluster_samples import START, groups, silver_of, simulated

HOUR = timedelta(hours=1)
HOURS = [START + n * HOUR for n in range(7)]
RECORDINGS = ("sa_60s_20250625T1636Z", "sa_60s_20250621T2325Z")


def write_silver(lake: LakeResource, rows: pl.DataFrame) -> None:
    for (hour,), part in rows.group_by(pl.col("snapshot_at").dt.truncate("1h"), maintain_order=True):
        lake.replace("state_vectors", state_vectors_table(part), hours_predicate([hour]))


@pytest.fixture(scope="module", autouse=True)
def without_pictures():
    """They take longer than everything else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assets.clusters.PICTURES", 0)
        yield


@pytest.fixture(scope="module")
def silver(tmp_path_factory) -> Path:
    """A lake with seven hours of simulated traffic and nothing else."""
    folder = tmp_path_factory.mktemp("silver")
    write_silver(LakeResource(root=str(folder)), simulated(7))
    return folder


@pytest.fixture
def lake(silver, tmp_path) -> LakeResource:
    return LakeResource(root=str(shutil.copytree(silver, tmp_path / "lake")))


@pytest.fixture(scope="module")
def chained(silver, tmp_path_factory) -> LakeResource:
    """The seven hours made in one run; not to be changed."""
    lake = LakeResource(root=str(shutil.copytree(silver, tmp_path_factory.mktemp("chained") / "lake")))
    make(lake, HOURS[0], HOURS[-1])
    return lake


@pytest.fixture
def filled(chained, tmp_path) -> LakeResource:
    """The seven hours, to be changed."""
    return LakeResource(root=str(shutil.copytree(chained.root, tmp_path / "filled")))


def make(
    lake: LakeResource,
    first: datetime,
    last: datetime | None = None,
    *,
    instance: dg.DagsterInstance | None = None,
    **options,
) -> None:
    tags = {
        "dagster/asset_partition_range_start": hour_key(first),
        "dagster/asset_partition_range_end": hour_key(last or first),
    }
    config = {"ops": {"clusters": {"config": options}}}
    done = dg.materialize(
        [clusters], tags=tags, resources={"lake": lake}, instance=instance, run_config=config
    )
    assert done.success


def stored(lake: LakeResource, hour: datetime) -> dict[str, bytes]:
    """The rows of an hour as they are stored, as the bytes of an Arrow stream."""
    found = {}
    for name in CLUSTER_HOUR_TABLES:
        rows = of_hours(lake, name, hour).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_table(rows)
        found[name] = sink.getvalue().to_pybytes()
    return found


def quality(lake: LakeResource) -> dict[datetime, dict]:
    return {row["hour_start"]: row for row in lake.read("cluster_quality").to_pylist()}


def test_a_run_over_hours_goes_on_from_hour_to_hour(chained):
    rows = quality(chained)
    assert sorted(rows) == HOURS
    assert [rows[hour]["chained_hours"] for hour in HOURS] == list(range(7))
    assert [rows[hour]["warmed_up"] for hour in HOURS] == [True] + [False] * 6
    assert all(rows[hour]["clusters"] >= 2 for hour in HOURS[1:])
    assert all(0.1 < rows[hour]["noise_share"] < 0.9 for hour in HOURS[1:])
    members = chained.read("cluster_members", ["hour"])["hour"].value_counts().to_pylist()
    assert {pair["values"]: pair["counts"] for pair in members} == {
        hour.hour: row["positions"] for hour, row in rows.items()
    }


def test_hours_made_one_by_one_are_the_hours_of_one_run(lake, chained):
    for hour in HOURS[:3]:
        make(lake, hour)
        assert stored(lake, hour) == stored(chained, hour)


def test_an_hour_made_again_from_the_same_upstream_has_the_same_bytes(filled, chained):
    make(filled, HOURS[2])
    make(filled, HOURS[1], HOURS[3])
    assert [stored(filled, hour) for hour in HOURS] == [stored(chained, hour) for hour in HOURS]


def test_the_model_is_that_of_one_that_learned_all_hours_without_a_break(chained):
    from airtraffic.cluster_positions import counted_positions
    from airtraffic.cluster_rows import model_columns
    from airtraffic.denstream import DenStream
    from airtraffic.projection import plane

    positions = counted_positions(simulated(7), HOURS)
    model = DenStream(**ClusterParameters().model())
    model.learn_many(
        plane(positions["latitude"], positions["longitude"]),
        positions["t_min"].to_numpy(),
        positions["weight_min"].to_numpy(),
    )
    last = model_columns(of_hours(chained, "cluster_snapshots", HOURS[-1]))
    whole = model.to_table().sort_by("id").select(last.column_names)
    assert last.cast(whole.schema).equals(whole)


def test_an_hour_without_its_predecessor_is_warmed_up_and_made_again_when_it_appears(filled, chained):
    for name in CLUSTER_HOUR_TABLES:
        filled.replace(name, of_hours(chained, name, HOURS[0] - HOUR), hours_predicate(HOURS[4:6]))
    make(filled, HOURS[5])
    row = quality(filled)[HOURS[5]]
    assert (row["warmed_up"], row["chained_hours"]) == (True, 0)
    assert set(of_hours(filled, "cluster_snapshots", HOURS[5])["warmed_up"].to_pylist()) == {True}
    assert row["points"] > quality(chained)[HOURS[5]]["points"]
    make(filled, HOURS[4])
    make(filled, HOURS[5])
    # What was born in the hour keeps the id that the warm-up gave it.
    unnamed = [
        of_hours(lake, "cluster_snapshots", HOURS[5]).drop_columns("cluster_id") for lake in (filled, chained)
    ]
    assert unnamed[0].equals(unnamed[1])


def test_warmed_up_clusters_are_nearly_those_of_the_whole_past(lake, chained):
    make(lake, HOURS[6])
    alone, whole = quality(lake)[HOURS[6]], quality(chained)[HOURS[6]]
    assert alone["noise_share"] == pytest.approx(whole["noise_share"], abs=0.05)
    assert abs(alone["clusters"] - whole["clusters"]) <= 2


def test_an_hour_does_not_go_on_from_one_made_with_other_parameters(lake):
    make(lake, HOURS[0], HOURS[1])
    make(lake, HOURS[2], epsilon_nm=15.0)
    make(lake, HOURS[3], epsilon_nm=15.0)
    rows = quality(lake)
    assert [rows[hour]["warmed_up"] for hour in HOURS[:4]] == [True, False, True, False]
    assert '"epsilon_nm": 15.0' in rows[HOURS[2]]["parameters"]


def test_late_rows_change_the_hours_after_them_only_as_far_as_they_are_made_again(filled, chained):
    rows = simulated(7).filter(pl.col("snapshot_at").is_between(HOURS[1], HOURS[2], closed="left"))
    write_silver(filled, rows.gather_every(2))
    make(filled, HOURS[1], HOURS[4])
    same = [stored(filled, hour) == stored(chained, hour) for hour in HOURS]
    assert same == [True, False, False, False, False, True, True]


def test_after_late_rows_an_id_names_the_same_place_in_hours_made_again_and_in_those_that_were_not(
    filled, chained
):
    known = set(chained.read("cluster_snapshots")["cluster_id"].drop_null().to_pylist())
    in_hour = pl.col("snapshot_at").is_between(HOURS[1], HOURS[2], closed="left")
    late = groups([(-3.0, -60.0, 0, 0)], range(60, 120), aircraft=40)
    late = late.with_columns(date=START.date(), hour=pl.lit(13, pl.Int32))
    on_time = simulated(7).filter(in_hour)
    write_silver(filled, pl.concat([on_time, late], how="diagonal"))
    make(filled, HOURS[1], HOURS[4])
    rows = pl.DataFrame(pl.from_arrow(filled.read("cluster_snapshots"))).drop_nulls("cluster_id")
    there = (pl.col("latitude") - -3.0).abs() + (pl.col("longitude") - -60.0).abs() < 1
    (named,) = rows.filter(there, pl.col("hour_start") == HOURS[1])["cluster_id"].unique()
    assert named.startswith("2025-01-15T13-")
    assert named not in known


def test_in_an_hour_that_nobody_polled_nothing_dies_and_the_next_one_warms_up(filled, chained):
    empty = chained.read("state_vectors").slice(0, 0)
    filled.replace("state_vectors", empty, hours_predicate([HOURS[3]]))
    make(filled, HOURS[3], HOURS[4])
    rows = quality(filled)
    assert [rows[hour]["positions"] for hour in HOURS[2:5]] == [
        rows[HOURS[2]]["positions"],
        0,
        rows[HOURS[4]]["positions"],
    ]
    assert (rows[HOURS[3]]["clusters"], rows[HOURS[3]]["noise_share"]) == (0, None)
    assert rows[HOURS[4]]["warmed_up"]
    assert of_hours(filled, "cluster_snapshots", HOURS[3]).num_rows == 0
    assert of_hours(filled, "cluster_events", HOURS[3]).num_rows == 0


def test_over_an_hour_with_polls_of_an_empty_sky_clusters_fade(filled, chained):
    filled.replace("state_vectors", chained.read("state_vectors").slice(0, 0), hours_predicate([HOURS[3]]))
    coverage = pa.Table.from_pylist(
        [
            {
                "hour_start": HOURS[3],
                "polls_seen": 60,
                "coverage": 1.0,
                "date": START.date(),
                "hour": HOURS[3].hour,
            }
        ],
        schema=POLL_COVERAGE.schema,
    )
    filled.replace("poll_coverage", coverage, f"date = '{START.date()}'")
    make(filled, HOURS[3])
    row = quality(filled)[HOURS[3]]
    assert (row["positions"], row["warmed_up"], row["coverage"]) == (0, False, 1.0)
    assert of_hours(filled, "cluster_snapshots", HOURS[3]).num_rows > 0


def test_one_table_made_alone_is_the_one_made_with_the_others(filled, chained):
    hour = HOURS[1]
    version = filled.version("cluster_snapshots")
    filled.replace(
        "cluster_members", of_hours(filled, "cluster_members", START - HOUR), hours_predicate([hour])
    )
    done = dg.materialize(
        [clusters], selection=["cluster_members"], partition_key=hour_key(hour), resources={"lake": filled}
    )
    assert done.success
    assert stored(filled, hour) == stored(chained, hour)
    assert filled.version("cluster_snapshots") == version


def test_a_table_made_without_the_snapshots_is_made_with_their_parameters(filled, chained):
    hour = HOURS[1]
    other = ClusterParameters(epsilon_nm=150.0)
    (made,) = make_clusters(filled, [hour], other, ["cluster_quality"])
    assert made.quality["parameters"] == ClusterParameters().to_json()
    assert stored(filled, hour) == stored(chained, hour)


def test_each_partition_says_how_its_clusters_are_and_the_last_ones_show_it(lake, monkeypatch):
    monkeypatch.setattr("assets.clusters.PICTURES", 1)
    with dg.DagsterInstance.ephemeral() as instance:
        make(lake, HOURS[0], HOURS[1], instance=instance)
        shown = {
            (record.asset_key.to_user_string(), record.partition_key): {
                key: value.value for key, value in record.asset_materialization.metadata.items()
            }
            for name in CLUSTER_HOUR_TABLES
            for record in instance.fetch_materializations(dg.AssetKey(name), limit=9).records
        }
    assert len(shown) == 2 * len(CLUSTER_HOUR_TABLES)
    first, last = map(hour_key, HOURS[:2])
    row = quality(lake)[HOURS[1]]
    snapshots = shown["cluster_snapshots", last]
    assert snapshots["noise_share"] == row["noise_share"]
    assert snapshots["biggest_share"] == row["biggest_share"]
    assert snapshots["warmed_up"] is False
    assert "map" not in shown["cluster_snapshots", first]
    picture = re.search(r"data:image/png;base64,(.*)\)", snapshots["map"])[1]
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert len(picture) < 45_000
    assert shown["cluster_members", last]["dagster/partition_row_count"] == row["positions"]
    assert shown["cluster_quality", last]["dagster/partition_row_count"] == 1
    events = shown["cluster_events", last]
    kinds = {name: count for name, count in events.items() if name in ("born", "died", "merged", "split")}
    assert sum(kinds.values()) == events["dagster/partition_row_count"] > 0


@pytest.mark.recordings
def test_the_seven_recorded_hours_show_neither_one_cluster_nor_all_noise(recordings, tmp_path):
    lake = LakeResource(root=str(tmp_path / "lake"))
    for name in RECORDINGS:
        polls = read_polls(recordings / "states" / f"{name}.parquet")
        rows = silver_of((poll.snapshot_at, poll.table) for poll in polls if poll.snapshot_at)
        write_silver(lake, rows)
        hours = rows["snapshot_at"].dt.truncate("1h").unique().sort().to_list()
        make(lake, hours[0], hours[-1])
    made = quality(lake)
    assert len(made) == 7
    for row in made.values():
        assert 4 <= row["clusters"] <= 20
        assert 0.35 < row["noise_share"] < 0.8
        assert row["biggest_share"] < 0.3
