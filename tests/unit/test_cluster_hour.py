"""An hour of clusters goes on from the hour before, as if there had been no hours."""

import io
from datetime import datetime
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airtraffic.cluster_hour import HOUR, WARM_UP, HourOfClusters, cluster_hour, continues, look_back
from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.cluster_positions import counted_positions
from airtraffic.cluster_rows import model_columns
from airtraffic.cluster_tables import CLUSTER_EVENTS, CLUSTER_MEMBERS, CLUSTER_SNAPSHOTS
from airtraffic.denstream import DenStream
from airtraffic.projection import plane
from tests.unit.cluster_samples import START, groups, silver, simulated

USUAL = ClusterParameters()
A, B = (-23.0, -46.0), (-15.0, -48.0)


def chain(rows: pl.DataFrame, hours: int, first: datetime = START, parameters=USUAL) -> list[HourOfClusters]:
    made: list[HourOfClusters] = []
    for number in range(hours):
        previous = made[-1].snapshots if made else None
        made.append(cluster_hour(first + number * HOUR, rows, previous, parameters))
    return made


def tables(made: HourOfClusters) -> tuple[pa.Table, pa.Table, pa.Table]:
    return made.snapshots, made.members, made.events


def file_bytes(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def through_the_lake(table: pa.Table) -> pa.Table:
    """Stored and read again: without the schema's metadata, in chunks, in another order of rows."""
    stored = pq.read_table(io.BytesIO(file_bytes(table.replace_schema_metadata(None))))
    order = np.random.default_rng(1).permutation(stored.num_rows)
    half = len(order) // 2
    return pa.concat_tables([stored.take(order[:half]), stored.take(order[half:])])


def ids(made: HourOfClusters) -> list[str]:
    return sorted(made.snapshots["cluster_id"].drop_null().unique().to_pylist())


def places(made: HourOfClusters) -> dict[str, tuple[float, float]]:
    """Latitude and longitude of each cluster, to a tenth of a degree."""
    rows = pl.DataFrame(pl.from_arrow(made.snapshots)).drop_nulls("cluster_id")
    means = rows.group_by("cluster_id").agg(pl.col("latitude", "longitude").mean().round(1))
    return {name: (latitude, longitude) for name, latitude, longitude in means.iter_rows()}


def told(made: HourOfClusters) -> list[tuple[str, str, list[str]]]:
    return [(row["event"], row["cluster_id"], row["other_ids"]) for row in made.events.to_pylist()]


@pytest.fixture(scope="module")
def traffic() -> pl.DataFrame:
    return simulated(7)


@pytest.fixture(scope="module")
def made(traffic) -> list[HourOfClusters]:
    """Three hours after a warm-up of four."""
    return chain(traffic, 3, START + WARM_UP)


def test_chained_hours_are_one_model_that_learned_everything_in_one_go(traffic, made):
    whole = counted_positions(traffic, [START + n * HOUR for n in range(7)])
    model = DenStream(**USUAL.model())
    model.learn_many(
        plane(whole["latitude"], whole["longitude"]),
        whole["t_min"].to_numpy(),
        whole["weight_min"].to_numpy(),
    )
    chained = model_columns(made[-1].snapshots)
    assert chained.equals(model.to_table().sort_by("id").select(chained.column_names))
    snapshot = model.snapshot(made[-1].snapshot_at.timestamp() / 60)
    assert snapshot.assign(made[-1].xy).tolist() == made[-1].label.tolist()
    assert made[0].points + made[1].points + made[2].points == whole.height


def test_an_hour_made_twice_from_what_the_lake_gives_back_has_the_same_bytes(traffic, made):
    for number in (1, 2):
        shuffled = traffic.sample(fraction=1, shuffle=True, seed=number)
        previous = through_the_lake(made[number - 1].snapshots)
        again = cluster_hour(made[number].hour, shuffled, previous, USUAL)
        assert [file_bytes(t) for t in tables(again)] == [file_bytes(t) for t in tables(made[number])]


def test_only_the_rows_that_are_asked_for_are_looked_at(traffic, made):
    hour, previous = made[1].hour, made[0].snapshots
    back = look_back(hour, previous, USUAL)
    assert back == HOUR
    near = traffic.filter(pl.col("snapshot_at").is_between(hour - back, hour + HOUR, closed="left"))
    again = cluster_hour(hour, near, previous, USUAL)
    assert all(one.equals(other) for one, other in zip(tables(again), tables(made[1]), strict=True))
    warm = cluster_hour(hour, traffic, None, USUAL)
    near = traffic.filter(pl.col("snapshot_at") >= hour - look_back(hour, None, USUAL))
    assert cluster_hour(hour, near, None, USUAL).snapshots.equals(warm.snapshots)


def test_a_warm_up_is_marked_and_counts_from_there(made):
    assert [hour.warmed_up for hour in made] == [True, False, False]
    assert [hour.chained_hours for hour in made] == [0, 1, 2]
    assert made[0].points > made[0].members.num_rows
    for hour in made:
        assert hour.snapshots["warmed_up"].unique().to_pylist() == [hour.warmed_up]
        assert hour.snapshots["chained_hours"].unique().to_pylist() == [hour.chained_hours]


def test_a_warm_up_comes_close_to_the_chain_but_tells_no_events(traffic, made):
    warm = cluster_hour(made[2].hour, traffic, None, USUAL)
    same = (warm.label < 0) == (made[2].label < 0)
    assert same.mean() > 0.9
    assert warm.events.num_rows == 0 < made[2].events.num_rows


@pytest.mark.parametrize("case", ["none", "no rows", "an older hour", "other parameters"])
def test_what_is_no_predecessor_is_warmed_up_for(traffic, made, case):
    hour = made[1].hour
    previous = {
        "none": None,
        "no rows": made[0].snapshots.slice(0, 0),
        "an older hour": cluster_hour(hour - 2 * HOUR, traffic, None, USUAL).snapshots,
        "other parameters": cluster_hour(hour - HOUR, traffic, None, ClusterParameters(15.0)).snapshots,
    }[case]
    assert not continues(previous, hour, USUAL)
    assert look_back(hour, previous, USUAL) == WARM_UP
    assert cluster_hour(hour, traffic, previous, USUAL).warmed_up


def test_tables_have_their_declared_schemas_and_partitions(made):
    for hour in made:
        assert [table.schema for table in tables(hour)] == [
            declared.schema for declared in (CLUSTER_SNAPSHOTS, CLUSTER_MEMBERS, CLUSTER_EVENTS)
        ]
        for table in tables(hour):
            assert set(table["hour"].to_pylist()) <= {hour.hour.hour}
            assert set(table["date"].to_pylist()) <= {hour.hour.date()}


def test_the_models_columns_are_declared_as_the_model_writes_them(made):
    written = {field.name: field.type for field in DenStream(**USUAL.model()).to_table().schema}
    declared = {field.name: field.type for field in model_columns(made[0].snapshots).schema}
    assert declared == written


def test_members_are_the_counted_positions_in_the_clusters_of_the_snapshot(traffic, made):
    for hour in made:
        counted = counted_positions(traffic, [hour.hour])
        members = pl.DataFrame(pl.from_arrow(hour.members))
        assert members.select("icao24", "snapshot_at").equals(counted.select("icao24", "snapshot_at"))
        assert set(members["cluster_id"].drop_nulls()) <= set(ids(hour))
        assert members["cluster_id"].is_null().sum() == (hour.label < 0).sum()


def test_ids_come_and_go_by_events_alone(made):
    for before, after in pairwise(made):
        rows = after.events.to_pylist()
        come = {row["cluster_id"] for row in rows if row["event"] == "born"}
        come |= {other for row in rows if row["event"] == "split" for other in row["other_ids"]}
        gone = {row["cluster_id"] for row in rows if row["event"] == "died"}
        gone |= {other for row in rows if row["event"] == "merged" for other in row["other_ids"]}
        assert set(ids(after)) - set(ids(before)) == come
        assert set(ids(before)) - set(ids(after)) == gone


def test_a_cluster_that_moves_slowly_keeps_its_id():
    rows = groups([(*A, 0.5, 0.5)], range(0, 300))
    hours = chain(rows, 5)
    assert [ids(hour) for hour in hours] == [["2025-01-15T12-01"]] * 5
    assert [told(hour) for hour in hours] == [[]] * 5


def test_a_cluster_is_born_where_traffic_begins_and_dies_where_it_ends():
    rows = pl.concat(
        [
            groups([(*A, 0, 0)], range(0, 300)),
            groups([(*B, 0, 0)], range(60, 120), prefix="b"),
        ]
    )
    hours = chain(rows, 5)
    born, died = hours[1].events.to_pylist(), [told(hour) for hour in hours[2:]]
    assert told(hours[1]) == [("born", "2025-01-15T13-01", [])]
    assert (born[0]["latitude"], born[0]["longitude"]) == pytest.approx(B, abs=0.15)
    assert born[0]["at"] == START.replace(hour=13, minute=59)
    assert [("died", "2025-01-15T13-01", [])] in died
    assert ids(hours[-1]) == ["2025-01-15T12-01"]


def test_a_cluster_lives_on_the_weight_of_earlier_hours():
    rows = pl.concat(
        [
            groups([(*A, 0, 0)], range(0, 60), aircraft=30),
            groups([(*B, 0, 0)], range(0, 120), prefix="b"),
        ]
    )
    hours = chain(rows, 2)
    assert ids(hours[0]) == ids(hours[1])
    assert told(hours[1]) == []


def test_two_clusters_that_come_together_are_merged_and_the_heavier_goes_on():
    light = groups([(-20.0, -46.0, -0.5, 0)], range(0, 300), aircraft=5)
    heavy = groups([(-23.0, -46.0, 0.1, 0)], range(0, 300), aircraft=9, prefix="b")
    hours = chain(pl.concat([light, heavy]), 5)
    assert ids(hours[0]) == ["2025-01-15T12-01", "2025-01-15T12-02"]
    assert ids(hours[-1]) == ["2025-01-15T12-01"]
    assert [event for hour in hours for event in told(hour)] == [
        ("merged", "2025-01-15T12-01", ["2025-01-15T12-02"])
    ]


def test_a_cluster_that_comes_apart_is_split_and_the_heavier_part_keeps_the_id():
    light = groups([(-23.0, -46.0, 0.25, 0)], range(0, 300), aircraft=5)
    heavy = groups([(-23.0, -46.0, -0.15, 0)], range(0, 300), aircraft=9, prefix="b")
    hours = chain(pl.concat([light, heavy]), 5)
    events = [event for hour in hours for event in told(hour)]
    assert ids(hours[0]) == ["2025-01-15T12-01"]
    assert [(event, cluster, len(others)) for event, cluster, others in events] == [
        ("split", "2025-01-15T12-01", 1)
    ]
    assert ids(hours[-1]) == ["2025-01-15T12-01", events[0][2][0]]


def test_an_hour_made_again_after_late_rows_keeps_the_ids_that_it_gave():
    """Later hours are not all made again and go on with those names: a heavier newcomer must not take one."""
    on_time = groups([(*A, 0, 0), (*B, 0, 0)], range(0, 60))
    late = groups([(-3.0, -60.0, 0, 0)], range(0, 60), aircraft=12, prefix="b")
    first = cluster_hour(START, on_time, None, USUAL)
    again = cluster_hour(START, pl.concat([on_time, late]), None, USUAL, earlier=first.snapshots)
    new = "2025-01-15T12-03"
    assert places(first) == {name: place for name, place in places(again).items() if name != new}
    assert places(again)[new] == pytest.approx((-3.0, -60.0), abs=0.2)
    once_more = cluster_hour(START, pl.concat([on_time, late]), None, USUAL, earlier=again.snapshots)
    assert [file_bytes(table) for table in tables(once_more)] == [
        file_bytes(table) for table in tables(again)
    ]
    back = cluster_hour(START, on_time, None, USUAL, earlier=again.snapshots)
    assert [file_bytes(table) for table in tables(back)] == [file_bytes(table) for table in tables(first)]


def test_an_id_that_only_later_hours_still_have_is_not_given_again():
    rows = groups([(*A, 0, 0)], range(0, 60))
    taken = {"2025-01-15T12-07", "2025-01-15T11-09"}
    made = cluster_hour(START, rows, None, USUAL, earlier=None, taken=taken)
    assert ids(made) == ["2025-01-15T12-08"]


def test_an_hour_that_is_cut_short_is_not_faded_to_its_end():
    rows = groups([(*A, 0, 0)], range(0, 70), aircraft=2)
    hours = chain(rows, 2)
    assert hours[1].snapshot_at == START.replace(hour=13, minute=9)
    assert ids(hours[1]) == ids(hours[0])
    assert hours[1].snapshots["snapshot_at"].unique().to_pylist() == [hours[1].snapshot_at]


def test_an_hour_without_rows_hands_the_model_on():
    rows = groups([(*A, 0, 0)], range(0, 60))
    first, second, third = chain(rows, 3)
    assert second.snapshot_at == START + 2 * HOUR
    assert second.members.num_rows == 0
    assert second.chained_hours == 1
    whole = chain(pl.concat([rows, groups([(*A, 0, 0)], range(180, 240))]), 4)
    assert whole[2].snapshots.equals(third.snapshots)
    assert whole[3].chained_hours == 3
    assert ids(first)


def test_a_lake_without_any_traffic_gives_empty_tables():
    made = cluster_hour(START, silver(minute=[0]).clear(), None, USUAL)
    assert [table.num_rows for table in tables(made)] == [0, 0, 0]
    assert [table.schema for table in tables(made)] == [
        declared.schema for declared in (CLUSTER_SNAPSHOTS, CLUSTER_MEMBERS, CLUSTER_EVENTS)
    ]
    assert made.sources == []


def test_sources_are_those_of_the_hour_and_the_one_before():
    rows = groups([(*A, 0, 0)], range(0, 180))
    source = pl.when(pl.col("snapshot_at") < START + HOUR).then(pl.lit("replay")).otherwise(pl.lit("opensky"))
    hours = chain(rows.with_columns(source=source), 3)
    assert [hour.sources for hour in hours] == [["replay"], ["opensky", "replay"], ["opensky"]]
    assert hours[1].snapshots["sources"][0].as_py() == ["opensky", "replay"]
