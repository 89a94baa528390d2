"""An MLflow for tests, in a file that is made once."""

import functools
import shutil
import tempfile
from pathlib import Path

from orchestration.resources.mlflow import MlflowResource, create_database


@functools.cache
def _database() -> Path:
    """An empty database; MLflow takes seconds to make one."""
    folder = Path(tempfile.mkdtemp(prefix="mlflow-tests-"))
    create_database(f"sqlite:///{folder}/mlflow.db", str(folder / "artifacts"))
    return folder / "mlflow.db"


def mlflow_below(folder: Path) -> MlflowResource:
    """An MLflow of its own, without runs."""
    folder.mkdir(parents=True)
    shutil.copyfile(_database(), folder / "mlflow.db")
    return MlflowResource(
        tracking_uri=f"sqlite:///{folder}/mlflow.db",
        artifacts=str(folder / "artifacts"),
        ui="http://127.0.0.1:5050",
    )
