"""Has the operator's database changed?"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.operator_database import waiting
from orchestration.resources.lake import LakeResource
from orchestration.resources.operator_database import OperatorDatabaseResource
from sensors.in_flight import run_in_flight

JOB = "ingest_operator_database"


@dg.sensor(
    job_name=JOB,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a run when the operator's database has rows that the lake has not. Fails, visibly, when "
    "it does not answer.",
)
def operator_rows(
    context: dg.SensorEvaluationContext, lake: LakeResource, operator_database: OperatorDatabaseResource
) -> dg.RunRequest | dg.SkipReason:
    name = operator_database.name
    if not operator_database.there:
        return dg.SkipReason(
            f"there is no {name}; set AIRTRAFFIC_OPERATOR_DATABASE to the operator's database"
        )
    running = run_in_flight(context.instance, datetime.now(UTC), JOB)
    if running:
        return dg.SkipReason(f"run {running} of {JOB} is in flight")
    new = waiting(lake, operator_database)
    if not new:
        return dg.SkipReason(f"{name} has nothing that the lake has not")
    return dg.RunRequest(tags={"airtraffic/rows": str(new)})
