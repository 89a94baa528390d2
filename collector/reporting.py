"""What the collector says: JSON lines for machines, a status line for a person at a terminal."""

import logging
import shutil
import sys
from datetime import UTC, datetime
from typing import TextIO

import structlog

from collector.run import Progress
from collector.source import Wait

log = structlog.get_logger()


def configure_logging(stream: TextIO, *, human: bool) -> None:
    """Send structlog and the standard library's warnings to one stream, a JSON object a line or readable."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        structlog.dev.ConsoleRenderer(colors=True)
        if human
        else structlog.processors.JSONRenderer(sort_keys=False, default=str)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        logger_factory=structlog.PrintLoggerFactory(_Cleared(stream) if human else stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class Reporter:
    """Receives what ``collect`` tells, and logs it or keeps the status line.

    Parameters
    ----------
    human
        A person reads ``stream``: one line that is written over, instead of a log line per poll.
    """

    def __init__(self, stream: TextIO = sys.stderr, *, human: bool = False) -> None:
        self._stream = stream
        self._human = human
        self._status = ""
        self._skipped = 0

    def on_poll(self, progress: Progress) -> None:
        if progress.skipped:
            # One line for all of them: a second replay skips thousands.
            self._skipped += 1
            return
        self._say_skipped()
        if not self._human:
            log.info(
                "poll sent" if progress.snapshot_at is not None else "answer rejected", **_fields(progress)
            )
            return
        totals = progress.totals
        parts = [
            f"{progress.source}: poll of {_clock_time(progress.snapshot_at)}",
            f"{progress.rows:,} rows" + (f", {progress.rejected:,} rejected" if progress.rejected else ""),
            f"{progress.rows_per_s or 0:,.0f} rows/s",
            f"{totals.rows:,} rows of {totals.polls:,} polls in all",
        ]
        if progress.credits_left is not None:
            parts.append(f"{progress.credits_left:,} credits left")
        self._status = " | ".join(parts)
        self._show(self._status)

    def on_wait(self, wait: Wait) -> None:
        if self._human:
            self._show(f"{self._status} | next poll {_clock_time(wait.until)}".removeprefix(" | "))

    def finish(self) -> None:
        self._say_skipped()
        if self._human and self._status:
            self._stream.write("\n")
            self._stream.flush()

    def _say_skipped(self) -> None:
        if self._skipped:
            log.info("polls skipped, the lake has them", polls=self._skipped)
            self._skipped = 0

    def _show(self, text: str) -> None:
        # A line longer than the terminal would wrap and could not be written over.
        self._stream.write(f"{_CLEAR}{text[: shutil.get_terminal_size().columns - 1]}")
        self._stream.flush()


_CLEAR = "\r\x1b[2K"


class _Cleared:
    """A stream whose every line first clears the status line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(f"{_CLEAR}{text}" if text.strip() else text)

    def flush(self) -> None:
        self._stream.flush()


def _fields(progress: Progress) -> dict:
    rate = progress.rows_per_s
    return {
        "source": progress.source,
        "snapshot_at": _iso(progress.snapshot_at),
        "rows": progress.rows,
        "rejected": progress.rejected,
        "rows_per_s": None if rate is None else round(rate),
        "credits_left": progress.credits_left,
        "next_poll_at": _iso(progress.next_poll_at),
    }


def _iso(seconds: float | None) -> str | None:
    return (
        None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    )


def _clock_time(seconds: float | None) -> str:
    return (
        "unknown time" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    )
