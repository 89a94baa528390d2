"""Positions and what is found out about them once, however many zones and models ask."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_aircraft import KnownAircraft, known_aircraft
from airtraffic.forecasting.congestion_grid import Counts, airborne, count_airborne
from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_presence import Presence
from airtraffic.forecasting.congestion_zones import Zones


@dataclass
class Positions:
    """Rows of ``state_vectors`` with their polls.

    Models of several kinds of zones, or with several hyper-parameters, that are given the same object follow the
    aircraft once, learn presence once, and ask each aircraft's chance once.
    """

    rows: pl.DataFrame
    polls: Polls
    oldest_s: float | None = None
    _counts: dict[str, tuple[tuple, Counts]] = field(default_factory=dict)
    _known: KnownAircraft | None = None
    _learned: dict[tuple, Presence] = field(default_factory=dict)
    _chances: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        history: "pl.DataFrame | Positions",
        polls: pl.Series | None = None,
        *,
        interval_s: float | None = None,
        oldest_s: float | None = None,
    ) -> "Positions":
        """The positions of a history; the same object where it already is what is asked for.

        Parameters
        ----------
        polls, interval_s
            As in ``Polls.of``.
        oldest_s
            As in ``congestion_grid.airborne``. [s]

        Raises
        ------
        ForecastError
            There is no poll, or a column is missing.
        """
        if isinstance(history, Positions):
            same = interval_s is None or interval_s == history.polls.interval_s
            if same and oldest_s == history.oldest_s:
                return history
            history, polls = history.rows, history.polls.at
        return cls(history, Polls.of(history, polls, interval_s), oldest_s)

    @property
    def known(self) -> KnownAircraft:
        """Followed when asked for: baselines need it not."""
        if self._known is None:
            self._known = known_aircraft(self.rows, self.polls, self.oldest_s)
        return self._known

    @cached_property
    def airborne(self) -> pl.DataFrame:
        """As ``congestion_grid.airborne``."""
        return airborne(self.rows, self.oldest_s)

    def count(self, zones: Zones, only: np.ndarray | None = None) -> Counts:
        """As ``congestion_grid.count``; the last count of a kind of zones is kept."""
        key = (json.dumps(zones.description()), None if only is None else only.tobytes())
        kept = self._counts.get(zones.kind)
        if kept is None or kept[0] != key:
            kept = key, count_airborne(self.airborne, self.polls, zones, only)
            self._counts[zones.kind] = kept
        return kept[1]

    def presence(
        self, horizons: Sequence[int], seed: int, epochs: int, max_rows: int, learn: np.ndarray, device: str
    ) -> Presence:
        """The presence model of these positions, learned when it is asked for first."""
        key = (tuple(horizons), seed, epochs, max_rows, device, learn.tobytes())
        if key not in self._learned:
            made = Presence(tuple(horizons), seed, epochs, max_rows)
            self._learned[key] = made.fit(self.known, self.polls, learn, device)
        return self._learned[key]

    def chances(self, presence: Presence, horizon: int, rows: np.ndarray) -> np.ndarray:
        """Chance that the aircraft in ``rows`` of ``known`` are counted ``horizon`` polls later. (n_rows,)

        Kept for horizons that presence is learned for; a recursive simulation asks for many others once.
        """
        lead_s = horizon * self.polls.interval_s
        if horizon not in presence.horizons:
            return presence.chances(self.known.take(rows), lead_s, horizon)
        key = (presence.digest, horizon)
        if key not in self._chances:
            self._chances[key] = np.full(len(self.known), np.nan)
        table = self._chances[key]
        new = rows[np.isnan(table[rows])]
        if len(new):
            table[new] = presence.chances(self.known.take(new), lead_s, horizon)
        return table[rows]


@dataclass(frozen=True)
class Congestion:
    """Positions counted in the zones of one model."""

    positions: Positions
    counts: Counts

    @property
    def polls(self) -> Polls:
        return self.positions.polls

    @property
    def known(self) -> KnownAircraft:
        return self.positions.known
