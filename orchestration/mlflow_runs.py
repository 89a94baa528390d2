"""A partition in MLflow: one run and one registered model version for each content that it has had."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airtraffic.errors import AirTrafficError
from orchestration.resources.mlflow import MlflowResource, mlflow_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient

ASSET, PARTITION, DAGSTER_RUN = "dagster/asset_key", "dagster/partition", "dagster/run_id"
DIGEST = "airtraffic/digest"
SUPERSEDED = "airtraffic/superseded_by"
DATA_VERSION, CODE_VERSION = "airtraffic/data_version", "airtraffic/code_version"
"""Tags: version of the Delta tables that were read, version of the code that made it."""
NEWEST = "newest"
"""Alias of the registered version of the latest partition, where it has no other name."""
CHAMPION = "champion"
"""Alias of the registered version that is published."""


@dataclass(frozen=True)
class Partition:
    """What a run and a model version are made for."""

    asset: str
    key: str
    model: str
    """Name of the registered model; empty: the run is all there is, with what is saved as its artifacts."""
    digest: str
    """Of all that the run and the version are made from: the same content has the same run."""
    tags: Mapping[str, str]
    """Further tags of the run and the version."""
    experiment: str = ""
    """Experiment that runs are recorded in; the asset's name when it has none of its own."""
    model_type: str = "clusterer"
    """What MLflow calls a model of this kind."""
    alias: str = NEWEST
    """Alias of the registered version of the latest partition."""
    published_from: str = ""
    """Name of the registered model whose alias names what the latest partition publishes, and nothing when that one
    registers no version; empty: the alias stays on the latest partition that has one."""

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, ASSET: self.asset, PARTITION: self.key, DIGEST: self.digest}


@dataclass(frozen=True)
class Recorded:
    """The run and the version of a partition."""

    run_id: str
    version: str
    experiment_id: str
    reused: bool
    """The content was recorded before."""


def record(
    mlflow: MlflowResource, partition: Partition, log: Callable[["MlflowClient", str, Path], None]
) -> Recorded:
    """The run and the version of the partition's content: those that are there, or new ones.

    A run is finished only when its version is registered, so one that a killed process began is never
    taken for whole.

    Parameters
    ----------
    log
        Logs parameters and metrics to the run of the given id, and saves the model to the given path.

    Raises
    ------
    MlflowError
        MLflow failed; the run is marked failed.
    """
    with mlflow_errors(mlflow.tracking_uri):
        client = mlflow.client()
        experiment = mlflow.experiment(client, partition.experiment or partition.asset)
        found = _version(client, experiment, partition)
        if found:
            return Recorded(*found, experiment, reused=True)
        with new_run(client, experiment, partition.key, partition.all_tags) as run_id:
            _register(client, experiment, partition, run_id, log)
        # Of two processes that record the same at the same time, both take the run that was finished first.
        first, version = _version(client, experiment, partition) or (run_id, "")
    return Recorded(first, version, experiment, reused=first != run_id)


def _version(client, experiment: str, partition: Partition) -> tuple[str, str] | None:
    """Run and version of the partition's content."""
    for run in _finished(client, experiment, partition, partition.digest):
        if not partition.model:
            return run.info.run_id, ""
        for version in client.search_model_versions(f"run_id = '{run.info.run_id}'"):
            return run.info.run_id, str(version.version)
    return None


def supersede(mlflow: MlflowResource, partition: Partition, recorded: Recorded | None) -> int:
    """Tag every other run and version of the partition as superseded; how many runs.

    Parameters
    ----------
    recorded
        What is valid now; None when the partition has no content any more.
    """
    with mlflow_errors(mlflow.tracking_uri):
        client = mlflow.client()
        experiment = mlflow.experiment(client, partition.experiment or partition.asset)
        valid = recorded.run_id if recorded else "nothing"
        runs = _finished(client, experiment, partition)
        for run in runs:
            _mark(client, run, valid)
        if partition.published_from:
            _point_to_published(client, experiment, partition)
        elif recorded and partition.model:
            _point_to_newest(client, partition, recorded.version)
    return sum(run.info.run_id != valid for run in runs)


@contextmanager
def new_run(client: "MlflowClient", experiment_id: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
    """A run that is finished at the end of the block, or failed when the block raises; its id."""
    run_id = client.create_run(experiment_id, run_name=name, tags=dict(tags)).info.run_id
    status = "FAILED"
    try:
        yield run_id
        status = "FINISHED"
    finally:
        # When MLflow itself has gone, what is raised already says so.
        with suppress(AirTrafficError), mlflow_errors("its database or server"):
            client.set_terminated(run_id, status)


def _register(client, experiment: str, partition: Partition, run_id: str, log) -> None:
    from mlflow.entities import LoggedModelOutput
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model"
        log(client, run_id, saved)
        if not partition.model:
            if saved.exists():
                client.log_artifacts(run_id, str(saved))
            return
        logged = client.create_logged_model(
            experiment, partition.model, run_id, tags=partition.all_tags, model_type=partition.model_type
        )
        client.log_model_artifacts(logged.model_id, str(saved))
        client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    client.finalize_logged_model(logged.model_id, "READY")
    with suppress(MlflowException):
        # It is there from the second time on; if this failed for another reason, the next line says so.
        client.create_registered_model(partition.model)
    client.create_model_version(
        partition.model,
        logged.artifact_location,
        run_id,
        tags=partition.all_tags,
        model_id=logged.model_id,
    )


def _finished(client, experiment: str, partition: Partition, digest: str | None = None) -> list:
    """Finished runs of the partition, the one that was finished first first."""
    wanted = {ASSET: partition.asset, PARTITION: partition.key} | ({DIGEST: digest} if digest else {})
    conditions = [f"tags.`{name}` = '{value}'" for name, value in wanted.items()]
    return list(
        client.search_runs(
            [experiment],
            " and ".join([*conditions, "attributes.status = 'FINISHED'"]),
            order_by=["attributes.end_time ASC"],
        )
    )


def _mark(client, run, valid: str) -> None:
    run_id = run.info.run_id
    versions = client.search_model_versions(f"run_id = '{run_id}'")
    if run_id == valid:
        if SUPERSEDED in run.data.tags:
            client.delete_tag(run_id, SUPERSEDED)
        for version in versions:
            if SUPERSEDED in version.tags:
                client.delete_model_version_tag(version.name, version.version, SUPERSEDED)
        return
    if run.data.tags.get(SUPERSEDED) != valid:
        client.set_tag(run_id, SUPERSEDED, valid)
    for version in versions:
        if version.tags.get(SUPERSEDED) != valid:
            client.set_model_version_tag(version.name, version.version, SUPERSEDED, valid)


def _point_to_newest(client, partition: Partition, version: str) -> None:
    """Let the alias name this version unless it names one of a later partition."""
    from mlflow.exceptions import MlflowException

    try:
        newest = client.get_model_version_by_alias(partition.model, partition.alias)
    except MlflowException:
        newest = None
    if newest is None or newest.tags.get(PARTITION, "") <= partition.key:
        client.set_registered_model_alias(partition.model, partition.alias, version)


def _point_to_published(client, experiment: str, partition: Partition) -> None:
    """Let the alias name the valid version of the latest partition that has a valid run, or nothing."""
    of_asset = f"tags.`{ASSET}` = '{partition.asset}' and attributes.status = 'FINISHED'"
    runs = client.search_runs([experiment], of_asset, order_by=[f"tags.`{PARTITION}` DESC"])
    valid = [run for run in runs if SUPERSEDED not in run.data.tags]
    latest = max(valid, key=lambda run: run.data.tags[PARTITION], default=None)
    name = partition.published_from
    found = client.search_model_versions(f"run_id = '{latest.info.run_id}'") if latest else []
    version = next((each.version for each in found if each.name == name), None)
    if version is not None:
        client.set_registered_model_alias(name, partition.alias, version)
        return
    if any(partition.alias in each.aliases for each in client.search_registered_models(f"name = '{name}'")):
        client.delete_registered_model_alias(name, partition.alias)
