"""The edge to dropped files: what waits, and for whom."""

from datetime import UTC, datetime

import dagster as dg

from airtraffic.providers import load_file_providers
from orchestration.flight_files import PROVIDERS
from orchestration.resources.inbox import InboxResource
from sensors.in_flight import run_in_flight

JOB = "ingest_files"


@dg.sensor(
    job_name=JOB,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a run when a file of flights or daily counts waits in the folder of a declared provider.",
)
def dropped_files(context: dg.SensorEvaluationContext, inbox: InboxResource) -> dg.RunRequest | dg.SkipReason:
    now = datetime.now(UTC)
    waiting = inbox.dropped(now)
    if not waiting:
        return dg.SkipReason(f"no file waits in {inbox.root}")
    known = load_file_providers(PROVIDERS)
    mine = [file for file in waiting if file.provider in known]
    if not mine:
        return dg.SkipReason(
            f"no provider of {', '.join(map(str, waiting[:5]))} is declared in config/providers.yaml; "
            f"there are {', '.join(sorted(known))}"
        )
    running = run_in_flight(context.instance, now, JOB)
    if running:
        return dg.SkipReason(f"run {running} of {JOB} is in flight")
    # No run_key made of names: a file may come again under its name, and a failed run is to be tried again.
    return dg.RunRequest(tags={"airtraffic/files": str(len(mine))})
