"""A child process in a process group of its own, tethered to this process, with its output in a file."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from airtraffic.errors import AirTrafficError

CHECKOUT = Path(__file__).parents[1]
_TAIL_BYTES = 4096
_TAIL_LINES = 15


class Child:
    """A server that one process starts for itself and that goes when it goes.

    Parameters
    ----------
    name
        What it is called in messages.
    command
        Program and arguments.
    log
        File that its standard output and error are appended to.
    environment
        The whole environment; this process's when None.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ):
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.tether", str(os.getpid()), *command],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of the group's leader, which is the id of the group."""
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def ended_well(self) -> bool:
        """Whether it has ended by itself with status 0."""
        return self._process.poll() == 0

    def check(self) -> None:
        """Raise an AirTrafficError with the end of the log when the child has ended by itself."""
        if not self.alive():
            raise self.failure(f"ended with status {self._process.returncode}")

    def failure(self, what: str) -> AirTrafficError:
        """An error that says what is wrong and shows the end of the log."""
        return AirTrafficError(f"{self.name} {what}; the end of {self.log}:\n{self._tail()}")

    def stop(self, grace_s: float = 20.0) -> None:
        """Terminate the group; kill what is left of it after ``grace_s``. [s]"""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL the whole group at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _tail(self) -> str:
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:]) or "  (empty)"
