"""Is there anything new on the operator's topic, or have its last 24 hours moved on?"""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow.compute as pc

from airtraffic.errors import TopicMissingError
from orchestration.ingest import lag
from orchestration.operator_feed import OPERATOR_EVENTS_FEED
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from sensors.in_flight import run_in_flight

JOB = "ingest_operator_events"
MOVED_ON = timedelta(minutes=15)
"""How old the last 24 hours may get while no event comes."""


@dg.sensor(
    job_name=JOB,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a run when the operator's topic holds messages that the lake does not, or when the last "
    "24 hours of routes are a quarter of an hour old.",
)
def kafka_operator_events(
    context: dg.SensorEvaluationContext, lake: LakeResource, kafka: KafkaResource
) -> dg.RunRequest | dg.SkipReason:
    if not kafka.bootstrap_servers:
        return dg.SkipReason("no Kafka broker is configured: KAFKA_BOOTSTRAP_SERVERS is not set")
    now = datetime.now(UTC)
    running = run_in_flight(context.instance, now, JOB)
    if running:
        return dg.SkipReason(f"run {running} of {JOB} is in flight")
    try:
        waiting = sum(lag(lake, kafka, OPERATOR_EVENTS_FEED).values())
    except TopicMissingError as error:
        return dg.SkipReason(f"no operator sends events here: {error}")
    # No run_key: one made of offsets would keep a failed run from being tried again.
    if waiting:
        return dg.RunRequest(tags={"airtraffic/messages": str(waiting)})
    if _moved_on(lake, now):
        return dg.RunRequest(tags={"airtraffic/messages": "0"})
    return dg.SkipReason("nothing new on the operator's topic")


def _moved_on(lake: LakeResource, now: datetime) -> bool:
    """Whether the last rows, of today or yesterday, are old: without any there is nothing to renew."""
    if not lake.exists("route_performance_live"):
        return False
    days = [now.date(), now.date() - timedelta(days=1)]
    newest = pc.max(lake.read("route_performance_live", ["as_of"], [("date", "in", days)])["as_of"]).as_py()
    return newest is not None and now - newest > MOVED_ON
