"""From messages to snapshots: one row per aircraft and poll."""

from collections.abc import Collection
from datetime import datetime, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.tables import STATE_VECTORS

_AIRCRAFT_IN_SNAPSHOT = ["icao24", "snapshot_at"]
_BEST_LAST = [
    *_AIRCRAFT_IN_SNAPSHOT,
    "last_contact",
    "ingested_at",
    "kafka_cluster",
    "kafka_topic",
    "kafka_partition",
    "kafka_offset",
]
LOOK_BACK = timedelta(hours=1)
"""How far before its own hour a row looks for its aircraft's previous one, in whole hours."""


def snapshots(raw: pl.DataFrame, hours: Collection[datetime]) -> pl.DataFrame:
    """Rows of ``state_vectors`` for some hours, sorted by aircraft and time.

    Of several messages about one aircraft in one snapshot the one with the greatest ``last_contact``
    counts, then the one read last. The result depends on the rows only, not on their order and not
    on which hours are made together.

    Parameters
    ----------
    raw
        Rows of ``state_vectors_raw`` of the hours and of the hour before each; more do no harm.
    hours
        Starts of the hours to make. [UTC]
    """
    hour_start = pl.col("snapshot_at").dt.truncate("1h")
    position_time = pl.col("time_position")
    previous = (position_time.shift(1), pl.col("snapshot_at").shift(1), pl.col("icao24").shift(1))
    return (
        raw.lazy()
        .sort(_BEST_LAST)
        .unique(_AIRCRAFT_IN_SNAPSHOT, keep="last", maintain_order=True)
        .with_columns(
            pl.col("callsign").str.strip_chars().replace("", None),
            (pl.col("snapshot_at").dt.epoch("s") - position_time).alias("position_age_s"),
            (
                (pl.col("icao24") == previous[2])
                & (previous[1] >= hour_start - LOOK_BACK)
                & (position_time == previous[0])
            )
            .fill_null(False)
            .alias("is_repeat"),
            pl.col("snapshot_at").dt.date().alias("date"),
            pl.col("snapshot_at").dt.hour().cast(pl.Int32).alias("hour"),
        )
        .filter(hour_start.is_in(pl.Series(sorted(hours), dtype=pl.Datetime("us", "UTC")).implode()))
        .select(STATE_VECTORS.schema.names)
        .collect()
    )


def state_vectors_table(frame: pl.DataFrame) -> pa.Table:
    """The frame with exactly the declared types, ready for the lake."""
    return frame.to_arrow().cast(STATE_VECTORS.schema)
