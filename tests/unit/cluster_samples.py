"""Silver rows for tests of clusters: groups of aircraft drawn by hand, and simulated traffic."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa

from airtraffic.simulation.simulator import Simulation
from airtraffic.snapshots import snapshots
from airtraffic.tables import STATE_VECTORS

START = datetime(2025, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def silver(**columns) -> pl.DataFrame:
    """Rows of ``state_vectors``: given columns, the others as those of an aircraft in cruise."""
    rows = len(columns["minute"])
    minute = np.asarray(columns.pop("minute"), dtype=np.float64)
    seconds = int(START.timestamp()) + (minute * 60).astype(np.int64)
    frame = pl.DataFrame(
        {
            "icao24": ["a00001"] * rows,
            "callsign": "TAM3001",
            "latitude": -23.0,
            "longitude": -46.0,
            "baro_altitude": 10_000.0,
            "on_ground": False,
            "is_repeat": False,
            "position_age_s": 10,
            "source": "simulate",
            "snapshot_at": pl.Series(seconds * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "time_position": seconds - 10,
            **columns,
        }
    )
    schema = pl.DataFrame(pl.from_arrow(STATE_VECTORS.schema.empty_table())).schema
    return frame.cast({name: schema[name] for name in frame.columns})


def groups(
    paths: Iterable[tuple[float, float, float, float]],
    minutes: range,
    aircraft: int = 6,
    spread_nm: float = 8.0,
    prefix: str = "a",
) -> pl.DataFrame:
    """Groups of aircraft, each seen once a minute anywhere around a centre that moves.

    Parameters
    ----------
    paths
        Latitude and longitude of each group's centre at minute 0, and degrees that they change per hour.
    minutes
        When they are seen. [min since START]
    spread_nm
        Standard deviation around the centre. [NM]
    """
    rng = np.random.default_rng(7)
    parts = []
    for number, (latitude, longitude, northward, eastward) in enumerate(paths):
        minute = np.repeat(np.arange(minutes.start, minutes.stop), aircraft)
        offset = rng.normal(0, spread_nm / 60, (2, len(minute)))
        parts.append(
            silver(
                minute=minute,
                icao24=[f"{prefix}{number:02}{n:03}" for n in range(aircraft)] * len(minutes),
                latitude=latitude + northward * minute / 60 + offset[0],
                longitude=longitude + eastward * minute / 60 + offset[1],
            )
        )
    return pl.concat(parts)


@cache
def simulated(hours: int, start: datetime = START, aircraft: int = 160) -> pl.DataFrame:
    """Simulated traffic over South America as rows of ``state_vectors``; nothing in it has flown."""
    polls = Simulation(start=start, hours=hours, aircraft=aircraft).polls()
    return silver_of((poll.snapshot_at, poll.table) for poll in polls)


def silver_of(polls: Iterable[tuple[int, pa.Table]]) -> pl.DataFrame:
    """Polls as rows of ``state_vectors``."""
    parts = [pl.DataFrame(pl.from_arrow(table)).with_columns(at=pl.lit(at)) for at, table in polls]
    raw = pl.concat(parts).with_columns(
        pl.from_epoch("at").cast(pl.Datetime("us", "UTC")).alias("snapshot_at"),
        *[pl.lit("simulate").alias(name) for name in ("source", "kafka_cluster", "kafka_topic")],
        pl.lit(0).alias("kafka_partition"),
        pl.int_range(pl.len()).alias("kafka_offset"),
        pl.lit(START).alias("ingested_at"),
    )
    return snapshots(raw, raw["snapshot_at"].dt.truncate("1h").unique().to_list())
