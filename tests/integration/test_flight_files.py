"""Dropped files: killed readers, buckets, and the real files with their figures."""

import multiprocessing
import random
import shutil
import signal
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import boto3
import dagster as dg
import polars as pl
import pytest

from airtraffic.providers import load_providers
from airtraffic.report.capacity_page import file_name
from assets.capacity_report import capacity_report
from assets.flights import flights, ingest_flight_files
from orchestration.flight_files import PROVIDERS
from orchestration.flights import DAYS_AT_ONCE, make_flights
from orchestration.partitions import spans
from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource
from orchestration.resources.reports import ReportsResource
from orchestration.sectors import (
    Windows,
    load_sectors,
    make_sector_counts,
    make_sector_demand,
    make_sector_flights,
)
from sensors.inbox import dropped_files
from tests.assets.flight_files import FIRST, bimtra, drop, with_faults
from tests.integration.file_readers import read_files, read_files_forever, read_until_commit

FILES, KILLS = 10, 5
RULES = {name: provider.remove for name, provider in load_providers(PROVIDERS).items()}


@pytest.fixture
def inbox(tmp_path) -> InboxResource:
    return InboxResource(root=str(tmp_path / "inbox"), settled_s=0)


def frame(lake: LakeResource, name: str, columns: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lake.read(name, columns)))


def process(target, *arguments) -> multiprocessing.process.BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.file_readers"])
    started = context.Process(target=target, args=arguments, daemon=True)
    started.start()
    return started


def sample(number: int) -> pl.DataFrame:
    """90 good rows and two bad ones."""
    rows = bimtra(days=3, per_day=30, first=FIRST + timedelta(days=number))
    return pl.concat([rows, rows.head(2).with_columns(origin=pl.lit("nowhere"))])


def drop_samples(inbox: InboxResource) -> None:
    for number in range(FILES):
        drop(Path(inbox.root), "bimtra", f"{number}.csv", sample(number))


def check_samples(lake: LakeResource, inbox: InboxResource) -> None:
    raw = frame(lake, "flights_raw", ["provider_flight_id", "received_from", "position"])
    expected = Counter(key for number in range(FILES) for key in sample(number)["flightid"][:-2])
    assert Counter(raw["provider_flight_id"].to_list()) == expected
    assert raw.n_unique() == raw.height
    assert lake.read("rejected_flights").num_rows == 2 * FILES
    assert inbox.dropped(datetime.now(UTC)) == []


def test_killed_readers_neither_lose_nor_double_a_row(local_lake, inbox):
    chance = random.Random(20250115)
    drop_samples(inbox)
    for kill in range(KILLS):
        before = local_lake.version("flights_raw")
        reader = process(read_files_forever, local_lake.root, inbox.root, {})
        deadline = time.monotonic() + 30
        while local_lake.version("flights_raw") == before and inbox.dropped(datetime.now(UTC)):
            assert reader.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.05))
        reader.kill()
        reader.join()
        drop(Path(inbox.root), "bimtra", f"{kill} again.csv", sample(kill))
    read_files(local_lake, inbox)
    check_samples(local_lake, inbox)


@pytest.mark.parametrize("commits", [1, 2, 3])
def test_a_reader_that_dies_right_after_a_commit_is_carried_on(commits, local_lake, inbox):
    drop_samples(inbox)
    dead = process(read_until_commit, local_lake.root, inbox.root, commits)
    dead.join(30)
    assert dead.exitcode == -signal.SIGKILL
    done = read_files(local_lake, inbox)
    # What the dead one had committed and could not report is reported now.
    assert [each.rows for each in done] == [90] * (FILES - (commits - 1) // 2)
    check_samples(local_lake, inbox)


def test_two_readers_at_once_double_nothing(local_lake, inbox):
    drop_samples(inbox)
    readers = [process(read_files_forever, local_lake.root, inbox.root, {}) for _ in range(2)]
    deadline = time.monotonic() + 60
    while inbox.dropped(datetime.now(UTC)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.2)
    for reader in readers:
        reader.kill()
        reader.join()
    check_samples(local_lake, inbox)


@pytest.mark.s3
def test_an_inbox_in_a_bucket_is_read_once_and_put_away(bucket, s3):
    client = boto3.client("s3", endpoint_url=s3)
    lake = LakeResource(root=f"s3://{bucket}/lake")
    inbox = InboxResource(root=f"s3://{bucket}/in/box")
    text = with_faults(bimtra()).write_csv().encode()
    for key in ("in/box/bimtra/june.csv", "in/box/bimtra/again.csv", "in/box/nobody/x.csv", "in/box/x.csv"):
        client.put_object(Bucket=bucket, Key=key, Body=text)
    assert [file.name for file in inbox.dropped(datetime.now(UTC))] == ["again.csv", "june.csv", "x.csv"]
    again, june = read_files(lake, inbox)
    assert (again.rows, june.rows, june.again) == (65, 0, True)
    listed = [found["Key"] for found in client.list_objects_v2(Bucket=bucket, Prefix="in/")["Contents"]]
    sha = june.sha256[:12]
    assert sorted(listed) == [
        f"in/box/archive/bimtra/again.{sha}.csv",
        f"in/box/archive/bimtra/june.{sha}.csv",
        "in/box/nobody/x.csv",
        "in/box/x.csv",
    ]
    assert lake.read("flights_raw", ["date"]).num_rows == 65


@pytest.mark.s3
def test_an_object_that_is_replaced_while_it_is_read_stays_and_is_read_next(bucket, s3):
    client = boto3.client("s3", endpoint_url=s3)
    inbox = InboxResource(root=f"s3://{bucket}/inbox")
    client.put_object(Bucket=bucket, Key="inbox/bimtra/june.csv", Body=b"one")
    (file,) = inbox.dropped(datetime.now(UTC))
    client.put_object(Bucket=bucket, Key="inbox/bimtra/june.csv", Body=b"another")
    inbox.put_away(file, "0" * 64)
    assert len(inbox.dropped(datetime.now(UTC))) == 1
    with pytest.raises(Exception, match="was replaced"), inbox.opened(file):
        pass


def dropped(recordings: Path, inbox: InboxResource, provider: str, name: str) -> None:
    folder = Path(inbox.root) / provider
    folder.mkdir(parents=True)
    shutil.copy(recordings / "flights" / name, folder)


def sector(flights: pl.DataFrame, origins: set[str], destinations: set[str]) -> tuple[int, float]:
    mine = flights.filter(
        pl.col("origin").is_in(list(origins)) | (not origins),
        pl.col("destination").is_in(list(destinations)) | (not destinations),
    )
    return mine.height, round(mine["duration_s"].mean(), 1)


@pytest.fixture(scope="module")
def bimtra_lake(recordings, tmp_path_factory) -> LakeResource:
    """The dropped BIMTRA file: through the sensor, its job, and one run for all days."""
    folder = tmp_path_factory.mktemp("bimtra")
    lake, inbox = LakeResource(root=str(folder / "lake")), InboxResource(root=str(folder / "in"), settled_s=0)
    dropped(recordings, inbox, "bimtra", "brazil_bimtra_20220601_20230228.parquet")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"inbox": inbox})
        assert isinstance(dropped_files(context), dg.RunRequest)
        ingest_flight_files.execute_in_process(instance=instance, resources={"lake": lake, "inbox": inbox})
        days = sorted(instance.get_materialized_partitions(dg.AssetKey("flights_raw")))
        assert (len(days), days[0], days[-1]) == (273, "2022-06-01", "2023-02-28")
        began = time.monotonic()
        span = {
            "dagster/asset_partition_range_start": days[0],
            "dagster/asset_partition_range_end": days[-1],
        }
        dg.materialize([flights], tags=span, resources={"lake": lake}, instance=instance)
        print(f"273 days of flights in one run: {time.monotonic() - began:.1f} s")
        assert len(instance.get_materialized_partitions(dg.AssetKey("flights"))) == 273
    assert time.monotonic() - began < 120
    return lake


@pytest.mark.recordings
@pytest.mark.slow
def test_the_bimtra_file_gives_its_figures_through_sensor_job_and_one_run(bimtra_lake):
    made = frame(bimtra_lake, "flights")
    assert sector(made, set(), set()) == (221_849, 4671.3)
    assert sector(made, {"SBSP", "SBGR", "SBKP"}, {"SBRJ", "SBGL"}) == (20_982, 2544.7)
    assert sector(made, set(), {"SBBR"}) == (21_650, 5325.5)
    assert sector(made, {"SBSP"}, set()) == (38_198, 4077.6)
    assert made["flight_id"].is_unique().all()
    counts = frame(bimtra_lake, "flights_quality")
    assert counts["rows_received"].sum() == 223_939
    assert counts["duplicates_removed"].sum() == 1_641
    removed = counts["removed"].explode().struct.unnest().drop_nulls().group_by("reason").sum()
    assert dict(removed.iter_rows()) == {
        "arrival_not_after_departure": 311,
        "duration_over_6h": 3,
        "same_airport": 135,
    }


@pytest.fixture(scope="module")
def golden_pages(bimtra_lake, tmp_path_factory) -> list[Path]:
    """São Paulo to Rio on the busiest day and on the last, with a TPS of all 273 days."""
    reports = tmp_path_factory.mktemp("golden")
    days = [date(2022, 6, 1) + timedelta(days=n) for n in range(273)]
    shown = [date(2023, 2, 16), days[-1]]
    declared = load_sectors()
    sao_rio = tuple(one for one in declared.sectors if one.id == "BR-SAO-RIO")
    only = declared.model_copy(update={"sectors": sao_rio, "tps_window_days": len(days)})
    make_sector_flights(bimtra_lake, days, only)
    make_sector_counts(bimtra_lake, shown, only, 0.9)
    Windows(bimtra_lake, shown, only).make(shown)
    make_sector_demand(bimtra_lake, shown, only)
    resources = {"lake": bimtra_lake, "reports": ReportsResource(root=str(reports))}
    for day in shown:
        dg.materialize([capacity_report], partition_key=str(day), resources=resources)
    return [reports / file_name("BR-SAO-RIO", day, "en") for day in shown]


@pytest.mark.recordings
@pytest.mark.slow
@pytest.mark.browser
def test_the_golden_figures_stand_on_the_page_of_sao_paulo_to_rio(golden_pages, page):
    busiest, last = golden_pages
    page.goto(busiest.as_uri())
    assert page.inner_text("#entries") == "102"
    page.goto(last.as_uri())
    formula = page.inner_text(".formula")
    assert "TPS = 2,544.7 s\tMean time in sector of 20,982 passages, 2022-06-01 to 2023-02-28" in formula
    assert "CH = 3600 · SCV / TPS = 69.23" in formula


@pytest.mark.recordings
@pytest.mark.slow
def test_the_year_from_new_york_is_whole_and_its_clocks_are_right(recordings, local_lake, inbox):
    dropped(recordings, inbox, "nycflights13", "nyc_2013.parquet")
    (done,) = read_files(local_lake, inbox)
    assert (done.rows, done.rejected, len(done.rows_by_day)) == (336_776, 0, 366)
    raw = frame(local_lake, "flights_raw").sort("position")
    theirs = pl.read_parquet(recordings / "flights" / "nyc_2013.parquet")
    assert raw["cancelled"].sum() == theirs["dep_local_hhmm"].null_count() == 8_255
    assert (raw["airline"].n_unique(), raw["airline"].null_count()) == (16, 0)
    hour = theirs["sched_hour_utc"].str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    assert (raw["scheduled_departure_at"].dt.truncate("1h") == hour).all()
    # The delay that they computed themselves agrees with our reading of two clocks, for every flight.
    delay = (raw["arrival_at"] - raw["scheduled_arrival_at"]).dt.total_minutes()
    told = theirs["arr_delay_min"].is_not_null()
    assert (delay.filter(told) == theirs["arr_delay_min"].filter(told)).all()
    spring = [date(2013, 3, 9) + timedelta(days=n) for n in range(7)]
    for days in spans(spring, DAYS_AT_ONCE):
        make_flights(local_lake, days, RULES)
    made = frame(local_lake, "flights")
    assert made.height == raw["date"].is_in(spring).sum()
    assert made.filter(pl.col("flags").list.contains("cancelled")).height == made["cancelled"].sum() > 0
