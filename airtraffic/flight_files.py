"""Files of rows, CSV or Parquet, in pieces, so that memory does not grow with the file."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from airtraffic.declared_files import FileFormat, UnreadableFileError

SUFFIXES = (".csv", ".parquet")
ROWS_AT_ONCE = 50_000
_BLOCK_BYTES = 8 << 20


@dataclass(frozen=True)
class Malformed:
    """A line of a CSV file that has not the columns of its header."""

    number: int
    """Of the line, the header's being 1."""
    reason: str
    original: str


@dataclass(frozen=True)
class Piece:
    """Some rows of a file."""

    first: int
    """Number of the first row, from 0."""
    rows: pl.DataFrame
    malformed: list[Malformed]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pieces(path: Path, provider: FileFormat) -> Iterator[Piece]:
    """A file's rows in order; CSV columns are text.

    Raises
    ------
    UnreadableFileError
        The file is neither CSV nor Parquet, or is broken.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UnreadableFileError(f"{path.name} is no table; expected one of {', '.join(SUFFIXES)}")
    read = _csv if path.suffix.lower() == ".csv" else _parquet
    malformed: list[Malformed] = []
    first, rows = 0, pl.DataFrame()
    try:
        for rows in read(path, provider, malformed):
            yield Piece(first, rows, malformed.copy())
            malformed.clear()
            first += rows.height
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        hint = (
            f"; is its encoding latin-1? config/providers.yaml declares {provider.encoding}"
            if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in str(error)
            else ""
        )
        raise UnreadableFileError(f"{path.name} cannot be read: {error}{hint}") from error
    if malformed:
        yield Piece(first, rows.clear(), malformed)


def whole(path: Path, provider: FileFormat) -> Piece:
    """All rows of a file at once.

    Raises
    ------
    UnreadableFileError
        As :func:`pieces`.
    """
    parts = list(pieces(path, provider))
    rows = pl.concat(part.rows for part in parts) if parts else pl.DataFrame()
    return Piece(0, rows, [line for part in parts for line in part.malformed])


def _parquet(path: Path, _provider: FileFormat, _malformed: list[Malformed]) -> Iterator[pl.DataFrame]:
    with pa.parquet.ParquetFile(path) as file:
        yield pl.DataFrame(pl.from_arrow(file.schema_arrow.empty_table()))
        for batch in file.iter_batches(ROWS_AT_ONCE):
            yield pl.DataFrame(pl.from_arrow(batch))


def _csv(path: Path, provider: FileFormat, malformed: list[Malformed]) -> Iterator[pl.DataFrame]:
    def note(row: pa.csv.InvalidRow) -> str:
        reason = f"the line has {row.actual_columns} columns; expected {row.expected_columns}"
        malformed.append(Malformed(row.number, reason, json.dumps(row.text)))
        return "skip"

    def reader(names: list[str]) -> pa.csv.CSVStreamingReader:
        return pa.csv.open_csv(
            path,
            # One thread: with several, malformed lines have no number.
            pa.csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, encoding=provider.encoding),
            pa.csv.ParseOptions(delimiter=provider.delimiter, invalid_row_handler=note),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )

    with reader([]) as header:
        names = header.schema.names
    malformed.clear()
    yield pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    with reader(names) as batches:
        for batch in batches:
            yield pl.DataFrame(pl.from_arrow(batch))
