"""A PostgreSQL server for tests, from Debian's package, in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from cli.apache_kafka import free_port
from cli.child import Child

_START_TIMEOUT_S = 60.0
_PASSWORD = "owners-secret"


def programs() -> Path | None:
    """Folder with initdb and postgres; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def server(bin_folder: Path) -> Iterator[str]:
    """URL of a superuser of a new, empty server on loopback, gone at the end."""
    # PostgreSQL refuses to run as root, and its user has to reach the folder.
    as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    folder, port = Path(tempfile.mkdtemp(prefix="airtraffic-postgres-")), free_port()
    secret = folder / "secret"
    secret.write_text(_PASSWORD)
    if as_user:
        for path in (folder, secret):
            shutil.chown(path, "nobody", "nogroup")
    data = folder / "data"
    options = [
        "-U",
        "owner",
        "-A",
        "scram-sha-256",
        "--pwfile",
        secret,
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]
    made = subprocess.run(
        [*as_user, bin_folder / "initdb", "-D", data, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert made.returncode == 0, made.stderr
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    child = Child(
        "PostgreSQL",
        [*as_user, str(bin_folder / "postgres"), "-D", str(data), *arguments],
        folder / "postgres.log",
    )
    url = f"postgresql://owner:{_PASSWORD}@127.0.0.1:{port}/postgres"
    try:
        _wait(child, url)
        yield url
    finally:
        stop = [*as_user, bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, capture_output=True, check=False, cwd="/")
        child.stop()
        shutil.rmtree(folder)


def _wait(child: Child, url: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            child.check()
            if time.monotonic() > deadline:
                raise child.failure(f"did not answer within {_START_TIMEOUT_S:g} s") from None
            time.sleep(0.1)
        else:
            return
