"""MLflow's server on this machine, for the runs and models below the data folder.

python -m cli.mlflow_server PORT
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from airtraffic.settings import Settings
from orchestration.resources.mlflow import QUIET, create_database


def command(settings: Settings, port: int) -> list[str]:
    """``mlflow server`` on 127.0.0.1.

    One worker: with its default of four, and its job runners, it is 13 processes and 2 GB.
    """
    # A request for any other name comes from a page elsewhere that tries to read this server.
    hosts = {"localhost:*", "127.0.0.1:*", urlsplit(settings.mlflow_ui).netloc}
    options = {
        "default-artifact-root": Path(settings.mlflow_artifacts).absolute().as_uri(),
        "host": "127.0.0.1",
        "port": str(port),
        "workers": "1",
        "allowed-hosts": ",".join(sorted(hosts)),
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    # Clients on this machine write files to the folder themselves; the server only shows them.
    return [str(Path(sys.executable).parent / "mlflow"), "server", "--no-serve-artifacts", *flags]


def environment(settings: Settings) -> dict[str, str]:
    """What the server is told by its environment, above this process's own."""
    return QUIET | {
        # Here and not among the arguments, which every user of the machine can read.
        "MLFLOW_BACKEND_STORE_URI": settings.mlflow,
        # They outlive a server that is stopped.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def main(arguments: list[str]) -> None:
    """Make the database when it is not there, and become the server."""
    settings = Settings.from_env(os.environ)
    create_database(settings.mlflow, settings.mlflow_artifacts)
    line = command(settings, int(arguments[0]))
    os.execve(line[0], line, {**os.environ, **environment(settings)})


if __name__ == "__main__":
    main(sys.argv[1:])
