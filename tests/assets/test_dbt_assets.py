"""The features as Dagster shows and makes them."""

import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest

from assets.features import features
from orchestration.dbt import FEATURES, read_manifest
from orchestration.resources.lake import LakeResource
from tests.assets.dbt_silver import random_polls, write_silver

START = datetime(2025, 1, 15, 23, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path) -> LakeResource:
    lake = LakeResource(root=str(tmp_path / "lake"))
    write_silver(lake, random_polls(11, START, 90))
    return lake


def materialize(
    lake: LakeResource, selection: list[str] | None = None, **tags: str
) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(assets=[features], resources={"lake": lake})
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[dg.AssetKey(name) for name in selection] if selection else None,
        tags={f"dagster/{name}": value for name, value in tags.items()},
        raise_on_error=False,
    )


def test_keys_dependencies_and_checks_are_those_of_dagster_dbt():
    from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs, dbt_assets

    manifest = read_manifest()
    theirs = {spec.key: spec for spec in build_dbt_asset_specs(manifest=manifest)}
    staged = theirs[dg.AssetKey("stg_state_vectors")]
    for spec in features.specs:
        other = theirs[spec.key]
        through_staging = {
            dep.asset_key
            for parent in other.deps
            for dep in (staged.deps if parent.asset_key == staged.key else [parent])
        }
        assert {dep.asset_key for dep in spec.deps} == through_staging

    @dbt_assets(manifest=manifest, dagster_dbt_translator=DagsterDbtTranslator())
    def decorated():
        yield

    assert {check.key for check in features.check_specs} == set(decorated.check_keys)


def test_every_feature_has_what_an_asset_must_tell():
    assert {spec.key.to_user_string() for spec in features.specs} == set(FEATURES)
    for spec in features.specs:
        assert "One row per" in spec.description
        assert spec.group_name == "features"
        assert spec.owners
        assert spec.kinds == {"dbt", "duckdb", "delta"}
        assert spec.freshness_policy
        assert spec.automation_condition
        columns = spec.metadata["dagster/column_schema"].columns
        assert all(column.description for column in columns)
    assert all(check.description for check in features.check_specs)


def test_a_range_over_midnight_is_one_run_with_a_row_count_for_each_hour(lake):
    result = materialize(
        lake, asset_partition_range_start="2025-01-15-23:00", asset_partition_range_end="2025-01-16-01:00"
    )
    assert result.success
    counts = {
        (event.asset_key.to_user_string(), event.partition): event.materialization.metadata[
            "dagster/partition_row_count"
        ].value
        for event in result.get_asset_materialization_events()
    }
    assert len(counts) == 9
    assert [
        counts["flight_states", key] for key in ("2025-01-15-23:00", "2025-01-16-00:00", "2025-01-16-01:00")
    ] == [
        2400,
        1200,
        0,
    ]
    checks = result.get_asset_check_evaluations()
    assert {check.check_name for check in checks} == {check.name for check in features.check_specs}
    assert all(check.passed for check in checks)


def test_one_feature_is_made_without_the_others(lake):
    result = materialize(lake, ["traffic_density"], partition="2025-01-15-23:00")
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == dg.AssetKey("traffic_density")
    assert not lake.exists("flight_states")


def test_a_broken_invariant_fails_its_check_and_the_run(lake):
    lake.append("state_vectors", lake.read("state_vectors", where=[("hour", "=", 23)]).slice(0, 3))
    result = materialize(lake, partition="2025-01-15-23:00")
    assert not result.success
    failed = {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}
    assert "flight_states_one_row_per_aircraft_and_snapshot" in failed


def test_loading_the_assets_imports_neither_dbt_nor_duckdb():
    code = (
        "import sys, assets.features;"
        "print(sorted({'dbt', 'dagster_dbt', 'duckdb', 'agate'} & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
