"""Simulated polls as a recording in the 12-field form, for trying replays out without real data."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from airtraffic.simulation.randomness import generator
from airtraffic.simulation.simulator import Simulation

FIELDS = (
    "icao24", "callsign", "origin_country", "time_position", "last_contact", "longitude", "latitude",
    "baro_altitude", "on_ground", "velocity", "heading",
)  # fmt: skip
_SHUFFLE_STREAM = 71
_BLOCK_ROWS = 500


def recorded_table(simulation: Simulation, start: datetime | None = None) -> pa.Table:
    """All rows of a simulation as a recorder in the field would have stored them.

    ``heading`` is true_track, every row has its own ``timestamp_ingest`` (text ending in ``+00:00Z``, a
    poll's rows within some 20 ms), and blocks of rows stand in no order, as a cluster's writers leave them.
    """
    rng = generator(simulation.seed, _SHUFFLE_STREAM)
    parts = []
    for poll in simulation.polls(start):
        began = datetime.fromtimestamp(poll.snapshot_at, UTC) + timedelta(
            seconds=float(rng.uniform(0.02, 0.9))
        )
        gaps = rng.integers(60, 140, poll.table.num_rows).cumsum()
        stamps = [
            f"{(began + timedelta(microseconds=int(gap))).isoformat(timespec='microseconds')}Z"
            for gap in gaps
        ]
        table = poll.table.rename_columns({"true_track": "heading"}).select(FIELDS)
        parts.append(table.append_column("timestamp_ingest", pa.array(stamps, pa.string())))
    table = pa.concat_tables(parts).replace_schema_metadata(None)
    blocks = np.array_split(np.arange(table.num_rows), max(1, -(-table.num_rows // _BLOCK_ROWS)))
    order = np.concatenate([blocks[index] for index in rng.permutation(len(blocks))])
    return table.take(pa.array(order))


def write_recording(path: Path, simulation: Simulation) -> Path:
    """Write ``recorded_table`` of a simulation to ``path`` as Parquet and return the path.

    The file's metadata says that it is simulated.
    """
    table = recorded_table(simulation)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({"source": "simulated, nothing in it has flown"}), path)
    return path
