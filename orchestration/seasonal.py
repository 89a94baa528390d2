"""Seasons, trends and growth made from the lake, each with its run in MLflow."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import pyarrow as pa

from airtraffic.cluster_day import digest
from airtraffic.demand import key_of, split_key
from airtraffic.seasonal_tables import AIRLINE_GROWTH, SEASONAL_FORECAST, SEASONAL_TRENDS
from orchestration.code_version import code_version
from orchestration.demand_history import read_history
from orchestration.mlflow_runs import CODE_VERSION, DATA_VERSION, Partition, Recorded, record, supersede
from orchestration.races import replace_from_newest, replace_together
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.sectors import frame
from orchestration.silver import days_predicate

TERMS = {"annual_terms": 10, "weekly_terms": 3}
_TABLES = (SEASONAL_FORECAST.name, SEASONAL_TRENDS.name)
_GROWTH_COLUMNS = ("airline", "flights", "full_month", "sources", "date")


@dataclass(frozen=True)
class MadeSeasonal:
    """What a day of training came to, as tables, and its run; None when there is nothing to learn from."""

    forecast: pa.Table
    trends: pa.Table
    recorded: Recorded | None


@dataclass(frozen=True)
class MadeGrowth:
    """Growth up to a month, and its run; None without a full month."""

    growth: pa.Table
    recorded: Recorded | None


def make_seasonal(
    lake: LakeResource,
    mlflow: MlflowResource,
    day: date,
    tags: Mapping[str, str],
    on_group: Callable[[int, int], None] = lambda done, of: None,
) -> MadeSeasonal:
    """Make a day of ``seasonal_forecast`` and ``seasonal_trends``, and record it.

    Parameters
    ----------
    tags
        Further tags of the run.
    on_group
        Called with the groups of series that are done, and how many there are.

    Raises
    ------
    MlflowError
        MLflow failed; nothing is written.
    """
    from airtraffic.seasonal_demand import seasonal_demand

    recorded = None

    def rows() -> dict[str, pa.Table]:
        nonlocal recorded
        version = lake.version("daily_demand")
        history = read_history(lake, day)
        if history.is_empty():
            return {table.name: table.schema.empty_table() for table in (SEASONAL_FORECAST, SEASONAL_TRENDS)}
        forecast, trends = seasonal_demand(history, **TERMS, on_group=on_group)
        partition = _partition("seasonal", SEASONAL_TRENDS.name, day.isoformat(), history, version, tags)
        params = TERMS | {"history_from": history["date"].min(), "history_to": history["date"].max()}
        recorded = record(mlflow, partition, lambda *run: _log(*run, params, _measured(trends), trends))
        supersede(mlflow, partition, recorded)
        of = sources_of(lake, history)
        run = {"data_version": version, "mlflow_run_id": recorded.run_id}
        return {
            SEASONAL_FORECAST.name: SEASONAL_FORECAST.of(_named(forecast, of, day)),
            SEASONAL_TRENDS.name: SEASONAL_TRENDS.of(
                _named(trends, of, day).with_columns(pl.lit(value).alias(name) for name, value in run.items())
            ),
        }

    made = replace_together(lake, _TABLES, rows, days_predicate([day]))
    return MadeSeasonal(made[SEASONAL_FORECAST.name], made[SEASONAL_TRENDS.name], recorded)


def make_airline_growth(
    lake: LakeResource, mlflow: MlflowResource, month: date, tags: Mapping[str, str]
) -> MadeGrowth:
    """Make a month of ``airline_growth`` from the full months up to it, and record it.

    Raises
    ------
    MlflowError
        MLflow failed; nothing is written.
    """
    from airtraffic.airline_growth import airline_growth

    recorded = None

    def rows() -> pa.Table:
        nonlocal recorded
        version = lake.version("airline_monthly")
        months = frame(lake, "airline_monthly", _GROWTH_COLUMNS, [("date", "<=", month)])
        growth = airline_growth(months, month)
        if growth.is_empty():
            return AIRLINE_GROWTH.schema.empty_table()
        partition = _partition("growth", AIRLINE_GROWTH.name, f"{month:%Y-%m}", months, version, tags)
        labels = growth["label"].value_counts().drop_nulls()
        metrics = {"airlines": growth.height} | dict(labels.iter_rows())
        params = {"last_month": growth["last_month"].max(), "months": growth["months"].max()}
        recorded = record(mlflow, partition, lambda *run: _log(*run, params, metrics, growth))
        supersede(mlflow, partition, recorded)
        return AIRLINE_GROWTH.of(growth)

    made = replace_from_newest(lake, AIRLINE_GROWTH.name, rows, days_predicate([month]))
    return MadeGrowth(made, recorded)


def sources_of(lake: LakeResource, history: pl.DataFrame) -> pl.DataFrame:
    """series and sources of what a history was counted from: simulated days alone, or none of them."""
    bounds = [("date", ">=", history["date"].min()), ("date", "<=", history["date"].max())]
    rows = frame(lake, "daily_demand", ("kind", "series", "sources"), bounds).unique()
    simulated = pl.col("sources") == ["simulate"]
    return (
        rows.select(pl.concat_str("kind", "series", separator="/").alias("series"), "sources")
        .join(history.select("series", "simulated").unique("series"), on="series")
        .filter(simulated == pl.col("simulated"))
        .explode("sources")
        .group_by("series")
        .agg(pl.col("sources").drop_nulls().unique().sort())
    )


def _named(rows: pl.DataFrame, sources: pl.DataFrame, day: date) -> pl.DataFrame:
    """Rows by kind and series as the tables have them."""
    keys = rows.select(pl.col("series").unique())["series"].to_list()
    names = pl.DataFrame(
        [(key, *split_key(key)) for key in keys], schema=["series", "kind", "name"], orient="row"
    )
    return (
        rows.drop("kind", strict=False)
        .join(names, on="series", maintain_order="left")
        .join(sources, on="series", how="left", maintain_order="left")
        .drop("series")
        .rename({"name": "series"})
        .with_columns(date=pl.lit(day))
    )


def _partition(
    experiment: str, asset: str, key: str, data: pl.DataFrame, version: int | None, tags: Mapping[str, str]
) -> Partition:
    # Not of the bytes in memory: the same rows read from other files lie there otherwise.
    content = hashlib.sha256(repr((TERMS, code_version(), digest(data))).encode())
    versions = {DATA_VERSION: str(version), CODE_VERSION: code_version()}
    return Partition(asset, key, "", content.hexdigest(), {**tags, **versions}, experiment=experiment)


def _measured(trends: pl.DataFrame) -> dict[str, float | None]:
    found = dict(trends["direction"].value_counts().iter_rows())
    return {
        "series": trends.height,
        **{name: found.get(name, 0) for name in ("rising", "falling", "flat", "unclear")},
        "annual_identified": trends["annual_identified"].sum(),
        "backtest_mape": trends["backtest_mape"].mean(),
        "backtest_coverage": trends["backtest_coverage"].mean(),
        "backtest_vs_year_ago": trends["backtest_vs_year_ago"].mean(),
        "worse_than_year_ago": (trends["backtest_vs_year_ago"] > 1).sum(),
    }


def _log(client, run_id: str, _, params: Mapping[str, Any], metrics: Mapping[str, Any], table) -> None:
    for name, value in params.items():
        client.log_param(run_id, name, str(value))
    for name, value in metrics.items():
        if value is not None:
            client.log_metric(run_id, name, float(value))
    shown = table.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.List(pl.String)).list.join("; "))
    client.log_table(
        run_id, shown.to_dict(as_series=False), f"{'growth' if 'slope' in table.columns else 'trends'}.json"
    )


def largest(trends: pl.DataFrame) -> str | None:
    """The key of the series to show: the busiest of all flights, else of the kinds that follow."""
    if trends.is_empty():
        return None
    order = pl.col("kind").replace_strict({"network": 0, "country": 1}, default=2, return_dtype=pl.Int8)
    first = trends.sort(order, pl.col("level"), descending=[False, True], nulls_last=True).row(0, named=True)
    return key_of(first["kind"], first["series"])
