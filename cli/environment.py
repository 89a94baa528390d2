"""What every command prepares: the data folder, Dagster's home and the environment of child processes."""

import os
import re
import shutil
from pathlib import Path

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings

ROOT = Path(__file__).parents[1]


def dagster_home(settings: Settings) -> Path:
    """Dagster's home below the data folder, with the project's ``dagster.yaml`` when it has none."""
    home = settings.data / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(ROOT / "deploy" / "dagster.yaml", home / "dagster.yaml")
    return home


def check_lake(settings: Settings) -> None:
    """See that the lake can be reached before anything is started for it.

    Raises
    ------
    AirTrafficError
        The bucket is not there or does not answer, or the folder cannot be made.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        if settings.lake.startswith("s3://"):
            DeltaTable.is_deltatable(f"{settings.lake}/polls")
        else:
            Path(settings.lake).mkdir(parents=True, exist_ok=True)
    except (OSError, DeltaError) as error:
        text = re.sub(r"\x1b\[[0-9;]*m|\s+", " ", str(error))
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        where = f" at {endpoint}" if endpoint and settings.lake.startswith("s3://") else ""
        if "NoSuchBucket" in text:
            bucket = settings.lake.removeprefix("s3://").split("/")[0]
            raise AirTrafficError(
                f"the bucket {bucket!r} is not there{where}; create it or change AIRTRAFFIC_LAKE ({settings.lake})"
            ) from error
        cause = text.split("↳")[-1].strip(" .")
        raise AirTrafficError(
            f"the lake {settings.lake} cannot be reached{where}: {cause}; "
            "check AIRTRAFFIC_LAKE and the AWS_* variables"
        ) from error


def prepare(settings: Settings, bootstrap_servers: str | None = None) -> dict[str, str]:
    """Make this process and its children see the same data, lake, broker and Dagster home.

    Has to run before ``orchestration.definitions`` is imported, which reads the environment.
    """
    from orchestration.dbt import ensure_manifest

    variables = {
        "AIRTRAFFIC_DATA": str(settings.data),
        "AIRTRAFFIC_LAKE": settings.lake,
        "DAGSTER_HOME": str(dagster_home(settings)),
    }
    if bootstrap_servers:
        variables["KAFKA_BOOTSTRAP_SERVERS"] = bootstrap_servers
    os.environ.update(variables)
    ensure_manifest()
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
