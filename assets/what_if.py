"""The job that forecasts a series otherwise, and shows it beside the champion's forecast."""

import dagster as dg
import polars as pl

from orchestration.code_version import code_version
from orchestration.described import picture
from orchestration.mlflow_runs import DAGSTER_RUN
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.resources.reports import ReportsResource
from orchestration.sectors import load_sectors
from orchestration.what_if import file_name, log_what_if, numbers, run_tags, what_if
from orchestration.what_if_config import WhatIfConfig

JOB = "what_if"
_COLUMNS = {
    "target_date": "Day that is forecast [UTC]",
    "mean": "The champion's forecast [1/d]",
    "lower": "Lower end of its 95 % interval [1/d]",
    "upper": "Upper end of it [1/d]",
    "other_mean": "This forecast [1/d]",
    "other_lower": "Lower end of its 95 % interval [1/d]",
    "other_upper": "Upper end of it [1/d]",
    "mean_percent": "How far this forecast lies above the champion's [%]",
}


@dg.op(
    out=dg.Out(dg.Nothing),
    description="A forecast with other parameters or another demand beside the champion's, and the saturation of "
    "sectors that follows: a page, a picture, a run in MLflow. Nothing that is published changes.",
)
def forecast_otherwise(
    context: dg.OpExecutionContext,
    config: WhatIfConfig,
    lake: LakeResource,
    mlflow: MlflowResource,
    reports: ReportsResource,
) -> None:
    from airtraffic.report.png import png
    from airtraffic.report.what_if_page import WhatIfTexts, what_if_page, what_if_picture

    sectors = load_sectors()
    if config.model != "champion":
        context.log.info(
            f"{config.model} is tried on the weeks of the last year and trained: seconds to a minute"
        )
    made = what_if(lake, config, sectors)
    names = {sector.id: sector.called(config.language) for sector in sectors.on(made.day)}
    asked = {"model": config.model, "growth_percent": config.growth_percent} | config.parameters
    page = what_if_page(made, config.kind, config.series, asked, config.language, names)
    path = reports.write(file_name(config, context.run_id), page)
    tags = run_tags(lake, code_version()) | {DAGSTER_RUN: context.run_id}
    url = log_what_if(mlflow, config, made, page, tags)
    told = numbers(made)
    context.log.info(f"{', '.join(f'{name} {value:.4g}' for name, value in told.items())}; {path}; {url}")
    drawn = png(what_if_picture(made.known, made.beside, WhatIfTexts(config.language)), dpi=80)
    context.add_output_metadata(
        {
            **told,
            "page": dg.MetadataValue.path(path),
            "mlflow_run": dg.MetadataValue.url(url),
            "champion": made.champion["model"][0],
            "picture": picture(drawn, f"{config.kind} {config.series}, {config.day}"),
            "forecast": _table(made.beside),
        }
    )


def _table(beside: pl.DataFrame) -> dg.TableMetadataValue:
    rows = [
        dg.TableRecord(
            {
                name: str(row[name]) if name == "target_date" else round(row[name] or 0.0, 2)
                for name in _COLUMNS
            }
        )
        for row in beside.iter_rows(named=True)
    ]
    columns = [
        dg.TableColumn(name, "string" if name == "target_date" else "float", text)
        for name, text in _COLUMNS.items()
    ]
    return dg.MetadataValue.table(rows, dg.TableSchema(columns))


@dg.job(
    name=JOB,
    executor_def=dg.in_process_executor,
    description="Asks what a forecast would be with other hyper-parameters or with more or fewer flights; the lake is "
    "only read.",
)
def what_if_job() -> None:
    forecast_otherwise.alias(JOB)()
