"""Do the forecasts still hold, or is it time to train?"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from airtraffic.demand_tables import FORECAST_ACCURACY
from orchestration.demand_forecast import trained_days
from orchestration.forecast_accuracy import read_drift
from orchestration.forecast_clock import TRAINING_ASSETS
from orchestration.partitions import DAY_KEY
from orchestration.resources.lake import LakeResource
from orchestration.sectors import days_with_rows
from sensors.in_flight import run_in_flight

JOB = "demand_training"
RECENT_DAYS = 7
"""Accuracy that is older says nothing of today's forecasts. [d]"""
DEAD_AFTER = timedelta(hours=6)


@dg.sensor(
    job_name=JOB,
    minimum_interval_seconds=1800,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a training when the forecasts of the last one, of up to 28 days, do not hold.",
)
def retrain_on_drift(
    context: dg.SensorEvaluationContext, lake: LakeResource
) -> dg.RunRequest | dg.SkipReason:
    return due(context.instance, lake, datetime.now(UTC))


def due(instance: dg.DagsterInstance, lake: LakeResource, now: datetime) -> dg.RunRequest | dg.SkipReason:
    """A training up to yesterday, or why none is asked for."""
    yesterday = now.date() - timedelta(days=1)
    days = days_with_rows(
        lake, FORECAST_ACCURACY.name, [yesterday - timedelta(days=n) for n in range(RECENT_DAYS)]
    )
    if not days:
        return dg.SkipReason(f"no forecast of the {RECENT_DAYS} days up to {yesterday} has met what came")
    latest, trained = max(days), trained_days(lake)
    # Those of earlier models do not come true by a training, and would ask for one every day for four weeks.
    found = read_drift(lake, latest, trained[-1] if trained else None)
    if found.holds:
        return dg.SkipReason(f"the forecasts hold, as of {latest}: {found.sentence()}")
    if running := run_in_flight(instance, now, JOB, DEAD_AFTER):
        return dg.SkipReason(f"run {running} of {JOB} is in flight")
    key = yesterday.strftime(DAY_KEY)
    return dg.RunRequest(
        run_key=f"drift {key}",
        partition_key=key,
        asset_selection=[dg.AssetKey(name) for name in TRAINING_ASSETS],
        tags={"airtraffic/drift": found.sentence()},
    )
