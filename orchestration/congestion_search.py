"""Hyper-parameters of the LSTM tried on a day's positions: an MLflow run for the grid, one in it for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from airtraffic.congestion_settings import CongestionSettings
from airtraffic.errors import ConfigurationError
from orchestration.code_version import code_version
from orchestration.congestion import congestion_settings
from orchestration.congestion_models import EXPERIMENT, learning, retried, train_all
from orchestration.mlflow_runs import CODE_VERSION, DATA_VERSION, new_run
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource, mlflow_errors

RULE = (
    "The best has the least mean absolute error over that of the best baseline, at the last poll that is forecast "
    "one by one, of polls that it has not learned from; of cells, those that average an aircraft or more."
)


class CongestionSearchConfig(dg.Config):
    """On what the grid is tried, and how much of it."""

    day: str = Field(
        pattern=r"^\d{4}-\d\d-\d\d$", description="Last day learned from, such as 2025-06-25. [UTC]"
    )
    zones: Literal["quadrants", "sectors", "cells"] = Field("quadrants", description="Kind of zones.")
    training_days: int = Field(2, ge=1, le=14, description="Days learned from and judged by. [days]")
    configurations: int = Field(
        16,
        ge=1,
        le=16,
        description="How many of the 16 combinations of hidden, dropout, learning rate and layers are tried.",
    )
    epochs: int = Field(60, ge=1, le=500, description="Epochs of each at most. [epochs]")
    presence_rows: int = Field(
        400_000,
        ge=1000,
        le=10_000_000,
        description="Rows that presence is learned from, once for all of them. [aircraft]",
    )

    def of_day(self) -> date:
        """The day.

        Raises
        ------
        ConfigurationError
            It does not exist.
        """
        try:
            return date.fromisoformat(self.day)
        except ValueError as error:
            raise ConfigurationError(f"day is {self.day!r}; expected a day such as 2025-06-25") from error

    def settings(self, base: CongestionSettings | None = None) -> CongestionSettings:
        """The platform's settings with those of the search."""
        network = {"epochs": self.epochs, "presence_rows": self.presence_rows}
        own = {"kinds": (self.zones,), "training_days": self.training_days}
        return retried((base or congestion_settings()).model_copy(update=own), network)


@dataclass(frozen=True)
class Tried:
    """One combination."""

    parameters: Mapping[str, Any]
    run_id: str
    mae: float
    """At the last poll that is forecast one by one. [aircraft]"""
    vs_best: float
    epochs: int


@dataclass(frozen=True)
class Searched:
    """All combinations that were tried, the best first."""

    experiment_id: str
    run_id: str
    tried: Sequence[Tried]

    @property
    def best(self) -> Tried:
        return self.tried[0]


def search(
    lake: LakeResource,
    mlflow: MlflowResource,
    config: CongestionSearchConfig,
    tags: Mapping[str, str],
    log: Callable[[str], None] = lambda _: None,
    base: CongestionSettings | None = None,
) -> Searched:
    """Try the combinations and log each; nothing is written to the lake.

    Parameters
    ----------
    base
        Settings that those of the search are put over.

    Raises
    ------
    ConfigurationError
        The day does not exist, or its positions are too few.
    MlflowError
        MLflow failed.
    """
    from airtraffic.forecasting.congestion_search import configurations

    day, settings = config.of_day(), config.settings(base)
    read = learning(lake, day, settings)
    if read is None:
        raise ConfigurationError(f"fewer than two polls came up to {day}; nothing can be learned from them")
    grid = list(islice(configurations(), config.configurations))
    tags = {
        **tags,
        DATA_VERSION: f"state_vectors {read.data_version}",
        CODE_VERSION: code_version(),
    }
    with mlflow_errors(mlflow.tracking_uri):
        client = mlflow.client()
        experiment = mlflow.experiment(client, EXPERIMENT)
        name = f"{config.zones} {day}, {len(grid)} configurations"
        with new_run(client, experiment, name, {**tags, "search": "congestion"}) as run_id:
            tried = []
            for each in grid:
                parent = {**tags, "mlflow.parentRunId": run_id}
                with new_run(client, experiment, _named(each), parent) as child:
                    tried.append(_try(client, child, read, each, settings, log))
                log(f"{_named(each)}: {tried[-1].vs_best:.3f} of the best baseline's error")
            tried.sort(key=lambda one: one.vs_best)
            client.set_tag(tried[0].run_id, "best", "true")
            client.set_tag(run_id, "best_run_id", tried[0].run_id)
            client.set_tag(run_id, "rule", RULE)
            client.log_metric(run_id, "best_vs_best_baseline", tried[0].vs_best)
            for parameter, value in tried[0].parameters.items():
                client.log_param(run_id, f"best_{parameter}", value)
    return Searched(experiment, run_id, tried)


def _try(
    client, run_id: str, read, parameters: Mapping[str, Any], settings: CongestionSettings, log
) -> Tried:
    from orchestration.congestion_mlflow import log_training

    mine = retried(settings, parameters)
    trained = train_all(read, mine, log)
    if not trained:
        raise ConfigurationError("no zone had any traffic on that day; nothing can be learned from it")
    log_training(client, run_id, trained, mine)
    (only,) = trained.values()
    rows = [
        row for row in only.backtests.to_dicts() if row["model"] == "lstm" and row["horizon"] == mine.horizon
    ]
    if not rows:
        raise ConfigurationError("too few polls follow one another to train or judge an LSTM on that day")
    return Tried(
        parameters, run_id, rows[0]["mae"], rows[0]["vs_best"], max(e["epoch"] for e in only.first.course)
    )


def _named(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in parameters.items())
