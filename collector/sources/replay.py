"""Recorded polls, sent again."""

import time
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path

from airtraffic.errors import AirTrafficError
from airtraffic.recordings import COLUMN_FILES, DEFAULT_INTERVAL_S, RAW_ANSWERS, RecordedPoll, read_recordings
from collector.pacing import paced
from collector.source import Box, Poll, Skipped, Wait


class Replay:
    """Recordings in time order.

    Parameters
    ----------
    inputs
        Files, and folders whose recordings are taken.
    speed
        Recorded seconds that pass in one second, infinite for as fast as possible. [1]

    Raises
    ------
    AirTrafficError
        There is nothing to replay; while replaying: a file cannot be read.
    """

    name = "replay"

    def __init__(
        self, inputs: Iterable[Path], speed: float = 1.0, clock: Callable[[], float] = time.time
    ) -> None:
        self.files = recordings_in(inputs)
        self.speed = speed
        self.interval_s = DEFAULT_INTERVAL_S
        self.box: Box | None = None
        self._clock = clock

    def polls(self, known: Container[int] = frozenset()) -> Iterator[Poll | Wait | Skipped]:
        recorded = (self._poll(poll) for poll in read_recordings(self.files))
        return paced(recorded, speed=self.speed, clock=self._clock, known=known)

    def _poll(self, poll: RecordedPoll) -> Poll:
        return Poll(self.name, poll.snapshot_at, poll.table, poll.interval_s, self.box, poll.rejected)


def recordings_in(inputs: Iterable[Path]) -> list[Path]:
    """Files as they are, and of folders the files that can be recordings, each once."""
    endings = (*COLUMN_FILES, *RAW_ANSWERS)
    files: list[Path] = []
    for path in inputs:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.name.lower().endswith(endings))
            if not found:
                raise AirTrafficError(
                    f"the folder {path} holds no recording; expected {', '.join(endings)} files"
                )
            files += found
        elif path.exists():
            files.append(path)
        else:
            raise AirTrafficError(f"there is no recording {path}")
    if not files:
        raise AirTrafficError("a replay needs at least one recording: --input FILE")
    return list(dict.fromkeys(files))
