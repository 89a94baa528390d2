"""Training of a day's models of congestion from the lake: their rows, their run in MLflow, and how good they are."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
import pyarrow as pa
from pydantic import Field

from airtraffic.congestion_settings import CongestionSettings
from airtraffic.errors import ForecastError
from airtraffic.settings import Settings
from airtraffic.tables import TABLES
from orchestration.code_version import code_version
from orchestration.congestion import congestion_settings, polls_of, zones_of
from orchestration.mlflow_runs import (
    CHAMPION,
    CODE_VERSION,
    DATA_VERSION,
    Partition,
    Recorded,
    record,
    supersede,
)
from orchestration.races import replace_together
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.sectors import frame
from orchestration.silver import days_predicate

if TYPE_CHECKING:
    from airtraffic.forecasting.congestion_training import Split, Trained

ASSET, MODEL, EXPERIMENT = "congestion_models", "airtraffic-congestion", "congestion"
MODEL_TABLES = ("congestion_models", "congestion_backtests")
_DAY = timedelta(days=1)
Log = Callable[[str], None]


class NetworkConfig(dg.Config):
    """Hyper-parameters other than those of config/congestion.yaml; null: those."""

    hidden: int | None = Field(None, ge=1, le=512, description="Units of the LSTM. [1]")
    layers: int | None = Field(None, ge=1, le=4, description="Its layers. [1]")
    dropout: float | None = Field(None, ge=0, lt=1, description="Share of units left out in training. [1]")
    learning_rate: float | None = Field(None, gt=0, le=0.1, description="Learning rate. [1]")
    epochs: int | None = Field(None, ge=0, le=500, description="Epochs at most. [epochs]")
    members: int | None = Field(None, ge=1, le=9, description="Networks whose median is published. [1]")
    presence_rows: int | None = Field(
        None, ge=1000, le=10_000_000, description="Rows that presence is learned from. [aircraft]"
    )

    def settings(self, base: CongestionSettings | None = None) -> CongestionSettings:
        """The platform's settings with these."""
        told = {name: value for name, value in self.model_dump().items() if value is not None}
        return retried(base or congestion_settings(), told)


@dataclass(frozen=True)
class Learning:
    """Positions of the days of training."""

    day: date
    """The last of them."""
    parts: "Split"
    polls: pl.DataFrame
    data_version: int | None


@dataclass(frozen=True)
class MadeModels:
    """What was made of a day."""

    trained: Mapping[str, "Trained"]
    """By kind of zones; empty where the days have too few polls."""
    recorded: Recorded | None
    tables: Mapping[str, pa.Table]
    seconds: float


def learning(lake: LakeResource, day: date, settings: CongestionSettings) -> Learning | None:
    """Positions of the days of training up to ``day``; None where fewer than two polls came.

    Days in which nothing was polled are left out, so that of two days one is enough. A model is of one world: where
    the newest poll is simulated, it learns from the simulated polls and no others, else from none of them.
    """
    from airtraffic.congestion_worlds import of_newest_world
    from airtraffic.forecasting.congestion_polls import COLUMNS
    from airtraffic.forecasting.congestion_training import split

    days = [("date", "in", [day - n * _DAY for n in range(settings.training_days)])]
    version = lake.version("state_vectors")
    rows = frame(lake, "state_vectors", (*COLUMNS, "source"), days).sort("snapshot_at", "icao24")
    polls = polls_of(frame(lake, "polls", ("snapshot_at", "source", "interval_s"), days), rows)
    polls = of_newest_world(polls)
    if polls.height < 2:
        return None
    rows = rows.filter(pl.col("snapshot_at").is_in(polls["snapshot_at"].implode()))
    return Learning(day, split(rows.drop("source"), polls["snapshot_at"], settings), polls, version)


def make_congestion_models(
    lake: LakeResource,
    mlflow: MlflowResource,
    day: date,
    tags: Mapping[str, str],
    settings: CongestionSettings | None = None,
    log: Log = lambda _: None,
) -> MadeModels:
    """Train, judge, record and write the models of a day.

    Parameters
    ----------
    tags
        Further tags of the run.
    log
        Told how the training goes on.

    Raises
    ------
    MlflowError
        MLflow failed; the lake's rows are what they were.
    """
    settings, began = settings or congestion_settings(), time.monotonic()
    made: dict = {}

    def rows() -> dict[str, pa.Table]:
        read = learning(lake, day, settings)
        made["trained"] = trained = train_all(read, settings, log) if read else {}
        made["partition"], made["recorded"], tables = _recorded(mlflow, day, read, trained, tags, settings)
        return tables

    tables = replace_together(lake, MODEL_TABLES, rows, days_predicate([day]))
    supersede(mlflow, made["partition"], made["recorded"])
    return MadeModels(made["trained"], made["recorded"], tables, time.monotonic() - began)


def train_all(read: Learning, settings: CongestionSettings, log: Log) -> dict[str, "Trained"]:
    """Models of every kind of zones that has traffic."""
    from airtraffic.forecasting.congestion_progress import ended, progress
    from airtraffic.forecasting.congestion_training import trained

    done = {}
    for kind, zones in zones_of(settings, Settings.from_env(os.environ).box, read.day).items():
        try:
            done[kind] = trained(read.parts, zones, settings, progress(kind, log), log)
        except ForecastError as error:
            log(f"{kind}: {error}")
            continue
        for line in ended(getattr(done[kind].first, "course", ())):
            log(f"{kind}: {line}")
        for decision in done[kind].decisions:
            log(f"{decision.zone_group}: published is {decision.told}")
    return done


def _recorded(
    mlflow: MlflowResource,
    day: date,
    read: Learning | None,
    trained: Mapping[str, "Trained"],
    tags: Mapping[str, str],
    settings: CongestionSettings,
) -> tuple[Partition, Recorded | None, dict[str, pa.Table]]:
    from airtraffic.forecasting.congestion_files import packed

    files = {
        kind: packed(list(each.models.values()), each.decisions, each.backtests)
        for kind, each in trained.items()
    }
    digest = hashlib.sha256()
    for kind, (numbers, words) in files.items():
        digest.update(
            kind.encode() + numbers + words.encode() + trained[kind].backtests.write_json().encode()
        )
    promoted = any(each.promoted for each in trained.values())
    versions = {
        DATA_VERSION: f"state_vectors {read.data_version}" if read else "",
        CODE_VERSION: code_version(),
    }
    partition = Partition(
        ASSET,
        str(day),
        MODEL if promoted else "",
        digest.hexdigest(),
        {**tags, **versions},
        experiment=EXPERIMENT,
        model_type="forecaster",
        alias=CHAMPION,
        published_from=MODEL,
    )
    if not read or not trained:
        return partition, None, {name: TABLES[name].schema.empty_table() for name in MODEL_TABLES}

    def log(client, run_id: str, folder: Path) -> None:
        from orchestration.congestion_mlflow import log_training

        log_training(client, run_id, trained, settings)
        for kind, (numbers, words) in files.items():
            (folder / kind).mkdir(parents=True)
            (folder / kind / "model.safetensors").write_bytes(numbers)
            (folder / kind / "model.json").write_text(words)

    recorded = record(mlflow, partition, log)
    tables = {
        "congestion_models": _models(day, read, trained, files, partition, recorded),
        "congestion_backtests": _backtests(day, read, trained),
    }
    return partition, recorded, tables


def _models(
    day: date,
    read: Learning,
    trained: Mapping[str, "Trained"],
    files: Mapping[str, tuple[bytes, str]],
    partition: Partition,
    recorded: Recorded,
) -> pa.Table:
    learned = read.parts.learned.polls
    rows = [
        {
            "zones": kind,
            "published": [
                {name: getattr(decision, name) for name in ("zone_group", "model", "promoted", "reason")}
                for decision in each.decisions
            ],
            "files": files[kind][0],
            "words": files[kind][1],
            "zones_learned": len(each.first.numbers),
            "interval_s": learned.interval_s,
            "polls": read.polls.height,
            "trained_from": learned.at[0],
            "trained_to": learned.at[-1],
            "judged_to": read.polls["snapshot_at"][-1],
            "data_version": read.data_version,
            "code_version": partition.tags[CODE_VERSION],
            "digest": partition.digest,
            "mlflow_run_id": recorded.run_id,
            "mlflow_version": recorded.version or None,
            "sources": sorted(set(read.polls["sources"].explode().drop_nulls().to_list())),
            "date": day,
        }
        for kind, each in trained.items()
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["congestion_models"].schema)


def _backtests(day: date, read: Learning, trained: Mapping[str, "Trained"]) -> pa.Table:
    parts = []
    for kind, each in trained.items():
        near = {decision.zone_group: decision.model for decision in each.decisions}
        far = {decision.zone_group: decision.far.model for decision in each.decisions}
        of_group = [
            pl.col("zone_group").replace_strict(names, default=None, return_dtype=pl.String)
            for names in (far, near)
        ]
        parts.append(
            each.backtests.with_columns(
                zones=pl.lit(kind),
                published=pl.col("model")
                == pl.when(pl.col("horizon") == each.first.far).then(of_group[0]).otherwise(of_group[1]),
                judged_from=pl.lit(each.since),
                judged_to=read.polls["snapshot_at"][-1],
                date=pl.lit(day),
            )
        )
    return TABLES["congestion_backtests"].of(pl.concat(parts))


def retried(settings: CongestionSettings, network: Mapping[str, object]) -> CongestionSettings:
    """The settings with other hyper-parameters of the network."""
    return settings.model_copy(update={"network": settings.network.model_copy(update=dict(network))})
