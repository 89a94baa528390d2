"""Passages of aircraft through airspace sectors, from their positions."""

from datetime import timedelta

import numpy as np
import polars as pl

from airtraffic.sector_tables import SECTOR_FLIGHTS
from airtraffic.sectors import Sectors

POSITION_COLUMNS = (
    "icao24",
    "callsign",
    "time_position",
    "snapshot_at",
    "longitude",
    "latitude",
    "baro_altitude",
    "on_ground",
    "source",
)
LOOK_BACK = timedelta(minutes=45)
"""Positions before the day that say who was inside when it began: the longest gap, and the age of a position."""
LOOK_AHEAD = timedelta(hours=6)
"""Positions after the day in which a passage that began in it may end."""
MAX_GAP_S = 30 * 60
"""A longer time without a position ends a track: EUROCONTROL's OPDI. [s]"""
MAX_GAP_LOW_S = 15 * 60
"""The same below 1,524 m. [s]"""
LOW_M = 1524.0
MAX_SPEED_M_S = 450.0
"""A position that would need more from both its neighbours is an error: 875 kt. [m/s]"""
REENTRY_S = 120.0
"""Out for no longer than this is not out: level flight on a boundary flickers by 25 ft. Two polls. [s]"""
_METRES_PER_DEGREE = 111_195.0
_FT_PER_M = 1 / 0.3048


def airspace_passages(positions: pl.DataFrame, sectors: Sectors) -> pl.DataFrame:
    """Passages of airspace sectors, entry and exit interpolated on the track.

    Rows on the ground, without a position or without an altitude are left out, as are positions that
    repeat and single jumps. Between two positions the way is straight and the level changes steadily,
    so a sector whose corner is cut between two polls is entered as well. Leaving for at most
    ``REENTRY_S`` does not end a passage.

    Parameters
    ----------
    positions
        Rows of ``state_vectors`` with ``POSITION_COLUMNS``. For whole days: from ``LOOK_BACK`` before
        the first to ``LOOK_AHEAD`` after the last; passages that enter outside of the days asked for
        are the caller's to drop.
    sectors
        A passage counts when its sector's definition holds on the day of its entry.

    Returns
    -------
    pl.DataFrame
        Rows of ``sector_flights``, sorted by date, sector and entry.
    """
    declared = [sector for sector in sectors.sectors if sector.kind == "airspace"]
    segments = _segments(_fixes(positions))
    if not declared or segments.is_empty():
        return _nothing()

    from airtraffic.sector_index import SectorIndex  # shapely, 0.2 s

    crossed = SectorIndex(declared).crossed(
        segments.select("longitude", "latitude", "level_fl").to_numpy(),
        segments.select("longitude_end", "latitude_end", "level_fl_end").to_numpy(),
    )
    pieces = segments[crossed.segment].with_columns(
        pl.Series("number", crossed.sector.astype(np.int32)),
        pl.Series("start", crossed.start),
        pl.Series("stop", crossed.end),
    )
    names = pl.DataFrame(
        {
            "number": np.arange(len(declared), dtype=np.int32),
            "sector": [sector.id for sector in declared],
            "valid_from": [sector.valid_from for sector in declared],
            "valid_to": [sector.valid_to for sector in declared],
        },
        schema_overrides={"valid_from": pl.Date, "valid_to": pl.Date},
    )
    made = _passages(pieces).join(names, on="number")
    day = pl.col("entry_at").dt.date()
    return (
        made.filter(
            (day >= pl.col("valid_from")) & (pl.col("valid_to").is_null() | (day <= pl.col("valid_to")))
        )
        .with_columns(
            pl.lit("airspace").alias("kind"),
            *(
                pl.lit(None, pl.String).alias(name)
                for name in ("flight_id", "origin", "destination", "provider")
            ),
            ((pl.col("exit_at") - pl.col("entry_at")).dt.total_microseconds() / 1e6).alias(
                "time_in_sector_s"
            ),
            pl.lit(sectors.version_id).alias("sectors_version"),
            day.alias("date"),
        )
        .select(SECTOR_FLIGHTS.schema.names)
        .sort("date", "sector", "entry_at", "icao24")
    )


def _fixes(positions: pl.DataFrame) -> pl.DataFrame:
    """Airborne positions with a level, each once, in order, single jumps removed."""
    seen_at = pl.coalesce(
        pl.from_epoch("time_position", "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC"), "snapshot_at"
    )
    fixes = (
        positions.filter(
            ~pl.col("on_ground").fill_null(False)
            & pl.col("longitude").is_not_null()
            & pl.col("latitude").is_not_null()
            & pl.col("baro_altitude").is_not_null()
        )
        .with_columns(seen_at.alias("seen_at"), _level_fl().alias("level_fl"))
        .sort("icao24", "seen_at", "snapshot_at", "source")
        .unique(["icao24", "seen_at"], keep="first", maintain_order=True)
    )
    too_fast = (_distance_m() > MAX_SPEED_M_S * _elapsed_s()).fill_null(False)
    return (
        fixes.with_columns(too_fast.over("icao24").alias("jumped"))
        .with_columns(pl.col("jumped").shift(-1).over("icao24").fill_null(False).alias("jumps"))
        .filter(~(pl.col("jumped") & pl.col("jumps")))
        .drop("jumped", "jumps")
    )


def _segments(fixes: pl.DataFrame) -> pl.DataFrame:
    """Pairs of successive positions of one track, with the track's number."""
    same = pl.col("icao24") == pl.col("icao24").shift()
    low = pl.min_horizontal("baro_altitude", pl.col("baro_altitude").shift()) < LOW_M
    longest = pl.when(low).then(MAX_GAP_LOW_S).otherwise(MAX_GAP_S)
    goes_on = same & (_elapsed_s() <= longest) & (_distance_m() <= MAX_SPEED_M_S * _elapsed_s())
    ends = ("seen_at", "longitude", "latitude", "level_fl")
    return (
        fixes.with_columns(goes_on.fill_null(False).alias("goes_on"))
        .with_columns((~pl.col("goes_on")).cum_sum().alias("track"))
        .with_columns(
            (pl.col("track") != pl.col("track").shift(-1)).fill_null(True).alias("last"),
            (~pl.col("goes_on").shift().fill_null(False)).alias("first"),
            *(pl.col(name).alias(f"{name}_end") for name in ends),
            *(pl.col(name).shift() for name in ends),
        )
        .filter("goes_on")
        .select(
            "icao24", "callsign", "source", "track", "first", "last", *ends, *(f"{name}_end" for name in ends)
        )
    )


def _passages(pieces: pl.DataFrame) -> pl.DataFrame:
    """Pieces that follow one another within ``REENTRY_S`` are one passage."""
    took = pl.col("seen_at_end") - pl.col("seen_at")
    climb = pl.col("level_fl_end") - pl.col("level_fl")
    apart_s = (pl.col("entry_at") - pl.col("exit_at").shift()).dt.total_microseconds() / 1e6
    new = (
        (pl.col("number") != pl.col("number").shift())
        | (pl.col("track") != pl.col("track").shift())
        | (apart_s > REENTRY_S)
    )
    return (
        pieces.with_columns(
            (pl.col("seen_at") + took * pl.col("start")).alias("entry_at"),
            (pl.col("seen_at") + took * pl.col("stop")).alias("exit_at"),
            (pl.col("level_fl") + climb * pl.col("start")).alias("entry_fl"),
            (pl.col("level_fl") + climb * pl.col("stop")).alias("exit_fl"),
            (~(pl.col("first") & (pl.col("start") == 0))).alias("entry_observed"),
            (~(pl.col("last") & (pl.col("stop") == 1))).alias("exit_observed"),
        )
        .sort("number", "track", "entry_at")
        .with_columns(new.fill_null(True).cum_sum().alias("passage"))
        .group_by("passage", maintain_order=True)
        .agg(
            pl.col("number", "icao24", "source").first(),
            pl.col("callsign").drop_nulls().first(),
            pl.col("entry_at", "entry_fl", "entry_observed").first(),
            pl.col("exit_at", "exit_fl", "exit_observed").last(),
        )
    )


def _level_fl() -> pl.Expr:
    """Rounded to the foot, so that a level on a boundary is on it. [FL]"""
    return (pl.col("baro_altitude") * _FT_PER_M).round() / 100


def _elapsed_s() -> pl.Expr:
    return pl.col("seen_at").diff().dt.total_microseconds() / 1e6


def _distance_m() -> pl.Expr:
    """To the row before, on the plane that touches there: right to 1 % over the distance of two polls. [m]"""
    north = pl.col("latitude").diff()
    east = pl.col("longitude").diff() * pl.col("latitude").radians().cos()
    return (north**2 + east**2).sqrt() * _METRES_PER_DEGREE


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(SECTOR_FLIGHTS.schema.empty_table()))
