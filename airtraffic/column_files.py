"""Column files of state vectors (Parquet, CSV), cast by a declared mapping and put into poll order."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from airtraffic.casts import MISSING_WORDS, cast, microseconds
from airtraffic.errors import AirTrafficError
from airtraffic.state_vectors import FIELDS, LATEST_S, SCHEMA, Rejected, shown

ALIASES = {"heading": "true_track"}
"""Older files call the track over ground heading."""
REQUIRED = (
    "icao24",
    "callsign",
    "time_position",
    "last_contact",
    "longitude",
    "latitude",
    "baro_altitude",
    "on_ground",
    "velocity",
    "true_track",
)
POLL_TIMES = ("snapshot_at", "time")
"""Columns that hold the time of the poll: equal seconds are one poll."""
ROW_TIME = "timestamp_ingest"
"""Column that holds a time of each row: rows less than ``SAME_POLL_S`` apart are one poll."""
SAME_POLL_S = 5
_SECOND_US = 1_000_000


@dataclass
class ColumnFile:
    """All polls of a column file: rows ``first_rows[i]`` up to the next are those of ``snapshot_at[i]``."""

    snapshot_at: np.ndarray
    """(n_polls,) ascending. [s since 1970-01-01 UTC]"""
    first_rows: np.ndarray
    """(n_polls,) first row of each poll in ``table``. [rows]"""
    table: pa.Table
    rejected: dict[int, list[Rejected]] = field(default_factory=dict)
    """Rows that could not be cast, by the time of their poll."""
    homeless: list[Rejected] = field(default_factory=list)
    """Rows without a readable time."""


def read_columns(path: Path) -> ColumnFile:
    """Read a column file.

    Columns are found by name, ``heading`` is ``true_track``, and what is not an OpenSky field is ignored.
    Fields that the file lacks are null. Whole-number floats are integers, NaN is null, 0 and 1 are booleans,
    a squawk of fewer than four digits is padded with zeros, addresses become lower case.

    Raises
    ------
    AirTrafficError
        The file cannot be read, or lacks columns.
    """
    frame, homeless = _read(path)
    time_column = _time_column(path, frame.columns)
    frame = frame.rename(
        {old: new for old, new in ALIASES.items() if old in frame.columns and new not in frame.columns}
    )
    timed = frame.with_columns(_us=microseconds(time_column, frame.schema[time_column]))
    lost = pl.col("_us").is_null() | ~pl.col("_us").is_between(0, LATEST_S * _SECOND_US)
    homeless += [
        Rejected(f"{time_column} is {shown(row[time_column])}; expected a time since 1970", _json(row))
        for row in timed.filter(lost).drop("_us").iter_rows(named=True)
    ]
    ordered = timed.filter(~lost).sort("_us", maintain_order=True)
    snapshot_at, poll = _polls(ordered["_us"].to_numpy(), clustered=time_column == ROW_TIME)
    typed, faults = _cast(ordered)
    bad = faults.select(pl.any_horizontal(pl.all())).to_series().to_numpy()
    rows_per_poll = np.bincount(poll[~bad], minlength=len(snapshot_at))
    return ColumnFile(
        snapshot_at,
        np.concatenate([[0], np.cumsum(rows_per_poll)[:-1]]).astype(np.int64)[: len(snapshot_at)],
        typed.filter(~bad).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(SCHEMA),
        _rejected(ordered.filter(bad).drop("_us"), faults.filter(bad), snapshot_at[poll[bad]]),
        homeless,
    )


def first_time(path: Path) -> int | None:
    """Time of a column file's first poll, read from its time column alone. [s since 1970-01-01 UTC]

    Raises
    ------
    AirTrafficError
        The file cannot be read, or lacks columns.
    """
    time_column = _time_column(path, _names(path))
    frame, _ = _read(path, [time_column])
    times = frame.select(microseconds(time_column, frame.schema[time_column])).to_series()
    earliest = times.filter(times.is_between(0, LATEST_S * _SECOND_US)).min()
    return None if earliest is None else earliest // _SECOND_US


def _time_column(path: Path, names: list[str]) -> str:
    known = {ALIASES.get(name, name) for name in names}
    missing = [name for name in REQUIRED if name not in known]
    time_column = next((name for name in (*POLL_TIMES, ROW_TIME) if name in known), None)
    if time_column is None:
        missing.append(f"{ROW_TIME} (or {' or '.join(POLL_TIMES)})")
    if missing:
        raise AirTrafficError(
            f"the recording {path} lacks the columns {', '.join(missing)}; it has {', '.join(names) or 'none'}; "
            f"expected state vectors by OpenSky's names ({', '.join(REQUIRED)}) and a time of each row or poll"
        )
    return time_column


def _names(path: Path) -> list[str]:
    try:
        if path.suffix.lower() == ".parquet":
            return pa.parquet.read_schema(path).names
        skip = pa.csv.ParseOptions(invalid_row_handler=lambda torn: "skip")
        with pa.csv.open_csv(path, parse_options=skip) as reader:
            return reader.schema.names
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def _read(path: Path, columns: list[str] | None = None) -> tuple[pl.DataFrame, list[Rejected]]:
    torn: list[Rejected] = []
    try:
        if path.suffix.lower() == ".parquet":
            return pl.from_arrow(pa.parquet.read_table(path, columns=columns)), torn

        def refuse(row: pa.csv.InvalidRow) -> str:
            reason = f"line {row.number} has {row.actual_columns} values; expected {row.expected_columns}"
            torn.append(Rejected(reason, row.text.encode()))
            return "skip"

        names = _names(path)
        table = pa.csv.read_csv(
            path,
            # Line numbers are only known to a reader with one thread.
            read_options=pa.csv.ReadOptions(use_threads=False),
            parse_options=pa.csv.ParseOptions(invalid_row_handler=refuse),
            convert_options=pa.csv.ConvertOptions(
                # Everything is text first: a guess would turn squawk 0021 into 21 and address 123456 into a number.
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=columns,
                null_values=list(MISSING_WORDS),
                strings_can_be_null=True,
            ),
        )
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    return pl.from_arrow(table), torn


def _unreadable(path: Path, error: Exception) -> AirTrafficError:
    form = (
        "a Parquet file" if path.suffix.lower() == ".parquet" else "comma-separated UTF-8 text with a header"
    )
    detail = str(error).splitlines()[0] if str(error) else type(error).__name__
    return AirTrafficError(f"cannot read the recording {path}: {detail}; expected {form}")


def _polls(times_us: np.ndarray, *, clustered: bool) -> tuple[np.ndarray, np.ndarray]:
    """Times of the polls, and the poll of each row, from ascending row times."""
    if not len(times_us):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if clustered:
        starts = np.diff(times_us) >= SAME_POLL_S * _SECOND_US
    else:
        starts = np.diff(times_us // _SECOND_US) > 0
    poll = np.concatenate([[0], np.cumsum(starts)])
    return times_us[np.flatnonzero(np.concatenate([[True], starts]))] // _SECOND_US, poll


def _cast(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The 18 fields in their types, and for each row and field of the file whether it could not be cast."""
    values, faults = [], []
    for name, expected in FIELDS.items():
        if name not in frame.columns:
            values.append(pl.lit(None).cast(pl.from_arrow(SCHEMA.empty_table()).schema[name]).alias(name))
            continue
        value, fault = cast(name, frame.schema[name])
        if not (expected.nullable or expected.absent):
            fault = fault | value.is_null()
        values.append(value.alias(name))
        faults.append(fault.fill_null(False).alias(name))
    return frame.select(values), frame.select(faults)


def _rejected(rows: pl.DataFrame, faults: pl.DataFrame, times: np.ndarray) -> dict[int, list[Rejected]]:
    rejected: dict[int, list[Rejected]] = {}
    for row, fault, time in zip(
        rows.iter_rows(named=True), faults.iter_rows(named=True), times.tolist(), strict=True
    ):
        name = next(name for name, is_bad in fault.items() if is_bad)
        reason = f"{name} is {shown(row[name])}; expected {FIELDS[name].words}"
        rejected.setdefault(time, []).append(Rejected(reason, _json(row)))
    return rejected


def _json(row: dict) -> bytes:
    return json.dumps(row, default=str).encode()
