"""The dbt project by itself: rules, contracts, documentation."""

import json
import re

import pytest
import yaml

from airtraffic.tables import STATE_VECTORS
from orchestration.dbt import FEATURES, PROJECT, ensure_manifest, parsed_manifest, read_manifest, run_dbt

UNITS = {
    "_m": "m", "_ft": "ft", "_kmh": "km/h", "_kt": "kt", "_s": "s", "_at": "UTC", "_rows": "rows",
    "altitude": "m", "latitude": "deg", "longitude": "deg", "velocity": "m/s", "track": "deg",
    "vertical_rate": "m/s", "vertical_rate_used": "m/s", "aircraft": "aircraft", "aircraft_in_cell": "aircraft",
    "aircraft_on_ground": "aircraft", "rows": "rows", "date": "UTC", "hour": "UTC", "minute": "UTC", "month": "UTC",
    "day_of_week": "UTC",
}  # fmt: skip


@pytest.fixture(scope="module")
def models() -> dict:
    ensure_manifest()
    nodes = read_manifest()["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model"}


@pytest.mark.slow
def test_every_rule_gives_what_its_unit_test_expects(tmp_path):
    results = run_dbt(["test", "--select", "test_type:unit"], tmp_path, {}, parsed_manifest())
    wrong = {
        result.node.name: result.message for result in results if result.status not in ("pass", "success")
    }
    assert not wrong
    assert len(results) >= 19


def test_every_model_says_its_grain_and_has_an_enforced_contract(models):
    assert set(models) == {"stg_state_vectors", *FEATURES}
    for name, model in models.items():
        assert "One row per" in model["description"], name
        assert model["config"]["contract"]["enforced"], name


def test_every_column_has_a_description_and_every_measure_its_unit(models):
    for name, model in models.items():
        for column in model["columns"].values():
            assert column["description"], (name, column["name"])
            units = [unit for suffix, unit in UNITS.items() if column["name"].endswith(suffix)]
            if units and column["name"] != "density_position_age_s":
                assert column["meta"]["unit"] in units, (name, column["name"])


def test_every_feature_model_has_a_key_a_completeness_and_a_unit_test(models):
    manifest = read_manifest()
    for name in FEATURES:
        tests = [
            node["test_metadata"]["name"]
            for node in manifest["nodes"].values()
            if node["resource_type"] == "test" and node["attached_node"] == models[name]["unique_id"]
        ]
        assert {"one_row_per", "never_null", "holds", "equal_totals"} <= set(tests), name
        assert any(test["model"] == name for test in manifest["unit_tests"].values()), name


def test_the_source_declares_the_columns_that_python_writes():
    (file,) = (PROJECT / "models" / "staging").glob("_silver.yml")
    (table,) = yaml.safe_load(file.read_text())["sources"][0]["tables"]
    assert [column["name"] for column in table["columns"]] == STATE_VECTORS.schema.names
    for column, field in zip(table["columns"], STATE_VECTORS.schema, strict=True):
        assert column["description"] == field.metadata[b"description"].decode()
        assert column.get("meta", {}).get("unit", "") == field.metadata.get(b"unit", b"").decode()


def test_what_differs_between_engines_stands_in_macros_only():
    for path in (PROJECT / "models").rglob("*.sql"):
        text = re.sub(r"{{.*?}}", "", path.read_text(), flags=re.DOTALL)
        for inline in ("::", "list", "epoch", "to_timestamp(", "isodow", "strftime", " filter (", "[]"):
            assert inline not in text, (path.name, inline)


def test_the_manifest_is_made_again_only_when_the_project_changed():
    path = ensure_manifest()
    before = path.stat().st_mtime_ns
    ensure_manifest()
    assert path.stat().st_mtime_ns == before
    (path.parent / "fingerprint").write_text("another project")
    ensure_manifest()
    assert path.stat().st_mtime_ns > before
    assert json.loads(path.read_bytes())["metadata"]["project_name"] == "airtraffic_features"
