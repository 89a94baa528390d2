"""Silver for the tests of the features: made by the platform's own code, without a broker."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime

import polars as pl
import pyarrow as pa

from airtraffic.snapshots import snapshots, state_vectors_table
from airtraffic.tables import STATE_VECTOR_FIELDS, STATE_VECTORS, STATE_VECTORS_RAW
from orchestration.resources.lake import LakeResource
from orchestration.silver import hours_predicate

_RAW = pl.from_arrow(STATE_VECTORS_RAW.schema.empty_table())


def write_silver(lake: LakeResource, polls: Iterable[tuple[int, pa.Table]]) -> list[datetime]:
    """Polls (snapshot_at [s], table of the 18 fields) as ``state_vectors``; the hours with rows."""
    frames = [
        pl.from_arrow(table).with_columns(
            pl.from_epoch(pl.lit(at)).cast(pl.Datetime("us", "UTC")).alias("snapshot_at"),
            pl.lit("replay").alias("source"),
        )
        for at, table in polls
    ]
    raw = pl.concat([_RAW, *frames], how="diagonal_relaxed")
    hours = sorted(raw["snapshot_at"].dt.truncate("1h").unique())
    for day in sorted({hour.date() for hour in hours}):
        of_day = [hour for hour in hours if hour.date() == day]
        made = state_vectors_table(snapshots(raw, of_day))
        lake.replace("state_vectors", made, hours_predicate(of_day))
    return hours


def random_polls(seed: int, start: datetime, count: int, aircraft: int = 40) -> list[tuple[int, pa.Table]]:
    """Polls a minute apart with nulls, stale positions, emergencies and crowded cells."""
    chance = random.Random(seed)
    at = int(start.timestamp())
    return [
        (at + 60 * n, _table([_row(chance, i, at + 60 * n) for i in range(aircraft)])) for n in range(count)
    ]


def _row(chance: random.Random, number: int, at: int) -> dict:
    def maybe(value, missing=0.1):
        return None if chance.random() < missing else value

    centre = chance.choice([(-23.43, -46.47), (4.7, -74.1), (-34.8, -58.5), (-22.5, -60.0)])
    return {
        "icao24": f"{number:06x}",
        "origin_country": chance.choice(["Brazil", "Colombia", "Argentina"]),
        "time_position": maybe(at - chance.choice([0, 3, 59, 60, 61, 300])),
        "last_contact": at,
        "latitude": maybe(centre[0] + chance.uniform(-0.2, 0.2)),
        "longitude": maybe(centre[1] + chance.uniform(-0.2, 0.2)),
        "baro_altitude": maybe(
            chance.choice([1524.0, 3048.0, 4572.0, 7620.0, 13716.0, 13800.0, -160.0, 9144.0])
        ),
        "on_ground": chance.random() < 0.1,
        "velocity": maybe(chance.choice([0.0, 80.0, 83.4, 125.0, 126.0, 160.0, 200.0])),
        "vertical_rate": maybe(chance.choice([0.0, 2.5, -2.6, 25.4, 30.0]), 0.5),
        "squawk": maybe(chance.choice(["1200", "7500", "7700"])),
        "spi": chance.random() < 0.05,
    }


def _table(rows: list[dict]) -> pa.Table:
    schema = pa.schema([STATE_VECTORS.schema.field(name) for name in STATE_VECTOR_FIELDS])
    return pa.Table.from_pylist(rows, schema=schema)


def one_row(at: datetime, **values) -> tuple[int, pa.Table]:
    """A poll of one aircraft that flies level over the sea, except for ``values``."""
    seconds = int(at.replace(tzinfo=at.tzinfo or UTC).timestamp())
    usual = {
        "icao24": "e48be3",
        "origin_country": "Brazil",
        "time_position": seconds,
        "last_contact": seconds,
        "latitude": -25.0,
        "longitude": -40.0,
        "baro_altitude": 10_000.0,
        "on_ground": False,
        "velocity": 230.0,
        "spi": False,
    }
    return seconds, _table([usual | values])
