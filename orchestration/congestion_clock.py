"""When models of congestion are trained."""

from datetime import date

import dagster as dg

from orchestration.clock import of_yesterday
from orchestration.congestion_models import MODEL_TABLES
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
    def why_not(day: date) -> str | None:
        return None if days_with_rows(lake, "state_vectors", [day]) else f"no traffic on {day}"

    return of_yesterday(context, why_not)
