"""``./run up``: Kafka, the collector, a simulated operator, Dagster with its daemon, and MLflow in one terminal."""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from cli.brokers import running_kafka
from cli.environment import check_lake, prepare
from cli.supervisor import Supervisor
from cli.topics import ensure_topics

AIRLINE = "CMP"
"""Whose events are simulated: some 370 a day, so that a run to read them is due every few minutes."""


def run_up(
    settings: Settings,
    *,
    source: str,
    files: Sequence[str],
    aircraft: int | None,
    port: int,
    mlflow_port: int,
) -> None:
    """Run everything until Ctrl-C or SIGTERM, then stop it in order.

    Raises
    ------
    AirTrafficError
        A port is taken, or Kafka does not start.
    """
    console = Console()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    check_lake(settings)
    _check_port(port, "--port")
    if settings.mlflow_is_ours:
        _check_port(mlflow_port, "--mlflow-port")
        os.environ.setdefault("AIRTRAFFIC_MLFLOW_URL", f"http://127.0.0.1:{mlflow_port}")
        settings = replace(settings, mlflow_url=os.environ["AIRTRAFFIC_MLFLOW_URL"])
    pause_s = 1.0
    while not stop.is_set():
        started = time.monotonic()
        try:
            _run_once(
                settings,
                console,
                stop,
                source=source,
                files=files,
                aircraft=aircraft,
                port=port,
                mlflow_port=mlflow_port,
            )
        except AirTrafficError as error:
            if time.monotonic() - started < 5:
                raise
            pause_s = 1.0 if time.monotonic() - started > 300 else min(2 * pause_s, 60.0)
            console.print(f"[red]Kafka:[/] {error}")
            console.print(
                f"What it had not handed over may be lost. Starting everything again in {pause_s:.0f} s."
            )
            stop.wait(pause_s)
    console.print("Stopped.")


def _run_once(
    settings: Settings,
    console: Console,
    stop: threading.Event,
    *,
    source: str,
    files,
    aircraft,
    port: int,
    mlflow_port: int,
) -> None:
    with running_kafka(settings) as broker:
        environment = prepare(settings, broker.bootstrap_servers)
        ensure_topics(settings, broker)
        logs = settings.data / "logs"
        supervisor = Supervisor(console, logs, environment)
        supervisor.add("collector", collector_command(source, files, aircraft), show=readable, may_end=True)
        if source == "simulate":
            supervisor.add("operator", operator_command(aircraft), show=readable)
        supervisor.add("dagster", [*_dagster(), "-h", "127.0.0.1", "-p", str(port)])
        if settings.mlflow_is_ours:
            supervisor.add("mlflow", [sys.executable, "-m", "cli.mlflow_server", str(mlflow_port)])
        note = (
            " (in-memory, for trying out: it forgets everything at exit)"
            if broker.kind == "in-memory"
            else ""
        )
        console.print(f"Kafka       {broker.bootstrap_servers}{note}", soft_wrap=True)
        console.print(f"Lake        {settings.lake}", soft_wrap=True)
        if source == "simulate":
            topic = settings.topics.operator_events
            console.print(f"Operator    simulated events of {AIRLINE} on {topic}", soft_wrap=True)
        console.print(f"Logs        {logs}", soft_wrap=True)
        console.print(
            f"Dagster UI  [bold]http://127.0.0.1:{port}[/]  (ready in about 15 s; Ctrl-C stops everything)"
        )
        console.print(f"MLflow UI   [bold]{settings.mlflow_ui}[/]", soft_wrap=True)
        try:
            with supervisor:
                while not stop.wait(0.5):
                    broker.check()
                    supervisor.tick()
        finally:
            if stop.is_set():
                console.print("Stopping ...")


def readable(line: str) -> str:
    """A structured log line of the collector as a person reads it; any other line as it is.

    >>> readable('{"source": "simulate", "rows": 170, "rows_per_s": null, "event": "poll sent", "level": "info"}')
    'poll sent: source simulate, rows 170'
    """
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict) or "event" not in fields:
        return line
    shown = (
        f"{name.replace('_', ' ')} {value}"
        for name, value in fields.items()
        if name not in ("event", "level", "timestamp") and value not in (None, 0)
    )
    return ": ".join(part for part in (str(fields["event"]), ", ".join(shown)) if part)


def collector_command(source: str, files: Sequence[str], aircraft: int | None) -> list[str]:
    """The collector in real time."""
    command = [sys.executable, "-m", "collector", "--log", "json", "--source", source]
    command += [part for file in files for part in ("--input", file)]
    return command + (["--aircraft", str(aircraft)] if aircraft else [])


def operator_command(aircraft: int | None) -> list[str]:
    """The simulated operator in real time, of the same flights as the simulated collector."""
    command = [sys.executable, "-m", "collector.operator", "--log", "json", "--airline", AIRLINE]
    return command + (["--aircraft", str(aircraft)] if aircraft else [])


def _dagster() -> list[str]:
    return [str(Path(sys.executable).parent / "dagster"), "dev", "-w", "workspace.yaml"]


def _check_port(port: int, option: str) -> None:
    with socket.socket() as probe, suppress(ConnectionRefusedError):
        probe.settimeout(1)
        probe.connect(("127.0.0.1", port))
        raise AirTrafficError(
            f"port {port} on 127.0.0.1 is in use; stop what runs there or choose another with {option}"
        )
