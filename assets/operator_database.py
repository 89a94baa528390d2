"""The operator's database into ``flights_raw``."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from pydantic import Field

from airtraffic.providers import load_providers
from airtraffic.settings import Settings
from assets.flights import raw_events
from orchestration.flight_files import PROVIDERS
from orchestration.operator_database import OVERLAP, PROVIDER, ingest_database
from orchestration.resources.lake import LakeResource
from orchestration.resources.operator_database import OperatorDatabaseResource

JOB = "ingest_operator_database"


class DatabaseConfig(dg.Config):
    overlap_s: float = Field(
        default=OVERLAP.total_seconds(),
        ge=0,
        le=30 * 86_400,
        description="How long before the last row seen the reading starts: longer than the operator's longest "
        "transaction. [s]",
    )
    everything: bool = Field(
        default=False,
        description="Read from the beginning, for changes that came later than the overlap; nothing is doubled.",
    )
    max_s: float = Field(
        default=300,
        gt=0,
        le=3600,
        description="A run that has read for so long ends with its next commit. [s]",
    )


@dg.op(out={}, description="Reads what the operator's database has and the lake has not.")
def database_to_lake(
    context: dg.OpExecutionContext,
    config: DatabaseConfig,
    lake: LakeResource,
    operator_database: OperatorDatabaseResource,
) -> Iterator[dg.AssetMaterialization]:
    until = time.monotonic() + config.max_s
    done = ingest_database(
        lake,
        operator_database,
        load_providers(PROVIDERS)[PROVIDER],
        now=datetime.now(UTC),
        earliest=Settings.from_env(os.environ).daily_start,
        overlap=timedelta(seconds=config.overlap_s),
        everything=config.everything,
        stop=lambda: time.monotonic() > until,
    )
    context.log.info(
        f"{operator_database.name}: {done.seen:,} rows read, {done.rows:,} new, {done.rejected:,} rejected; "
        f"up to {done.watermark}"
    )
    yield from raw_events(done.rows_by_day, done.rejected, {"database": operator_database.name})


@dg.job(
    name=JOB,
    executor_def=dg.in_process_executor,
    tags={"airtraffic/ingest": "operator_database"},
    description="From the operator's database to flights_raw.",
)
def ingest_operator_database() -> None:
    database_to_lake.alias(JOB)()
