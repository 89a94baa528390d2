"""A day of clusters, as a row, a run and a model."""

from datetime import date, timedelta
from typing import Any

import dagster as dg
import polars as pl

from airtraffic.cluster_tables import CLUSTER_DAY
from airtraffic.report.texts import Texts
from orchestration.automation import DAILY_EAGER
from orchestration.cluster_day import MODEL, MadeDay, make_cluster_day
from orchestration.described import NIGHTLY, described, picture
from orchestration.mlflow_runs import DAGSTER_RUN
from orchestration.partitions import DAILY, so_far
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource


@dg.asset(
    **described(
        CLUSTER_DAY,
        DAILY,
        {"mlflow"},
        NIGHTLY,
        "What the hourly clusters of a day come to, with the MLflow run that holds their parameters and quality "
        "and the registered version of the model that tells the cluster of a position.",
    ),
    deps=so_far("cluster_snapshots", "cluster_members", "cluster_quality"),
    automation_condition=DAILY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def cluster_day(context: dg.AssetExecutionContext, lake: LakeResource, mlflow: MlflowResource) -> None:
    for key in context.partition_keys:
        day = date.fromisoformat(key)
        made = make_cluster_day(lake, mlflow, day, {DAGSTER_RUN: context.run.run_id})
        metadata = _metadata(made, mlflow) | {"last_30_days": _last_days(lake, day)}
        context.add_asset_metadata(metadata, partition_key=key)


def _last_days(lake: LakeResource, day: date) -> dg.MetadataValue:
    from airtraffic.report.cluster_days import DAYS, cluster_days

    where = [("date", ">", day - timedelta(days=DAYS)), ("date", "<=", day)]
    rows = pl.DataFrame(pl.from_arrow(lake.read("cluster_day", where=where)))
    return picture(cluster_days(rows, day, Texts("en")), f"clusters of {DAYS} days up to {day}")


def _metadata(made: MadeDay, mlflow: MlflowResource) -> dict[str, Any]:
    if made.row is None:
        return {"dagster/partition_row_count": 0}
    shown = ("hours", "clusters_mean", "noise_share", "biggest_share", "agreement", "positions", "coverage")
    recorded = made.recorded
    return {
        "dagster/partition_row_count": 1,
        **{name: made.row[name] for name in shown if made.row[name] is not None},
        "sources": ", ".join(made.row["sources"]) or "none",
        "mlflow_run": dg.MetadataValue.url(mlflow.run_url(recorded.experiment_id, recorded.run_id)),
        "mlflow_model": dg.MetadataValue.url(mlflow.version_url(MODEL, recorded.version)),
        "mlflow_run_reused": recorded.reused,
        "superseded_runs": made.superseded,
    }
