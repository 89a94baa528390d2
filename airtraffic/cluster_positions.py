"""The positions that clusters are made of: airborne, fresh, once each, weighted by time."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from airtraffic.snapshots import LOOK_BACK

OLDEST_S = 60
"""A position that was older than this when it was polled does not say where the aircraft was. [s]"""
LONGEST_MIN = 5.0
"""A position counts for the time since its aircraft's last one, and for this at most. [min]"""
FIRST_MIN = 1.0
"""What an aircraft's first position in two hours counts for: the usual time between polls. [min]"""
_SHORTEST_MIN = 1 / 60
"""What a position counts for that is no newer than its aircraft's last one: the clock's second. [min]"""
_HOUR = pl.duration(hours=1)


def counted_positions(rows: pl.DataFrame, hours: Sequence[datetime]) -> pl.DataFrame:
    """Positions of some hours in the order of their polls, with the columns ``t_min`` and ``weight_min``.

    Counted is what is airborne, has a position not older than 60 s and does not repeat the one before.
    Uneven reception would otherwise halve the clusters: who is seen five times as often would weigh five
    times as much. An aircraft's last position is looked for in the hour and the one before, as repeats
    are, so that an hour is the same whichever hours are made with it: who comes back after longer counts as
    new.

    Parameters
    ----------
    rows
        Rows of ``state_vectors`` of the hours and of the hour before each, in any order; more do no harm.
    hours
        Starts of the hours. [UTC]

    Returns
    -------
    pl.DataFrame
        The counted rows, sorted by snapshot_at and icao24, with ``t_min``, the time of the position and
        never later than its poll [min since 1970-01-01 UTC], and ``weight_min`` [aircraft-minutes].
    """
    counted = rows.filter(
        ~pl.col("on_ground"),
        ~pl.col("is_repeat"),
        pl.col("position_age_s") <= OLDEST_S,
        pl.col("latitude").is_between(-90, 90),
        pl.col("longitude").is_between(-180, 180),
    ).sort("icao24", "snapshot_at")
    made = [_hour(counted, hour) for hour in sorted(hours)] or [_hour(counted.clear(), None)]
    return pl.concat(made).sort("snapshot_at", "icao24")


def _hour(counted: pl.DataFrame, hour: datetime | None) -> pl.DataFrame:
    at, position_s = pl.col("snapshot_at"), pl.col("time_position")
    start = pl.lit(hour, pl.Datetime("us", "UTC"))
    minutes = (position_s - position_s.shift(1).over("icao24")) / 60
    return (
        counted.filter(at >= start - LOOK_BACK, at < start + _HOUR)
        .with_columns(
            (pl.min_horizontal(position_s, at.dt.epoch("s")) / 60).alias("t_min"),
            minutes.clip(_SHORTEST_MIN, LONGEST_MIN).fill_null(FIRST_MIN).alias("weight_min"),
        )
        .filter(at >= start)
    )
