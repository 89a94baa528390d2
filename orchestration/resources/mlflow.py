"""MLflow: where runs and models are recorded, and where people look at them.

MLflow takes two seconds to import, so nothing here does before it is used.
"""

import logging
import os
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import dagster as dg
from pydantic import Field

from airtraffic.errors import AirTrafficError

if TYPE_CHECKING:
    from mlflow import MlflowClient

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Seven tries, MLflow's own number, take four minutes to say that a server is not there.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
}
"""Environment of every process that imports MLflow, unless it says otherwise itself."""


class MlflowError(AirTrafficError):
    """MLflow did not do what it was asked for."""


class MlflowResource(dg.ConfigurableResource):
    """Opens the MLflow that runs and models are recorded in."""

    tracking_uri: str = Field(description="sqlite:///FILE, another database's URI, or a server's http(s)://.")
    artifacts: str = Field(
        description="Folder for the files of runs and models; a server chooses its own place for them."
    )
    ui: str = Field(description="Address of the MLflow UI, which the links to runs lead to.")

    def client(self) -> "MlflowClient":
        """A client; a database file that is not there is made first.

        Raises
        ------
        MlflowError
            MLflow cannot be reached or opened.
        """
        with mlflow_errors(self.tracking_uri):
            create_database(self.tracking_uri, self.artifacts)
            return mlflow_module().MlflowClient(self.tracking_uri, self.tracking_uri)

    def experiment(self, client: "MlflowClient", name: str) -> str:
        """Id of the experiment, which is created when it is not there."""
        found = client.get_experiment_by_name(name)
        if found is None:
            from mlflow.exceptions import MlflowException

            local = not self.tracking_uri.startswith(("http://", "https://"))
            place = (Path(self.artifacts).absolute() / name).as_uri() if local else None
            try:
                return client.create_experiment(name, artifact_location=place)
            except MlflowException as error:
                # Another process may have been faster; if not, this says what is wrong.
                found = client.get_experiment_by_name(name)
                if found is None:
                    raise MlflowError(f"MLflow at {self.tracking_uri} has no experiment {name!r}") from error
        return found.experiment_id

    def run_url(self, experiment_id: str, run_id: str) -> str:
        """Where people look at a run."""
        return f"{self.ui.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"

    def version_url(self, model: str, version: str) -> str:
        """Where people look at a version of a registered model."""
        return f"{self.ui.rstrip('/')}/#/models/{quote(model)}/versions/{version}"


def mlflow_module():
    """The ``mlflow`` package, told to send nothing anywhere and to print nothing."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # urllib3 complains of PySocks, which nothing here needs, whenever requests is imported.
    warnings.filterwarnings("ignore", message="SOCKS support in urllib3")
    import mlflow

    for name in ("mlflow.store.db.utils", "alembic.runtime.migration"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return mlflow


def create_database(tracking_uri: str, artifacts: str) -> None:
    """Make the SQLite file of ``tracking_uri``, whole or not at all; nothing for any other URI.

    MLflow makes its tables by fifty migrations in place. Two processes that begin at the same time both
    fail in the middle of them, and leave a file that nobody can open again. Here each makes a file of
    its own, and the first to be ready gives it its name.
    """
    file = database_file(tracking_uri)
    if file is None or file.exists():
        return
    mlflow_module()
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        store = SqlAlchemyStore(f"sqlite:///{draft}", Path(artifacts).absolute().as_uri())
        store.engine.dispose()
        try:
            os.link(draft, file)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)


def database_file(tracking_uri: str) -> Path | None:
    """The file of a SQLite URI; None when the URI is no file's.

    >>> database_file("sqlite:////data/mlflow/mlflow.db")
    PosixPath('/data/mlflow/mlflow.db')
    >>> database_file("http://127.0.0.1:5050") is None
    True
    """
    path = tracking_uri.removeprefix("sqlite:///")
    return Path(path) if path and path != tracking_uri and path != ":memory:" else None


@contextmanager
def mlflow_errors(where: str) -> Iterator[None]:
    """Turn what MLflow and what is below it raise into an MlflowError that says where and what.

    Parameters
    ----------
    where
        Tracking URI or what else tells the reader which MLflow it is; a password in it is hidden.
    """
    mlflow_module()
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError, OSError) as error:
        cause = str(error).strip().splitlines()
        raise MlflowError(
            f"MLflow at {_without_password(where)} failed: {cause[0] if cause else type(error).__name__}; "
            "check MLFLOW_TRACKING_URI"
        ) from error


def _without_password(uri: str) -> str:
    """The URI as it may be shown.

    >>> _without_password("postgresql://ml:secret@db/mlflow")
    'postgresql://***@db/mlflow'
    """
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}://***@{rest.rsplit('@', 1)[1]}" if separator and "@" in rest else uri
