"""State vectors of single aircraft for tests of tracks."""

from collections.abc import Iterable
from datetime import UTC, datetime

import polars as pl

from airtraffic.airports import all_airports
from airtraffic.tables import STATE_VECTORS
from airtraffic.tracks import COLUMNS

NOON = datetime(2025, 6, 25, 12, tzinfo=UTC)


def place(code: str) -> tuple[float, float, float]:
    """Latitude, longitude [deg] and elevation [m] of an airport."""
    known = all_airports()
    (row,) = known.rows([code])
    return float(known.latitude[row]), float(known.longitude[row]), float(known.elevation_ft[row]) * 0.3048


def flown(
    origin: str,
    destination: str,
    minutes: int = 60,
    *,
    start: datetime = NOON,
    heard: Iterable[int] | None = None,
    cruise_m: float = 10_000.0,
    icao24: str = "e48014",
    callsign: str | None = "TAM3164",
    taxi: int = 3,
    **fields,
) -> pl.DataFrame:
    """A position a minute from one airport to another, ``taxi`` minutes on the ground before and after.

    ``heard`` are the minutes since ``start`` that were heard; the aircraft takes off in minute 0.
    """
    from_lat, from_lon, from_m = place(origin)
    to_lat, to_lon, to_m = place(destination)
    rows = []
    for minute in range(-taxi, minutes + taxi + 1):
        if heard is not None and minute not in heard:
            continue
        share = min(max(minute / minutes, 0.0), 1.0)
        climbed = min(from_m + 600 * minute, to_m + 450 * (minutes - minute), cruise_m)
        ground = not 0 < minute < minutes
        at = int(start.timestamp()) + 60 * minute
        rows.append(
            {
                "icao24": icao24,
                "callsign": callsign,
                "time_position": at - 5,
                "latitude": from_lat + share * (to_lat - from_lat),
                "longitude": from_lon + share * (to_lon - from_lon),
                "baro_altitude": None if ground else climbed,
                "on_ground": ground,
                "velocity": 8.0 if ground else 200.0,
                "true_track": bearing(from_lat, from_lon, to_lat, to_lon),
                "snapshot_at": datetime.fromtimestamp(at, UTC),
                "source": "simulate",
                "ingested_at": datetime.fromtimestamp(at + 10, UTC),
            }
            | fields
        )
    return states(rows)


def bearing(from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> float:
    """Direction over a short way, clockwise from north. [deg]"""
    import math

    east = (to_lon - from_lon) * math.cos(math.radians(from_lat))
    return math.degrees(math.atan2(east, to_lat - from_lat)) % 360.0


def states(rows: list[dict]) -> pl.DataFrame:
    """Rows as ``state_vectors`` has them, in the columns that tracks are made of."""
    schema = pl.from_arrow(STATE_VECTORS.schema.empty_table()).schema
    return pl.DataFrame(
        [{name: row.get(name) for name in COLUMNS} for row in rows],
        schema={name: schema[name] for name in COLUMNS},
    )
