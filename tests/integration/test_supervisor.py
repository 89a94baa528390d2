"""Children are kept running, and stopped."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

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


def test_a_child_that_comes_to_its_end_is_left_alone(tmp_path):
    terminal, said = console()
    supervisor = Supervisor(terminal, tmp_path, {**os.environ})
    supervisor.add("replay", [sys.executable, "-c", "print('over')"], may_end=True)
    with supervisor:
        watch(supervisor, lambda: "replay has come to its end" in said.getvalue())
        supervisor.tick()
    assert "again" not in said.getvalue()


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
    deadline = time.monotonic() + 5
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is left"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_can_be_stopped_although_its_ancestor_ignores_the_signals(tmp_path):
    script = (
        "import os, signal, sys, time; from pathlib import Path; from cli.child import Child\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"log = Path({str(tmp_path / 'sleeper.log')!r})\n"
        "sleeper = 'import time; print(1, flush=True); time.sleep(60)'\n"
        "child = Child('sleeper', [sys.executable, '-c', sleeper], log)\n"
        "while not log.read_text(): time.sleep(0.05)\n"
        "began = time.monotonic(); child.stop(); print(time.monotonic() - began)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert float(done.stdout) < 10
