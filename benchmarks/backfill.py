"""A day from Kafka to features, and what a backfill costs per hour as it grows from 24 to 168 hours."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from rich.console import Console
from rich.progress import track
from rich.table import Table

from airtraffic.settings import Settings
from cli.brokers import running_kafka
from cli.environment import ROOT, prepare
from cli.runs import run_job
from cli.topics import ensure_topics
from collector.producer import Producer
from collector.run import collect
from collector.sources.simulate import Simulate

FIRST_DAY = datetime(2025, 1, 15, tzinfo=UTC)
AIRCRAFT = 200
"""Mean aircraft in a poll: 288,000 rows a day at a poll a minute."""
DAYS = 7
SELECTION = 'group:"silver" or group:"features"'


def main() -> None:
    """Print the two tables."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(
            Settings.from_env({**os.environ, "AIRTRAFFIC_DATA": folder, "AIRTRAFFIC_LAKE": ""}),
        )
        with running_kafka(settings) as broker:
            environment = prepare(settings, broker.bootstrap_servers)
            ensure_topics(settings, broker)
            rows, ingest_s = _ingest_days(settings, broker.bootstrap_servers, console)
        runs = {days: _backfill(environment, days) for days in (1, 3, DAYS)}
    day_s = ingest_s[0] + runs[1][0]
    console.print(
        f"A day of South America, {rows[0]:,} rows, from Kafka to features: {day_s:.1f} s "
        f"(ingestion {ingest_s[0]:.1f} s, silver, features and days {runs[1][0]:.1f} s with Dagster's and dbt's start-up)"
    )
    table = Table("hours", "rows", "wall s", "s per hour", "against 24 h", "peak MiB", "against 24 h")
    for days, (wall_s, peak_mib) in runs.items():
        table.add_row(
            str(24 * days),
            f"{sum(rows[:days]):,}",
            f"{wall_s:.1f}",
            f"{wall_s / days / 24:.3f}",
            f"{wall_s / days / runs[1][0]:.2f}",
            f"{peak_mib:,.0f}",
            f"{peak_mib / runs[1][1]:.2f}",
        )
    console.print(table)


def _ingest_days(settings: Settings, servers: str, console: Console) -> tuple[list[int], list[float]]:
    """Rows of each day and the time from Kafka to bronze; sending is not counted."""
    from orchestration.definitions import defs

    job = defs.resolve_job_def("ingest_kafka")
    config = {"ops": {"ingest_kafka": {"config": {"refresh": "never"}}}}
    producer = Producer(servers, settings.topics, settings.kafka_security)
    rows, seconds = [], []
    with dg.DagsterInstance.get() as instance:
        for day in track(range(DAYS), "days through Kafka", console=console):
            start = FIRST_DAY + timedelta(days=day)
            source = Simulate(settings.box, start=start, hours=24, aircraft=AIRCRAFT, speed=float("inf"))
            rows.append(collect(source, producer).rows)
            began = time.perf_counter()
            outcome = run_job(job, instance, run_config=config)
            seconds.append(time.perf_counter() - began)
            if not outcome.success:
                raise SystemExit(f"ingestion failed: {outcome.error}")
    producer.close()
    return rows, seconds


def _backfill(environment: dict[str, str], days: int) -> tuple[float, float]:
    """Wall time and peak memory of a backfill as a process of its own. [s, MiB]"""
    last = FIRST_DAY + timedelta(days=days - 1)
    began = time.perf_counter()
    command = [sys.executable, "-m", "cli", "backfill", SELECTION]
    command += ["--from", f"{FIRST_DAY:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}"]
    log = Path(environment["AIRTRAFFIC_DATA"]) / f"backfill-{days}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the backfill of {days} days failed:\n{log.read_text()[-3000:]}")
    # Linux counts in KiB, macOS in bytes.
    return time.perf_counter() - began, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


if __name__ == "__main__":
    main()
