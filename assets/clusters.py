"""Clusters of traffic, hour after hour, and where traffic gathers."""

import os
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dagster as dg

from airtraffic.cluster_tables import (
    CLUSTER_EVENTS,
    CLUSTER_MEMBERS,
    CLUSTER_QUALITY,
    CLUSTER_SNAPSHOTS,
    HOTSPOTS,
)
from airtraffic.settings import Settings
from orchestration.automation import CLUSTERS_EAGER, HOTSPOTS_EAGER, WITH_CLUSTERS
from orchestration.cluster_picture import PICTURES, cluster_picture
from orchestration.clusters import CLUSTER_HOUR_TABLES, ClusterConfig, MadeHour, make_clusters
from orchestration.described import LIVE, described
from orchestration.hotspots import DAYS_BEFORE, HotspotConfig, make_hotspots
from orchestration.partitions import HOURLY, hour_key, hour_of, hours_by_day
from orchestration.resources.lake import LakeResource

_SAME_HOUR = [dg.AssetDep("cluster_snapshots")]


def _hours(first: int, last: int) -> dg.TimeWindowPartitionMapping:
    return dg.TimeWindowPartitionMapping(
        start_offset=first, end_offset=last, allow_nonexistent_upstream_partitions=True
    )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            "cluster_snapshots",
            **described(
                CLUSTER_SNAPSHOTS,
                HOURLY,
                {"river"},
                LIVE,
                "Micro-clusters of DenStream and the clusters they form, from which the next hour goes on; an hour "
                "without a predecessor learns the 4 hours before first and is marked as warmed up.",
            ),
            deps=[
                dg.AssetDep("cluster_snapshots", partition_mapping=_hours(-1, -1)),
                dg.AssetDep("state_vectors", partition_mapping=_hours(-4, 0)),
            ],
            automation_condition=CLUSTERS_EAGER,
        ),
        dg.AssetSpec(
            "cluster_members",
            **described(
                CLUSTER_MEMBERS,
                HOURLY,
                {"river"},
                LIVE,
                "Which aircraft was in which cluster at each snapshot of the hour.",
            ),
            deps=_SAME_HOUR,
            automation_condition=WITH_CLUSTERS,
        ),
        dg.AssetSpec(
            "cluster_events",
            **described(
                CLUSTER_EVENTS,
                HOURLY,
                {"polars"},
                LIVE,
                "Clusters born, dead, merged and split since the hour before; ids stay with the traffic they name.",
            ),
            deps=_SAME_HOUR,
            automation_condition=WITH_CLUSTERS,
        ),
        dg.AssetSpec(
            "cluster_quality",
            **described(
                CLUSTER_QUALITY,
                HOURLY,
                {"scikit-learn"},
                LIVE,
                "How good an hour of clusters is: noise, biggest cluster, silhouette, agreement with DBSCAN and with "
                "the day before.",
            ),
            deps=_SAME_HOUR,
            automation_condition=WITH_CLUSTERS,
        ),
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
    # Where all of them had to be made together, Dagster would ask for a self-dependent one an hour too early.
    can_subset=True,
)
def clusters(
    context: dg.AssetExecutionContext, config: ClusterConfig, lake: LakeResource
) -> Iterator[dg.MaterializeResult]:
    tables = [name for name in CLUSTER_HOUR_TABLES if dg.AssetKey(name) in context.selected_asset_keys]
    hours = [hour_of(key) for key in context.partition_keys]
    parameters = config.parameters(Settings.from_env(os.environ).box)
    drawn: deque[datetime] = deque(maxlen=PICTURES)
    for made in make_clusters(lake, hours, parameters, tables):
        if made.quality["parameters"] != parameters.to_json():
            context.log.warning(
                f"{hour_key(made.hour)}: made with the parameters of its snapshots, {made.quality['parameters']}, "
                "and not with those of this run; make cluster_snapshots too to change them"
            )
        if made.rows["cluster_snapshots"] and "cluster_snapshots" in tables:
            drawn.append(made.hour)
        for table in tables:
            context.add_asset_metadata(
                _metadata(table, made), asset_key=table, partition_key=hour_key(made.hour)
            )
    for hour in drawn:
        metadata = {"map": cluster_picture(lake, hour)}
        context.add_asset_metadata(metadata, asset_key="cluster_snapshots", partition_key=hour_key(hour))
    yield from (dg.MaterializeResult(asset_key=table) for table in tables)


@dg.asset(
    **described(
        HOTSPOTS,
        HOURLY,
        {"scipy", "shapely"},
        LIVE,
        "Areas where traffic and congestion gather, with their density and their trend against the same hour of "
        f"up to {DAYS_BEFORE} days before.",
    ),
    deps=[
        "flight_states",
        "poll_coverage",
        dg.AssetDep("traffic_density", partition_mapping=_hours(-24 * DAYS_BEFORE, 0)),
    ],
    automation_condition=HOTSPOTS_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def hotspots(context: dg.AssetExecutionContext, config: HotspotConfig, lake: LakeResource) -> None:
    settings = Settings.from_env(os.environ)
    drawn: deque[datetime] = deque(maxlen=PICTURES)
    for hours in hours_by_day(context.partition_keys):
        made = make_hotspots(lake, hours, config, settings).select(["hour", "kind"]).to_pylist()
        for hour in hours:
            kinds = [row["kind"] for row in made if row["hour"] == hour.hour]
            metadata = {
                "dagster/partition_row_count": len(kinds),
                "of_all_traffic": kinds.count("all"),
                "of_congestion": kinds.count("congestion"),
            }
            context.add_asset_metadata(metadata, partition_key=hour_key(hour))
            if kinds:
                drawn.append(hour)
    for hour in drawn:
        context.add_asset_metadata({"map": cluster_picture(lake, hour)}, partition_key=hour_key(hour))


_SHOWN = {
    "cluster_snapshots": ("clusters", "noise_share", "biggest_share", "warmed_up", "chained_hours", "points"),
    "cluster_members": ("aircraft", "positions"),
    "cluster_events": (),
    "cluster_quality": (
        "noise_share",
        "biggest_share",
        "silhouette",
        "ami_dbscan",
        "agreement",
        "traffic_variability",
        "coverage",
        "parameters",
    ),
}
"""Columns of ``cluster_quality`` that a partition of each asset shows, where they are known."""


def _metadata(table: str, made: MadeHour) -> dict[str, Any]:
    shown = {name: made.quality[name] for name in _SHOWN[table] if made.quality[name] is not None}
    events = made.events if table == "cluster_events" else {}
    return {
        "dagster/partition_row_count": made.rows[table],
        **shown,
        **events,
        "run_s": round(made.seconds, 3),
    }
