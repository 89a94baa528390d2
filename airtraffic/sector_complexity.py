"""Complexity of airspace sectors: how much aircraft interact in small cells."""

from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa

from airtraffic.projection import EARTH_RADIUS_NM
from airtraffic.sector_coverage import BASIS, windows_on_polls
from airtraffic.sector_finding_tables import SECTOR_COMPLEXITY
from airtraffic.sectors import Sectors

POSITION_COLUMNS = (
    "icao24",
    "snapshot_at",
    "longitude",
    "latitude",
    "baro_altitude",
    "on_ground",
    "position_age_s",
    "velocity",
    "true_track",
    "vertical_rate",
)
CELL_NM = 20.0
LAYER_FT = 3000.0
MAX_AGE_S = 60
"""An older position says nothing of who was near whom. [s]"""
LEVEL_M_S = 2.5
"""Vertical rates within this either way are level flight. [m/s]"""
HEADING_DEG = 20.0
SPEED_KT = 35.0
_KT_PER_M_S = 1.943844
_FT_PER_M = 1 / 0.3048


def sector_complexity(
    positions: pl.DataFrame,
    sectors: Sectors,
    day: date,
    basis: pl.DataFrame,
    reception: pl.DataFrame | None = None,
) -> pa.Table:
    """Interactions per hour and airspace sector, after EUROCONTROL's complexity indicators [1]_.

    Two aircraft interact while they are in the same cell of 20 x 20 NM x 3,000 ft of the same sector,
    seen poll by poll, where each poll stands for the time to the next; the sum goes over both of each
    pair. ``density = interaction_min / flight_min``,
    ``structure = (vertical_min + horizontal_min + speed_min) / interaction_min`` and
    ``complexity = density * structure``. A missing poll adds to neither sum.

    Parameters
    ----------
    positions
        Rows of ``state_vectors`` of the day with ``POSITION_COLUMNS``.
    basis
        ``count_basis`` of the day.
    reception
        ``window_reception`` of the day: an hour's coverage is its own. Without it, it is the day's.

    References
    ----------
    .. [1] EUROCONTROL, Complexity Metrics for ANSP Benchmarking Analysis, ACE Working Group (2006).
       There the time in the same cell within an hour is what counts; here, being there at once.
    """
    inside, interval_min = _inside(positions, sectors, day)
    flown = inside.group_by("sector", "hour_start").agg((pl.len() * interval_min).alias("flight_min"))
    rows = (
        flown.join(_interactions(inside, interval_min), on=["sector", "hour_start"], how="left")
        .with_columns(
            pl.col("interaction_min", "vertical_min", "horizontal_min", "speed_min").fill_null(0.0),
            pl.col("cells").fill_null(0),
        )
        .with_columns(
            (pl.col("interaction_min") / pl.col("flight_min")).alias("density"),
            pl.when(pl.col("interaction_min") > 0)
            .then(
                (pl.col("vertical_min") + pl.col("horizontal_min") + pl.col("speed_min"))
                / pl.col("interaction_min")
            )
            .alias("structure"),
            pl.lit(day).alias("date"),
            pl.lit(sectors.version_id).alias("sectors_version"),
        )
        .with_columns((pl.col("density") * pl.col("structure").fill_null(0.0)).alias("complexity"))
        .join(basis.filter(pl.col("kind") == "airspace").select("date", *BASIS), on="date", how="left")
        .sort("sector", "hour_start")
    )
    if reception is not None:
        hours = rows.rename({"hour_start": "window_start"})
        rows = windows_on_polls(hours, reception).rename({"window_start": "hour_start"})
    return SECTOR_COMPLEXITY.of(rows)


def _inside(positions: pl.DataFrame, sectors: Sectors, day: date) -> tuple[pl.DataFrame, float]:
    """Rows of aircraft in each sector with their cell, and the time that a poll stands for. [min]"""
    polls = positions["snapshot_at"].unique().sort()
    interval_min = polls.diff().median().total_seconds() / 60 if len(polls) > 1 else 1.0
    fresh = positions.filter(
        ~pl.col("on_ground").fill_null(False)
        & (pl.col("position_age_s") <= MAX_AGE_S)
        & pl.all_horizontal(pl.col("longitude", "latitude", "baro_altitude").is_not_null())
    ).unique(["icao24", "snapshot_at"], keep="first", maintain_order=True)
    declared = sectors.on(day, "airspace")
    feet = (pl.col("baro_altitude") * _FT_PER_M).round()
    row = (pl.col("latitude").radians() * (EARTH_RADIUS_NM / CELL_NM)).floor()
    middle = ((row + 0.5) * (CELL_NM / EARTH_RADIUS_NM)).cos()
    rate = pl.col("vertical_rate")
    placed = fresh.with_columns(
        pl.col("snapshot_at").dt.truncate("1h").alias("hour_start"),
        row.alias("row"),
        (pl.col("longitude").radians() * middle * (EARTH_RADIUS_NM / CELL_NM)).floor().alias("column"),
        (feet / LAYER_FT).floor().alias("layer"),
        (feet / 100).alias("level_fl"),
        pl.when(rate > LEVEL_M_S)
        .then(1)
        .when(rate < -LEVEL_M_S)
        .then(-1)
        .when(rate.is_not_null())
        .then(0)
        .alias("phase"),
    )
    if not declared or placed.is_empty():
        return placed.clear().with_columns(pl.lit("").alias("sector")), interval_min

    from airtraffic.sector_index import SectorIndex  # shapely, 0.2 s

    position, sector = SectorIndex(declared).containing(
        *(placed[name].to_numpy() for name in ("longitude", "latitude", "level_fl"))
    )
    names = np.array([each.id for each in declared])
    return placed[position].with_columns(pl.Series("sector", names[sector])), interval_min


def _interactions(inside: pl.DataFrame, interval_min: float) -> pl.DataFrame:
    cell = ["sector", "hour_start", "snapshot_at", "row", "column", "layer"]
    # Most are alone in their cell: only the others are worth a join with themselves.
    shared = inside.filter(pl.len().over(cell) > 1).select(*cell, "icao24", "phase", "true_track", "velocity")
    pairs = shared.join(shared, on=cell, suffix="_other").filter(pl.col("icao24") < pl.col("icao24_other"))
    turn = (pl.col("true_track") - pl.col("true_track_other")).abs() % 360
    apart = {
        "vertical_min": pl.col("phase") != pl.col("phase_other"),
        "horizontal_min": pl.min_horizontal(turn, 360 - turn) > HEADING_DEG,
        "speed_min": (pl.col("velocity") - pl.col("velocity_other")).abs() * _KT_PER_M_S > SPEED_KT,
    }
    both = 2 * interval_min
    return pairs.group_by("sector", "hour_start").agg(
        (pl.len() * both).alias("interaction_min"),
        *((holds.fill_null(False).sum() * both).alias(name) for name, holds in apart.items()),
        pl.struct("row", "column", "layer").n_unique().alias("cells"),
    )
