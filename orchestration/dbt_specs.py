"""What Dagster shows of the dbt models and their tests, read from the manifest.

Keys, dependencies and check names are those that ``dagster_dbt.build_dbt_asset_specs`` and ``@dbt_assets``
would give (a test compares them). ``dagster_dbt`` itself is not imported: that takes 1.6 s, more than half
of what the whole code location may take to load.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.dbt import FEATURES


def feature_specs(manifest: Mapping[str, Any], **common: Any) -> list[dg.AssetSpec]:
    """One asset for each feature model.

    Parameters
    ----------
    manifest
        dbt's ``manifest.json``.
    common
        What all of them share: partitions, owners, automation condition, freshness policy.
    """
    return [_asset(manifest, node, common) for node in _features(manifest)]


def feature_checks(manifest: Mapping[str, Any]) -> list[dg.AssetCheckSpec]:
    """One asset check for each data test of a feature model."""
    models = {node["unique_id"]: node["name"] for node in _features(manifest)}
    return [
        dg.AssetCheckSpec(
            name=node["name"],
            asset=models[node["attached_node"]],
            description=node["description"],
            additional_deps=_parents(manifest, node) - {models[node["attached_node"]]},
            blocking=node["config"]["severity"].lower() == "error",
            metadata={"dagster_dbt/unique_id": node["unique_id"]},
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["attached_node"] in models
    ]


def _features(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    by_name = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    return (by_name[name] for name in FEATURES)


def _asset(manifest: Mapping[str, Any], node: Mapping[str, Any], common: Mapping[str, Any]) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(column["name"], column["data_type"], _with_unit(column))
        for column in node["columns"].values()
    ]
    return dg.AssetSpec(
        node["name"],
        deps=sorted(_parents(manifest, node)),
        description=node["description"].strip(),
        group_name="features",
        kinds={"dbt", "duckdb", "delta"},
        code_version=node["checksum"]["checksum"],
        metadata={
            "dagster/column_schema": dg.TableSchema(columns),
            "dagster/table_name": node["alias"],
            "partition_expr": ", ".join(node["config"]["partition_by"]),
            "dagster_dbt/unique_id": node["unique_id"],
        },
        **common,
    )


def _parents(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> set[str]:
    """Tables of the lake that a node reads, staging views looked through."""
    parents = set()
    for unique_id in node["depends_on"]["nodes"]:
        if unique_id in manifest["sources"]:
            parents.add(manifest["sources"][unique_id]["name"])
        elif manifest["nodes"][unique_id]["config"]["materialized"] == "view":
            parents |= _parents(manifest, manifest["nodes"][unique_id])
        else:
            parents.add(manifest["nodes"][unique_id]["name"])
    return parents


def _with_unit(column: Mapping[str, Any]) -> str:
    unit = column["meta"].get("unit")
    return column["description"].strip() + (f" [{unit}]" if unit else "")
