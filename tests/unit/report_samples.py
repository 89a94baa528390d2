"""Clusters and hotspots of a day as the report reads them."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl

from airtraffic.cluster_tables import CLUSTER_QUALITY, CLUSTER_SNAPSHOTS, HOTSPOTS
from airtraffic.report.cluster_summary import ClusterTables
from airtraffic.table import Table

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
PARAMETERS = json.dumps({"epsilon_nm": 20.0, "half_life_min": 30.0})
SAO_PAULO, BOGOTA = (-23.5, -46.6), (4.7, -74.1)


def frame(table: Table, rows: list[dict]) -> pl.DataFrame:
    """Rows with the table's columns; what a row does not name is null."""
    empty = pl.DataFrame(pl.from_arrow(table.schema.empty_table()))
    return pl.concat([empty, pl.DataFrame(rows).cast({k: empty.schema[k] for k in rows[0]})], how="diagonal")


def micro_cluster(number: int, place: tuple[float, float], **changed) -> dict:
    """A row of cluster_snapshots; 43.28 aircraft-minutes are one aircraft that stays."""
    row = {
        "hour_start": NOON,
        "id": number,
        "kind": "p",
        "latitude": place[0],
        "longitude": place[1],
        "ball_radius_nm": 20.0,
        "weight_min": 43.28085122666891,
        "cluster_id": None,
        "model_half_life": 30.0,
    }
    return row | changed


def hotspot(place: tuple[float, float], half_deg: float = 0.5, **changed) -> dict:
    """A row of hotspots: a square around a place."""
    latitude, longitude = place
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ring = [[longitude + x * half_deg, latitude + y * half_deg] for x, y in corners]
    row = {
        "hour_start": NOON,
        "kind": "all",
        "rank": 1,
        "polygon": json.dumps({"type": "Polygon", "coordinates": [ring]}),
        "latitude": latitude,
        "longitude": longitude,
        "aircraft_at_a_time": 6.0,
        "density": 30.0,
        "times_mean": 3.0,
        "share_of_traffic": 0.25,
        "share_of_kind": 0.25,
        "share_of_occupied_area": 0.05,
        "band_rows": None,
        "dense_cells": None,
        "trend": None,
        "trend_days": 0,
        "polls": 60,
        "coverage": 0.8,
    }
    return row | changed


def quality(**changed) -> dict:
    """A row of cluster_quality."""
    row = {
        "hour_start": NOON,
        "hour": 12,
        "positions": 100,
        "clusters": 2,
        "noise_share": 0.4,
        "parameters": PARAMETERS,
        "warmed_up": False,
    }
    return row | changed


def clusters_of_day() -> ClusterTables:
    """Two hours, the second of them busier, with two clusters, noise and hotspots of both kinds."""
    one = {"hour_start": NOON + timedelta(hours=1)}
    sao_paulo, bogota = {"cluster_id": "2025-01-15T12-00"}, {"cluster_id": "2025-01-15T12-01"}
    return ClusterTables(
        frame(
            CLUSTER_SNAPSHOTS,
            [
                micro_cluster(1, SAO_PAULO, **sao_paulo),
                micro_cluster(1, SAO_PAULO, **sao_paulo, **one),
                micro_cluster(2, (-23.1, -47.0), **sao_paulo, **one),
                micro_cluster(3, BOGOTA, **bogota, **one),
                micro_cluster(4, (-10.0, -60.0), **one),
                micro_cluster(5, (-12.0, -61.0), kind="o", weight_min=2.0, ball_radius_nm=0.0, **one),
            ],
        ),
        frame(
            CLUSTER_QUALITY,
            [quality(clusters=1, warmed_up=True), quality(hour=13, positions=120, **one)],
        ),
        frame(
            HOTSPOTS,
            [
                hotspot(SAO_PAULO),
                hotspot((-23.6, -46.5), aircraft_at_a_time=8.0, trend=1.25, trend_days=3, **one),
                hotspot(BOGOTA, rank=2, aircraft_at_a_time=2.0, trend_days=2, **one),
                hotspot(BOGOTA, kind="congestion", band_rows=30, dense_cells=2, share_of_kind=0.5, **one),
            ],
        ),
    )


def no_clusters() -> ClusterTables:
    """A day whose clusters and hotspots are not made yet."""
    made = clusters_of_day()
    return ClusterTables(made.snapshots.clear(), made.quality.clear(), made.hotspots.clear())
