"""What every command prepares: the data folder, Dagster's home and the environment of child processes."""

import os
import shutil
from pathlib import Path

from airtraffic.settings import Settings

ROOT = Path(__file__).parents[1]


def dagster_home(settings: Settings) -> Path:
    """Dagster's home below the data folder, with the project's ``dagster.yaml`` when it has none."""
    home = settings.data / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(ROOT / "deploy" / "dagster.yaml", home / "dagster.yaml")
    return home


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
