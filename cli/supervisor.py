"""Keeps child processes running: one that fails is started again with a growing pause, and that is said."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from cli.child import Child

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_STEADY_S = 60.0
"""A child that ran this long before it died is started again after the first pause."""


@dataclass
class _Kept:
    name: str
    command: list[str]
    log: Path
    show: Callable[[str], str] | None
    may_end: bool
    child: Child | None = None
    started_at: float = 0.0
    start_again_at: float | None = None
    pause_s: float = _FIRST_PAUSE_S
    read_to: int = 0
    done: bool = False
    """It ended with status 0: a replay that is over, say."""


class Supervisor:
    """Children by name, each with its log below one folder.

    Parameters
    ----------
    console
        Where deaths, restarts and the output of shown children are said.
    logs
        Folder of the children's logs.
    environment
        The children's whole environment.
    """

    def __init__(self, console: Console, logs: Path, environment: Mapping[str, str]) -> None:
        self._console = console
        self._logs = logs
        self._environment = environment
        self._kept: list[_Kept] = []

    def add(
        self,
        name: str,
        command: Sequence[str],
        *,
        show: Callable[[str], str] | None = None,
        may_end: bool = False,
    ) -> None:
        """Keep a command running from ``__enter__`` on.

        Parameters
        ----------
        show
            Makes a line of its output one for the console; None keeps its output to the log.
        may_end
            Status 0 is the end of its work, and it is not started again.
        """
        self._kept.append(_Kept(name, list(command), self._logs / f"{name}.log", show, may_end))

    def pids(self) -> dict[str, int]:
        """Process groups of the children that run now."""
        return {kept.name: kept.child.pid for kept in self._kept if kept.child and kept.child.alive()}

    def tick(self) -> None:
        """Look after the children once; to be called about twice a second."""
        now = time.monotonic()
        for kept in self._kept:
            if kept.show:
                self._repeat(kept)
            if kept.start_again_at is not None:
                if now >= kept.start_again_at:
                    self._start(kept)
            elif kept.done or kept.child.alive():
                continue
            elif kept.may_end and kept.child.ended_well():
                kept.done = True
                self._console.print(f"{kept.name} has come to its end")
            else:
                steady = now - kept.started_at > _STEADY_S
                kept.pause_s = _FIRST_PAUSE_S if steady else min(2 * kept.pause_s, _LONGEST_PAUSE_S)
                kept.start_again_at = now + kept.pause_s
                self._console.print(f"[red]{escape(str(kept.child.failure('ended')))}[/]")
                self._console.print(f"{kept.name} is started again in {kept.pause_s:.0f} s")

    def __enter__(self) -> "Supervisor":
        for kept in self._kept:
            self._start(kept)
        return self

    def __exit__(self, *_: object) -> None:
        for kept in self._kept:
            if kept.child:
                kept.child.stop()
                if kept.show:
                    self._repeat(kept)

    def _start(self, kept: _Kept) -> None:
        kept.read_to = kept.log.stat().st_size if kept.log.exists() else 0
        kept.child = Child(kept.name, kept.command, kept.log, self._environment)
        kept.started_at = time.monotonic()
        kept.start_again_at = None

    def _repeat(self, kept: _Kept) -> None:
        with kept.log.open("rb") as log:
            log.seek(kept.read_to)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        kept.read_to += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            self._console.print(
                f"[dim]{kept.name}[/] {escape(kept.show(line))}", highlight=False, soft_wrap=True
            )
