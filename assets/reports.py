"""The report page of each day."""

import os
from datetime import date

import dagster as dg
import polars as pl

from airtraffic.report.cluster_summary import ClusterTables
from airtraffic.report.page import file_name, traffic_day
from airtraffic.settings import Settings
from orchestration.automation import DAILY_EAGER
from orchestration.described import NIGHTLY, OWNERS
from orchestration.partitions import DAILY, so_far
from orchestration.resources.lake import Filter, LakeResource
from orchestration.resources.reports import ReportsResource

STATES_COLUMNS = (
    "icao24",
    "snapshot_at",
    "hour",
    "longitude",
    "latitude",
    "on_ground",
    "origin_country",
    "flight_state",
    "quadrant",
    "aircraft_in_cell",
    "congestion_band",
    "density_congested",
    "is_critical",
    "critical_reasons",
    "watch_state",
    "is_repeat",
)
CLUSTER_COLUMNS = {
    "cluster_snapshots": (
        "hour_start",
        "id",
        "kind",
        "latitude",
        "longitude",
        "ball_radius_nm",
        "weight_min",
        "cluster_id",
        "model_half_life",
    ),
    "cluster_quality": (
        "hour_start",
        "hour",
        "positions",
        "clusters",
        "noise_share",
        "parameters",
        "warmed_up",
    ),
    "hotspots": None,
}
DENSITY_COLUMNS = ("cell_id", "latitude", "longitude", "snapshot_at", "aircraft")
TABLES_READ = ("flight_states", "traffic_density", "poll_coverage", *CLUSTER_COLUMNS)


@dg.asset(
    partitions_def=DAILY,
    deps=so_far(*TABLES_READ),
    automation_condition=DAILY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="reports",
    owners=OWNERS,
    kinds={"python", "html"},
    description="Report page of a day of traffic, in English and Spanish. One page per day and language.",
    freshness_policy=NIGHTLY,
)
def daily_report(context: dg.AssetExecutionContext, lake: LakeResource, reports: ReportsResource) -> None:
    settings = Settings.from_env(os.environ)
    for key in context.partition_keys:
        day = date.fromisoformat(key)
        where = [("date", "=", day)]
        summary, pages = traffic_day(
            day,
            pl.from_arrow(lake.read("flight_states", STATES_COLUMNS, where)),
            pl.from_arrow(lake.read("traffic_density", DENSITY_COLUMNS, where)),
            pl.from_arrow(lake.read("poll_coverage", where=where)),
            _clusters(lake, where),
            box=settings.box,
            dense_cell_aircraft=settings.dense_cell_aircraft,
            complete_from=settings.coverage_warning,
            versions={name: version for name in TABLES_READ if (version := lake.version(name)) is not None},
        )
        written = {
            language: reports.write(file_name(day, language), page) for language, page in pages.items()
        }
        context.add_asset_metadata(
            {
                "dagster/partition_row_count": summary.rows,
                "aircraft": summary.aircraft,
                "coverage_percent": summary.coverage.percent or 0.0,
                "sources": ", ".join(summary.sources) or "none",
                **{f"page_{language}": dg.MetadataValue.path(path) for language, path in written.items()},
            },
            partition_key=key,
        )


def _clusters(lake: LakeResource, where: list[Filter]) -> ClusterTables:
    rows = (lake.read(name, columns, where) for name, columns in CLUSTER_COLUMNS.items())
    return ClusterTables(*(pl.DataFrame(pl.from_arrow(table)) for table in rows))
