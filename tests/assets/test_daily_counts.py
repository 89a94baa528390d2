"""From dropped files of daily counts to demand, on a real lake."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pyarrow as pa
from deltalake import write_deltalake

from airtraffic.count_providers import load_count_providers
from airtraffic.demand_tables import DAILY_COUNTS
from assets.daily_demand import daily_demand
from assets.flights import ingest_flight_files
from cli.inbox_report import hashed, report_files
from orchestration.flight_files import PROVIDERS, ingest_files
from sensors.inbox import dropped_files
from tests.assets.flight_files import bimtra, drop

FIRST = date(2024, 1, 1)
COUNTS = pl.DataFrame({"date": [FIRST + timedelta(days=n) for n in range(3)], "flights": [100, 110, 120]})


def ingest(lake, inbox, instance=None) -> None:
    resources = {"lake": lake, "inbox": inbox}
    assert ingest_flight_files.execute_in_process(resources=resources, instance=instance).success


def demand(lake) -> dict[date, float]:
    tags = {
        "dagster/asset_partition_range_start": str(FIRST),
        "dagster/asset_partition_range_end": str(FIRST + timedelta(days=3)),
    }
    assert dg.materialize([daily_demand], tags=tags, resources={"lake": lake}).success
    rows = lake.read("daily_demand").sort_by("date").to_pylist()
    return {row["date"]: row["value"] for row in rows}


def test_a_dropped_file_becomes_demand_and_is_put_away(lake, inbox, folder, instance):
    drop(folder, "brazil_network", "2024.parquet", COUNTS)
    drop(folder, "bimtra", "june.parquet", bimtra(days=1))
    sensor = dg.build_sensor_context(instance=instance)
    assert dropped_files(sensor, inbox=inbox).tags == {"airtraffic/files": "2"}
    ingest(lake, inbox, instance)
    days = {"2024-01-01", "2024-01-02", "2024-01-03"}
    assert instance.get_materialized_partitions(dg.AssetKey("daily_counts")) == days
    assert instance.get_materialized_partitions(dg.AssetKey("flights_raw")) == {"2022-06-01"}
    assert list(demand(lake).values()) == [100.0, 110.0, 120.0]
    assert inbox.dropped(datetime.now(UTC)) == []
    assert {path.parent for path in folder.rglob("*.parquet")} == {
        folder / "archive" / "brazil_network",
        folder / "archive" / "bimtra",
    }


def test_days_that_several_files_have_are_reported_once(lake, inbox, folder, instance):
    airports = pl.DataFrame({"icao": "SBBR", "date": COUNTS["date"][1:], "arrivals": 1, "departures": 2})
    drop(folder, "brazil_network", "network.csv", COUNTS)
    drop(folder, "brazil_airports", "airports.csv", airports)
    ingest(lake, inbox, instance)
    days = instance.fetch_materializations(dg.AssetKey("daily_counts"), limit=10).records
    assert {day.partition_key: day.asset_materialization.metadata["rows_added"].value for day in days} == {
        "2024-01-01": 1,
        "2024-01-02": 2,
        "2024-01-03": 2,
    }
    assert len(days) == 3
    assert inbox.dropped(datetime.now(UTC)) == []


def test_the_same_content_again_adds_nothing_and_a_newer_file_is_what_counts(lake, inbox, folder, instance):
    drop(folder, "brazil_network", "2024.csv", COUNTS)
    ingest(lake, inbox)
    before = demand(lake)
    drop(folder, "brazil_network", "the same.csv", COUNTS)
    ingest(lake, inbox, instance)
    assert instance.get_materialized_partitions(dg.AssetKey("daily_counts")) == set()
    assert lake.read("daily_counts").num_rows == 3
    assert demand(lake) == before
    drop(folder, "brazil_network", "0 corrected.csv", COUNTS[1:].with_columns(pl.col("flights") + 1))
    ingest(lake, inbox)
    assert list(demand(lake).values()) == [100.0, 111.0, 121.0]


def changed(path: Path, day: int) -> None:
    at = datetime(2024, 2, day, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))


def test_of_files_that_wait_together_the_one_changed_last_counts_whatever_it_is_called(lake, inbox, folder):
    changed(drop(folder, "brazil_network", "z_old.csv", COUNTS), 1)
    corrected = COUNTS.with_columns(pl.col("flights") + 1)
    changed(drop(folder, "brazil_network", "a_corr.csv", corrected), 2)
    ingest(lake, inbox)
    assert list(demand(lake).values()) == [101.0, 111.0, 121.0]
    assert {str(at.date()) for at in lake.read("daily_counts")["file_modified_at"].to_pylist()} == {
        "2024-02-01",
        "2024-02-02",
    }
    changed(drop(folder, "brazil_network", "again.csv", COUNTS), 3)
    ingest(lake, inbox)
    assert lake.read("daily_counts").num_rows == 6, "its content was read before"
    assert list(demand(lake).values()) == [101.0, 111.0, 121.0]


def test_where_more_files_wait_than_a_run_reads_the_older_are_read_first(lake, inbox, folder):
    changed(drop(folder, "brazil_network", "z_old.csv", COUNTS), 1)
    changed(drop(folder, "brazil_network", "a_corr.csv", COUNTS[1:]), 2)
    asked = {"now": datetime.now(UTC), "earliest": datetime(2010, 1, 1, tzinfo=UTC), "max_files": 1}
    providers = load_count_providers(PROVIDERS)
    names = [done.file.name for _ in range(2) for done in ingest_files(lake, inbox, providers, **asked)]
    assert names == ["z_old.csv", "a_corr.csv"]


def test_a_lake_older_than_the_column_is_read_with_it(lake, inbox, folder):
    older = DAILY_COUNTS.schema.remove(DAILY_COUNTS.schema.get_field_index("file_modified_at"))
    row = {
        "kind": "network", "series": "brazil", "country": "BR", "value": 7.0, "provider": "brazil_network",
        "source": "file", "file": "0.csv", "ingested_at": datetime(2024, 3, 1, tzinfo=UTC), "date": FIRST,
    }  # fmt: skip
    write_deltalake(lake.uri("daily_counts"), pa.Table.from_pylist([row], older), partition_by=["date"])
    assert list(demand(lake).values()) == [7.0]
    drop(folder, "brazil_network", "2024.csv", COUNTS[1:])
    ingest(lake, inbox)
    assert list(demand(lake).values()) == [7.0, 110.0, 120.0]


def test_bad_rows_are_kept_with_their_reasons_and_the_others_count(lake, inbox, folder):
    rows = "date,flights\n2024-01-01,-5\n2024-01-02,110\n,120\n2024-01-03\n2024-01-04,many\n"
    path = drop(folder, "brazil_network", "2024.csv", rows)
    (file,) = inbox.dropped(datetime.now(UTC))
    files, began = hashed(inbox, [file]), datetime.now(UTC)
    ingest(lake, inbox)
    assert list(demand(lake).values()) == [110.0]
    assert sorted(lake.read("rejected_flights")["reason"].to_pylist()) == [
        "date is ''; expected a date, %Y-%m-%d",
        "flights is '-5'; expected a whole count of 0 or more",
        "flights is 'many'; expected a whole count of 0 or more",
        "the line has 1 columns; expected 2",
    ]
    (line,) = report_files(lake, inbox, files, began)
    assert line.text.startswith(
        "brazil_network/2024.csv: 1 counts of 1 series, 2024-01-02 to 2024-01-02, 4 rows rejected (1 x "
    )
    assert not path.exists()


def test_what_a_file_does_not_say_is_told(lake, inbox, folder):
    drop(folder, "brazil_network", "empty.csv", "date,flights\n2024-01-01,\n2024-01-02,7\n2024-01-03,\n")
    drop(folder, "brazil_network", "header.csv", "date,flights\n")
    drop(folder, "bimtra", "header.parquet", bimtra(days=1).clear())
    files, began = hashed(inbox, inbox.dropped(datetime.now(UTC))), datetime.now(UTC)
    assert [line.text for line in report_files(lake, inbox, files, began)] == [
        f"{name}: left for the next run, because it changed meanwhile"
        for name in ("bimtra/header.parquet", "brazil_network/empty.csv", "brazil_network/header.csv")
    ], "nothing was read yet"
    ingest(lake, inbox)
    assert [line.text for line in report_files(lake, inbox, files, began)] == [
        "bimtra/header.parquet: it has a header and no rows",
        "brazil_network/empty.csv: 3 counts of 1 series, 2024-01-01 to 2024-01-03, 2 of them empty: it says "
        "nothing of 2 days of 1 series, 0 rows rejected",
        "brazil_network/header.csv: it has a header and no rows",
    ]


def test_a_file_that_cannot_be_read_is_kept_with_the_reason(lake, inbox, folder):
    drop(folder, "brazil_network", "2024.csv", "day,flights\n2024-01-01,5\n")
    ingest(lake, inbox)
    (reason,) = lake.read("rejected_flights")["reason"].to_pylist()
    assert reason.startswith("columns date are missing; brazil_network is declared with them")
    assert lake.read("daily_counts").num_rows == 0
    assert [path.parent for path in folder.rglob("*.csv")] == [folder / "unreadable" / "brazil_network"]


def test_a_reader_that_dies_after_its_commit_has_its_days_reported_by_the_next(lake, inbox, folder):
    drop(folder, "brazil_network", "2024.csv", COUNTS)
    providers = load_count_providers(PROVIDERS)
    asked = {"now": datetime.now(UTC), "earliest": datetime(2010, 1, 1, tzinfo=UTC)}
    dying = ingest_files(lake, inbox, providers, **asked)
    next(dying)
    del dying
    (done,) = ingest_files(lake, inbox, providers, **asked)
    assert (done.again, done.table, done.rows, len(done.rows_by_day)) == (True, "daily_counts", 3, 3)
    assert lake.read("daily_counts").num_rows == 3
