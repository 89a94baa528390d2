"""Columns that the tables of sectors share."""

import pyarrow as pa

from airtraffic.table import column

COUNT = pa.int32()
SECTOR = column("sector", pa.string(), "Id of the sector in config/sectors.yaml")
KIND = column("kind", pa.string(), "connectivity: by the flight's airports; airspace: by its positions")
VERSION = column("sectors_version", pa.string(), "Version of the definitions, with a hash of their content")
SOURCES = column(
    "sources", pa.list_(pa.string()), "Where the data behind the number really comes from, sorted"
)
COVERAGE = (
    column(
        "coverage",
        pa.float64(),
        "Share of the polls that came, of the count's own hour or of the day, where positions are behind the "
        "number: a missing poll understates it. Of an airspace sector partly outside of the polled box, times the "
        "share inside. Null where no positions are behind it, as polls say nothing of a file's flights",
        "1",
    ),
    column(
        "coverage_marked",
        pa.bool_(),
        "coverage is below the threshold, that of any window for a whole day, or positions are behind the number "
        "and it is not known",
    ),
    column(
        "coverage_basis",
        pa.string(),
        "What the count rests on: polls, or the providers of the day's flights, or both; null when nothing",
    ),
    SOURCES,
)


def date_of(of: str) -> pa.Field:
    return column("date", pa.date32(), f"Day of {of}, partition column", "UTC")
