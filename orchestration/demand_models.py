"""A day of training: models, champions and backtests in the lake, with their run and version in MLflow."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from airtraffic.cluster_day import digest
from airtraffic.demand_tables import DEMAND_CHAMPIONS, DEMAND_MODELS, FORECAST_BACKTESTS
from airtraffic.errors import ForecastError
from orchestration.code_version import code_version
from orchestration.demand_history import read_history
from orchestration.mlflow_runs import (
    CHAMPION,
    CODE_VERSION,
    DATA_VERSION,
    Partition,
    Recorded,
    record,
    supersede,
)
from orchestration.partitions import DAY_KEY
from orchestration.races import replace_together
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.silver import days_predicate

ASSET, EXPERIMENT, MODEL = DEMAND_MODELS.name, "demand", "airtraffic-demand"
FILES, WORDS, PICTURE = "models.safetensors", "models.json", "backtest.png"
# Forecasts look for the row of models, so that it is written last.
TABLES = (DEMAND_CHAMPIONS.name, FORECAST_BACKTESTS.name, ASSET)


@dataclass(frozen=True)
class MadeModels:
    """What a day of training came to."""

    tables: Mapping[str, pa.Table]
    recorded: Recorded | None
    picture: bytes | None
    """Error by horizon of the candidates."""
    why_not: str | None
    """Why nothing was trained."""


def make_demand_models(
    lake: LakeResource,
    mlflow: MlflowResource,
    day: date,
    tags: Mapping[str, str],
    *,
    learning: Mapping[str, int] | None = None,
    workers: int = 1,
    progress=None,
) -> MadeModels:
    """Train on what was known on the evening of a day, record it in MLflow and write its tables.

    Too short a history trains nothing and leaves no row. The same content has the same run and the same row,
    however often it is made.

    Parameters
    ----------
    tags
        Further tags of a new run.
    learning
        ``refit_days`` and ``trees``, where they are others than usual.
    workers, progress
        As ``airtraffic.forecasting.training.train`` takes them.

    Raises
    ------
    MlflowError
        MLflow failed; the lake's rows are what they were.
    """
    from airtraffic.forecasting.training import REFIT_DAYS, train

    learning = {"refit_days": REFIT_DAYS, **(learning or {})}
    made: dict[str, Any] = {}

    def rows() -> dict[str, pa.Table]:
        made.clear()
        made["refit_days"] = learning["refit_days"]
        began, version = time.monotonic(), lake.version("daily_demand")
        history = read_history(lake, day)
        try:
            training = train(history, day, **learning, workers=workers, progress=progress)
        except ForecastError as error:
            made["why_not"] = str(error)
            return {
                table.name: table.schema.empty_table()
                for table in (DEMAND_MODELS, DEMAND_CHAMPIONS, FORECAST_BACKTESTS)
            }
        made["row"] = _row(training, history, version)
        before = lake.read(ASSET, where=[("date", "=", day)]).to_pylist()
        if before and before[0]["digest"] == made["row"]["digest"]:
            # What it was first made from and by stands, as it does in MLflow.
            made["row"] |= {name: before[0][name] for name in ("data_version", "code_version")}
        made["picture"] = _picture(training)
        made["partition"] = _partition(day, made["row"], {**tags, **_sources(history)})
        made["recorded"] = record(
            mlflow,
            made["partition"],
            lambda client, run_id, folder: _log(client, run_id, folder, training, made, began),
        )
        run = {"mlflow_run_id": made["recorded"].run_id, "mlflow_version": made["recorded"].version}
        return {
            ASSET: pa.Table.from_pylist([made["row"] | run], schema=DEMAND_MODELS.schema),
            DEMAND_CHAMPIONS.name: DEMAND_CHAMPIONS.of(_named(training.champions, day)),
            FORECAST_BACKTESTS.name: FORECAST_BACKTESTS.of(_named(training.scores, day)),
        }

    tables = replace_together(lake, TABLES, rows, days_predicate([day]))
    supersede(mlflow, made.get("partition") or _partition(day, {"digest": ""}, tags), made.get("recorded"))
    return MadeModels(tables, made.get("recorded"), made.get("picture"), made.get("why_not"))


def _row(training, history: pl.DataFrame, version: int | None) -> dict[str, Any]:
    from airtraffic.forecasting.files import save

    files, words = save(training.models.values())
    of = digest(history.select("series", "kind", "country", "date", "value"))
    content = hashlib.sha256(of.encode() + words.encode() + files)
    return {
        "files": files,
        "words": words,
        "series": history["series"].n_unique(),
        "history_from": history["date"].min(),
        "data_version": version,
        "code_version": code_version(),
        "digest": content.hexdigest(),
        "date": training.trained_to,
    }


def _partition(day: date, row: Mapping[str, Any], tags: Mapping[str, str]) -> Partition:
    versions = {DATA_VERSION: row.get("data_version"), CODE_VERSION: row.get("code_version")}
    every = {**tags, **{name: str(value) for name, value in versions.items() if value is not None}}
    return Partition(
        ASSET,
        day.strftime(DAY_KEY),
        MODEL,
        row["digest"],
        every,
        experiment=EXPERIMENT,
        model_type="forecaster",
        alias=CHAMPION,
    )


def _sources(history: pl.DataFrame) -> dict[str, str]:
    simulated = history.group_by("series").agg(pl.col("simulated").last())["simulated"]
    return {"simulated_series": str(simulated.sum())} if simulated.any() else {}


def _named(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    """Kind and series apart, as the tables have them."""
    parts = pl.col("series").str.splitn("/", 2)
    return rows.with_columns(
        kind=parts.struct.field("field_0"), series=parts.struct.field("field_1"), date=pl.lit(day)
    )


def _picture(training) -> bytes:
    from airtraffic.report.demand_charts import candidates_by_horizon

    return candidates_by_horizon(training.scores)


def measured(champions: pl.DataFrame) -> dict[str, float]:
    """What MLflow shows of a training: means over series, the worst of them, MAPE by kind.

    ``champions``: series, champion, its scores, and kind.
    """
    known = champions.filter(pl.col("mae").is_not_null())
    numbers = {
        "series": champions.height,
        "series_with_naive": (champions["champion"] == "seasonal_naive").sum(),
        "coverage": known["coverage"].mean(),
        "coverage_least": known["coverage"].min(),
        "mae_vs_naive": known["vs_naive"].mean(),
        "mae_vs_naive_worst": known["vs_naive"].max(),
        "mase": known["mase"].mean(),
    }
    by_kind = known.group_by("kind").agg(pl.col("mape").mean()).sort("kind")
    numbers |= {f"mape/{kind}": value for kind, value in by_kind.iter_rows()}
    return {name: float(value) for name, value in numbers.items() if value is not None}


def _log(client, run_id: str, folder: Path, training, made: Mapping[str, Any], began: float) -> None:
    from mlflow.entities import Metric, Param

    row, now = made["row"], int(time.time() * 1000)
    params = {
        f"{name}/{param}": value
        for name, model in training.models.items()
        for param, value in model.params().items()
        # A blend's are its members', and the countries of all series are in the model's own words.
        if name != "blend" and param != "countries"
    }
    params |= {
        "trained_to": training.trained_to,
        "history_from": row["history_from"],
        "series": row["series"],
        "refit_days": made["refit_days"],
    }
    metrics = measured(_named(training.champions, training.trained_to))
    metrics["duration_s"] = time.monotonic() - began
    client.log_batch(
        run_id,
        params=[Param(name, str(value)) for name, value in params.items()],
        metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
    )
    folder.mkdir()
    (folder / FILES).write_bytes(row["files"])
    (folder / WORDS).write_text(json.dumps(json.loads(row["words"]), indent=1))
    picture = folder.with_name(PICTURE)
    picture.write_bytes(made["picture"])
    client.log_artifact(run_id, str(picture))
