"""Recordings of polls: column files (Parquet, CSV) and raw OpenSky answers (.json, .json.gz)."""

import gzip
import heapq
import itertools
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from airtraffic.column_files import first_time, read_columns
from airtraffic.errors import AirTrafficError
from airtraffic.state_vectors import SCHEMA, Rejected, parse_answer

COLUMN_FILES = (".parquet", ".csv", ".csv.gz")
RAW_ANSWERS = (".json", ".json.gz")
DEFAULT_INTERVAL_S = 60.0
"""Declared by a recording of a single poll, whose own spacing cannot be known. [s]"""


@dataclass
class RecordedPoll:
    """One poll of a recording.

    ``snapshot_at`` is None for what could not be read and belongs to no poll: then the table is empty and
    ``rejected`` is not.
    """

    snapshot_at: int | None
    table: pa.Table
    interval_s: float
    rejected: list[Rejected] = field(default_factory=list)


def read_recordings(paths: Iterable[Path]) -> Iterator[RecordedPoll]:
    """The polls of several files in time order.

    A file is opened when its first poll is due and let go after its last, so that memory holds the files
    that overlap, not all of them. Raw answers of one call are one recording: its interval is their median
    spacing.

    Raises
    ------
    AirTrafficError
        A file cannot be read, or is of no known kind; named before the first poll is given.
    """
    spans = [(first_snapshot(path), path) for path in paths]
    starts = [start for start, path in spans if start is not None and kind(path) in RAW_ANSWERS]
    spacing = median_spacing_s(starts)
    waiting = sorted(
        ((-1 if start is None else start), index, path) for index, (start, path) in enumerate(spans)
    )
    opened: list = []
    while waiting or opened:
        while waiting and (not opened or waiting[0][0] <= opened[0][0]):
            _, index, path = waiting.pop(0)
            _advance(opened, read_polls(path, interval_s=spacing), index)
        if opened:
            _, index, poll, polls = heapq.heappop(opened)
            yield poll
            _advance(opened, polls, index)


def _advance(opened: list, polls: Iterator[RecordedPoll], index: int) -> None:
    poll = next(polls, None)
    if poll is not None:
        # (time, index) never ties between files, so that polls themselves are never compared.
        heapq.heappush(opened, (-1 if poll.snapshot_at is None else poll.snapshot_at, index, poll, polls))


def read_polls(path: Path, interval_s: float = DEFAULT_INTERVAL_S) -> Iterator[RecordedPoll]:
    """The polls of one file in time order; ``interval_s`` is declared where the file has a single poll.

    Rows that cannot be cast are rejected and the others go on; rows without a readable time come first, in
    a poll without a time.

    Raises
    ------
    AirTrafficError
        The file cannot be read, lacks columns, or is of no known kind.
    """
    if kind(path) in RAW_ANSWERS:
        answer = parse_answer(_body(path))
        yield RecordedPoll(answer.snapshot_at, answer.table, interval_s, answer.rejected)
        return
    columns = read_columns(path)
    if columns.homeless:
        yield RecordedPoll(None, SCHEMA.empty_table(), interval_s, columns.homeless)
    times = columns.snapshot_at
    spacing = median_spacing_s(times.tolist(), interval_s)
    edges = np.append(columns.first_rows, columns.table.num_rows)
    for time, (start, end) in zip(times.tolist(), itertools.pairwise(edges.tolist()), strict=True):
        yield RecordedPoll(
            time, columns.table.slice(start, end - start), spacing, columns.rejected.get(time, [])
        )


def first_snapshot(path: Path) -> int | None:
    """Time of a file's first poll, None when nothing in it has one. [s since 1970-01-01 UTC]"""
    if kind(path) in RAW_ANSWERS:
        return parse_answer(_body(path)).snapshot_at
    return first_time(path)


def kind(path: Path) -> str:
    """The ending by which a recording is read.

    >>> kind(Path("answers/states.JSON.gz"))
    '.json.gz'
    """
    name = path.name.lower()
    for ending in (*COLUMN_FILES, *RAW_ANSWERS):
        if name.endswith(ending):
            return ending
    raise AirTrafficError(
        f"{path} is no recording that can be read; expected a name ending in "
        f"{', '.join((*COLUMN_FILES, *RAW_ANSWERS))}"
    )


def median_spacing_s(times: list[int], otherwise: float = DEFAULT_INTERVAL_S) -> float:
    """Median time between polls, ``otherwise`` when there are fewer than two. [s]

    >>> median_spacing_s([0, 60, 120, 600])
    60.0
    """
    spacings = np.diff(np.unique(np.array(times, dtype=np.int64)))
    return float(np.median(spacings)) if len(spacings) else otherwise


def _body(path: Path) -> bytes:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise AirTrafficError(f"cannot read the recording {path}: {error.strerror}") from error
    if kind(path) == ".json.gz":
        try:
            return gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise AirTrafficError(f"cannot unpack the recording {path}: {error}; expected gzip") from error
    return body
