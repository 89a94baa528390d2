"""How old live traffic is when a person can see it: from ``snapshot_at`` to its rows in ``flight_states``."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltalake import DeltaTable
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli.apache_kafka import free_port
from cli.environment import ROOT

AIRCRAFT = 200
POLLS = 10
"""Polls that are measured, after the first one that was seen."""
_LOOK_EVERY_S = 0.25


def main() -> None:
    """Run ``./run up`` at real speed in an empty folder and print the ages."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "AIRTRAFFIC_DATA": folder,
            "AIRTRAFFIC_LAKE": "",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "cli", "up", "--aircraft", str(AIRCRAFT)]
        command += ["--port", str(free_port()), "--mlflow-port", str(free_port())]
        with (Path(folder) / "up.log").open("wb") as log:
            up = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            try:
                ages = _ages(Path(folder) / "lake" / "flight_states", up, console)
            finally:
                up.send_signal(signal.SIGINT)
                up.wait(60)
    table = Table("polls", "median s", "p95 s", "worst s", "aim: p95 s", title="snapshot_at to flight_states")
    p95 = sorted(ages)[max(0, -(-95 * len(ages) // 100) - 1)]
    table.add_row(str(len(ages)), f"{statistics.median(ages):.1f}", f"{p95:.1f}", f"{max(ages):.1f}", "60")
    console.print(table)


def _ages(uri: Path, up: subprocess.Popen, console: Console) -> list[float]:
    """Age of each poll when its rows could first be read; what came before the first look is left out. [s]"""
    seen: set[datetime] | None = None
    ages: list[float] = []
    version = -1
    with Progress(console=console) as progress:
        bar = progress.add_task(f"{POLLS} polls, one a minute", total=POLLS)
        while len(ages) < POLLS:
            if up.poll() is not None:
                raise SystemExit(f"./run up ended with status {up.returncode}")
            time.sleep(_LOOK_EVERY_S)
            if not DeltaTable.is_deltatable(str(uri)):
                continue
            delta = DeltaTable(str(uri))
            if delta.version() == version:
                continue
            version = delta.version()
            snapshots = set(_snapshots(delta))
            now = datetime.now(UTC)
            # The first refresh waits for Dagster to start: it is no steady state.
            if seen is not None:
                ages += [(now - at).total_seconds() for at in sorted(snapshots - seen)]
                progress.update(bar, completed=len(ages))
            seen = (seen or set()) | snapshots
    return ages


def _snapshots(delta: DeltaTable) -> list[datetime]:
    today = datetime.now(UTC).date()
    days = [("date", "in", [str(today - timedelta(days=1)), str(today)])]
    return (
        delta.to_pyarrow_table(columns=["snapshot_at"], partitions=days)["snapshot_at"].unique().to_pylist()
    )


if __name__ == "__main__":
    main()
