"""Checks of every partition that is made."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from airtraffic.settings import Settings
from orchestration.check_clusters import (
    check_cluster_members,
    check_cluster_quality,
    check_cluster_snapshots,
    check_hotspots,
)
from orchestration.check_congestion import check_congestion_models
from orchestration.check_demand import DEMAND_IS_SOUND, check_daily_demand
from orchestration.check_flights import check_flights, check_flights_quality
from orchestration.check_tables import (
    Finding,
    check_daily_completeness,
    check_flight_states,
    check_poll_coverage,
    check_state_vectors,
    check_state_vectors_daily,
)
from orchestration.forecast_accuracy import CHECK as FORECASTS_HOLD
from orchestration.forecast_accuracy import check_forecast_accuracy
from orchestration.partitions import DAILY, DAY_KEY, HOURLY, hour_key, hours_by_day
from orchestration.resources.lake import LakeResource

Check = Callable[[LakeResource, Settings, Sequence], Iterator[Finding]]
WARNINGS = {
    "positions_inside_the_box",
    "coverage_above_threshold",
    "day_is_whole",
    "noise_within_bounds",
    "biggest_cluster_within_bounds",
    "congestion_forecast_holds",
    FORECASTS_HOLD,
}
"""Facts about the traffic or its reception; the others are faults of the platform."""

_DAYS_AT_ONCE = 31
_FAULTS_SHOWN = 3

_HOURLY: dict[str, tuple[Check, dict[str, str]]] = {
    "state_vectors": (
        check_state_vectors,
        {
            "rows_conserved": "As many rows as bronze has distinct (icao24, snapshot_at), and the same ones.",
            "no_aircraft_twice_in_a_snapshot": "One row per aircraft and snapshot.",
            "positions_inside_the_box": "No position lies outside the configured box.",
        },
    ),
    "poll_coverage": (
        check_poll_coverage,
        {"coverage_above_threshold": "The share of expected polls that came is not below the threshold."},
    ),
    "flight_states": (
        check_flight_states,
        {"rows_equal_silver": "As many rows of features as state_vectors has."},
    ),
    "cluster_snapshots": (
        check_cluster_snapshots,
        {"micro_clusters_are_sound": "No micro-cluster stands twice or is wider than epsilon."},
    ),
    "cluster_members": (
        check_cluster_members,
        {"positions_conserved": "Every counted position of state_vectors is a member, or noise, once."},
    ),
    "cluster_quality": (
        check_cluster_quality,
        {
            "noise_within_bounds": "The share of positions in no cluster is neither nearly everything nor nearly nothing.",
            "biggest_cluster_within_bounds": "The biggest cluster is not a chain of most traffic.",
        },
    ),
    "hotspots": (
        check_hotspots,
        {"hotspots_are_sound": "Polygons are polygons, shares lie between 0 and 1, ranks have no gaps."},
    ),
}
_DAILY: dict[str, tuple[Check, dict[str, str]]] = {
    "congestion_models": (
        check_congestion_models,
        {
            "congestion_forecast_holds": "Of the forecasts of this day, most counts came inside of their intervals, and "
            "the error was no greater than that of the last count."
        },
    ),
    "state_vectors_daily": (
        check_state_vectors_daily,
        {"rows_conserved": "As many rows as the hours of state_vectors have."},
    ),
    "daily_completeness": (
        check_daily_completeness,
        {"day_is_whole": "All 24 hours are there and none is below the coverage threshold."},
    ),
    "flights": (check_flights, {"no_flight_twice": "One row per flight_id."}),
    "flights_quality": (
        check_flights_quality,
        {
            "every_row_has_one_fate": "As many rows as flights_raw has, each counted once by what became of it."
        },
    ),
    "forecast_accuracy": (
        check_forecast_accuracy,
        {
            FORECASTS_HOLD: "Over 28 days, 1 to 7 days ahead, 85 % of what came lies in the 95 % interval and the error "
            "is at most 1.1 of the seasonal naive's; under 7 days nothing is said."
        },
    ),
}


def evaluations(
    instance: dg.DagsterInstance,
    lake: LakeResource,
    asset: str,
    partitions: Sequence[datetime] | Sequence[date],
) -> Iterator[dg.AssetCheckEvaluation]:
    """An evaluation of every check of an asset for each partition; hours of one day, or days."""
    check, _ = (_HOURLY | _DAILY)[asset]
    keys = {partition: _partition_key(partition) for partition in partitions}
    targets = _latest_materializations(instance, dg.AssetKey(asset), list(keys.values()))
    for finding in check(lake, Settings.from_env(os.environ), partitions):
        key = keys[finding.partition]
        yield dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(asset),
            check_name=finding.check,
            passed=finding.passed,
            severity=dg.AssetCheckSeverity.WARN if finding.check in WARNINGS else dg.AssetCheckSeverity.ERROR,
            description=finding.description,
            metadata=finding.metadata,
            partition=key,
            target_materialization_data=targets.get(key),
        )


def _partition_key(partition: datetime | date) -> str:
    return hour_key(partition) if isinstance(partition, datetime) else partition.strftime(DAY_KEY)


def _latest_materializations(
    instance: dg.DagsterInstance, asset: dg.AssetKey, keys: list[str]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    ids = instance.event_log_storage.get_latest_storage_id_by_partition(
        asset, dg.DagsterEventType.ASSET_MATERIALIZATION, partitions=set(keys)
    )
    if not ids:
        return {}
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=asset, storage_ids=list(ids.values())), limit=len(ids)
    )
    return {
        record.partition_key: AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
        for record in found.records
    }


def batched(days: list[date]) -> list[list[date]]:
    """Days of a run over a range, a month of them at a time."""
    return [days[first : first + _DAYS_AT_ONCE] for first in range(0, len(days), _DAYS_AT_ONCE)]


def _definition(asset: str, checks: dict[str, str], hourly: bool) -> dg.AssetChecksDefinition:
    specs = {
        name: dg.AssetCheckSpec(
            name, asset=asset, description=description, partitions_def=HOURLY if hourly else DAILY
        )
        for name, description in checks.items()
    }

    # A run over a range has no partition of its own: each partition gets its evaluation by name.
    @dg.multi_asset_check(name=f"check_{asset}", specs=list(specs.values()), can_subset=True)
    def check(context: dg.AssetCheckExecutionContext, lake: LakeResource):
        selected = {key.name for key in context.selected_asset_check_keys}
        keys = context.op_execution_context.partition_keys
        chunks = hours_by_day(keys) if hourly else batched([date.fromisoformat(key) for key in keys])
        for chunk in chunks:
            for evaluation in evaluations(context.instance, lake, asset, chunk):
                if evaluation.check_name in selected:
                    yield evaluation
        for name in selected:
            yield dg.Output(None, output_name=specs[name].get_python_identifier())

    return check


@dg.asset_check(
    asset="daily_demand",
    name=DEMAND_IS_SOUND,
    description="Each series once, none negative, all flights of the day in the network's count, and every published "
    "count one that was read; one answer for all days of a run, which may be those of years.",
)
def check_demand(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    days = [date.fromisoformat(key) for key in context.op_execution_context.partition_keys]
    found = list(check_daily_demand(lake, days))
    faults = [finding for finding in found if not finding.passed]
    return dg.AssetCheckResult(
        passed=not faults,
        description=f"{len(faults):,} of {len(found):,} days are wrong"
        + "".join(f"; {finding.partition}: {finding.description}" for finding in faults[:_FAULTS_SHOWN]),
        metadata={"days": len(found), "days_wrong": len(faults)},
    )


CHECKS = [
    *(
        _definition(asset, checks, hourly=grid is _HOURLY)
        for grid in (_HOURLY, _DAILY)
        for asset, (_, checks) in grid.items()
    ),
    check_demand,
]
