"""The shape of the graph: what hangs on what, and that everything says what it is."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from airtraffic.sector_tables import SECTOR_TABLES
from airtraffic.tables import TABLES
from cli.backfill import _resolve
from orchestration.definitions import defs
from orchestration.partitions import DAILY, HOURLY, MONTHLY

ROOT = Path(__file__).parents[2]
GRAPH = defs.resolve_asset_graph()
NAMES = sorted(key.to_user_string() for key in GRAPH.get_all_asset_keys())
UNPARTITIONED = {"lake_maintenance"}
DAYS = {
    "rejected_messages",
    "state_vectors_daily",
    "daily_completeness",
    "cluster_day",
    "daily_report",
    "flights_raw",
    "operator_events",
    "route_performance_live",
    "rejected_flights",
    "track_flights",
    "flights",
    "flights_quality",
    *(table.name for table in SECTOR_TABLES),
    "capacity_report",
    "flight_distances",
    "route_performance",
    "daily_counts",
    "daily_demand",
    "demand_models",
    "demand_champions",
    "forecast_backtests",
    "demand_forecast",
    "forecast_accuracy",
    "congestion_models",
    "congestion_backtests",
    "seasonal_forecast",
    "seasonal_trends",
    "sector_saturation_forecast",
    "forecast_report",
}
MONTHS = {"route_performance_monthly", "route_opportunities", "airline_monthly", "airline_growth"}
BY_THE_CLOCK = {
    "demand_models",
    "demand_champions",
    "forecast_backtests",
    "demand_forecast",
    "congestion_models",
    "congestion_backtests",
}
"""What was published stands, and training is for once a week, or once a day: nothing makes them again by itself."""
FILLED_BY_INGESTION = {
    "state_vectors_raw",
    "polls",
    "rejected_messages",
    "flights_raw",
    "operator_events",
    "rejected_flights",
    "daily_counts",
}


def spec(name: str) -> dg.AssetSpec:
    return next(spec for spec in defs.resolve_all_asset_specs() if spec.key == dg.AssetKey(name))


def test_dagster_finds_no_fault_in_the_code_location():
    dg.Definitions.validate_loadable(defs)


def test_every_table_of_the_lake_is_an_asset_and_its_layer_is_its_group():
    assert set(TABLES) <= set(NAMES)
    assert {name: spec(name).group_name for name in TABLES} == {
        name: table.layer for name, table in TABLES.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_asset_says_what_it_is(name):
    asset = spec(name)
    assert "One " in asset.description, "the description ends with the grain"
    assert asset.group_name in {
        "bronze",
        "silver",
        "features",
        "clusters",
        "sectors",
        "routes",
        "forecasts",
        "reports",
        "maintenance",
    }
    assert asset.owners == ["team:data-platform"]
    assert asset.kinds
    assert asset.freshness_policy is not None


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in {"daily_report", "capacity_report", "forecast_report"}]
)
def test_every_column_of_every_table_has_a_type_and_a_description(name):
    columns = spec(name).metadata["dagster/column_schema"].columns
    assert columns
    assert [column.name for column in columns if not (column.type and column.description)] == []


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_shown_are_the_columns_of_the_table_with_their_units(name):
    schema = TABLES[name].schema
    columns = spec(name).metadata["dagster/column_schema"].columns
    assert [column.name for column in columns] == schema.names
    for field, column in zip(schema, columns, strict=True):
        unit = field.metadata.get(b"unit", b"").decode()
        assert column.description.endswith(f"[{unit}]") or not unit


@pytest.mark.parametrize("name", NAMES)
def test_every_asset_lies_on_its_grid(name):
    grids = ((UNPARTITIONED, None), (DAYS, DAILY), (MONTHS, MONTHLY))
    grid = next((grid for names, grid in grids if name in names), HOURLY)
    assert spec(name).partitions_def == grid


@pytest.mark.parametrize("name", sorted(set(NAMES) - FILLED_BY_INGESTION - UNPARTITIONED))
def test_what_can_be_made_takes_a_span_in_one_run_and_remakes_itself(name):
    assert GRAPH.get(dg.AssetKey(name)).backfill_policy == dg.BackfillPolicy.single_run()
    assert (spec(name).automation_condition is None) == (name in BY_THE_CLOCK)


def test_backfills_start_at_silver():
    assert {name for name in NAMES if not GRAPH.get(dg.AssetKey(name)).is_executable} == FILLED_BY_INGESTION


def test_lineage():
    parents = {
        name: {key.to_user_string() for key in GRAPH.get(dg.AssetKey(name)).parent_keys} for name in NAMES
    }
    expected = {
        "state_vectors_raw": set(),
        "polls": set(),
        "rejected_messages": set(),
        "state_vectors": {"state_vectors_raw"},
        "poll_coverage": {"polls"},
        "state_vectors_daily": {"state_vectors"},
        "daily_completeness": {"state_vectors_daily", "poll_coverage"},
        "track_flights": {"state_vectors_daily", "daily_completeness"},
        "route_performance_live": {"operator_events"},
        "flights": {"flights_raw", "track_flights"},
        "flights_quality": {"flights_raw", "track_flights"},
        "flight_states": {"state_vectors"},
        "hourly_traffic": {"flight_states"},
        "cluster_snapshots": {"cluster_snapshots", "state_vectors"},
        "cluster_members": {"cluster_snapshots"},
        "cluster_events": {"cluster_snapshots"},
        "cluster_quality": {"cluster_snapshots"},
        "cluster_day": {"cluster_snapshots", "cluster_members", "cluster_quality"},
        "hotspots": {"flight_states", "traffic_density", "poll_coverage"},
        "congestion_grid": {"state_vectors", "polls"},
        "congestion_models": {"state_vectors", "polls"},
        "congestion_forecast": {"congestion_grid", "state_vectors", "congestion_models"},
        "daily_report": {
            "flight_states",
            "traffic_density",
            "poll_coverage",
            "cluster_snapshots",
            "cluster_quality",
            "hotspots",
        },
        "demand_models": {"daily_demand"},
        "demand_champions": {"daily_demand"},
        "forecast_backtests": {"daily_demand"},
        "demand_forecast": {"daily_demand", "demand_models", "demand_champions", "forecast_backtests"},
        "forecast_accuracy": {"daily_demand", "demand_forecast"},
        "lake_maintenance": set(),
    }
    assert {name: parents[name] for name in expected} == expected
    assert parents["traffic_density"] <= {"state_vectors", "flight_states"}


@pytest.mark.parametrize(
    ("child", "parent"), [("state_vectors", "state_vectors_raw"), ("poll_coverage", "polls")]
)
def test_an_hour_looks_at_its_own_input_and_at_that_of_the_hour_before(child, parent):
    mapping = GRAPH.get_partition_mapping(dg.AssetKey(child), dg.AssetKey(parent))
    assert (mapping.start_offset, mapping.end_offset) == (-1, 0)


@pytest.mark.parametrize(
    ("child", "parent", "hours"),
    [
        ("cluster_snapshots", "cluster_snapshots", (-1, -1)),
        ("cluster_snapshots", "state_vectors", (-4, 0)),
        ("hotspots", "traffic_density", (-7 * 24, 0)),
        ("congestion_forecast", "congestion_models", (-24, -24)),
    ],
)
def test_clusters_go_on_from_the_hour_before_and_hotspots_know_the_week(child, parent, hours):
    mapping = GRAPH.get_partition_mapping(dg.AssetKey(child), dg.AssetKey(parent))
    assert (mapping.start_offset, mapping.end_offset) == hours


FINER = {DAILY: (HOURLY,), MONTHLY: (HOURLY, DAILY)}


def test_the_open_day_and_month_are_made_of_what_there_is_so_far():
    """Dagster's backfills fail altogether where a partition needs one that does not exist yet."""
    found = 0
    for key in GRAPH.get_all_asset_keys():
        for parent in GRAPH.get(key).parent_keys:
            if GRAPH.get(parent).partitions_def in FINER.get(GRAPH.get(key).partitions_def, ()):
                mapping = GRAPH.get_partition_mapping(key, parent)
                assert mapping.allow_nonexistent_upstream_partitions, (key, parent)
                found += 1
    assert found >= 15


def test_the_checks_that_mean_something_are_there_and_have_partitions():
    found = {
        (key.asset_key.to_user_string(), key.name): GRAPH.get(key).partitions_def
        for key in GRAPH.asset_check_keys
    }
    expected = {
        ("state_vectors", "rows_conserved"): HOURLY,
        ("state_vectors", "no_aircraft_twice_in_a_snapshot"): HOURLY,
        ("state_vectors", "positions_inside_the_box"): HOURLY,
        ("poll_coverage", "coverage_above_threshold"): HOURLY,
        ("flight_states", "rows_equal_silver"): HOURLY,
        ("cluster_snapshots", "micro_clusters_are_sound"): HOURLY,
        ("cluster_members", "positions_conserved"): HOURLY,
        ("cluster_quality", "noise_within_bounds"): HOURLY,
        ("cluster_quality", "biggest_cluster_within_bounds"): HOURLY,
        ("hotspots", "hotspots_are_sound"): HOURLY,
        ("congestion_models", "congestion_forecast_holds"): DAILY,
        ("state_vectors_daily", "rows_conserved"): DAILY,
        ("daily_completeness", "day_is_whole"): DAILY,
        ("forecast_accuracy", "forecasts_hold"): DAILY,
    }
    assert {key: found.get(key) for key in expected} == expected


def test_sensors_and_schedules_run_by_default():
    repository = defs.get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "kafka_state_vectors",
        "dropped_files",
        "kafka_operator_events",
        "opensky_flights_of_yesterday",
        "operator_rows",
        "retrain_on_drift",
        "automation",
    }
    assert {schedule.name for schedule in repository.schedule_defs} == {
        "closed_hour",
        "closed_day",
        "nightly_maintenance",
        "nightly_congestion_training",
        "daily_forecast",
        "weekly_training",
    }
    running = [*repository.sensor_defs, *repository.schedule_defs]
    assert {each.default_status.value for each in running} == {"RUNNING"}
    sensor = repository.get_sensor_def("kafka_state_vectors")
    assert (sensor.job_name, sensor.minimum_interval_seconds) == ("ingest_kafka", 5)


def test_loading_touches_no_network_and_imports_nothing_heavy():
    script = """
import socket, sys, time
def refuse(*_, **__): raise AssertionError("the network was touched")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
began = time.perf_counter()
from cli.backfill import _resolve
from orchestration.definitions import defs
defs.get_repository_def()
print(f"{time.perf_counter() - began:.2f}")
heavy = {"boto3", "dagster_aws", "dagster_dbt", "dbt.cli.main", "httpx", "matplotlib", "mlflow", "pandas", "sklearn", "statsforecast", "statsmodels", "torch"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, heavy = done.stdout.splitlines()
    print(f"the code location loads in {seconds} s")
    assert heavy == "[]"
    assert float(seconds) < 10


@pytest.mark.parametrize("name", ["in_process", "multiprocess"])
def test_the_executor_is_a_matter_of_configuration(name):
    script = "from orchestration.definitions import defs; print(defs.executor.name)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "AIRTRAFFIC_EXECUTOR": name},
    )
    assert done.stdout.split() == [name]


@pytest.mark.parametrize("files", [["dagster.yaml"], ["dagster.yaml", "dagster-s3.yaml"]])
def test_the_instance_files_are_read_by_dagster(files, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRTRAFFIC_LOGS_BUCKET", "logs")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    text = "\n".join((ROOT / "deploy" / name).read_text() for name in files)
    (tmp_path / "dagster.yaml").write_text(text)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        queue = instance.run_coordinator.get_run_queue_config()
        assert queue.tag_concurrency_limits == [{"key": "airtraffic/ingest", "value": "kafka", "limit": 1}]
        kind = type(instance.compute_log_manager).__name__
    assert (kind == "S3ComputeLogManager") is ("dagster-s3.yaml" in files)


def test_the_workspace_names_the_one_code_location():
    (location,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    assert location["python_module"]["module_name"] == "orchestration.definitions"


def test_dagster_loads_the_workspace_in_a_process_of_its_own(tmp_path):
    command = ["definitions", "validate", "-w", str(ROOT / "workspace.yaml")]
    done = subprocess.run(
        [Path(sys.executable).parent / "dagster", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "DAGSTER_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_selection_takes_in_what_one_step_makes_together():
    keys, _ = _resolve(defs, "demand_models")
    assert {key.to_user_string() for key in keys} == {
        "demand_models",
        "demand_champions",
        "forecast_backtests",
    }
    assert len(_resolve(defs, "sector_entries")[0]) == 1, "of what can be made alone, only what is asked for"
