"""When daily demand is forecast and when its models are trained."""

from datetime import date, timedelta
from functools import partial

import dagster as dg

from orchestration.clock import of_yesterday
from orchestration.resources.lake import LakeResource
from orchestration.sectors import days_with_rows

TRAINING_ASSETS = ("demand_models", "demand_champions", "forecast_backtests")
SILENT_DAYS = 28
"""Days without any demand after which nothing is forecast or trained by the clock. [d]"""

demand_training = dg.define_asset_job(
    "demand_training",
    selection=dg.AssetSelection.assets(*TRAINING_ASSETS),
    description="Trains the models of daily demand on what is known up to a day, and chooses the champions.",
)
demand_forecasts = dg.define_asset_job(
    "demand_forecasts",
    selection=dg.AssetSelection.assets("demand_forecast"),
    description="Forecasts daily demand from a day on, or from each of a span of days.",
)


@dg.schedule(
    job=demand_forecasts,
    cron_schedule="10 1 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Forecasts daily demand from yesterday on.",
)
def daily_forecast(
    context: dg.ScheduleEvaluationContext, lake: LakeResource
) -> dg.RunRequest | dg.SkipReason:
    return of_yesterday(context, partial(silent, lake))


@dg.schedule(
    job=demand_training,
    cron_schedule="0 4 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Trains the models of daily demand on what is known up to Sunday.",
)
def weekly_training(
    context: dg.ScheduleEvaluationContext, lake: LakeResource
) -> dg.RunRequest | dg.SkipReason:
    return of_yesterday(context, partial(silent, lake))


def silent(lake: LakeResource, day: date) -> str | None:
    """Why there is nothing to forecast from on a day; None when there is."""
    weeks = [day - timedelta(days=n) for n in range(SILENT_DAYS)]
    if days_with_rows(lake, "daily_demand", weeks):
        return None
    return f"daily_demand has nothing of the {SILENT_DAYS} days up to {day}"
