"""What is known of each aircraft when a poll has come, and where it will be."""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_polls import COLUMNS, Polls

MEMORY = 15
"""An aircraft that no poll has shown for so many polls is forgotten. [polls]"""
SHOWN = 6
"""Polls back for which it is kept whether the aircraft was counted. [polls]"""
RATE_POLLS = 3
"""Polls over which a change of altitude and of speed is measured. [polls]"""
_BLOCK = 240
_EARTH_RADIUS_M = 6_371_000.0
_VALUES = (
    "longitude",
    "latitude",
    "baro_altitude",
    "velocity",
    "true_track",
    "vertical_rate",
    "time_position",
    "last_contact",
)


@dataclass(frozen=True)
class KnownAircraft:
    """One row per poll and aircraft that this poll or one of the 14 before it showed: (n,) each.

    Everything is as known at ``poll``; nothing later is in it.
    """

    poll: np.ndarray
    """Index of the poll."""
    aircraft: np.ndarray
    """Number of the aircraft, the same in all polls."""
    age_s: np.ndarray
    """Age of the last position. [s]"""
    silent_s: np.ndarray
    """Time since the last contact. [s]"""
    missed: np.ndarray
    """Polls since one showed it. [polls]"""
    counted: np.ndarray
    """(n, 6) whether it was counted in this poll and the five before, newest first."""
    counted_share: np.ndarray
    """Share of the last 15 polls in which it was counted. [1]"""
    shown_share: np.ndarray
    """Share of the last 15 polls that showed it. [1]"""
    known_polls: np.ndarray
    """Polls since the first of the last 30 that showed it. [polls]"""
    on_ground: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    altitude_m: np.ndarray
    """NaN: unknown. [m]"""
    speed_m_per_s: np.ndarray
    speed_change_m_per_s: np.ndarray
    climb_m_per_s: np.ndarray
    """Vertical rate, or where it is missing that of the altitudes. [m/s]"""
    track_deg: np.ndarray

    def __len__(self) -> int:
        return len(self.poll)

    def take(self, rows: np.ndarray) -> "KnownAircraft":
        return KnownAircraft(*(getattr(self, item.name)[rows] for item in fields(self)))


def known_aircraft(rows: pl.DataFrame, polls: Polls, oldest_s: float | None = None) -> KnownAircraft:
    """Follow every aircraft from poll to poll; a gap between polls ends all that is known.

    ``rows``: rows of ``state_vectors``; ``oldest_s``: as in ``congestion_grid.airborne``.
    """
    shown = (
        rows.select(COLUMNS)
        .filter(
            pl.col("latitude").is_between(-90, 90),
            pl.col("longitude").is_between(-180, 180),
            pl.col("time_position").is_not_null(),
        )
        .unique(["snapshot_at", "icao24"], keep="first", maintain_order=True)
        .sort("snapshot_at", "icao24")
    )
    poll = polls.indices(shown["snapshot_at"])
    names = shown["icao24"].unique().sort()
    aircraft = shown["icao24"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    values = {name: shown[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in _VALUES}
    values["on_ground"] = shown["on_ground"].fill_null(False).cast(pl.Float64).to_numpy()
    parts = []
    for first, last in _blocks(polls):
        context = first - min(2 * MEMORY, int(polls.position[first]))
        a, b = np.searchsorted(poll, [context, last])
        block = {name: value[a:b] for name, value in values.items()}
        part = _block(poll[a:b] - context, aircraft[a:b], block, polls.time_s[context:last], oldest_s)
        part = part.take(np.flatnonzero(part.poll >= first - context))
        part.poll[:] += context
        parts.append(part)
    return KnownAircraft(
        *(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(KnownAircraft))
    )


def _blocks(polls: Polls) -> list[tuple[int, int]]:
    """Pieces of segments, [first, last), that fit into memory as arrays of polls by aircraft."""
    edges = np.flatnonzero(polls.position % _BLOCK == 0)
    return list(zip(edges.tolist(), [*edges[1:].tolist(), len(polls)], strict=True))


def _block(
    poll: np.ndarray,
    aircraft: np.ndarray,
    values: dict[str, np.ndarray],
    time_s: np.ndarray,
    oldest_s: float | None,
) -> KnownAircraft:
    numbers, column = np.unique(aircraft, return_inverse=True)
    shape = (len(time_s), len(numbers))
    dense = {name: np.full(shape, np.nan) for name in values}
    for name, value in values.items():
        dense[name][poll, column] = value
    shown = np.zeros(shape, dtype=bool)
    shown[poll, column] = True
    counted = shown & (dense["on_ground"] == 0)
    if oldest_s is not None:
        counted &= time_s[:, None] - dense["time_position"] <= oldest_s
    index = np.arange(shape[0])[:, None]
    last = np.maximum.accumulate(np.where(shown, index, -1), axis=0)
    # First poll, from each one on, that shows it.
    first = np.minimum.accumulate(np.where(shown, index, shape[0])[::-1], axis=0)[::-1]
    at, who = np.nonzero((last >= 0) & (index - last < MEMORY))
    newest = last[at, who]
    before = np.maximum(newest - RATE_POLLS, 0)

    def known(name: str) -> np.ndarray:
        return dense[name][newest, who]

    def change(name: str) -> np.ndarray:
        return known(name) - dense[name][before, who]

    seconds = change("time_position")
    rate = known("vertical_rate")
    measured = np.divide(change("baro_altitude"), seconds, out=np.full(len(at), np.nan), where=seconds > 20)
    time = time_s[at]
    return KnownAircraft(
        poll=at,
        aircraft=numbers[who],
        age_s=time - known("time_position"),
        silent_s=time - known("last_contact"),
        missed=(at - newest).astype(float),
        counted=np.stack([(at >= k) & counted[np.maximum(at - k, 0), who] for k in range(SHOWN)], axis=1),
        counted_share=_share(counted)[at, who],
        shown_share=_share(shown)[at, who],
        known_polls=(at - first[np.maximum(at - 2 * MEMORY, 0), who]).astype(float),
        on_ground=known("on_ground") == 1,
        latitude=known("latitude"),
        longitude=known("longitude"),
        altitude_m=known("baro_altitude"),
        speed_m_per_s=np.nan_to_num(known("velocity")),
        speed_change_m_per_s=np.nan_to_num(change("velocity")),
        climb_m_per_s=np.nan_to_num(np.where(np.isnan(rate), measured, rate)),
        track_deg=np.nan_to_num(known("true_track")),
    )


def _share(flags: np.ndarray) -> np.ndarray:
    """Share of true among this row and the 14 before it, or among as many as there are."""
    total = np.cumsum(np.vstack([np.zeros((1, flags.shape[1])), flags]), axis=0)
    end = np.arange(1, len(flags) + 1)
    begin = np.maximum(end - MEMORY, 0)
    return (total[end] - total[begin]) / (end - begin)[:, None]


def reckon(known: KnownAircraft, lead_s: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dead reckoning: latitude, longitude [deg] and altitude [m] so long after the poll. (n,) each

    Straight on at the last speed and track from the time of the position; the last climb or descent
    goes on for ten minutes at most, and not below 0 m or above 13,000 m.
    """
    elapsed = np.maximum(known.age_s + lead_s, 0.0)
    way_deg = np.degrees(known.speed_m_per_s * elapsed / _EARTH_RADIUS_M)
    track = np.radians(known.track_deg)
    latitude = np.clip(known.latitude + way_deg * np.cos(track), -89.9, 89.9)
    middle = np.cos(np.radians((known.latitude + latitude) / 2))
    longitude = known.longitude + way_deg * np.sin(track) / middle
    altitude = known.altitude_m + known.climb_m_per_s * np.minimum(elapsed, 600.0)
    return (
        latitude,
        longitude,
        np.where(known.climb_m_per_s == 0, known.altitude_m, np.clip(altitude, 0, 13_000)),
    )
