"""The report page of each day."""

import os
from datetime import date

import dagster as dg
import polars as pl

from airtraffic.report.page import file_name, traffic_day
from airtraffic.settings import Settings
from orchestration.automation import DAILY_EAGER
from orchestration.described import NIGHTLY, OWNERS
from orchestration.partitions import DAILY
from orchestration.resources.lake import LakeResource
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
DENSITY_COLUMNS = ("cell_id", "latitude", "longitude", "snapshot_at", "aircraft")


@dg.asset(
    partitions_def=DAILY,
    deps=["flight_states", "traffic_density", "poll_coverage"],
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
            box=settings.box,
            dense_cell_aircraft=settings.dense_cell_aircraft,
            complete_from=settings.coverage_warning,
            versions={
                name: lake.version(name) for name in ("flight_states", "traffic_density", "poll_coverage")
            },
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
