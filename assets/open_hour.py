"""Silver, features and forecasts of congestion of the hours that wait for them, made by the run that brought their messages.

A run of their own would cost the open hour seconds for its process every time.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from airtraffic.settings import Settings
from assets.checks import evaluations
from assets.congestion import congestion_forecast_hours, congestion_grid_hours
from assets.features import features_hours
from assets.silver import poll_coverage_hours, state_vectors_hours
from orchestration.congestion import HOUR_TABLES
from orchestration.dbt import FEATURES, DataTest, build_features
from orchestration.partitions import hour_key, hours_by_day
from orchestration.refresh import HOUR, Progress, last_event, stale_hours
from orchestration.resources.lake import LakeResource

MADE = ("state_vectors", "poll_coverage", *FEATURES, *HOUR_TABLES)
HOURS_AT_ONCE = 6
"""More closed hours than this are left to automation: a long history must not hold up the open hour."""

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


def refresh(
    context: dg.OpExecutionContext, lake: LakeResource, progress: Progress, *, always: bool
) -> Iterator[Event]:
    """Make what waits, a day at a time, and record it hour by hour.

    What is not made here, because this run fails or because it is not due, waits for the next one.
    """
    now = datetime.now(UTC)
    if not always and not progress.due(now, Settings.from_env(os.environ).refresh_s):
        context.log.info("silver and features are not due yet")
        return
    newest = last_event(context.instance)
    hours = stale_hours(context.instance, MADE, after=progress.seen)
    if not hours:
        progress.save(context.instance, lake, seen=newest)
        return
    progress = progress.save(context.instance, lake, refreshed_at_s=now.timestamp())
    mine = hours if always else own_hours(hours, now)
    if len(mine) < len(hours):
        context.log.info(f"{len(hours) - len(mine)} closed hours are left to automation")
    for day in hours_by_day([hour_key(hour) for hour in mine]):
        yield from _refresh_day(context, lake, day, now)
    progress.save(context.instance, lake, seen=newest)


def own_hours(hours: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those of ``hours`` that the ingesting run makes itself: few of them, else the open one and the last."""
    if len(hours) <= HOURS_AT_ONCE:
        return list(hours)
    return [hour for hour in hours if hour + 2 * HOUR > now]


def _refresh_day(
    context: dg.OpExecutionContext, lake: LakeResource, hours: list[datetime], now: datetime
) -> Iterator[Event]:
    for asset, made in (
        ("state_vectors", state_vectors_hours(lake, hours)),
        ("poll_coverage", poll_coverage_hours(lake, hours, now)),
    ):
        for hour, metadata in made.items():
            yield _materialization(asset, hour, metadata)
        yield from evaluations(context.instance, lake, asset, hours)
    features = build_features(lake, hours, log=context.log)
    for asset, hour, metadata in features_hours(features):
        yield _materialization(asset, hour, metadata)
    yield from map(_evaluation, features.tests)
    yield from evaluations(context.instance, lake, "flight_states", hours)
    for hour, metadata in congestion_grid_hours(lake, hours).items():
        yield _materialization("congestion_grid", hour, metadata)
    for part, anew in by_closing(hours, now):
        for hour, metadata in congestion_forecast_hours(lake, part, anew=anew).items():
            yield _materialization("congestion_forecast", hour, metadata)


def by_closing(hours: Sequence[datetime], now: datetime) -> list[tuple[list[datetime], bool]]:
    """Closed hours, which are made as a whole, and open ones, of which only polls that are new; none that is empty."""
    closed = [hour for hour in hours if hour + HOUR <= now]
    opened = [hour for hour in hours if hour + HOUR > now]
    return [(part, anew) for part, anew in ((closed, True), (opened, False)) if part]


def _materialization(asset: str, hour: datetime, metadata: dict) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(asset, partition=hour_key(hour), metadata=metadata)


def _evaluation(test: DataTest) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(test.model),
        check_name=test.name,
        passed=test.passed,
        severity=dg.AssetCheckSeverity.WARN if test.severity == "warn" else dg.AssetCheckSeverity.ERROR,
        metadata={"rows_breaking_it": test.failures},
    )
