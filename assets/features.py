"""Features: what aircraft do, how dense traffic is and what an hour sums up to, in SQL by dbt."""

from collections.abc import Iterator

import dagster as dg

from orchestration.automation import HOURLY_EAGER
from orchestration.dbt import DataTest, FeatureError, FeatureResult, build_features, read_manifest
from orchestration.dbt_specs import feature_checks, feature_specs
from orchestration.described import LIVE, OWNERS
from orchestration.partitions import HOURLY, hour_key, hours_by_day
from orchestration.resources.lake import LakeResource

_manifest = read_manifest()


@dg.multi_asset(
    # Silver of the same hour is all they wait for: late rows make silver's next hour again too, and with it theirs.
    specs=feature_specs(
        _manifest,
        partitions_def=HOURLY,
        owners=OWNERS,
        automation_condition=HOURLY_EAGER,
        freshness_policy=LIVE,
    ),
    check_specs=feature_checks(_manifest),
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def features(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    models = sorted(key.to_user_string() for key in context.selected_asset_keys)
    tests: list[DataTest] = []
    for hours in hours_by_day(context.partition_keys):
        try:
            made = build_features(lake, hours, models, log=context.log)
        except FeatureError as error:
            tests += error.result.tests if error.result else []
            yield from _checks(context, tests)
            raise
        tests += made.tests
        for model, hour, metadata in features_hours(made):
            context.add_asset_metadata(metadata, asset_key=model, partition_key=hour_key(hour))
    yield from (dg.MaterializeResult(asset_key=model) for model in models)
    yield from _checks(context, tests)


def features_hours(made: FeatureResult) -> Iterator[tuple]:
    """Model, hour and metadata of each partition that a run has made."""
    for model, rows in made.rows.items():
        for hour, count in rows.items():
            yield model, hour, {"dagster/partition_row_count": count, "run_s": round(made.wall_s, 3)}


def _checks(context: dg.AssetExecutionContext, tests: list[DataTest]) -> Iterator[dg.AssetCheckResult]:
    """One result for each test, of all the days it ran over."""
    for key in sorted(context.selected_asset_check_keys):
        ran = [
            test for test in tests if (test.model, test.name) == (key.asset_key.to_user_string(), key.name)
        ]
        if not ran:
            continue
        failed = [test for test in ran if not test.passed]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not failed,
            severity=_SEVERITIES[ran[0].severity],
            metadata={"days": len(ran), "rows_breaking_it": sum(test.failures for test in failed)},
        )


_SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}
