"""Clusters as rows of the lake, and back."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa

from airtraffic.cluster_identity import Matching
from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.cluster_tables import CLUSTER_EVENTS, CLUSTER_MEMBERS, CLUSTER_SNAPSHOTS, MODEL
from airtraffic.micro_clusters import NOISE, ball_radius, matrix
from airtraffic.projection import coordinates


@dataclass(frozen=True)
class StoredClusters:
    """The clusters of a snapshot: what is needed to give them positions, names and places."""

    table: pa.Table
    """One row per micro-cluster: kind, centre, weight, cluster (number, -1 for none)."""
    ids: list[str]
    """Names of the clusters by number; empty texts before they are named."""
    weight: np.ndarray
    """(n_clusters,). [aircraft-minutes]"""
    centre: np.ndarray
    """(n_clusters, 2). Mean of the micro-clusters' centres by weight. [NM]"""

    @classmethod
    def of(cls, table: pa.Table, ids: list[str] | None = None) -> Self:
        """Of a snapshot's rows whose clusters are numbered from 0."""
        cluster = table["cluster"].to_numpy()
        inside = cluster != NOISE
        number, weight = cluster[inside], table["weight"].to_numpy()[inside]
        count = int(number.max()) + 1 if len(number) else 0
        total = np.bincount(number, weights=weight, minlength=count)
        xy = centres(table)[inside]
        mean = [np.bincount(number, weights=weight * xy[:, axis], minlength=count) / total for axis in (0, 1)]
        return cls(table, ids if ids is not None else [""] * count, total, np.column_stack(mean))

    @classmethod
    def none(cls) -> Self:
        """Of a snapshot that does not exist."""
        return cls(pa.table({}), [], np.empty(0), np.empty((0, 2)))

    def named(self, ids: list[str]) -> Self:
        """The same with names."""
        return replace(self, ids=ids)


def stored_clusters(snapshots: pa.Table) -> StoredClusters:
    """The clusters of an hour of ``cluster_snapshots``, numbered in the order of their ids."""
    rows = snapshots.sort_by("id")
    names = rows["cluster_id"].to_pylist()
    ids = sorted(set(names) - {None})
    number = {name: index for index, name in enumerate(ids)} | {None: NOISE}
    table = pa.table(
        {
            "kind": rows["kind"],
            "centre": rows["model_centre"],
            "weight": rows["weight_min"],
            "cluster": pa.array([number[name] for name in names], pa.int64()),
        }
    )
    return StoredClusters.of(table, ids)


def centres(table: pa.Table) -> np.ndarray:
    """(n, 2) of the rows' column ``centre``, which may have none. [NM]"""
    return matrix(table["centre"]).reshape(-1, 2)


def model_columns(snapshots: pa.Table) -> pa.Table:
    """The model's own table out of rows of ``cluster_snapshots``, for ``DenStream.from_table``."""
    names = ["id", "kind", *(name for name in snapshots.column_names if name.startswith(MODEL))]
    return snapshots.select(names).rename_columns([name.removeprefix(MODEL) for name in names])


def snapshots_table(
    hour: datetime,
    snapshot_at: datetime,
    micro_clusters: pa.Table,
    model: pa.Table,
    ids: list[str],
    parameters: ClusterParameters,
    chained_hours: int,
    sources: list[str],
) -> pa.Table:
    """Rows of ``cluster_snapshots``, in the order of the micro-clusters' numbers.

    Parameters
    ----------
    micro_clusters
        Table of a ``Snapshot`` at ``snapshot_at``.
    model
        ``DenStream.to_table()`` of the same model.
    ids
        Names of the clusters by number.
    """
    count = micro_clusters.num_rows
    micro_clusters, model = micro_clusters.sort_by("id"), model.sort_by("id")
    xy = centres(micro_clusters)
    latitude, longitude = coordinates(xy, parameters.centre)
    radius = micro_clusters["radius"].to_numpy()
    seconds = np.round(micro_clusters["created_at"].to_numpy() * 60).astype(np.int64)
    columns = {
        "id": micro_clusters["id"],
        "kind": micro_clusters["kind"],
        "latitude": latitude,
        "longitude": longitude,
        "x_nm": xy[:, 0],
        "y_nm": xy[:, 1],
        "radius_nm": radius,
        "ball_radius_nm": ball_radius(radius, 2),
        "weight_min": micro_clusters["weight"],
        "created_at": pa.array(seconds * 1_000_000).cast(CLUSTER_SNAPSHOTS.schema.field("created_at").type),
        "cluster_id": _names(micro_clusters["cluster"].to_numpy(), ids),
        **{f"{MODEL}{name}": model[name] for name in model.column_names if name not in ("id", "kind")},
    }
    every_row = {
        "snapshot_at": snapshot_at,
        "hour_start": hour,
        "parameters": parameters.to_json(),
        "warmed_up": chained_hours == 0,
        "chained_hours": chained_hours,
        "sources": sources,
        **_partition(hour),
    }
    return _table(CLUSTER_SNAPSHOTS.schema, columns, every_row, count)


def members_table(hour: datetime, positions: pl.DataFrame, label: np.ndarray, ids: list[str]) -> pa.Table:
    """Rows of ``cluster_members`` of the counted positions of an hour, in their order."""
    names = [name for name in CLUSTER_MEMBERS.schema.names if name in positions.columns]
    rows = positions.select([name for name in names if name not in ("date", "hour")]).to_arrow()
    columns = {name: rows[name] for name in rows.column_names} | {"cluster_id": _names(label, ids)}
    return _table(CLUSTER_MEMBERS.schema, columns, _partition(hour), rows.num_rows)


def events_table(
    hour: datetime,
    snapshot_at: datetime,
    matching: Matching,
    then: StoredClusters,
    now: StoredClusters,
    parameters: ClusterParameters,
    known: bool,
) -> pa.Table:
    """Rows of ``cluster_events``, sorted; none unless it is ``known`` what was there before."""
    heir = {old: new for new, old in enumerate(matching.predecessor.tolist()) if old >= 0}
    found = [
        *[("born", now, b, []) for b in matching.born],
        *[("died", then, a, []) for a in matching.died],
        *[("merged", now, b, [then.ids[a] for a in olds]) for b, olds in matching.merged.items()],
        *[("split", now, heir[a], [now.ids[b] for b in news]) for a, news in matching.split.items()],
    ]
    rows = []
    for event, clusters, number, others in found if known else []:
        latitude, longitude = coordinates(clusters.centre[number], parameters.centre)
        rows.append(
            {
                "event": event,
                "cluster_id": clusters.ids[number],
                "other_ids": sorted(others),
                "at": snapshot_at,
                "latitude": float(latitude[0]),
                "longitude": float(longitude[0]),
                "weight_min": float(clusters.weight[number]),
                **_partition(hour),
            }
        )
    rows.sort(key=lambda row: (row["event"], row["cluster_id"]))
    return pa.Table.from_pylist(rows, schema=CLUSTER_EVENTS.schema)


def _partition(hour: datetime) -> dict:
    return {"date": hour.date(), "hour": hour.hour}


def _names(number: np.ndarray, ids: list[str]) -> pa.Array:
    return pa.array([*ids, None], pa.string()).take(pa.array(np.where(number == NOISE, len(ids), number)))


def _table(schema: pa.Schema, columns: dict, every_row: dict, rows: int) -> pa.Table:
    first = pa.array(np.zeros(rows, np.int64))
    repeated = {
        name: pa.array([value], schema.field(name).type).take(first) for name, value in every_row.items()
    }
    made = columns | repeated
    return pa.table([made[name] for name in schema.names], names=schema.names).cast(schema).combine_chunks()
