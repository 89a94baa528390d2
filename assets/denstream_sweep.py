"""The job that tries parameters of the clusters on a day and says which are best."""

import json
import os

import dagster as dg

from airtraffic.cluster_score import RULE
from airtraffic.settings import Settings
from orchestration.clusters import middle
from orchestration.denstream_sweep import SWEPT, SweepConfig, Swept, Tried, sweep
from orchestration.mlflow_runs import DAGSTER_RUN
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource

JOB = "denstream_sweep"
_COLUMNS = {
    "epsilon_nm": "Greatest radius of a micro-cluster [NM]",
    "half_life_min": "Half-life of a position [min]",
    "aircraft_in_core": "Aircraft that a core micro-cluster holds [aircraft]",
    "potential_weight_min": "Weight from which a micro-cluster lasts [aircraft-minutes]",
    "within_bounds": "1: neither nearly all noise nor chained into one [1]",
    "score": "By the rule of airtraffic.cluster_score [1]",
    "clusters": "Clusters, mean of the hours [clusters]",
    "noise_share": "Share of positions in no cluster, mean of the hours [1]",
    "biggest_share": "Share of the biggest cluster, mean of the hours [1]",
    "ami_dbscan": "Adjusted mutual information with DBSCAN, mean of the hours [1]",
    "stability": "Adjusted Rand index with the hour before, mean of the hours [1]",
    "silhouette": "Silhouette, mean of the hours; no part of the score [1]",
}


@dg.op(
    out=dg.Out(dg.Nothing),
    description=f"Every combination of the configured values, an MLflow run each, and the best of them. {RULE}",
)
def try_parameters(
    context: dg.OpExecutionContext, config: SweepConfig, lake: LakeResource, mlflow: MlflowResource
) -> None:
    def told(tried: Tried) -> None:
        context.log.info(f"{tried.parameters.to_json()}: score {tried.score:.3f}")

    centre = middle(Settings.from_env(os.environ).box)
    swept = sweep(lake, mlflow, config, centre, {DAGSTER_RUN: context.run_id}, told)
    best = swept.best
    url = mlflow.run_url(swept.experiment_id, swept.run_id)
    context.log.info(
        f"best of {len(swept.tried)}: score {best.score:.3f} with {best.parameters.to_json()}"
        f"{'' if best.within_bounds else ', but nothing was within the bounds'}; all of them: {url}. {RULE}"
    )
    context.add_output_metadata(
        {
            "best": dg.MetadataValue.json(json.loads(best.parameters.to_json())),
            "best_score": best.score,
            "within_bounds": best.within_bounds,
            "rule": RULE,
            "combinations": _table(swept),
            "mlflow_run": dg.MetadataValue.url(url),
        }
    )


def _table(swept: Swept) -> dg.TableMetadataValue:
    """The combinations, the best first."""
    rows = []
    for each in swept.ranked:
        values = dict(each.numbers())
        values |= {name: getattr(each.parameters, name) for name in SWEPT}
        rows.append(dg.TableRecord({name: _shown(values.get(name)) for name in _COLUMNS}))
    schema = dg.TableSchema([dg.TableColumn(name, "float", text) for name, text in _COLUMNS.items()])
    return dg.MetadataValue.table(rows, schema)


def _shown(value: float | None) -> float | str:
    return "" if value is None else round(float(value), 4)


@dg.job(
    name=JOB,
    executor_def=dg.in_process_executor,
    description="Tries a grid of parameters of the clusters on hours of one day and logs all of it to MLflow; "
    "changes nothing in the lake.",
)
def denstream_sweep() -> None:
    try_parameters.alias(JOB)()
