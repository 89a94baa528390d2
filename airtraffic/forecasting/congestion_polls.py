"""The time of congestion: polls, one after another, cut where one is missing."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError

GAP = 1.5
"""Polls further apart than this many intervals have a gap between them. [intervals]"""
OTHER_INTERVAL = 0.25
"""Intervals that differ by a larger share are not the same. [1]"""
COLUMNS = (
    "snapshot_at",
    "icao24",
    "time_position",
    "last_contact",
    "longitude",
    "latitude",
    "baro_altitude",
    "on_ground",
    "velocity",
    "true_track",
    "vertical_rate",
)
"""What is read of the rows of ``state_vectors``."""


@dataclass(frozen=True)
class Polls:
    """Polls in order of time.

    ``time_s``: (n_polls,) whole seconds. [s since 1970-01-01 UTC] ``segment``: (n_polls,) rises by one
    at every gap. ``interval_s``: usual time between polls. [s]
    """

    time_s: np.ndarray
    segment: np.ndarray
    interval_s: float

    @classmethod
    def of(
        cls, rows: pl.DataFrame, polls: pl.Series | None = None, interval_s: float | None = None
    ) -> "Polls":
        """The polls behind some rows.

        Parameters
        ----------
        rows
            Rows of ``state_vectors``.
        polls
            Times of polls that came, those of an empty sky included; None when every poll has rows.
        interval_s
            Time between polls; None: the median of what came. [s]

        Raises
        ------
        ForecastError
            There is no poll, or a column is missing.
        """
        missing = [name for name in COLUMNS if name not in rows.columns]
        if missing:
            raise ForecastError(f"the positions lack {missing}; expected the columns of state_vectors")
        times = rows["snapshot_at"] if polls is None else pl.concat([rows["snapshot_at"], polls])
        time_s = times.unique().sort().dt.epoch("s").to_numpy()
        if not len(time_s):
            raise ForecastError("there is no poll; congestion needs at least one")
        steps = np.diff(time_s)
        usual = float(np.median(steps)) if len(steps) else 60.0
        interval_s = usual if interval_s is None else float(interval_s)
        segment = np.concatenate([[0], np.cumsum(steps > GAP * interval_s)])
        return cls(time_s, segment, interval_s)

    def __len__(self) -> int:
        return len(self.time_s)

    def cut(self, own_s: np.ndarray, world: np.ndarray) -> "Polls":
        """The same, with gaps around every poll of quite another interval than these have, and where worlds change.

        ``own_s``: (n_polls,) interval of each. [s] ``world``: (n_polls,) what each shows, simulated or not.
        """
        other = np.abs(own_s - self.interval_s) > OTHER_INTERVAL * self.interval_s
        gap = (np.diff(self.segment) > 0) | other[1:] | other[:-1] | (world[1:] != world[:-1])
        return Polls(self.time_s, np.concatenate([[0], np.cumsum(gap)]), self.interval_s)

    @property
    def at(self) -> pl.Series:
        """Times as a column."""
        return pl.Series("snapshot_at", self.time_s * 1_000_000).cast(pl.Datetime("us", "UTC"))

    def indices(self, at: pl.Series) -> np.ndarray:
        """Where the polls of these times are.

        Raises
        ------
        ForecastError
            At one of these times no poll came.
        """
        times = at.dt.epoch("s").to_numpy()
        found = np.minimum(np.searchsorted(self.time_s, times), len(self) - 1)
        strange = self.time_s[found] != times
        if strange.any():
            raise ForecastError(f"no poll came at {at.gather(np.flatnonzero(strange))[0]}")
        return found

    @property
    def position(self) -> np.ndarray:
        """How many polls of its segment came before each. (n_polls,)"""
        first = np.searchsorted(self.segment, np.arange(self.segment[-1] + 1))
        return np.arange(len(self)) - first[self.segment]

    def ahead(self, horizon: int) -> np.ndarray:
        """Index of the poll so many polls later, -1 where a gap or the end comes first. (n_polls,)"""
        target = np.arange(len(self)) + horizon
        known = target < len(self)
        target[~known] = -1
        known[known] = self.segment[target[known]] == self.segment[known]
        return np.where(known, target, -1)

    def back(self, polls: int) -> np.ndarray:
        """Index of the poll so many polls earlier, -1 where a gap or the start lies between. (n_polls,)"""
        return np.where(self.position >= polls, np.arange(len(self)) - polls, -1)
