"""Training of the daily models: what is published for whom, and how good it has been."""

import os
from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from airtraffic.demand_tables import DEMAND_CHAMPIONS, DEMAND_MODELS, FORECAST_BACKTESTS
from airtraffic.table import Table
from orchestration.demand_models import MODEL, MadeModels, make_demand_models, measured
from orchestration.described import WEEKLY, described, picture
from orchestration.mlflow_runs import DAGSTER_RUN
from orchestration.partitions import DAILY
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource

YEAR_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=-364, end_offset=0, allow_nonexistent_upstream_partitions=True
)
"""The year of a backtest; the history before it is looked at too, and is no reason to wait."""


class TrainingConfig(dg.Config):
    """Which days of a run are trained on, and with how many processes."""

    every_days: int = Field(
        7,
        ge=1,
        le=366,
        description="Of a run over several days only those are trained on that lie this far apart, Sundays with 7; "
        "the days between are left as they are. A run of one day trains on it. [d]",
    )
    refit_days: int = Field(
        91,
        ge=7,
        le=364,
        description="How often the candidates of the backtest learn anew; 364 takes half the time of 91, and blames them "
        "for what they could have learned meanwhile. [d]",
    )
    trees: int = Field(100, ge=10, le=1000, description="Of the forest; its time goes with them. [trees]")
    workers: int = Field(
        0, ge=0, le=64, description="Processes that train 12 series or more; 0: one for each core. [1]"
    )


def _spec(table: Table, kinds: set[str], purpose: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        table.name,
        deps=[dg.AssetDep("daily_demand", partition_mapping=YEAR_BEFORE)],
        **described(table, DAILY, kinds, WEEKLY, purpose),
    )


@dg.multi_asset(
    name="train_demand_models",
    specs=[
        _spec(
            DEMAND_MODELS,
            {"scikitlearn", "mlflow"},
            "Models of daily demand as trained on what was known up to a day, stored without any code.",
        ),
        _spec(DEMAND_CHAMPIONS, {"polars"}, "Which model is published for each series, and why."),
        _spec(
            FORECAST_BACKTESTS, {"polars"}, "Past errors of every candidate, of weekly forecasts over a year."
        ),
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def demand_models(
    context: dg.AssetExecutionContext, config: TrainingConfig, lake: LakeResource, mlflow: MlflowResource
) -> Iterator[dg.MaterializeResult]:
    days = [date.fromisoformat(key) for key in context.partition_keys]
    for day in training_days(days, config.every_days):
        context.log.info(f"training on what is known up to {day}")
        made = make_demand_models(
            lake,
            mlflow,
            day,
            {DAGSTER_RUN: context.run.run_id},
            learning={"refit_days": config.refit_days, "trees": config.trees},
            workers=config.workers or os.cpu_count() or 1,
            progress=lambda done, of, what: context.log.info(f"{done} of {of} steps: {what}"),
        )
        if made.why_not:
            context.log.warning(made.why_not)
        for name, metadata in _metadata(made, mlflow).items():
            context.add_asset_metadata(metadata, asset_key=name, partition_key=day.isoformat())
    for table in (DEMAND_MODELS, DEMAND_CHAMPIONS, FORECAST_BACKTESTS):
        yield dg.MaterializeResult(table.name)


def training_days(days: list[date], every_days: int) -> list[date]:
    """Those of a run's days that are trained on: one alone, else those that lie so far apart, counted from Sunday.

    >>> january = [date(2024, 1, 1) + timedelta(days=n) for n in range(31)]
    >>> [day.day for day in training_days(january, 7)], training_days(january[:1], 7) == january[:1]
    ([7, 14, 21, 28], True)
    """
    # Day 0 of the calendar's ordinals is a Sunday.
    return days if len(days) == 1 else [day for day in days if day.toordinal() % every_days == 0]


def _metadata(made: MadeModels, mlflow: MlflowResource) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        name: {"dagster/partition_row_count": table.num_rows} for name, table in made.tables.items()
    }
    models = found[DEMAND_MODELS.name]
    if made.recorded is None:
        models["not_trained"] = made.why_not or ""
        return found
    (row,) = made.tables[DEMAND_MODELS.name].to_pylist()
    champions = pl.DataFrame(pl.from_arrow(made.tables[DEMAND_CHAMPIONS.name]))
    counts = champions["champion"].value_counts(sort=True)
    found[DEMAND_CHAMPIONS.name]["champions"] = dg.MetadataValue.json(dict(counts.iter_rows()))
    models |= {
        "mlflow_run": dg.MetadataValue.url(mlflow.run_url(made.recorded.experiment_id, made.recorded.run_id)),
        "mlflow_model": dg.MetadataValue.url(mlflow.version_url(MODEL, made.recorded.version)),
        "mlflow_run_reused": made.recorded.reused,
        "bytes": len(row["files"]),
        "code_version": row["code_version"],
        **measured(champions),
    }
    found[FORECAST_BACKTESTS.name]["error_by_horizon"] = models["error_by_horizon"] = picture(
        made.picture, f"error of the candidates by horizon, trained to {row['date']}"
    )
    return found
