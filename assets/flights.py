"""Flights: dropped files into ``flights_raw`` or ``daily_counts``, and one row per flight from all routes."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import product

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from airtraffic.flight_tables import FLIGHTS, FLIGHTS_QUALITY
from airtraffic.providers import load_file_providers, load_providers
from airtraffic.settings import Settings
from assets.track_flights import DAYS_AROUND
from orchestration.automation import DAILY_EAGER
from orchestration.described import LIVE, described
from orchestration.flight_files import PROVIDERS, FileRead, ingest_files
from orchestration.flights import DAYS_AT_ONCE, MADE, make_flights
from orchestration.partitions import DAILY, DAY_KEY, spans
from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource

FILES_JOB = "ingest_files"


def _spec(table, purpose: str, **more) -> dg.AssetSpec:
    return dg.AssetSpec(
        table.name,
        skippable=True,
        deps=[dg.AssetDep(name, partition_mapping=DAYS_AROUND) for name in ("flights_raw", "track_flights")],
        automation_condition=DAILY_EAGER,
        **described(table, DAILY, {"polars"}, LIVE, purpose),
        **more,
    )


@dg.multi_asset(
    name="flights",
    specs=[
        _spec(
            FLIGHTS, "Flights by day of departure, duplicates removed, routes put together, oddities flagged."
        ),
        _spec(FLIGHTS_QUALITY, "What became of the rows that each route brought."),
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def flights(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult]:
    wanted = [name for name in MADE if dg.AssetKey(name) in context.selected_asset_keys]
    rules = {name: provider.remove for name, provider in load_providers(PROVIDERS).items()}
    for days in spans((date.fromisoformat(key) for key in context.partition_keys), DAYS_AT_ONCE):
        made = make_flights(lake, days, rules, wanted)
        for name, day in product(wanted, days):
            rows = made[name].filter(pc.equal(made[name]["date"], day))
            context.add_asset_metadata(
                _metadata(name, rows), asset_key=name, partition_key=day.strftime(DAY_KEY)
            )
    yield from (dg.MaterializeResult(asset_key=name) for name in wanted)


def _metadata(name: str, rows: pa.Table) -> dict:
    counted = {"dagster/partition_row_count": rows.num_rows}
    if name == "flights":
        return counted
    columns = ("rows_received", "duplicates_removed", "superseded", "removed_by_rule", "matched")
    return counted | {column: pc.sum(rows[column]).as_py() or 0 for column in columns}


class FilesConfig(dg.Config):
    max_files: int = Field(default=1000, ge=1, le=100_000, description="Files of one run. [files]")


@dg.op(
    out={},
    description="Reads the files of flights and daily counts that wait in the inbox, and puts them away.",
)
def files_to_lake(
    context: dg.OpExecutionContext, config: FilesConfig, lake: LakeResource, inbox: InboxResource
) -> Iterator[dg.AssetMaterialization]:
    for done in ingest_files(
        lake,
        inbox,
        load_file_providers(PROVIDERS),
        now=datetime.now(UTC),
        earliest=Settings.from_env(os.environ).daily_start,
        max_files=config.max_files,
    ):
        (context.log.error if done.unreadable else context.log.info)(str(done))
        yield from file_events(done)


def file_events(done: FileRead) -> Iterator[dg.AssetMaterialization]:
    """A materialization for every day that a file changed."""
    about = {"file": str(done.file), "sha256": done.sha256}
    why = {"reason": done.unreadable} if done.unreadable else {}
    days = done.rows_by_day if done.told_days is None else done.told_days
    return raw_events(days, done.rejected, about | why, done.table)


def raw_events(
    rows_by_day: Mapping[date, int], rejected: int, about: Mapping[str, str], table: str = "flights_raw"
) -> Iterator[dg.AssetMaterialization]:
    """A materialization of ``table`` for every day, and one of ``rejected_flights`` for today.

    Days that have no partition, such as those of flights that are only planned, are left out.
    """
    for day, rows in sorted(rows_by_day.items()):
        key = day.strftime(DAY_KEY)
        if DAILY.has_partition_key(key):
            yield dg.AssetMaterialization(table, partition=key, metadata={**about, "rows_added": rows})
    if rejected:
        today = datetime.now(UTC).strftime(DAY_KEY)
        yield dg.AssetMaterialization(
            "rejected_flights", partition=today, metadata={**about, "rows_added": rejected}
        )


@dg.job(
    name=FILES_JOB,
    executor_def=dg.in_process_executor,
    tags={"airtraffic/ingest": "files"},
    description="From dropped files to flights_raw and daily_counts.",
)
def ingest_flight_files() -> None:
    files_to_lake.alias(FILES_JOB)()
