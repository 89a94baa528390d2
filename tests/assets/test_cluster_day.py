"""A day of clusters: a row, a run and a version that agree, whatever happens in between."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa
import pytest

from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.errors import ConfigurationError
from airtraffic.tables import TABLES
from assets.cluster_day import cluster_day
from assets.denstream_sweep import denstream_sweep
from orchestration import cluster_day as making
from orchestration.cluster_day import MODEL, make_cluster_day
from orchestration.clusters import make_clusters
from orchestration.denstream_sweep import SweepConfig, sweep
from orchestration.mlflow_runs import NEWEST, SUPERSEDED
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowError, MlflowResource
from orchestration.silver import hours_predicate
from tests.assets.mlflow_samples import mlflow_below
from tests.unit.cluster_samples import HOUR, START, simulated

DAY = START.date()
HOURS = [START, START + HOUR, START + 2 * HOUR]
TAGS = {"dagster/run_id": "of the test"}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A lake with three hours of clusters of simulated traffic."""
    folder = tmp_path_factory.mktemp("clusters")
    lake = LakeResource(root=str(folder / "lake"))
    lake.replace("state_vectors", simulated(3, aircraft=60).to_arrow(), hours_predicate(HOURS))
    list(make_clusters(lake, HOURS, ClusterParameters(aircraft_in_core=0.5)))
    return folder / "lake"


@pytest.fixture
def lake(made, tmp_path) -> LakeResource:
    shutil.copytree(made, tmp_path / "lake")
    return LakeResource(root=str(tmp_path / "lake"))


@pytest.fixture
def mlflow(tmp_path) -> MlflowResource:
    return mlflow_below(tmp_path / "mlflow")


def runs(mlflow: MlflowResource, experiment: str = "cluster_day") -> list:
    client = mlflow.client()
    found = client.get_experiment_by_name(experiment)
    return client.search_runs([found.experiment_id], order_by=["attributes.start_time ASC"]) if found else []


def versions(mlflow: MlflowResource) -> dict[str, dict]:
    """Tags by version."""
    found = mlflow.client().search_model_versions(f"name = '{MODEL}'")
    return {str(version.version): dict(version.tags) for version in found}


def test_a_day_is_a_row_a_finished_run_and_a_registered_version(lake, mlflow):
    with dg.instance_for_test() as instance:
        done = dg.materialize(
            [cluster_day],
            partition_key=DAY.isoformat(),
            resources={"lake": lake, "mlflow": mlflow},
            instance=instance,
        )
    (shown,) = done.asset_materializations_for_node("cluster_day")
    (row,) = lake.read("cluster_day").to_pylist()
    (run,) = runs(mlflow)
    quality = lake.read("cluster_quality").sort_by("hour")
    assert (row["date"], row["hours"], row["sources"]) == (DAY, 3, ["simulate"])
    assert row["clusters_mean"] == pytest.approx(np.mean(quality["clusters"].to_pylist()))
    assert (row["mlflow_run_id"], row["model_version"]) == (run.info.run_id, "1")
    assert run.info.status == "FINISHED"
    assert run.data.tags["dagster/asset_key"] == "cluster_day"
    assert run.data.tags["dagster/partition"] == DAY.isoformat()
    assert run.data.tags["dagster/run_id"] == done.run_id
    assert (run.data.params["epsilon_nm"], run.data.params["aircraft_in_core"]) == ("20.0", "0.5")
    assert run.data.metrics["noise_share"] == row["noise_share"]
    assert run.data.metrics["positions"] == row["positions"]
    assert run.data.metrics["points_per_s"] > 10_000
    assert run.data.metrics["duration_s"] > 0
    hourly = mlflow.client().get_metric_history(run.info.run_id, "hourly/noise_share")
    assert [(each.step, each.value) for each in hourly] == list(
        zip(quality["hour"].to_pylist(), quality["noise_share"].to_pylist(), strict=True)
    )
    assert versions(mlflow)["1"]["dagster/partition"] == DAY.isoformat()
    experiment, run_id = run.info.experiment_id, run.info.run_id
    url = f"http://127.0.0.1:5050/#/experiments/{experiment}/runs/{run_id}"
    assert shown.metadata["mlflow_run"].value == url
    assert "](data:image/png;base64," in shown.metadata["last_30_days"].value


def test_the_version_tells_the_cluster_of_each_position_and_is_no_pickle(lake, mlflow, monkeypatch):
    make_cluster_day(lake, mlflow, DAY, TAGS)
    import mlflow as package

    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow.tracking_uri)
    model = package.pyfunc.load_model(f"models:/{MODEL}@{NEWEST}")
    members = lake.read("cluster_members", ["latitude", "longitude", "snapshot_at", "cluster_id"]).to_pandas()
    positions = members[["latitude", "longitude"]]
    asked = positions.assign(at=members["snapshot_at"].dt.tz_localize(None))
    assert list(model.predict(asked)) == list(members["cluster_id"])
    assert members["cluster_id"].nunique() > 3
    last = members["snapshot_at"] >= HOURS[-1]
    assert list(model.predict(positions[last])) == list(members["cluster_id"][last])
    with pytest.raises(ValueError, match="no snapshot of 2025-01-15 20:00"):
        model.predict(asked.assign(at=np.datetime64("2025-01-15T20:10")))
    files = [path.suffix for path in Path(mlflow.artifacts).rglob("*") if path.is_file()]
    assert ".parquet" in files
    assert {".pkl", ".pickle", ".joblib"}.isdisjoint(files)


def test_the_same_content_has_the_same_run_and_version(lake, mlflow):
    first = make_cluster_day(lake, mlflow, DAY, TAGS)
    list(make_clusters(lake, HOURS, ClusterParameters(aircraft_in_core=0.5)))
    again = make_cluster_day(lake, mlflow, DAY, TAGS)
    assert again.recorded.reused
    assert again.row == first.row
    assert len(runs(mlflow)) == len(versions(mlflow)) == 1
    assert lake.read("cluster_day").num_rows == 1


def test_hours_made_that_nobody_polled_change_neither_the_row_nor_the_run(lake, mlflow):
    first = make_cluster_day(lake, mlflow, DAY, TAGS)
    gaps = [START - HOUR, START + 3 * HOUR]
    list(make_clusters(lake, gaps, ClusterParameters(aircraft_in_core=0.5)))
    assert lake.read("cluster_quality").num_rows == 5
    again = make_cluster_day(lake, mlflow, DAY, TAGS)
    assert again.recorded.reused
    assert again.row == first.row


def test_other_content_has_a_new_run_and_version_and_supersedes_the_old(lake, mlflow):
    old = make_cluster_day(lake, mlflow, DAY, TAGS)
    before = {name: lake.read(name) for name in ("cluster_snapshots", "cluster_quality")}
    list(make_clusters(lake, HOURS[2:], ClusterParameters(epsilon_nm=30)))
    new = make_cluster_day(lake, mlflow, DAY, TAGS)
    assert (new.recorded.version, new.superseded) == ("2", 1)
    assert [run.data.tags.get(SUPERSEDED) for run in runs(mlflow)] == [new.recorded.run_id, None]
    tags = versions(mlflow)
    assert (tags["1"][SUPERSEDED], tags["2"].get(SUPERSEDED)) == (new.recorded.run_id, None)
    assert lake.read("cluster_day")["mlflow_run_id"].to_pylist() == [new.recorded.run_id]
    assert "2 sets" in runs(mlflow)[1].data.tags["parameters"]

    for name, rows in before.items():
        lake.replace(name, rows, hours_predicate(HOURS))
    back = make_cluster_day(lake, mlflow, DAY, TAGS)
    assert back.recorded.run_id == old.recorded.run_id
    assert [run.data.tags.get(SUPERSEDED) for run in runs(mlflow)] == [None, old.recorded.run_id]
    assert str(mlflow.client().get_model_version_by_alias(MODEL, NEWEST).version) == "1"


def test_a_day_without_snapshots_has_neither_row_nor_run_and_what_it_had_is_superseded(lake, mlflow):
    assert make_cluster_day(lake, mlflow, DAY + timedelta(days=1), TAGS).row is None
    make_cluster_day(lake, mlflow, DAY, TAGS)
    lake.replace("cluster_snapshots", lake.read("cluster_snapshots").slice(0, 0), hours_predicate(HOURS))
    assert make_cluster_day(lake, mlflow, DAY, TAGS).superseded == 1
    assert lake.read("cluster_day").num_rows == 0
    assert [run.data.tags[SUPERSEDED] for run in runs(mlflow)] == ["nothing"]


def test_a_failure_in_mlflow_is_one_clear_error_and_the_row_stays_what_it_was(lake, mlflow):
    first = make_cluster_day(lake, mlflow, DAY, TAGS)
    list(make_clusters(lake, HOURS[2:], ClusterParameters(epsilon_nm=30)))
    # The folder of the files has become a file.
    shutil.rmtree(mlflow.artifacts)
    Path(mlflow.artifacts).write_text("")
    with pytest.raises(MlflowError, match=r"MLflow at sqlite:///.* failed: .*check MLFLOW_TRACKING_URI"):
        make_cluster_day(lake, mlflow, DAY, TAGS)
    assert lake.read("cluster_day")["mlflow_run_id"].to_pylist() == [first.recorded.run_id]
    assert [run.info.status for run in runs(mlflow)] == ["FINISHED", "FAILED"]
    assert list(versions(mlflow)) == ["1"]

    Path(mlflow.artifacts).unlink()
    assert make_cluster_day(lake, mlflow, DAY, TAGS).recorded.version == "2"


def test_a_server_that_does_not_answer_is_one_clear_error(lake, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    gone = MlflowResource(tracking_uri="http://127.0.0.1:9", artifacts="unused", ui="http://127.0.0.1:9")
    with pytest.raises(MlflowError, match=r"MLflow at http://127.0.0.1:9 failed: .*refused"):
        make_cluster_day(lake, gone, DAY, TAGS)
    assert lake.read("cluster_day").num_rows == 0


def test_a_run_whose_row_was_never_written_is_found_again(lake, mlflow):
    _, _, recorded = making._recorded(lake, mlflow, DAY, TAGS, began=0.0)
    assert lake.read("cluster_day").num_rows == 0
    again = make_cluster_day(lake, mlflow, DAY, TAGS)
    assert again.recorded.reused
    assert again.recorded.run_id == recorded.run_id
    assert [run.info.status for run in runs(mlflow)] == ["FINISHED"]


def test_of_runs_at_the_same_time_one_is_valid_and_the_row_names_it(lake, mlflow):
    lake.delta("cluster_day")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: make_cluster_day(lake, mlflow, DAY, TAGS), range(2)))
    make_cluster_day(lake, mlflow, DAY, TAGS)
    (named,) = lake.read("cluster_day")["mlflow_run_id"].to_pylist()
    valid = [run.info.run_id for run in runs(mlflow) if SUPERSEDED not in run.data.tags]
    assert valid == [named]


def test_the_newest_version_is_that_of_the_latest_day(lake, mlflow):
    make_cluster_day(lake, mlflow, DAY, TAGS)
    before = DAY - timedelta(days=1)
    for name in ("cluster_snapshots", "cluster_quality"):
        rows = lake.read(name).to_pylist()
        shifted = [
            row | {"date": before, "hour_start": row["hour_start"] - timedelta(days=1)} for row in rows
        ]
        table = pa.Table.from_pylist(shifted, schema=TABLES[name].schema)
        lake.replace(name, table, f"date = '{before}'")
    assert make_cluster_day(lake, mlflow, before, TAGS).recorded.version == "2"
    assert str(mlflow.client().get_model_version_by_alias(MODEL, NEWEST).version) == "1"


GRID = {
    "day": DAY.isoformat(),
    "first_hour": START.hour + 1,
    "last_hour": START.hour + 2,
    "epsilon_nm": [0.5, 20.0],
    "aircraft_in_core": [0.5],
    "half_life_min": [30.0],
}


def test_a_sweep_is_a_run_with_one_in_it_for_each_combination_and_names_the_best(lake, mlflow):
    done = denstream_sweep.execute_in_process(
        run_config={"ops": {"denstream_sweep": {"config": GRID}}},
        resources={"lake": lake, "mlflow": mlflow},
    )
    by_id = {run.info.run_id: run for run in runs(mlflow, "denstream_sweep")}
    children = [run for run in by_id.values() if "mlflow.parentRunId" in run.data.tags]
    (parent,) = [run for run in by_id.values() if run not in children]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert {run.data.params["epsilon_nm"] for run in children} == {"0.5", "20.0"}
    for run in children:
        assert {"noise_share", "score", "within_bounds", "duration_s", "points_per_s"} <= set(
            run.data.metrics
        )
    best = by_id[parent.data.tags["best_run_id"]]
    assert best.data.params["epsilon_nm"] == parent.data.params["best_epsilon_nm"] == "20.0"
    assert best.data.metrics["stability"] > 0
    assert best.data.tags["best"] == "true"
    assert "silhouette has no part" in parent.data.tags["rule"]
    (told,) = [event for event in done.all_events if event.event_type_value == "STEP_OUTPUT"]
    metadata = told.event_specific_data.metadata
    assert metadata["best"].value["epsilon_nm"] == 20.0
    assert [row.data["epsilon_nm"] for row in metadata["combinations"].records] == [20.0, 0.5]
    assert not lake.exists("cluster_day")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"epsilon_nm": [1.0, 2.0, 3.0], "max_combinations": 2}, "3 combinations; expected at most"),
        ({"epsilon_nm": [501.0]}, "epsilon_nm is 501"),
        ({"last_hour": 3}, "before first_hour 13"),
        ({"day": "2025-02-30"}, "expected a day such as"),
        ({"day": "2025-02-01"}, "no rows of state_vectors"),
    ],
)
def test_a_sweep_that_is_not_possible_is_refused_before_anything_is_logged(lake, mlflow, change, what):
    with pytest.raises(ConfigurationError, match=what):
        sweep(lake, mlflow, SweepConfig(**GRID | change), ClusterParameters().centre, TAGS)
    assert runs(mlflow, "denstream_sweep") == []
