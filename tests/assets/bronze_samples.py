"""Bronze for tests: written to the lake as the ingesting run does, without a broker."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

import pyarrow as pa

from airtraffic.tables import POLLS, STATE_VECTORS_RAW
from orchestration.resources.lake import LakeResource

_offsets = count()


def add_traffic(
    lake: LakeResource,
    start: datetime,
    hours: float = 1,
    *,
    every_s: int = 300,
    aircraft: Iterable[int] = range(5),
    read_at: datetime | None = None,
    polls: bool = True,
    **fields,
) -> set[datetime]:
    """State vectors and polls from ``start`` on, in one commit of each table; the hours they lie in.

    An aircraft's position is renewed with every second poll, so that every other row is a repeat.
    """
    times = [start + timedelta(seconds=s) for s in range(0, int(hours * 3600), every_s)]
    common = {"source": "simulate", "schema_version": 1, "kafka_cluster": "c", "kafka_partition": 0}
    common["ingested_at"] = read_at or start + timedelta(hours=hours)
    states = [
        common
        | {
            "icao24": f"e4{number:04x}",
            "callsign": f"TAM{number}  ",
            "origin_country": "Brazil",
            "time_position": int(at.timestamp()) // (2 * every_s) * 2 * every_s - 10,
            "last_contact": int(at.timestamp()) - 5,
            "longitude": -46.0 - number / 10,
            "latitude": -23.0 + number / 10,
            "baro_altitude": 9000.0,
            "on_ground": False,
            "velocity": 220.0,
            "true_track": 90.0,
            "vertical_rate": 0.0,
            "spi": False,
            "snapshot_at": at,
            "kafka_topic": "airtraffic.state_vectors",
            "kafka_offset": next(_offsets),
            "date": at.date(),
        }
        | fields
        for at in times
        for number in aircraft
    ]
    lake.append("state_vectors_raw", pa.Table.from_pylist(states, schema=STATE_VECTORS_RAW.schema))
    if polls:
        rows = [
            common
            | {
                "snapshot_at": at,
                "rows": len(list(aircraft)),
                "rejected": 0,
                "interval_s": float(every_s),
                "kafka_topic": "airtraffic.polls",
                "kafka_offset": next(_offsets),
                "date": at.date(),
            }
            for at in times
        ]
        lake.append("polls", pa.Table.from_pylist(rows, schema=POLLS.schema))
    return {at.replace(minute=0, second=0, microsecond=0) for at in times}
