"""From dropped files to flights, on a real lake."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import pytest

from airtraffic.flight_tables import FLIGHTS_RAW, REJECTED_FLIGHTS
from airtraffic.providers import load_providers
from assets.flights import flights, ingest_flight_files
from cli.inbox_report import hashed, report_files, report_unread
from orchestration.flight_files import PROVIDERS
from orchestration.partitions import DAILY
from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource
from sensors.inbox import dropped_files
from tests.assets.flight_files import FIRST, NYC, REFERENCE, bimtra, drop, with_faults


def ingest(lake, inbox, instance=None) -> dg.ExecuteInProcessResult:
    done = ingest_flight_files.execute_in_process(
        resources={"lake": lake, "inbox": inbox}, instance=instance, raise_on_error=True
    )
    assert done.success
    return done


def make(lake, first: date, last: date, instance=None) -> None:
    """One run over a span of days, as a backfill makes it."""
    tags = {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
    assert dg.materialize([flights], tags=tags, resources={"lake": lake}, instance=instance).success


def frame(lake, name: str) -> pl.DataFrame:
    """Rows in an order of their own: that of a table's files is none."""
    rows = pl.DataFrame(pl.from_arrow(lake.read(name)))
    return rows.sort(
        "date", *(column for column in ("flight_id", "route", "provider") if column in rows.columns)
    )


def test_a_dropped_file_becomes_flights_and_is_put_away(lake, inbox, folder, instance):
    drop(folder, "bimtra", "june.parquet", with_faults(bimtra()))
    ingest(lake, inbox, instance)
    assert instance.get_materialized_partitions(dg.AssetKey("flights_raw")) == {
        "2022-06-01",
        "2022-06-02",
        "2022-06-03",
    }
    make(lake, FIRST, FIRST + timedelta(days=2), instance)
    made = frame(lake, "flights")
    assert made.height == 60
    assert made["source"].unique().to_list() == ["file"]
    assert made["duration_s"].unique().to_list() == [3000.0]
    counts = frame(lake, "flights_quality").sum()
    assert (counts["rows_received"].item(), counts["duplicates_removed"].item()) == (65, 2)
    assert (counts["removed_by_rule"].item(), counts["flights"].item()) == (3, 60)
    assert [path.parent.name for path in folder.rglob("*.parquet")] == ["bimtra"]
    assert next(folder.rglob("*.parquet")).is_relative_to(folder / "archive")


def test_rows_are_kept_as_they_came_with_where_they_came_from(lake, inbox, folder):
    drop(folder, "reference", "enero.csv", REFERENCE)
    ingest(lake, inbox)
    rows = lake.read("flights_raw")
    assert rows.schema == FLIGHTS_RAW.schema
    first = rows.sort_by("position").to_pylist()[0]
    assert first["received_from"].endswith(" enero.csv")
    assert (first["position"], first["route"], first["provider"]) == (0, "files", "reference")
    assert first["original"].startswith('{"origen":"SKBO","destino":"SKRG","fecha":"15/01/2025"')


def test_an_airport_that_no_list_has_is_flagged(lake, inbox, folder):
    drop(
        folder,
        "bimtra",
        "june.csv",
        bimtra(days=1, per_day=4).with_columns(destination=pl.lit("A000")).write_csv(),
    )
    ingest(lake, inbox)
    make(lake, FIRST, FIRST)
    assert {tuple(flags) for flags in frame(lake, "flights")["flags"]} == {("unlisted_airport",)}


def test_the_reference_systems_columns_are_read_and_its_bad_rows_have_reasons(lake, inbox, folder):
    drop(folder, "reference", "enero.csv", REFERENCE)
    ingest(lake, inbox)
    make(lake, date(2025, 1, 15), date(2025, 1, 16))
    made = {row["departure_at"].strftime("%H:%M"): row for row in frame(lake, "flights").to_dicts()}
    assert set(made) == {"23:50", "06:05", "07:00", "08:25"}
    assert (made["23:50"]["airline"], made["23:50"]["cruise_fl"]) == ("AVA", 200)
    assert made["23:50"]["arrival_at"] == datetime(2025, 1, 16, 0, 35, tzinfo=UTC)
    assert made["07:00"]["flags"] == ["duration_over_6h", "same_airport"]
    assert made["08:25"]["airline"] is None
    rejected = lake.read("rejected_flights")
    assert rejected.schema == REJECTED_FLIGHTS.schema
    assert sorted(rejected["reason"].to_pylist()) == [
        "departure is '2003-01-15 08:25'; expected a time from 2010-01-01 on and not in the future",
        "fecha is '2025-13-15'; expected a date, %Y-%m-%d or %d/%m/%Y",
        "hora_salida is '25:00'; expected a time of day, hh:mm or hhmm; "
        "duracion (min) is 'an hour'; expected minutes, 10,080 at most; "
        "nivel is 'FL9999'; expected a flight level such as 350 or FL350",
        "origen is 'BOGOTA'; expected an ICAO code such as SBGR",
        "the line has 6 columns; expected 7",
    ]


def test_local_clocks_become_utc_over_midnight_and_clock_changes(lake, inbox, folder):
    drop(folder, "nycflights13", "nyc.parquet", NYC)
    ingest(lake, inbox)
    rows = {row["flight_number"]: row for row in lake.read("flights_raw").to_pylist()}
    made = {
        number: [
            row[name] and row[name].strftime("%m-%d %H:%M")
            for name in ("scheduled_departure_at", "departure_at", "scheduled_arrival_at", "arrival_at")
        ]
        for number, row in rows.items()
    }
    assert made == {
        # Clocks go back at 02:00 on 3 November: 01:05 comes twice, and the first one is meant.
        "1": ["11-03 02:00", "11-03 02:05", "11-03 04:30", "11-03 05:05"],
        # And forward at 02:00 on 10 March.
        "2": ["03-10 06:30", "03-10 06:30", "03-10 08:35", "03-10 08:30"],
        # To Puerto Rico, which has no summer time.
        "3": ["07-02 03:59", "07-02 04:15", "07-02 07:40", "07-03 04:00"],
        "4": ["07-01 13:00", None, "07-01 16:00", None],
        "51": ["01-01 15:00", "01-01 15:00", "01-02 01:30", None],
    }
    assert {number for number, row in rows.items() if row["cancelled"]} == {"4"}
    assert {row["airline"] for row in rows.values()} == {"JBU", "UAL", "DAL", "AAL", "HAL"}
    assert (rows["1"]["origin"], rows["1"]["destination"], rows["1"]["registration"]) == (
        "KJFK",
        "KFLL",
        "N1",
    )


def test_the_same_content_again_changes_nothing_under_whatever_name(lake, inbox, folder, instance):
    drop(folder, "bimtra", "june.parquet", with_faults(bimtra()))
    ingest(lake, inbox, instance)
    make(lake, FIRST, FIRST + timedelta(days=2))
    before = {name: (lake.version(name), frame(lake, name)) for name in ("flights_raw", "flights")}
    events = instance.get_latest_materialization_event(dg.AssetKey("flights_raw"))
    drop(folder, "bimtra", "june.parquet", with_faults(bimtra()))
    drop(folder, "bimtra", "the same.parquet", with_faults(bimtra()))
    ingest(lake, inbox, instance)
    make(lake, FIRST, FIRST + timedelta(days=2))
    assert lake.version("flights_raw") == before["flights_raw"][0]
    assert frame(lake, "flights").equals(before["flights"][1])
    assert instance.get_latest_materialization_event(dg.AssetKey("flights_raw")) == events
    assert inbox.dropped(datetime.now(UTC)) == []


def test_the_same_rows_in_another_file_are_one_flight_each(lake, inbox, folder):
    drop(folder, "bimtra", "june.parquet", bimtra())
    drop(folder, "bimtra", "more of june.csv", bimtra(days=4))
    ingest(lake, inbox)
    make(lake, FIRST, FIRST + timedelta(days=3))
    assert frame(lake, "flights").height == 80
    assert frame(lake, "flights_quality")["duplicates_removed"].sum() == 60


def test_a_flight_that_a_later_file_moves_by_days_is_asked_for_on_both(lake, inbox, folder, instance):
    drop(folder, "bimtra", "june.parquet", bimtra(days=1))
    ingest(lake, inbox)
    moved = bimtra(days=1).head(1).with_columns(pl.col("dep_utc", "arr_utc") + pl.duration(days=4))
    drop(folder, "bimtra", "moved.parquet", moved)
    ingest(lake, inbox, instance)
    assert instance.get_materialized_partitions(dg.AssetKey("flights_raw")) == {"2022-06-01", "2022-06-05"}
    make(lake, FIRST, FIRST + timedelta(days=4))
    assert frame(lake, "flights")["date"].value_counts().sort("date")["count"].to_list() == [19, 1]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("broken.parquet", b"PAR1 and no more", "cannot be read"),
        ("empty.csv", b"", "cannot be read"),
        (
            "other.csv",
            b"from,to\nSBGR,SBRJ\n",
            "columns arr_utc, dep_utc, destination, flightid, origin are missing",
        ),
        ("other.csv", b"from;to\nSBGR;SBRJ\n", "; is the delimiter ';'? config/providers.yaml declares ','"),
        (
            "latin.csv",
            b"flightid,origin,destination,dep_utc,arr_utc\nS\xe3o,SBSP,SBRJ,,\n",
            "; is its encoding latin-1",
        ),
        ("header.csv", b"v\xf4o,origin\n1,2\n", "; is its encoding latin-1"),
        ("notes.txt", b"hello", "expected one of .csv, .parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_rejection_and_holds_nothing_up(
    lake, inbox, folder, name, content, why
):
    for _ in range(2):
        drop(folder, "bimtra", name, content)
        drop(folder, "bimtra", "june.parquet", bimtra(days=1))
        ingest(lake, inbox)
    (reason,) = lake.read("rejected_flights")["reason"].to_pylist()
    assert why in reason
    assert lake.read("flights_raw").num_rows == 20
    assert [path.parent.name for path in (folder / "unreadable").rglob("*.*")] == ["bimtra"]


def test_a_file_that_breaks_in_its_middle_leaves_no_row(lake, inbox, folder):
    text = bimtra(days=400, per_day=30).with_columns(pl.lit("x" * 1000).alias("filler")).write_csv()
    drop(folder, "bimtra", "june.csv", text.encode() + b"\xff\xfe,SBGR,SBRJ,x,y,z,w\n")
    ingest(lake, inbox)
    assert lake.read("flights_raw").num_rows == 0
    assert "invalid UTF8" in lake.read("rejected_flights")["reason"][0].as_py()


def test_each_file_is_told_with_its_rows_its_rejects_or_why_it_is_not_read(lake, inbox, folder):
    drop(folder, "bimtra", "june.csv", pl.concat([bimtra(days=1), bimtra(days=1)[:2]]))
    drop(folder, "reference", "faulty.csv", REFERENCE)
    drop(folder, "bimtra", "other.csv", "from,to\nSBGR,SBRJ\n")
    drop(folder, "nobody", "flights.csv", "a,b\n")
    (folder / "stray.csv").write_text("a,b\n")
    began, waiting = datetime.now(UTC), inbox.dropped(datetime.now(UTC))
    providers = load_providers(PROVIDERS)
    files = hashed(inbox, [file for file in waiting if file.provider in providers])
    ingest(lake, inbox)
    june, other, faulty = report_files(lake, inbox, files, began)
    assert june.text == "bimtra/june.csv: 22 rows, 2 duplicates among them, 0 rejected"
    assert " rejected (" in faulty.text
    assert lake.uri("rejected_flights") in faulty.text
    assert other.failed
    assert "columns arr_utc" in other.text
    assert "/unreadable/bimtra/other." in other.text
    unknown, stray = report_unread(waiting, inbox.strays(), providers, inbox.root)
    assert "'nobody' is no declared provider; expected" in unknown.text
    assert stray.text.startswith("stray.csv: not read")
    assert "bimtra, nycflights13" in stray.text
    drop(folder, "bimtra", "again.csv", pl.concat([bimtra(days=1), bimtra(days=1)[:2]]))
    again = hashed(inbox, [file for file in inbox.dropped(datetime.now(UTC)) if file.provider in providers])
    (line,) = report_files(lake, inbox, again, datetime.now(UTC))
    assert line.text.endswith("; the lake had them already")


def test_files_of_unknown_providers_and_unfinished_ones_are_left_alone(lake, inbox, folder):
    drop(folder, "nobody", "flights.csv", "a,b\n")
    drop(folder, "bimtra", "june.parquet.part", bimtra())
    drop(folder, "bimtra", ".june.parquet", bimtra())
    ingest(lake, inbox)
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 3
    assert not lake.exists("flights_raw")


def test_a_file_that_is_still_written_to_waits(folder):
    path = drop(folder, "bimtra", "june.parquet", bimtra())
    waiting = InboxResource(root=str(folder), settled_s=60)
    assert waiting.dropped(datetime.now(UTC)) == []
    (file,) = waiting.dropped(datetime.now(UTC) + timedelta(seconds=61))
    path.write_bytes(b"something else")
    with pytest.raises(Exception, match="was written to while it was read"), waiting.opened(file):
        pass
    waiting.put_away(file, "0" * 64)
    assert path.read_bytes() == b"something else"


def tick(inbox, instance) -> dg.RunRequest | dg.SkipReason:
    return dropped_files(dg.build_sensor_context(instance=instance, resources={"inbox": inbox}))


def test_the_sensor_asks_for_a_run_when_a_file_waits_and_says_why_it_does_not(inbox, folder, instance):
    assert "no file waits" in tick(inbox, instance).skip_message
    drop(folder, "nobody", "flights.csv", "a,b\n")
    assert "nobody/flights.csv is declared" in tick(inbox, instance).skip_message
    drop(folder, "bimtra", "june.parquet", bimtra())
    assert tick(inbox, instance).tags == {"airtraffic/files": "1"}
    run = instance.create_run_for_job(ingest_flight_files, status=dg.DagsterRunStatus.STARTED)
    assert f"run {run.run_id} of ingest_files is in flight" in tick(inbox, instance).skip_message


def test_days_made_alone_are_the_days_made_together(lake, tmp_path, inbox, folder):
    other = LakeResource(root=str(tmp_path / "other"))
    for each in (lake, other):
        drop(folder, "bimtra", "june.parquet", with_faults(bimtra(days=5)))
        for path in (folder / "archive").rglob("*.parquet"):
            path.unlink()
        ingest(each, inbox)
    make(lake, FIRST, FIRST + timedelta(days=4))
    for day in (3, 0, 4, 2, 1):
        make(other, FIRST + timedelta(days=day), FIRST + timedelta(days=day))
    for name in ("flights", "flights_quality"):
        assert frame(lake, name).equals(frame(other, name))


def test_the_future_has_no_partition_and_is_rejected(lake, inbox, folder, instance):
    ahead = datetime.now(UTC).date() + timedelta(days=30)
    drop(folder, "bimtra", "future.parquet", bimtra(days=1, first=ahead))
    ingest(lake, inbox, instance)
    assert lake.read("rejected_flights").num_rows == 20
    assert not DAILY.has_partition_key(str(ahead))
