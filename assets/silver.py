"""Silver: messages become snapshots, polls become coverage, hours become days."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime

import dagster as dg

from airtraffic.settings import Settings
from airtraffic.tables import DAILY_COMPLETENESS, POLL_COVERAGE, STATE_VECTORS, STATE_VECTORS_DAILY
from orchestration.automation import DAILY_EAGER, HOURLY_EAGER
from orchestration.described import LIVE, NIGHTLY, described
from orchestration.partitions import DAILY, HOURLY, hour_key, hours_by_day, so_far
from orchestration.resources.lake import LakeResource
from orchestration.silver import (
    make_daily_completeness,
    make_poll_coverage,
    make_state_vectors,
    make_state_vectors_daily,
)

AND_HOUR_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
)


@dg.asset(
    **described(
        STATE_VECTORS,
        HOURLY,
        {"polars"},
        LIVE,
        "What is known of each aircraft in each snapshot, in OpenSky's names and units, with the age of its "
        "position and whether it repeats the one before.",
    ),
    deps=[dg.AssetDep("state_vectors_raw", partition_mapping=AND_HOUR_BEFORE)],
    automation_condition=HOURLY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def state_vectors(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    for hours in hours_by_day(context.partition_keys):
        for hour, metadata in state_vectors_hours(lake, hours).items():
            context.add_asset_metadata(metadata, partition_key=hour_key(hour))


@dg.asset(
    **described(
        POLL_COVERAGE,
        HOURLY,
        {"polars"},
        LIVE,
        "Which polls came, which should have come, and the gaps between them; an hour without any poll is a "
        "gap of an hour.",
    ),
    deps=[dg.AssetDep("polls", partition_mapping=AND_HOUR_BEFORE)],
    automation_condition=HOURLY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def poll_coverage(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    now = datetime.now(UTC)
    for hours in hours_by_day(context.partition_keys):
        for hour, metadata in poll_coverage_hours(lake, hours, now).items():
            context.add_asset_metadata(metadata, partition_key=hour_key(hour))


@dg.asset(
    **described(
        STATE_VECTORS_DAILY,
        DAILY,
        {"arrow"},
        NIGHTLY,
        "The hours of state_vectors of a day, compact and sorted by aircraft and time; daily_completeness says "
        "whether the day is whole.",
    ),
    deps=so_far("state_vectors"),
    automation_condition=DAILY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def state_vectors_daily(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    for key in context.partition_keys:
        hours = make_state_vectors_daily(lake, date.fromisoformat(key))["hour"]
        metadata = {"dagster/partition_row_count": len(hours), "hours_with_rows": len(hours.unique())}
        context.add_asset_metadata(metadata, partition_key=key)


@dg.asset(
    **described(
        DAILY_COMPLETENESS,
        DAILY,
        {"polars"},
        NIGHTLY,
        "Whether a day of state_vectors_daily is whole, and which hours are not there.",
    ),
    deps=so_far("state_vectors_daily", "poll_coverage"),
    automation_condition=DAILY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def daily_completeness(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    coverage_warning = Settings.from_env(os.environ).coverage_warning
    for key in context.partition_keys:
        made = make_daily_completeness(lake, date.fromisoformat(key), coverage_warning)
        (row,) = made.to_pylist()
        metadata = {
            "dagster/partition_row_count": made.num_rows,
            "complete": row["complete"],
            "hours_present": row["hours_present"],
            "hours_missing": ", ".join(str(hour) for hour in row["hours_missing"]) or "none",
            "completeness": row["completeness"] or 0.0,
        }
        context.add_asset_metadata(metadata, partition_key=key)


def state_vectors_hours(lake: LakeResource, hours: Sequence[datetime]) -> dict[datetime, dict]:
    """Make hours of one day; metadata by hour."""
    rows = make_state_vectors(lake, hours)
    return {hour: {"dagster/partition_row_count": count} for hour, count in rows.items()}


def poll_coverage_hours(lake: LakeResource, hours: Sequence[datetime], now: datetime) -> dict[datetime, dict]:
    """Make hours of one day; metadata by hour."""
    return {
        row["hour_start"]: {
            "dagster/partition_row_count": 1,
            "polls_seen": row["polls_seen"],
            "gaps": len(row["gaps"]),
            "gap_s": row["gap_s"],
            **({"coverage": row["coverage"]} if row["coverage"] is not None else {}),
        }
        for row in make_poll_coverage(lake, hours, now).to_pylist()
    }
