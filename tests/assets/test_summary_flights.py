"""What the demo says of flights and sectors."""

from datetime import UTC, date, datetime

import polars as pl

from airtraffic.flight_tables import FLIGHTS
from airtraffic.sector_tables import SECTOR_SATURATION
from cli.summary_flights import COLUMNS, flights_said, sectors_said

DAY = date(2025, 1, 15)
NO_FLIGHTS = pl.DataFrame(FLIGHTS.schema.empty_table()).select(COLUMNS)
NO_SECTORS = pl.DataFrame(SECTOR_SATURATION.schema.empty_table())


def flights(*rows: tuple[str, list[str], str | None]) -> pl.DataFrame:
    made = [
        {"source": source, "routes": routes, "cancelled": False, "origin": at, "destination": at, "date": DAY}
        for source, routes, at in rows
    ]
    return pl.DataFrame(made, schema=NO_FLIGHTS.schema)


def sector(name: str, percent: float | None, **other) -> dict:
    return {
        "sector": name,
        "basis": "observed",
        "d_max": 12.0,
        "saturation_percent": percent,
        "capacity_per_h": 20.0,
        "level": "normal",
        "window_start": datetime(2025, 1, 15, 11, 15, tzinfo=UTC),
        "coverage": 1.0,
        "coverage_marked": False,
    } | other


def sectors(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=NO_SECTORS.schema)


def test_flights_are_told_by_source_and_by_who_knows_them():
    both = ["database", "tracks"]
    said = flights_said(
        flights(
            ("simulate", ["tracks"], None),
            ("simulate", both, "SBGR"),
            ("simulate", both, "SBGR"),
            ("file", ["files"], "SBGR"),
        )
    )
    assert said.startswith(
        "4 that left on the day: file: 1 by files; simulate: 2 by database and tracks, 1 by"
    )
    assert "2 of several routes are one flight each" in said
    assert said.endswith("both airports known of 75.00 %")
    assert flights_said(NO_FLIGHTS) == "none"


def test_the_fullest_sector_stands_with_its_index_level_and_coverage():
    said = sectors_said(sectors(sector("A", 60.0), sector("B", 120.5, level="critical")))
    assert said.startswith(
        "fullest B with 12 entries in 60 min from 11:15, IS 120.50 % of 20.0 an hour, critical, "
    )
    assert said.endswith("coverage 100.00 %; 1 of 2 in alert or critical")


def test_poor_and_unknown_coverage_is_marked():
    poor = sector("A", 60.0, coverage=0.25, coverage_marked=True)
    assert "coverage 25.00 % [yellow](marked: demand is understated)" in sectors_said(sectors(poor))
    unknown = sector("A", 60.0, coverage=None, coverage_marked=True)
    assert "coverage not known [yellow](marked" in sectors_said(sectors(unknown))


def test_a_day_on_which_no_sector_counts_is_said():
    assert sectors_said(NO_SECTORS) == "none is defined for these days"
    empty = sectors(sector("A", 0.0, d_max=0.0), sector("B", None), sector("C", 90.0, basis="forecast"))
    assert sectors_said(empty) == "nothing entered any of 3"
