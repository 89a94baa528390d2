"""Congestion: aircraft by zone at every poll, models of it, and what they expect of the next polls."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from airtraffic.congestion_tables import (
    CONGESTION_BACKTESTS,
    CONGESTION_FORECAST,
    CONGESTION_GRID,
    CONGESTION_MODELS,
)
from assets.silver import AND_HOUR_BEFORE
from orchestration.automation import CONGESTION_EAGER, HOURLY_EAGER
from orchestration.congestion import make_congestion_forecast, make_congestion_grid
from orchestration.congestion_models import MODEL, MadeModels, NetworkConfig, make_congestion_models
from orchestration.described import LIVE, NIGHTLY, described, picture
from orchestration.mlflow_runs import DAGSTER_RUN
from orchestration.partitions import DAILY, HOURLY, hour_key, hours_by_day
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource

if TYPE_CHECKING:
    from airtraffic.forecasting.congestion_training import Trained

_DAYS_OF_TRAINING = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
)
_EARLIER_DAY = dg.TimeWindowPartitionMapping(
    start_offset=-24, end_offset=-24, allow_nonexistent_upstream_partitions=True
)


@dg.asset(
    **described(
        CONGESTION_GRID,
        HOURLY,
        {"numpy"},
        LIVE,
        "How many aircraft were in which zone in each poll, with their mean speed and altitude.",
    ),
    deps=[
        dg.AssetDep("state_vectors", partition_mapping=AND_HOUR_BEFORE),
        dg.AssetDep("polls", partition_mapping=AND_HOUR_BEFORE),
    ],
    automation_condition=HOURLY_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def congestion_grid(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    for hours in hours_by_day(context.partition_keys):
        for hour, metadata in congestion_grid_hours(lake, hours).items():
            context.add_asset_metadata(metadata, partition_key=hour_key(hour))


@dg.asset(
    **described(
        CONGESTION_FORECAST,
        HOURLY,
        {"numpy"},
        LIVE,
        "What is expected of each zone after every poll, with a 95 % interval, and whether it fills or empties within "
        "half an hour; said by the newest models of an earlier day, by the last count where there is none.",
    ),
    deps=[
        "congestion_grid",
        dg.AssetDep("state_vectors", partition_mapping=AND_HOUR_BEFORE),
        dg.AssetDep("congestion_models", partition_mapping=_EARLIER_DAY),
    ],
    automation_condition=CONGESTION_EAGER,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def congestion_forecast(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    for hours in hours_by_day(context.partition_keys):
        for hour, metadata in congestion_forecast_hours(lake, hours, anew=True).items():
            context.add_asset_metadata(metadata, partition_key=hour_key(hour))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            "congestion_models",
            **described(
                CONGESTION_MODELS,
                DAILY,
                {"pytorch", "mlflow"},
                NIGHTLY,
                "Models of congestion trained on the positions of the days up to this one, as they were judged: an LSTM "
                "is published for a group of zones where it beats the best of persistence, zeros and training median.",
            ),
            deps=[
                dg.AssetDep("state_vectors", partition_mapping=_DAYS_OF_TRAINING),
                dg.AssetDep("polls", partition_mapping=_DAYS_OF_TRAINING),
            ],
        ),
        dg.AssetSpec(
            "congestion_backtests",
            **described(
                CONGESTION_BACKTESTS,
                DAILY,
                {"polars"},
                NIGHTLY,
                "How good each model of congestion was on the last polls of its days, which it had not learned from.",
            ),
            deps=["congestion_models"],
        ),
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def train_congestion_models(
    context: dg.AssetExecutionContext, config: NetworkConfig, lake: LakeResource, mlflow: MlflowResource
) -> Iterator[dg.MaterializeResult]:
    settings = config.settings()
    for key in context.partition_keys:
        tags = {DAGSTER_RUN: context.run.run_id}
        day = date.fromisoformat(key)
        made = make_congestion_models(lake, mlflow, day, tags, settings, context.log.info)
        for asset, metadata in _of_models(made, mlflow).items():
            context.add_asset_metadata(metadata, asset_key=asset, partition_key=key)
    yield dg.MaterializeResult(asset_key="congestion_models")
    yield dg.MaterializeResult(asset_key="congestion_backtests")


def congestion_grid_hours(lake: LakeResource, hours: Sequence[datetime]) -> dict[datetime, dict]:
    """Make hours of one day; metadata by hour."""
    made = make_congestion_grid(lake, hours)
    return {
        hour: {
            "dagster/partition_row_count": len(rows),
            "polls": len(rows["snapshot_at"].unique()),
            "cells": len(rows.filter(pc.equal(rows["zones"], "cells"))["zone"].unique()),
        }
        for hour, rows in _by_hour(made, hours).items()
    }


def congestion_forecast_hours(
    lake: LakeResource, hours: Sequence[datetime], *, anew: bool
) -> dict[datetime, dict]:
    """Make hours of one day, all of their polls or only those that have no forecast yet; metadata by hour."""
    made = make_congestion_forecast(lake, hours, anew=anew)
    return {hour: _of_forecast(rows) for hour, rows in _by_hour(made, hours).items()}


def _by_hour(made: pa.Table, hours: Sequence[datetime]) -> dict[datetime, pa.Table]:
    return {hour: made.filter(pc.equal(made["hour"], hour.hour)) for hour in hours}


def _of_forecast(rows: pa.Table) -> dict[str, Any]:
    if not rows.num_rows:
        return {"dagster/partition_row_count": 0}
    newest = pc.max(rows["issued_at"])
    told = rows.filter(pc.equal(rows["issued_at"], newest))
    rising = [told.filter(pc.equal(told["direction"], way)).num_rows for way in ("up", "down")]
    learned = pc.max(rows["trained_to"]).as_py()
    return {
        "dagster/partition_row_count": rows.num_rows,
        "polls": len(rows["issued_at"].unique()),
        "newest_poll": newest.as_py().isoformat(),
        "rising_zones": rising[0],
        "falling_zones": rising[1],
        "models": ", ".join(sorted(set(rows["model"].unique().to_pylist()))),
        "trained_to": learned.isoformat() if learned else "no model yet",
    }


def _of_models(made: MadeModels, mlflow: MlflowResource) -> dict[str, dict[str, Any]]:
    """Metadata by asset."""
    tables = made.tables
    counts = {name: {"dagster/partition_row_count": table.num_rows} for name, table in tables.items()}
    if made.recorded is None:
        return counts
    recorded = made.recorded
    url = dg.MetadataValue.url(mlflow.run_url(recorded.experiment_id, recorded.run_id))
    models = counts["congestion_models"]
    models |= {"mlflow_run": url, "mlflow_run_reused": recorded.reused, "run_s": round(made.seconds, 1)}
    if recorded.version:
        models["mlflow_model"] = dg.MetadataValue.url(mlflow.version_url(MODEL, recorded.version))
    for kind, each in made.trained.items():
        for decision in each.decisions:
            models[decision.zone_group] = decision.told
        models |= _pictures(kind, each)
    counts["congestion_backtests"] |= {"mlflow_run": url, "table": _figures(tables["congestion_backtests"])}
    return counts


def _pictures(kind: str, trained: "Trained") -> dict[str, Any]:
    from airtraffic.forecasting.congestion_views import expected_and_came, simulations
    from airtraffic.report.congestion_charts import expected_and_came_chart, simulations_chart

    name = f"{trained.first.name}, {kind}"
    drawn = {}
    expected = expected_and_came(trained.first, trained.since)
    if expected.height:
        chart = expected_and_came_chart(expected, f"{name}: forecasts and what came, in unseen polls")
        drawn[f"{kind}_expected_and_came"] = picture(chart, f"{name}, forecasts and what came")
    simulated = simulations(trained.first, trained.since)
    if simulated.height:
        minutes = round(trained.first.far_min)
        chart = simulations_chart(simulated, f"{name}: {minutes} min simulated poll by poll, and what came")
        drawn[f"{kind}_simulation"] = picture(chart, f"{name}, {minutes} min simulated")
    return drawn


def _figures(backtests: pa.Table) -> dg.TableMetadataValue:
    """What is published, with its errors, as a table."""
    names = (
        "zone_group",
        "model",
        "horizon",
        "cases",
        "mae",
        "coverage",
        "width",
        "vs_persistence",
        "vs_best",
        "up_base_rate",
        "up_precision",
        "up_recall",
        "down_base_rate",
        "down_precision",
        "down_recall",
    )
    rows = pl.DataFrame(pl.from_arrow(backtests)).filter("published").select(names)
    records = [
        dg.TableRecord(
            {
                name: "" if value is None else round(value, 3) if isinstance(value, float) else value
                for name, value in row.items()
            }
        )
        for row in rows.iter_rows(named=True)
    ]
    columns = [
        dg.TableColumn(
            name,
            "string" if name in names[:2] else "float",
            CONGESTION_BACKTESTS.schema.field(name).metadata[b"description"].decode(),
        )
        for name in names
    ]
    return dg.MetadataValue.table(records, dg.TableSchema(columns))
