"""Simulated polls, and polls small enough to count by hand."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl

from airtraffic.recordings import read_polls
from airtraffic.simulation.simulator import Simulation

START = datetime(2025, 1, 15, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AT = pl.Datetime("us", "UTC")


def at(minute: float) -> datetime:
    return START + minute * MINUTE


@cache
def simulated(hours: float = 3, aircraft: int = 90, seed: int = 5) -> pl.DataFrame:
    """Rows of state_vectors of some simulated hours, a poll a minute."""
    polls = Simulation(seed=seed, start=START, hours=hours, aircraft=aircraft).polls()
    return _frame(polls)


@cache
def recorded(recordings: Path) -> pl.DataFrame:
    """Two hours of a day over South America, 111 polls without a gap."""
    return _frame(read_polls(recordings / "states" / "sa_60s_20250625T1636Z.parquet"))


def _frame(polls) -> pl.DataFrame:
    tables = [
        pl.from_arrow(poll.table).with_columns(
            snapshot_at=pl.lit(datetime.fromtimestamp(poll.snapshot_at, UTC), AT)
        )
        for poll in polls
    ]
    return pl.concat(tables, how="vertical_relaxed")


def until(rows: pl.DataFrame, minute: float) -> pl.DataFrame:
    return rows.filter(pl.col("snapshot_at") < at(minute))


def row(minute: float, icao24: str = "e49000", latitude: float = -23.4, longitude: float = -46.4, **other):
    """An aircraft seen as the poll came, flying east at 200 m/s."""
    now = at(minute)
    return {
        "snapshot_at": now,
        "icao24": icao24,
        "time_position": int(now.timestamp()),
        "last_contact": int(now.timestamp()),
        "longitude": longitude,
        "latitude": latitude,
        "baro_altitude": 9000.0,
        "on_ground": False,
        "velocity": 200.0,
        "true_track": 90.0,
        "vertical_rate": 0.0,
    } | other


def rows(*made: dict) -> pl.DataFrame:
    return pl.DataFrame(list(made), schema_overrides={"snapshot_at": AT})
