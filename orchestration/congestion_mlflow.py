"""What is logged to MLflow of a training of congestion: parameters, course, and how good each model was."""

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airtraffic.congestion_settings import CongestionSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from airtraffic.forecasting.congestion_training import Trained

_AT_ONCE = 900
_MEASURES = ("mae", "bias", "coverage", "width", "vs_persistence", "vs_best")


def parameters(settings: CongestionSettings) -> dict[str, Any]:
    """The settings by name, those of the network too."""
    told = settings.model_dump(mode="json")
    network = told.pop("network")
    return told | network


def log_training(
    client: "MlflowClient", run_id: str, trained: Mapping[str, "Trained"], settings: CongestionSettings
) -> None:
    """Parameters, the error of every epoch, and the backtests, whose step is the horizon. [polls]"""
    from mlflow.entities import Metric, Param, RunTag

    told = parameters(settings)
    tags = {}
    for kind, each in trained.items():
        told |= {f"{kind}_zones": len(each.first.numbers)}
        for decision in each.decisions:
            tags[f"published.{_name(decision.zone_group)}"] = decision.model
            tags[f"reason.{_name(decision.zone_group)}"] = decision.reason
            tags[f"published_far.{_name(decision.zone_group)}"] = decision.far.model
            tags[f"reason_far.{_name(decision.zone_group)}"] = decision.far.reason
    client.log_batch(
        run_id,
        params=[Param(name, str(value)) for name, value in told.items()],
        tags=[RunTag(name, value) for name, value in tags.items()],
    )
    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, step) for name, value, step in measured(trained) if value == value]
    for first in range(0, len(metrics), _AT_ONCE):
        client.log_batch(run_id, metrics=metrics[first : first + _AT_ONCE])


def measured(trained: Mapping[str, "Trained"]) -> Iterator[tuple[str, float, int]]:
    """Name, value and step of every number; the step is the epoch, or the horizon. [polls]"""
    for kind, each in trained.items():
        for epoch in getattr(each.first, "course", ()):
            for part in ("train", "validation"):
                yield f"{kind}/course/{part}.{epoch['member']}", epoch[part], epoch["epoch"]
        shares = [name for name in each.backtests.columns if name.startswith(("up_", "down_", "flat_"))]
        for row in each.backtests.iter_rows(named=True):
            place = f"{_name(row['zone_group'])}/{row['model']}"
            for name in (*_MEASURES, *shares):
                if row[name] is not None and abs(row[name]) != float("inf"):
                    yield f"{place}/{name}", float(row[name]), row["horizon"]


def _name(group: str) -> str:
    return group.replace(" ", "_")
