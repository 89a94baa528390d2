"""Is there a day whose flights OpenSky should be asked for?"""

import os
from datetime import UTC, datetime, timedelta

import dagster as dg

from airtraffic.settings import Settings
from orchestration.opensky_flights import WINDOWS, NotBefore, windows_done
from orchestration.resources.lake import LakeResource
from orchestration.resources.opensky import OpenSkyResource
from sensors.in_flight import run_in_flight

JOB = "ingest_opensky_flights"
READY = timedelta(hours=6)
"""How long after midnight OpenSky's nightly batch is taken to be there."""
DAYS_BACK = 3
"""Days that are made up for after an outage."""
DEAD_AFTER = timedelta(hours=1)


@dg.sensor(
    job_name=JOB,
    minimum_interval_seconds=600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for yesterday's flights from OpenSky once its nightly batch is there, and not before the "
    "account may ask again.",
)
def opensky_flights_of_yesterday(
    context: dg.SensorEvaluationContext, lake: LakeResource, opensky: OpenSkyResource
) -> dg.RunRequest | dg.SkipReason:
    if not Settings.from_env(os.environ).opensky_flights:
        return dg.SkipReason("OpenSky's flights are not asked for: AIRTRAFFIC_OPENSKY_FLIGHTS is not on")
    return due(context.instance, lake, opensky.account, datetime.now(UTC))


def due(
    instance: dg.DagsterInstance, lake: LakeResource, account: str, now: datetime
) -> dg.RunRequest | dg.SkipReason:
    """The oldest of the last days that is not whole, or why nothing is asked now."""
    allowed = NotBefore(instance, account).read()
    if now < allowed:
        return dg.SkipReason(f"OpenSky may not be asked for flights before {allowed:%Y-%m-%d %H:%M:%S} UTC")
    if running := run_in_flight(instance, now, JOB, DEAD_AFTER):
        return dg.SkipReason(f"run {running} of {JOB} is in flight")
    yesterday = (now - READY).date() - timedelta(days=1)
    for back in reversed(range(DAYS_BACK)):
        day = yesterday - timedelta(days=back)
        windows = windows_done(lake, day)
        if windows < WINDOWS:
            # No run_key: a failed run must not keep its day from being tried again.
            return dg.RunRequest(
                partition_key=str(day), tags={"airtraffic/windows_left": str(WINDOWS - windows)}
            )
    return dg.SkipReason(f"the flights of {yesterday} and the days before it are in the lake")
