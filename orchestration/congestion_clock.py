"""When models of congestion are trained."""

from datetime import timedelta

import dagster as dg

from orchestration.congestion_models import MODEL_TABLES
from orchestration.partitions import DAY_KEY
from orchestration.resources.lake import LakeResource
from orchestration.sectors import days_with_rows

congestion_models_job = dg.define_asset_job(
    "congestion_training",
    selection=dg.AssetSelection.assets(*MODEL_TABLES),
    description="Trains the models of congestion on the positions of the days up to one, judges them, and looks "
    "whether the forecasts of that day held.",
)


@dg.schedule(
    job=congestion_models_job,
    cron_schedule="30 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Trains the models of congestion on the days up to yesterday.",
)
def nightly_congestion_training(
    context: dg.ScheduleEvaluationContext, lake: LakeResource
) -> dg.RunRequest | dg.SkipReason:
    day = (context.scheduled_execution_time - timedelta(days=1)).date()
    if not days_with_rows(lake, "state_vectors", [day]):
        return dg.SkipReason(f"no traffic on {day:{DAY_KEY}}")
    key = day.strftime(DAY_KEY)
    return dg.RunRequest(run_key=key, partition_key=key)
