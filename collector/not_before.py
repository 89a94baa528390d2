"""The time before which OpenSky must not be asked again, kept over restarts."""

import json
import os
from pathlib import Path

import structlog

log = structlog.get_logger()


class NotBefore:
    """A small file that holds one time for one account."""

    def __init__(self, path: Path, account: str) -> None:
        self._path = path
        self._account = account

    def read(self) -> float:
        """The time, 0 when none is stored for this account. [s since 1970-01-01 UTC]"""
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return float(stored["not_before"]) if stored["account"] == self._account else 0.0
        except FileNotFoundError:
            return 0.0
        except (ValueError, KeyError, TypeError) as error:
            log.warning(
                "the stored time cannot be read and is ignored", file=str(self._path), reason=repr(error)
            )
            return 0.0

    def write(self, not_before: float) -> None:
        """Store the time; a crash in between leaves the one before. [s since 1970-01-01 UTC]"""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"account": self._account, "not_before": not_before}), encoding="utf-8")
        os.replace(fresh, self._path)
