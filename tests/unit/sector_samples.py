"""Sectors, flights and positions small enough to count by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl

from airtraffic.sector_coverage import count_basis
from airtraffic.sector_flights import connectivity_flights
from airtraffic.sectors import Sectors, read_sectors

DAY = date(2024, 3, 4)
MIDNIGHT = datetime(2024, 3, 4, tzinfo=UTC)
"""A Monday."""
_DAY = timedelta(days=1)
AIRPORTS = ("AAAA", "AAAC", "AAAD", "BBBB", "CCCC")
HEAD = """
version: "1"
tps_window_days: 7
defaults:
  control_time: {transfer_s: 10, communications_s: 16, separation_s: 8, coordination_s: 6}
  reduction_factor: 0.9
  valid_from: 2020-01-01
sectors:
"""
A_B = "- {id: A-B, name: A to B, country: BR, kind: connectivity, origins: [AAAA, AAAC], destinations: [BBBB]}\n"
ANY_B = "- {id: ANY-B, name: to B, country: BR, kind: connectivity, origins: any, destinations: [BBBB]}\n"
A_ANY = "- {id: A-ANY, name: from A, country: BR, kind: connectivity, origins: [AAAA], destinations: any}\n"
BOX = (
    "- {id: BOX, name: Box, country: BR, kind: airspace, floor_fl: 245, ceiling_fl: 400, "
    "polygon: [[-50, -24], [-48, -24], [-48, -22], [-50, -22]]}\n"
)
BESIDE = BOX.replace("BOX", "BESIDE").replace("-48", "-46").replace("-50", "-48")


def read(text: str) -> Sectors:
    """Definitions whose airports are nobody's."""
    return read_sectors(text, airports=AIRPORTS)


def sectors(*declared: str, head: str = HEAD) -> Sectors:
    return read(head + "".join(declared or (A_B, ANY_B, A_ANY)))


def at(minutes: float, day: int = 0) -> datetime:
    """Minutes after midnight of DAY, or of a day after or before it."""
    return MIDNIGHT + day * _DAY + timedelta(minutes=minutes)


def flight(number: int, departure: datetime | None, minutes: float | None = 60, **other) -> dict:
    arrival = departure + timedelta(minutes=minutes) if departure and minutes is not None else None
    return {
        "flight_id": f"F{number:03}",
        "icao24": f"{number:06x}",
        "callsign": f"TST{number}",
        "origin": "AAAA",
        "destination": "BBBB",
        "departure_at": departure,
        "arrival_at": arrival,
        "cancelled": False,
        "source": "file",
        "provider": "test",
        "routes": ["files"],
    } | other


def flights(*rows: dict) -> pl.DataFrame:
    times = dict.fromkeys(("departure_at", "arrival_at"), pl.Datetime("us", "UTC"))
    texts = dict.fromkeys(
        ("flight_id", "icao24", "callsign", "origin", "destination", "source", "provider"), pl.String
    )
    schema = {**texts, **times, "cancelled": pl.Boolean, "routes": pl.List(pl.String)}
    return pl.DataFrame(list(rows), schema=schema).with_columns(
        pl.col("departure_at").dt.date().alias("date")
    )


def departures(*minutes: float, **other) -> pl.DataFrame:
    return flights(*(flight(number, at(minute), **other) for number, minute in enumerate(minutes)))


def passages(table: pl.DataFrame, declared: Sectors | None = None) -> pl.DataFrame:
    return connectivity_flights(table, declared or sectors())


NO_POLLS = pl.DataFrame(
    schema={
        "date": pl.Date,
        "completeness": pl.Float64,
        "sources": pl.List(pl.String),
        "polls_seen": pl.Int32,
    }
)


def polls(share: float, days: Sequence[date] = (DAY,)) -> pl.DataFrame:
    return pl.DataFrame(
        [{"date": day, "completeness": share, "sources": ["replay"], "polls_seen": 100} for day in days],
        schema=NO_POLLS.schema,
    )


def basis(table: pl.DataFrame, completeness: pl.DataFrame = NO_POLLS) -> pl.DataFrame:
    return count_basis(table, completeness, 0.9)


def track(icao24: str, *points: tuple[float, float, float, float], **other) -> list[dict]:
    """Positions: minutes after midnight, longitude, latitude, flight level."""
    return [
        {
            "icao24": icao24,
            "callsign": icao24.upper(),
            "time_position": int(at(minute).timestamp()),
            "snapshot_at": at(minute),
            "longitude": longitude,
            "latitude": latitude,
            "baro_altitude": level * 30.48,
            "on_ground": False,
            "source": "replay",
            "position_age_s": 0,
            "velocity": 230.0,
            "true_track": 90.0,
            "vertical_rate": 0.0,
        }
        | other
        for minute, longitude, latitude, level in points
    ]


def positions(*tracks: list[dict]) -> pl.DataFrame:
    rows = [row for one in tracks for row in one]
    return pl.DataFrame(rows, schema_overrides={"snapshot_at": pl.Datetime("us", "UTC")})
