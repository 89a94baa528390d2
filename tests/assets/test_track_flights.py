"""Flights of tracks on a real lake, and when they are made again."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import pytest

from airtraffic.callsign_routes import read_callsign_routes
from airtraffic.errors import AirTrafficError
from airtraffic.tables import STATE_VECTORS_DAILY
from assets.track_flights import track_flights
from orchestration.resources.lake import LakeResource
from tests.assets.ticks import Ticks
from tests.unit.track_samples import flown

DAY = date(2025, 6, 25)
LATE = datetime(2025, 6, 25, 23, 30, tzinfo=UTC)


def add(lake: LakeResource, *tracks: pl.DataFrame) -> None:
    empty = pl.from_arrow(STATE_VECTORS_DAILY.schema.empty_table())
    rows = pl.concat(
        [empty, pl.concat(tracks).with_columns(date=pl.col("snapshot_at").dt.date())], how="diagonal"
    )
    lake.append("state_vectors_daily", rows.to_arrow().cast(STATE_VECTORS_DAILY.schema))


def make(lake: LakeResource, first: date = DAY, last: date | None = None) -> None:
    tags = {
        "dagster/asset_partition_range_start": str(first),
        "dagster/asset_partition_range_end": str(last or first),
    }
    assert dg.materialize([track_flights], tags=tags, resources={"lake": lake}).success


def flights(lake: LakeResource) -> list[tuple]:
    rows = lake.read("flights_raw").sort_by([("departure_at", "ascending")])
    return [
        (row["date"], row["origin"], row["destination"], row["arrival_at"] is not None)
        for row in rows.to_pylist()
    ]


def test_a_flight_over_midnight_is_in_the_partition_of_its_departure_only(lake):
    add(lake, flown("SBGR", "SBGL", 60), flown("SBGR", "SBRF", 180, start=LATE, icao24="e48015"))
    make(lake, DAY, DAY + timedelta(days=1))
    assert flights(lake) == [(DAY, "SBGR", "SBGL", True), (DAY, "SBGR", "SBRF", True)]


def test_a_day_made_twice_is_the_same_and_leaves_other_routes_alone(lake):
    add(lake, flown("SBGR", "SBGL", 60))
    make(lake)
    first = lake.read("flights_raw")
    other = pl.from_arrow(first).with_columns(route=pl.lit("files"), provider=pl.lit("bimtra"))
    lake.append("flights_raw", other.to_arrow().cast(first.schema))
    make(lake)
    again = lake.read("flights_raw", where=[("route", "=", "tracks")])
    assert again.equals(first)
    assert lake.read("flights_raw").num_rows == 2


def test_what_landed_after_the_day_was_made_is_there_when_it_is_made_again(lake):
    track = flown("SBGR", "SBRF", 180, start=LATE)
    evening = pl.col("snapshot_at").dt.date() == DAY
    add(lake, track.filter(evening))
    make(lake)
    assert flights(lake) == [(DAY, "SBGR", None, False)]
    add(lake, track.filter(~evening))
    make(lake)
    assert flights(lake) == [(DAY, "SBGR", "SBRF", True)]


def test_known_routes_of_callsigns_come_from_the_file_that_is_named(lake, tmp_path, monkeypatch):
    add(lake, flown("SBGR", "SBRF", 180, heard=range(60, 100)))
    file = tmp_path / "routes.csv"
    file.write_text("callsign,airports_icao\nTAM3164,SBGR-SBRF\n")
    monkeypatch.setenv("AIRTRAFFIC_CALLSIGN_ROUTES", str(file))
    make(lake)
    assert flights(lake) == [(DAY, "SBGR", "SBRF", False)]


def test_a_file_of_routes_that_cannot_be_used_is_named(tmp_path):
    file = tmp_path / "routes.csv"
    file.write_text("flight,from,to\nTAM3164,SBGR,SBRF\n")
    with pytest.raises(AirTrafficError, match=r"routes\.csv.*columns callsign and airports_icao"):
        read_callsign_routes(file)
    assert read_callsign_routes(None).is_empty()


def test_a_day_is_made_with_its_neighbours_that_have_traffic_and_no_others():
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(instance, {"track_flights"})
        ticks.traffic(datetime(2025, 1, 15, 12, tzinfo=UTC), datetime(2025, 1, 16, 12, tzinfo=UTC))
        assert ticks.settle() == [{"track_flights": {"2025-01-15", "2025-01-16"}}]
        ticks.traffic(datetime(2025, 1, 16, 3, tzinfo=UTC))
        assert ticks.settle() == [{"track_flights": {"2025-01-15", "2025-01-16"}}]
