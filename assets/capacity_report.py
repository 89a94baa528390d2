"""The capacity report of each day: a page per sector, and an overview."""

from datetime import date

import dagster as dg
import polars as pl

from airtraffic.report.capacity_page import (
    SECTOR_DAY_TABLES,
    capacity_page,
    file_name,
    overview_name,
    overview_page,
    sector_days,
)
from airtraffic.report.texts import LANGUAGES
from orchestration.automation import DAILY_EAGER
from orchestration.described import NIGHTLY, OWNERS
from orchestration.partitions import DAILY
from orchestration.resources.lake import LakeResource
from orchestration.resources.reports import ReportsResource
from orchestration.sectors import load_sectors


@dg.asset(
    partitions_def=DAILY,
    deps=SECTOR_DAY_TABLES,
    automation_condition=DAILY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="reports",
    owners=OWNERS,
    kinds={"python", "html"},
    description="What a flow manager signs: capacity, saturation, overloads and peak hours of a sector, with the "
    "formula and its numbers, in English and Spanish. One page per day, language and "
    "sector of which there is data, and one overview.",
    freshness_policy=NIGHTLY,
)
def capacity_report(context: dg.AssetExecutionContext, lake: LakeResource, reports: ReportsResource) -> None:
    declared = load_sectors()
    for key in context.partition_keys:
        day = date.fromisoformat(key)
        tables = {
            name: pl.DataFrame(pl.from_arrow(lake.read(name, where=[("date", "=", day)])))
            for name in SECTOR_DAY_TABLES
        }
        versions = {name: lake.version(name) for name in SECTOR_DAY_TABLES}
        of = sector_days(declared.on(day), tables)
        for language in LANGUAGES:
            for one in (one for one in of if one.observed):
                page = capacity_page(day, one, language, versions)
                reports.write(file_name(one.sector.id, day, language), page)
            overview = reports.write(overview_name(day, language), overview_page(day, of, language))
            context.add_asset_metadata(
                {f"overview_{language}": dg.MetadataValue.path(overview)}, partition_key=key
            )
        counted = [one.observed for one in of if one.observed]
        levels = [row["level"] for row in counted]
        context.add_asset_metadata(
            {
                "dagster/partition_row_count": len(of),
                "sectors_with_data": len(counted),
                "alert": levels.count("alert"),
                "critical": levels.count("critical"),
            },
            partition_key=key,
        )
