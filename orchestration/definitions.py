"""The one code location: everything that exists, with its resources.

Loading it reads the environment and dbt's manifest, and touches neither network nor broker.
"""

import os

import dagster as dg

from airtraffic.settings import Settings
from assets import (
    bronze,
    capacity_report,
    cluster_day,
    clusters,
    congestion,
    congestion_search,
    daily_counts,
    daily_demand,
    demand_forecast,
    demand_models,
    denstream_sweep,
    features,
    flights,
    flights_raw,
    forecast_report,
    maintenance,
    opensky_flights,
    operator_database,
    operator_events,
    reports,
    routes,
    saturation_forecast,
    seasonal,
    sector_findings,
    sectors,
    silver,
    track_flights,
    what_if,
)
from assets.checks import CHECKS
from orchestration import clock, congestion_clock, forecast_clock
from orchestration.automation import automation
from orchestration.resources.inbox import InboxResource
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.resources.opensky import OpenSkyResource
from orchestration.resources.operator_database import OperatorDatabaseResource
from orchestration.resources.reports import ReportsResource
from sensors.forecast_drift import retrain_on_drift
from sensors.inbox import dropped_files
from sensors.kafka import kafka_state_vectors
from sensors.opensky_flights import opensky_flights_of_yesterday
from sensors.operator_database import operator_rows
from sensors.operator_events import kafka_operator_events

_EXECUTORS = {
    "in_process": dg.in_process_executor,
    "multiprocess": dg.multiprocess_executor.configured(
        {"start_method": {"forkserver": {"preload_modules": ["orchestration.definitions"]}}}
    ),
}
_settings = Settings.from_env(os.environ)


def _operator_database() -> str:
    """By the name of its variable where that is set: Dagster's pages show what resources are configured with."""
    name = "AIRTRAFFIC_OPERATOR_DATABASE"
    return dg.EnvVar(name) if os.environ.get(name) else _settings.operator_database


defs = dg.Definitions(
    assets=[
        *bronze.TABLES,
        *flights_raw.TABLES,
        daily_counts.daily_counts,
        operator_events.operator_events,
        *dg.load_assets_from_modules(
            [
                silver,
                features,
                clusters,
                cluster_day,
                congestion,
                reports,
                track_flights,
                flights,
                sectors,
                sector_findings,
                capacity_report,
                routes,
                daily_demand,
                demand_models,
                demand_forecast,
                seasonal,
                saturation_forecast,
                forecast_report,
                operator_events,
                maintenance,
            ]
        ),
    ],
    asset_checks=CHECKS,
    jobs=[
        bronze.ingest_kafka,
        denstream_sweep.denstream_sweep,
        congestion_search.congestion_search,
        what_if.what_if_job,
        flights.ingest_flight_files,
        opensky_flights.ingest_opensky_flights,
        operator_events.ingest_operator_events,
        operator_database.ingest_operator_database,
        clock.hours,
        clock.days,
        clock.maintenance,
        congestion_clock.congestion_models_job,
        forecast_clock.demand_training,
        forecast_clock.demand_forecasts,
    ],
    schedules=[
        clock.closed_hour,
        clock.closed_day,
        clock.nightly_maintenance,
        congestion_clock.nightly_congestion_training,
        forecast_clock.daily_forecast,
        forecast_clock.weekly_training,
    ],
    sensors=[
        kafka_state_vectors,
        kafka_operator_events,
        dropped_files,
        operator_rows,
        opensky_flights_of_yesterday,
        retrain_on_drift,
        automation,
    ],
    resources={
        "lake": LakeResource(root=_settings.lake),
        "inbox": InboxResource(root=_settings.inbox),
        "kafka": KafkaResource.from_settings(_settings),
        "mlflow": MlflowResource(
            tracking_uri=_settings.mlflow, artifacts=_settings.mlflow_artifacts, ui=_settings.mlflow_ui
        ),
        "operator_database": OperatorDatabaseResource(url=_operator_database()),
        "opensky": OpenSkyResource(),
        "reports": ReportsResource(root=_settings.reports),
    },
    executor=_EXECUTORS[_settings.executor],
)
