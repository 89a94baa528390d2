"""Bronze: messages from Kafka, once; and the job that reads them and keeps the open hour fresh."""

import os
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import dagster as dg
from pydantic import Field

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from airtraffic.tables import POLLS, REJECTED_MESSAGES, STATE_VECTORS_RAW
from assets.open_hour import Event, refresh
from orchestration.described import LIVE, RARE, described
from orchestration.ingest import ReadConfig, ingest
from orchestration.partitions import DAILY, DAY_KEY, HOURLY, hour_key
from orchestration.refresh import DAY, Progress, microseconds, rows_added
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource

JOB = "ingest_kafka"
INGEST_TAG = "airtraffic/ingest"
"""``dagster.yaml`` lets one run with this tag run at a time."""

state_vectors_raw = dg.AssetSpec(
    "state_vectors_raw",
    **described(
        STATE_VECTORS_RAW,
        HOURLY,
        {"kafka"},
        LIVE,
        "State vectors as they came from Kafka, partition by partition.",
    ),
)
polls = dg.AssetSpec(
    "polls",
    **described(
        POLLS,
        HOURLY,
        {"kafka"},
        LIVE,
        "Polls as they came from Kafka: a poll without aircraft is an empty sky, no poll is a gap.",
    ),
)
rejected_messages = dg.AssetSpec(
    "rejected_messages",
    **described(
        REJECTED_MESSAGES,
        DAILY,
        {"kafka"},
        RARE,
        "What could not be read, with the reason and the original bytes.",
    ),
)


TABLES = (state_vectors_raw, polls, rejected_messages)


class Refresh(StrEnum):
    """Whether the job goes on to silver and features. Dagster's run config takes the names."""

    always = "always"
    when_due = "when_due"
    never = "never"


class IngestConfig(ReadConfig):
    max_messages: int = Field(
        default=100_000, ge=1, le=5_000_000, description="Messages of one commit, about; this bounds memory."
    )
    refresh: Refresh = Field(
        default=Refresh.when_due,
        description="Whether to go on to silver and features: when the last time is AIRTRAFFIC_REFRESH_S ago, "
        "always, or never.",
    )


@dg.op(
    out={},
    description="Reads what Kafka holds into bronze, then makes silver and features of the hours touched.",
)
def kafka_to_lake(
    context: dg.OpExecutionContext, config: IngestConfig, lake: LakeResource, kafka: KafkaResource
) -> Iterator[Event]:
    progress = Progress.load(context.instance, lake)
    # Later than all that is reported, so that a clock set back hides no rows from the report.
    now = max(datetime.now(UTC), progress.reported_until + timedelta(microseconds=1))
    until = time.monotonic() + config.max_s
    hours: set[datetime] = set()
    failure: AirTrafficError | None = None
    try:
        ingested = ingest(
            lake,
            kafka,
            now=now,
            earliest=Settings.from_env(os.environ).hourly_start,
            max_messages=config.max_messages,
            skip_gone=config.skip_gone,
            stop=lambda: time.monotonic() > until,
        )
        hours = ingested.hours
        context.log.info(f"{ingested.messages:,} messages in {ingested.commits} commits")
    except AirTrafficError as error:
        failure = error
    yield from bronze_events(lake, progress, hours)
    progress = progress.save(context.instance, lake, reported_until_us=microseconds(now))
    if failure:
        # Only now: what was committed before it is in the lake, and Dagster has to know.
        raise failure
    if config.refresh is not Refresh.never:
        yield from refresh(context, lake, progress, always=config.refresh is Refresh.always)


def bronze_events(
    lake: LakeResource, progress: Progress, hours: Collection[datetime]
) -> Iterator[dg.AssetMaterialization]:
    """A materialization for every hour, and day, that has rows which Dagster was not told of."""
    since_us = progress.reported_until_us
    added = {
        "state_vectors_raw": rows_added(lake, "state_vectors_raw", since_us, hours),
        "polls": rows_added(lake, "polls", since_us),
        "rejected_messages": rows_added(lake, "rejected_messages", since_us, column="ingested_at", span=DAY),
    }
    for name, partitions in added.items():
        for start, rows in partitions.items():
            if not rows.all:
                continue
            yield dg.AssetMaterialization(
                name,
                partition=start.strftime(DAY_KEY) if name == "rejected_messages" else hour_key(start),
                metadata={"dagster/partition_row_count": rows.all, "rows_added": rows.added},
            )


@dg.job(
    name=JOB,
    executor_def=dg.in_process_executor,
    tags={INGEST_TAG: "kafka"},
    description="From Kafka to bronze, and on to silver and features of the open hour.",
)
def ingest_kafka() -> None:
    kafka_to_lake.alias(JOB)()
