"""Rows of ``flights_raw`` for tests, with what they do not say filled in."""

from datetime import UTC, datetime, timedelta
from itertools import count

import polars as pl

from airtraffic.flight_tables import FLIGHTS_RAW

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
_positions = count()


def at(minutes: float) -> datetime:
    """Minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def row(**fields) -> dict:
    """A row; ``dep`` and ``arr`` are minutes after noon."""
    departure, arrival = fields.pop("dep", 0), fields.pop("arr", 60)
    made = dict.fromkeys(FLIGHTS_RAW.schema.names) | {
        "route": "files",
        "provider": "sample",
        "source": "file",
        "received_from": "sample.csv",
        "position": next(_positions),
        "original": "{}",
        "ingested_at": NOON + timedelta(days=1),
        "origin": "SBGR",
        "destination": "SBRJ",
        "departure_at": None if departure is None else at(departure),
        "arrival_at": None if arrival is None else at(arrival),
        "cancelled": False,
        "flags": [],
    }
    made |= fields
    made["date"] = made["date"] or (made["departure_at"] or made["scheduled_departure_at"]).date()
    return made


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=pl.DataFrame(FLIGHTS_RAW.schema.empty_table()).schema)
