"""Rows leave the lake as they are, with what their columns mean."""

import json
from datetime import UTC, date, datetime
from zipfile import ZipFile

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from airtraffic import export
from airtraffic.errors import AirTrafficError
from airtraffic.export import FORMATS, About, Column, ExportError
from airtraffic.settings import Settings
from cli.export import run_export

AT = datetime(2025, 1, 15, 12, 30, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("callsign", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("speed_kt", pa.float64()),
        ("is_critical", pa.bool_()),
        ("reasons", pa.list_(pa.string())),
        ("date", pa.date32()),
    ]
)
ROWS = [
    {
        "callsign": "=1+1",
        "at": AT,
        "speed_kt": 449.5,
        "is_critical": True,
        "reasons": ["spi"],
        "date": date(2025, 1, 15),
    },
    {
        "callsign": None,
        "at": None,
        "speed_kt": None,
        "is_critical": None,
        "reasons": [],
        "date": date(2025, 1, 16),
    },
]
ABOUT = About(
    "states",
    "One row per example.",
    "2025-01-15",
    "2025-01-16",
    7,
    "2025-02-01T00:00:00+00:00",
    [Column(field.name, str(field.type), f"meaning of {field.name} [unit]") for field in SCHEMA],
)


def written(kind: str, tmp_path, rows=ROWS):
    path = tmp_path / f"states.{kind}"
    batches = (pa.Table.from_pylist([row], schema=SCHEMA) for row in rows)
    assert FORMATS[kind](batches, SCHEMA, ABOUT, path) == len(rows)
    return path


def test_csv_has_a_header_times_in_utc_and_lists_as_json(tmp_path):
    path = written("csv", tmp_path)
    lines = path.read_text().splitlines()
    assert lines[0] == "callsign,at,speed_kt,is_critical,reasons,date"
    assert lines[1] == '=1+1,2025-01-15T12:30:00Z,449.5,true,"[""spi""]",2025-01-15'
    assert lines[2] == ",,,,[],2025-01-16"


def test_beside_a_csv_stands_what_its_columns_mean(tmp_path):
    path = written("csv", tmp_path)
    about = json.loads(path.with_name("states.csv.about.json").read_text())
    assert (about["table"], about["version"], about["rows"]) == ("states", 7, 2)
    assert about["columns"][2] == {
        "name": "speed_kt",
        "type": "double",
        "description": "meaning of speed_kt [unit]",
    }


def test_parquet_keeps_types_and_says_what_they_mean(tmp_path):
    table = parquet.read_table(written("parquet", tmp_path))
    assert table.schema.remove_metadata() == SCHEMA
    assert table.to_pylist() == ROWS
    assert json.loads(table.schema.metadata[b"airtraffic.description"]) == "One row per example."


def test_a_sheet_holds_the_rows_and_text_from_outside_is_no_formula(tmp_path):
    path = written("xlsx", tmp_path)
    with ZipFile(path) as book:
        data = book.read("xl/worksheets/sheet1.xml").decode()
        about = book.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in data
    assert "=1+1" in data
    assert "<v>449.5</v>" in data
    assert "meaning of speed_kt [unit]" in about


def test_more_rows_than_a_sheet_holds_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "EXCEL_ROWS", 2)
    with pytest.raises(ExportError, match=r"states has more than the 1 rows .* choose csv or parquet"):
        written("xlsx", tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_no_rows_are_a_file_with_a_header(kind, tmp_path):
    path = written(kind, tmp_path, rows=[])
    assert path.stat().st_size > 0
    if kind == "csv":
        assert pl.read_csv(path).columns == SCHEMA.names


def test_a_span_that_ends_before_it_begins_says_so():
    with pytest.raises(AirTrafficError, match="--from 2025-01-16 lies after --to 2025-01-15; swap them"):
        run_export(Settings.from_env({}), "states", date(2025, 1, 16), date(2025, 1, 15), "csv", None)
