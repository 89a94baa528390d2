"""The operator's topic: its events into flights_raw, and the routes of the last 24 hours."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
from pydantic import Field

from airtraffic.errors import AirTrafficError
from airtraffic.flight_tables import FLIGHTS_RAW
from airtraffic.route_tables import ROUTE_PERFORMANCE_LIVE
from airtraffic.route_thresholds import load_route_thresholds
from airtraffic.settings import Settings
from orchestration.automation import DAILY_EAGER
from orchestration.described import LIVE, described
from orchestration.ingest import Ingested, ReadConfig, ingest
from orchestration.operator_feed import OPERATOR_EVENTS_FEED, Reported, days_touched
from orchestration.partitions import DAILY, DAY_KEY
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from orchestration.route_live import make_route_performance_live
from orchestration.routes import THRESHOLDS

JOB = "ingest_operator_events"

operator_events = dg.AssetSpec(
    "operator_events",
    **described(
        FLIGHTS_RAW,
        DAILY,
        {"kafka"},
        LIVE,
        "What the operator's topic says of flights: the partition (date, operator_events) of flights_raw.",
    ),
)


@dg.asset(
    **described(
        ROUTE_PERFORMANCE_LIVE,
        DAILY,
        {"polars"},
        LIVE,
        "Indicators of routes over the last 24 hours with traffic lights, from the operator's topic; a day that "
        "is over keeps its own 24 hours.",
    ),
    deps=["operator_events"],
    automation_condition=DAILY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def route_performance_live(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    now = datetime.now(UTC)
    for key in context.partition_keys:
        context.add_asset_metadata(live_day(lake, date.fromisoformat(key), now), partition_key=key)


def live_day(lake: LakeResource, day: date, now: datetime) -> dict:
    """Make a day; its metadata."""
    made = make_route_performance_live(lake, day, now, load_route_thresholds(THRESHOLDS))
    flights = sum(made["flights"].to_pylist())
    return {"dagster/partition_row_count": made.num_rows, "flights": flights}


class EventsConfig(ReadConfig):
    max_messages: int = Field(
        default=20_000, ge=1, le=1_000_000, description="Messages of one commit, about; this bounds memory."
    )


@dg.op(
    out={}, description="Reads the operator's topic into flights_raw, then makes the last 24 hours of routes."
)
def operator_events_to_lake(
    context: dg.OpExecutionContext, config: EventsConfig, lake: LakeResource, kafka: KafkaResource
) -> Iterator[dg.AssetMaterialization]:
    reported = Reported(context.instance, lake)
    # Later than all that is reported, so that a clock set back hides no rows from the report.
    now = max(datetime.now(UTC), reported.until() + timedelta(microseconds=1))
    until = time.monotonic() + config.max_s
    failure, done = None, Ingested()
    try:
        done = ingest(
            lake,
            kafka,
            OPERATOR_EVENTS_FEED,
            now=now,
            earliest=Settings.from_env(os.environ).daily_start,
            max_messages=config.max_messages,
            skip_gone=config.skip_gone,
            stop=lambda: time.monotonic() > until,
        )
        context.log.info(f"{done.messages:,} messages, {done.rejected} rejected, {done.commits} commits")
    except AirTrafficError as error:
        failure = error
    # Also after a failure: what was committed before it is in the lake, and Dagster has to know.
    for day, rows in sorted(days_touched(lake, reported.until()).items()):
        if DAILY.has_partition_key(day.strftime(DAY_KEY)):
            for name in ("flights_raw", "operator_events"):
                yield _event(name, day, {"route": "operator_events", "rows_added": rows})
    if done.rejected:
        yield _event("rejected_flights", now.date(), {"rows_added": done.rejected})
    reported.move(now)
    if failure:
        raise failure
    yield _event("route_performance_live", now.date(), live_day(lake, now.date(), now))


def _event(name: str, day: date, metadata: dict) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(name, partition=day.strftime(DAY_KEY), metadata=metadata)


@dg.job(
    name=JOB,
    executor_def=dg.in_process_executor,
    tags={"airtraffic/ingest": "operator_events"},
    description="From the operator's topic to flights_raw, each message once, and on to the routes of the last "
    "24 hours.",
)
def ingest_operator_events() -> None:
    operator_events_to_lake.alias(JOB)()
