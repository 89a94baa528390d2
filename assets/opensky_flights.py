"""The job that asks OpenSky for the flights of a day, and tells which days got some."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg

from airtraffic.errors import AirTrafficError
from airtraffic.geometry import BoundingBox
from airtraffic.settings import Settings
from collector.opensky_api import RateLimitedError
from orchestration.opensky_flights import Fetched, NotBefore, fetch_day
from orchestration.partitions import DAILY
from orchestration.resources.lake import LakeResource
from orchestration.resources.opensky import OpenSkyResource

JOB = "ingest_opensky_flights"


@dg.op(out={}, description="Asks OpenSky for a day's flights, two hours at a time, into flights_raw.")
def opensky_to_lake(
    context: dg.OpExecutionContext, lake: LakeResource, opensky: OpenSkyResource
) -> Iterator[dg.AssetMaterialization]:
    day = date.fromisoformat(context.partition_key)
    not_before = NotBefore(context.instance, opensky.account)
    allowed = not_before.read()
    if datetime.now(UTC) < allowed:
        raise dg.Failure(f"OpenSky may not be asked for flights before {allowed:%Y-%m-%d %H:%M:%S} UTC")
    box = BoundingBox(*Settings.from_env(os.environ).box)
    done, failure = Fetched(), None
    try:
        with opensky.api() as api:
            fetch_day(lake, api, day, box, lambda: datetime.now(UTC), done)
    except RateLimitedError as error:
        at = not_before.note(error, datetime.now(UTC))
        failure = f"{error}; the sensor asks again after {at:%Y-%m-%d %H:%M:%S} UTC"
    except AirTrafficError as error:
        failure = str(error)
    for touched in sorted(done.days):
        yield dg.AssetMaterialization(
            "flights_raw", partition=str(touched), metadata={"route": "opensky_flights"}
        )
    if done.rejected:
        yield dg.AssetMaterialization("rejected_flights", partition=str(datetime.now(UTC).date()))
    context.log.info(
        f"{done.windows} windows, {done.flights} flights, {done.rejected} rejected, {done.elsewhere} elsewhere, credits left: {done.credits_left}"
    )
    if failure:
        # Only now: what was committed before it is in the lake, and Dagster has to know. Dagster's own
        # retries would ask at once.
        raise dg.Failure(failure, allow_retries=False)


@dg.job(
    name=JOB,
    partitions_def=DAILY,
    executor_def=dg.in_process_executor,
    tags={"airtraffic/ingest": "opensky_flights"},
    description="OpenSky's flights of a day into flights_raw; windows that the lake has are not asked for again.",
)
def ingest_opensky_flights() -> None:
    opensky_to_lake.alias(JOB)()
