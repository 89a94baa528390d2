"""How many aircraft were in which zone in which poll."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_zones import Zones

KMH_PER_MS = 3.6
FT_PER_M = 1 / 0.3048


def airborne(rows: pl.DataFrame, oldest_s: float | None = None) -> pl.DataFrame:
    """Rows that are counted: an aircraft in the air with a position, once a poll.

    Parameters
    ----------
    rows
        Rows of ``state_vectors``.
    oldest_s
        Positions older than this when they were polled are not counted; None: all that the poll shows,
        also the last position of an aircraft that OpenSky has not heard for up to 300 s. [s]
    """
    counted = rows.filter(
        ~pl.col("on_ground").fill_null(False),
        pl.col("latitude").is_between(-90, 90),
        pl.col("longitude").is_between(-180, 180),
    )
    if oldest_s is not None:
        counted = counted.filter(pl.col("snapshot_at").dt.epoch("s") - pl.col("time_position") <= oldest_s)
    return counted.unique(["snapshot_at", "icao24"], keep="first", maintain_order=True)


@dataclass(frozen=True)
class Counts:
    """Aircraft per poll and zone.

    ``zones``: (n_zones,) numbers, sorted. ``aircraft``: (n_polls, n_zones). [aircraft] ``speed_kmh``,
    ``altitude_ft``: the same shape, means over the aircraft, NaN where none is known.
    """

    zones: np.ndarray
    aircraft: np.ndarray
    speed_kmh: np.ndarray
    altitude_ft: np.ndarray


def count(
    rows: pl.DataFrame,
    polls: Polls,
    zones: Zones,
    oldest_s: float | None = None,
    only: np.ndarray | None = None,
) -> Counts:
    """Count the aircraft of every poll in every zone: zero where a poll came and the zone was empty.

    ``only``: numbers of the zones to count, sorted; None: those with an aircraft in any poll.
    """
    return count_airborne(airborne(rows, oldest_s), polls, zones, only)


def count_airborne(
    counted: pl.DataFrame, polls: Polls, zones: Zones, only: np.ndarray | None = None
) -> Counts:
    """As ``count``, of rows that ``airborne`` has left."""
    poll = polls.indices(counted["snapshot_at"])
    latitude, longitude = counted["latitude"].to_numpy(), counted["longitude"].to_numpy()
    altitude_m = _floats(counted["baro_altitude"])
    position, zone = zones.containing(latitude, longitude, altitude_m)
    numbers = np.unique(zone) if only is None else np.asarray(only, dtype=np.int64)
    column, known = columns_of(zone, numbers)
    position, column = position[known], column[known]
    shape = (len(polls), len(numbers))
    flat = poll[position] * shape[1] + column
    aircraft = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    means = [
        _mean(values[position], flat, shape)
        for values in (_floats(counted["velocity"]) * KMH_PER_MS, altitude_m * FT_PER_M)
    ]
    return Counts(numbers, aircraft.astype(float), *means)


def congestion_grid(
    rows: pl.DataFrame,
    polls: Polls,
    zones: Zones,
    oldest_s: float | None = None,
    only: np.ndarray | None = None,
) -> pl.DataFrame:
    """One row per poll that came and zone: every one where they can be listed, else those with an aircraft in any poll.

    ``only``: numbers of the zones, sorted, where they are known.

    Returns
    -------
    pl.DataFrame
        snapshot_at, zone, aircraft (0 where the zone was empty), speed_kmh and altitude_ft (null where it
        was). No row where no poll came.
    """
    return grid_rows(count(rows, polls, zones, oldest_s, zones.every if only is None else only), polls, zones)


def grid_rows(counts: Counts, polls: Polls, zones: Zones) -> pl.DataFrame:
    """Counts as rows of poll and zone, as ``congestion_grid`` has them."""
    poll, zone = (each.ravel() for each in np.indices(counts.aircraft.shape))
    return pl.DataFrame(
        {
            "snapshot_at": polls.at.gather(poll),
            "zone": pl.Series(zones.names(counts.zones), dtype=pl.String).gather(zone),
            "aircraft": counts.aircraft.ravel().astype(np.int64),
            "speed_kmh": counts.speed_kmh.ravel(),
            "altitude_ft": counts.altitude_ft.ravel(),
        }
    ).with_columns(pl.col("speed_kmh", "altitude_ft").fill_nan(None))


def columns_of(zone: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each zone stands among sorted ``numbers``, and whether it does. (n,) each"""
    if not len(numbers):
        return np.zeros(len(zone), dtype=np.int64), np.zeros(len(zone), dtype=bool)
    column = np.minimum(np.searchsorted(numbers, zone), len(numbers) - 1)
    return column, numbers[column] == zone


def _floats(column: pl.Series) -> np.ndarray:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _mean(values: np.ndarray, flat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    known = np.isfinite(values)
    total = np.bincount(flat[known], weights=values[known], minlength=shape[0] * shape[1])
    number = np.bincount(flat[known], minlength=shape[0] * shape[1])
    return np.where(number > 0, total / np.maximum(number, 1), np.nan).reshape(shape)
