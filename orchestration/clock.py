"""Clock work: what happens because a minute has come, not because data has."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time

import dagster as dg

from orchestration.clusters import CLUSTER_HOUR_TABLES
from orchestration.congestion import HOUR_TABLES
from orchestration.partitions import DAY_KEY, hour_key
from orchestration.refresh import BRONZE, DAY, HOUR

HOURLY_ASSETS = (
    "state_vectors",
    "poll_coverage",
    "flight_states",
    "traffic_density",
    "hourly_traffic",
    *CLUSTER_HOUR_TABLES,
    "hotspots",
    *HOUR_TABLES,
)
DAILY_ASSETS = ("state_vectors_daily", "daily_completeness", "cluster_day", "daily_report")

hours = dg.define_asset_job(
    "hours",
    selection=dg.AssetSelection.assets(*HOURLY_ASSETS),
    description="Silver, features, clusters, hotspots and forecasts of congestion of an hour, or of a span of hours.",
)
days = dg.define_asset_job(
    "days", selection=dg.AssetSelection.assets(*DAILY_ASSETS), description="What is made of whole days."
)
maintenance = dg.define_asset_job(
    "maintenance",
    selection=dg.AssetSelection.assets("lake_maintenance"),
    description="Upkeep of the lake's tables.",
)


@dg.schedule(
    job=hours,
    cron_schedule="2 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Makes the hour that has closed once more, when its last messages are in.",
)
def closed_hour(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    hour = context.scheduled_execution_time.replace(minute=0, second=0, microsecond=0) - HOUR
    span = [hour - n * HOUR for n in range(24)]
    traffic = _materialized(context.instance, BRONZE, span)
    if not traffic:
        yield dg.SkipReason("no traffic in the last 24 hours: there is nothing to close and no gap to note")
        return
    if hour in traffic:
        yield dg.RunRequest(run_key=hour_key(hour), partition_key=hour_key(hour))
    # Hours without messages have no silver, but their gap is to be seen: also of those in which
    # nobody was there to note it.
    gone = (
        {each for each in span if each > min(traffic)}
        - traffic
        - _materialized(context.instance, ("poll_coverage",), span)
    )
    for missed in sorted(gone):
        yield dg.RunRequest(
            run_key=f"gap {hour_key(missed)}",
            partition_key=hour_key(missed),
            asset_selection=[dg.AssetKey("poll_coverage")],
        )


@dg.schedule(
    job=days,
    cron_schedule="15 0 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Makes the day that has ended: its compact file, its completeness and its report.",
)
def closed_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    def why_not(day: date) -> str | None:
        midnight = datetime.combine(day, time(), UTC)
        polled = _materialized(context.instance, BRONZE, [midnight + n * HOUR for n in range(24)])
        return None if polled else f"no traffic on {day}"

    return of_yesterday(context, why_not)


nightly_maintenance = dg.ScheduleDefinition(
    name="nightly_maintenance",
    job=maintenance,
    cron_schedule="40 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Upkeep of the lake's tables, in the quietest hours.",
)


def of_yesterday(
    context: dg.ScheduleEvaluationContext, why_not: Callable[[date], str | None]
) -> dg.RunRequest | dg.SkipReason:
    """A run for the day before a schedule's time, unless ``why_not`` says why there is nothing to do."""
    day = (context.scheduled_execution_time - DAY).date()
    if why := why_not(day):
        return dg.SkipReason(why)
    return dg.RunRequest(run_key=day.strftime(DAY_KEY), partition_key=day.strftime(DAY_KEY))


def _materialized(
    instance: dg.DagsterInstance, assets: Iterable[str], hours: Collection[datetime]
) -> set[datetime]:
    """Those of ``hours`` for which one of the assets was materialized."""
    keys = {hour_key(hour): hour for hour in hours}
    made = {
        key
        for name in assets
        for key in instance.event_log_storage.get_latest_storage_id_by_partition(
            dg.AssetKey(name), dg.DagsterEventType.ASSET_MATERIALIZATION, partitions=set(keys)
        )
    }
    return {keys[key] for key in made}
