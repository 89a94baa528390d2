"""Children are kept running, and stopped."""

import io
import os
import sys
import time

from rich.console import Console

from cli.supervisor import Supervisor


def watch(supervisor: Supervisor, until, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not until():
        assert time.monotonic() < deadline, "not in time"
        supervisor.tick()
        time.sleep(0.05)


def console() -> tuple[Console, io.StringIO]:
    said = io.StringIO()
    return Console(file=said, width=200), said


def test_a_child_that_dies_is_started_again_and_that_is_said(tmp_path):
    terminal, said = console()
    supervisor = Supervisor(terminal, tmp_path, {**os.environ})
    supervisor.add(
        "sleeper",
        [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"],
        show=str.upper,
    )
    with supervisor:
        watch(supervisor, lambda: "sleeper UP" in said.getvalue())
        first = supervisor.pids()["sleeper"]
        os.killpg(first, 9)
        watch(supervisor, lambda: supervisor.pids().get("sleeper", first) != first)
    assert "sleeper ended" in said.getvalue()
    assert "started again in 2 s" in said.getvalue()


def test_a_child_that_keeps_dying_is_started_after_growing_pauses(tmp_path):
    terminal, said = console()
    supervisor = Supervisor(terminal, tmp_path, {**os.environ})
    supervisor.add("broken", [sys.executable, "-c", "raise SystemExit('no luck')"])
    with supervisor:
        watch(supervisor, lambda: "again in 4 s" in said.getvalue())
    assert said.getvalue().index("again in 2 s") < said.getvalue().index("again in 4 s")
    assert "no luck" in said.getvalue()


def test_nothing_is_left_running_at_the_end(tmp_path):
    terminal, _ = console()
    supervisor = Supervisor(terminal, tmp_path, {**os.environ})
    supervisor.add(
        "sleeper", [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
    )
    with supervisor:
        log = tmp_path / "sleeper.log"
        watch(supervisor, lambda: log.exists() and log.read_text().strip())
    pid = int(log.read_text())
    assert not os.path.exists(f"/proc/{pid}") if os.path.exists("/proc") else True
