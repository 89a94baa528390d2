"""The job that tries hyper-parameters of the model of congestion on a day and says which are best."""

import dagster as dg

from orchestration.congestion_search import RULE, CongestionSearchConfig, search
from orchestration.mlflow_runs import DAGSTER_RUN
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource

JOB = "congestion_search"


@dg.op(
    out=dg.Out(dg.Nothing),
    description=f"The reference's grid of hyper-parameters, an MLflow run each. {RULE}",
)
def try_hyper_parameters(
    context: dg.OpExecutionContext, config: CongestionSearchConfig, lake: LakeResource, mlflow: MlflowResource
) -> None:
    found = search(lake, mlflow, config, {DAGSTER_RUN: context.run_id}, context.log.info)
    best, url = found.best, mlflow.run_url(found.experiment_id, found.run_id)
    told = {name: float(value) for name, value in best.parameters.items()}
    context.log.info(f"best of {len(found.tried)}: {told}, {best.vs_best:.3f} of the best baseline; {url}")
    records = [
        dg.TableRecord(
            {
                **{name: float(value) for name, value in each.parameters.items()},
                "epochs": each.epochs,
                "mae": round(each.mae, 4),
                "vs_best": round(each.vs_best, 4),
            }
        )
        for each in found.tried
    ]
    context.add_output_metadata(
        {
            "best": dg.MetadataValue.json(told),
            "best_vs_best_baseline": best.vs_best,
            "rule": RULE,
            "configurations": dg.MetadataValue.table(records),
            "mlflow_run": dg.MetadataValue.url(url),
        }
    )


@dg.job(
    name=JOB,
    executor_def=dg.in_process_executor,
    description="Tries hyper-parameters of the model of congestion on the positions of a day and logs all of it to "
    "MLflow; changes nothing in the lake.",
)
def congestion_search() -> None:
    try_hyper_parameters.alias(JOB)()
