"""Is there anything new in Kafka?"""

import os
from datetime import UTC, datetime

import dagster as dg

from airtraffic.settings import Settings
from orchestration.ingest import lag
from orchestration.refresh import Progress
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from sensors.in_flight import run_in_flight

JOB = "ingest_kafka"


@dg.sensor(
    job_name=JOB,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a run when Kafka holds messages that the lake does not, or when hours wait for a "
    "refresh that is due. Fails, visibly, when Kafka has dropped messages that were never read.",
)
def kafka_state_vectors(
    context: dg.SensorEvaluationContext, lake: LakeResource, kafka: KafkaResource
) -> dg.RunRequest | dg.SkipReason:
    if not kafka.bootstrap_servers:
        return dg.SkipReason("no Kafka broker is configured: KAFKA_BOOTSTRAP_SERVERS is not set")
    now = datetime.now(UTC)
    running = run_in_flight(context.instance, now, JOB)
    if running:
        return dg.SkipReason(f"run {running} of {JOB} is in flight")
    # No run_key: one made of offsets would keep a failed run from being tried again.
    waiting = sum(lag(lake, kafka).values())
    if waiting:
        return dg.RunRequest(tags={"airtraffic/messages": str(waiting)})
    progress = Progress.load(context.instance, lake)
    if not progress.waiting(context.instance):
        return dg.SkipReason("nothing new in Kafka, and no hour waits for a refresh")
    refresh_s = Settings.from_env(os.environ).refresh_s
    if not progress.due(now, refresh_s):
        return dg.SkipReason(
            f"nothing new in Kafka; the refresh that waits is due {refresh_s:g} s after the last"
        )
    return dg.RunRequest(tags={"airtraffic/messages": "0"})
