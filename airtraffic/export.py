"""Tables as files for other programs: CSV, Parquet and Excel, a batch at a time."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa

from airtraffic.errors import AirTrafficError

EXCEL_ROWS = 1_048_576
"""Rows of an Excel sheet, its header included."""
_EXCEL_TIME = "yyyy-mm-dd hh:mm:ss"


class ExportError(AirTrafficError):
    """The rows do not fit the file."""


@dataclass(frozen=True)
class Column:
    """What a column means, its unit included."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class About:
    """What qualifies an export."""

    table: str
    description: str
    first_day: str
    last_day: str
    version: int
    """Delta version of the table that was read."""
    exported_at: str
    columns: Sequence[Column]


def write_csv(batches: Iterable[pa.Table], schema: pa.Schema, about: About, path: Path) -> int:
    """RFC 4180 with a header, times in ISO 8601 UTC, lists and structs as JSON; rows written.

    What qualifies the numbers goes to ``<path>.about.json``.
    """
    rows = 0
    with path.open("wb") as file:
        pl.DataFrame(pl.from_arrow(_flat(schema.empty_table()))).write_csv(file)
        for batch in batches:
            frame = pl.DataFrame(pl.from_arrow(_flat(batch)))
            frame.write_csv(file, include_header=False, datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
            rows += batch.num_rows
    path.with_name(path.name + ".about.json").write_text(json.dumps(_facts(about, rows), indent=2) + "\n")
    return rows


def write_parquet(batches: Iterable[pa.Table], schema: pa.Schema, about: About, path: Path) -> int:
    """One Parquet file, types as in the lake, what qualifies the numbers in its metadata; rows written."""
    from pyarrow import parquet

    facts = {key: json.dumps(value) for key, value in asdict(about).items()}
    schema = schema.with_metadata({f"airtraffic.{key}": value for key, value in facts.items()})
    rows = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(batch.cast(schema))
            rows += batch.num_rows
    return rows


def write_xlsx(batches: Iterable[pa.Table], schema: pa.Schema, about: About, path: Path) -> int:
    """A sheet of rows and a sheet that says what they are; rows written.

    Raises
    ------
    ExportError
        More rows than a sheet holds.
    """
    import xlsxwriter

    options = {
        "constant_memory": True,
        # Text from outside is text, never a formula or a link.
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
        "default_date_format": _EXCEL_TIME,
        "remove_timezone": True,
    }
    rows = 0
    with xlsxwriter.Workbook(path, options) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("data")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, schema.names, bold)
        for number, name in enumerate(schema.names):
            is_time = pa.types.is_timestamp(schema.field(name).type)
            sheet.set_column(number, number, max(len(name) + 2, 20 if is_time else 10))
        for batch in batches:
            if rows + batch.num_rows >= EXCEL_ROWS:
                raise ExportError(
                    f"{about.table} has more than the {EXCEL_ROWS - 1:,} rows that an Excel sheet holds between "
                    f"{about.first_day} and {about.last_day}; export fewer days, or choose csv or parquet"
                )
            columns = [column.to_pylist() for column in _flat(batch).columns]
            for values in zip(*columns, strict=True):
                rows += 1
                sheet.write_row(rows, 0, values)
        sheet.autofilter(0, 0, rows, len(schema.names) - 1)
        _about_sheet(book, bold, _facts(about, rows))
    return rows


FORMATS: dict[str, Callable[[Iterable[pa.Table], pa.Schema, About, Path], int]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}


def _facts(about: About, rows: int) -> dict:
    return {**asdict(about), "rows": rows, "times": "UTC"}


def _about_sheet(book, bold, facts: dict) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 1, 24)
    sheet.set_column(2, 2, 110)
    columns = facts.pop("columns")
    for line, (name, value) in enumerate(facts.items()):
        sheet.write(line, 0, name, bold)
        sheet.write(line, 1, value)
    start = len(facts) + 1
    sheet.write_row(start, 0, ["column", "type", "meaning and unit"], bold)
    for line, column in enumerate(columns, start + 1):
        sheet.write_row(line, 0, list(column.values()))


def _flat(table: pa.Table) -> pa.Table:
    """Lists, structs and bytes as text, which is what a sheet and a CSV file can hold."""
    for number, field in enumerate(table.schema):
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            table = table.set_column(
                number, field.name, pa.array(map(_text, table[field.name].to_pylist()), pa.string())
            )
    return table


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    return json.dumps(
        value, default=lambda moment: moment.isoformat() if isinstance(moment, datetime) else str(moment)
    )
