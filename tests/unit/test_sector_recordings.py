"""The golden sectors on nine months of real flights, and airspace sectors on real positions."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from airtraffic.sector_capacity import daily_times, sector_capacity_days
from airtraffic.sector_counts import sector_entries
from airtraffic.sector_flights import connectivity_flights
from airtraffic.sectors import Sectors, read_sectors
from tests.unit.sector_samples import basis

pytestmark = pytest.mark.recordings
DAYS = [date(2022, 6, 1) + timedelta(days=number) for number in range(273)]
GOLDEN = {"BR-SAO-RIO": (20_982, 2544.7), "BR-ANY-BSB": (21_650, 5325.5), "BR-CGH-ANY": (38_198, 4077.6)}


@pytest.fixture(scope="module")
def declared() -> Sectors:
    return read_sectors((Path(__file__).parents[2] / "config" / "sectors.yaml").read_text())


@pytest.fixture(scope="module")
def bimtra(recordings) -> pl.DataFrame:
    rows = pl.read_parquet(recordings / "flights" / "brazil_bimtra_20220601_20230228.parquet")
    long_s = (pl.col("arr_utc") - pl.col("dep_utc")).dt.total_seconds()
    return (
        rows.unique(["flightid", "origin", "destination", "dep_utc", "arr_utc"])
        .filter((long_s > 0) & (long_s <= 6 * 3600) & (pl.col("origin") != pl.col("destination")))
        .select(
            pl.col("flightid").alias("flight_id"),
            *(pl.lit(None, pl.String).alias(name) for name in ("icao24", "callsign")),
            "origin",
            "destination",
            pl.col("dep_utc").dt.replace_time_zone("UTC").alias("departure_at"),
            pl.col("arr_utc").dt.replace_time_zone("UTC").alias("arrival_at"),
            pl.lit(False).alias("cancelled"),
            pl.lit("file").alias("source"),
            pl.lit("bimtra").alias("provider"),
            pl.lit(["files"]).alias("routes"),
            pl.col("dep_utc").dt.date().alias("date"),
        )
    )


@pytest.fixture(scope="module")
def passages(bimtra, declared) -> pl.DataFrame:
    return connectivity_flights(bimtra, declared)


def test_the_golden_sectors(bimtra, passages, declared):
    assert bimtra.height == 221_849
    found = passages.group_by("sector").agg(pl.len(), pl.col("time_in_sector_s").mean().round(1))
    assert {
        sector: (flights, tps) for sector, flights, tps in found.iter_rows() if sector in GOLDEN
    } == GOLDEN
    whole = declared.model_copy(update={"tps_window_days": len(DAYS)})
    capacity = sector_capacity_days(daily_times(passages), whole, DAYS[-1:]).to_pylist()
    found = {row["sector"]: (row["flights"], round(row["tps_s"], 1)) for row in capacity if row["tps_s"]}
    assert found.items() >= GOLDEN.items()


def test_the_golden_sectors_peaks(bimtra, passages, declared):
    entries = pl.from_arrow(sector_entries(passages, declared, DAYS, basis(bimtra)))
    golden = entries.filter(pl.col("sector") == "BR-SAO-RIO")
    assert golden["entries_15min"].sum() == 20_982
    assert golden.group_by("date").agg(pl.col("entries_15min").sum())["entries_15min"].max() == 102
    assert golden.filter(pl.col("window_start").dt.minute() == 0)["entries_60min"].max() == 12
    assert golden["entries_60min"].max() == 13, "clock hours understate the peak"
