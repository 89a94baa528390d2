"""Where receivers stand, and how well they hear an aircraft.

Volunteers' receivers crowd around cities; the Amazon, the oceans and the southern Andes have none, so
most aircraft are in view for a part of their flight only.
"""

from dataclasses import dataclass

import numpy as np

from airtraffic.simulation.airports import Airports
from airtraffic.simulation.geometry import EARTH_RADIUS_M
from airtraffic.simulation.randomness import uniform

_UPTIME_STREAM = 21
_HORIZON_KM_PER_ROOT_M = 2.9
"""Radio horizon, less some terrain. [km / m^0.5]"""
_BEST = 0.97
_AIRPORT_M = 7_000.0
_STRONGEST = 1.3
"""No transponder is heard further than this, times the usual range. [1]"""
_CHUNK = 8192

RECEIVERS = (
    # airport nearby, range [km], share of surface messages heard [1], uptime [1]
    ("SBGR", 270, 0.0, 0.97), ("SBSP", 240, 0.45, 1.0), ("SBKP", 210, 0.0, 0.92), ("SBGL", 210, 0.0, 0.92),
    ("SBCT", 220, 0.0, 0.85), ("SBFL", 200, 0.0, 0.85), ("SBPA", 220, 0.0, 0.85), ("SBRP", 170, 0.0, 0.8),
    ("SBCF", 100, 0.0, 0.8), ("SBBR", 220, 0.55, 0.9), ("SBGO", 150, 0.0, 0.7), ("SBVT", 170, 0.4, 0.9),
    ("SBFZ", 270, 0.5, 0.95), ("SBRF", 210, 0.0, 0.85), ("SBPL", 260, 0.0, 0.85), ("SBSV", 120, 0.0, 0.6),
    ("SBVC", 110, 0.0, 0.8), ("SBIL", 100, 0.0, 0.7), ("SBBE", 200, 0.5, 0.9), ("SBSR", 120, 0.3, 0.7),
    ("SBCY", 160, 0.0, 0.8), ("SWSI", 220, 0.0, 0.85), ("SBLO", 140, 0.0, 0.8), ("SBCG", 130, 0.0, 0.6),
    ("SBPJ", 140, 0.0, 0.6), ("SBCH", 160, 0.0, 0.8), ("SBME", 110, 0.0, 0.8),
    ("SABE", 310, 0.0, 0.97), ("SAEZ", 270, 0.2, 1.0), ("SACO", 200, 0.0, 0.85), ("SAME", 110, 0.0, 0.6),
    ("SAAR", 240, 0.0, 0.85), ("SAZM", 180, 0.0, 0.8), ("SUMU", 230, 0.0, 0.8), ("SCEL", 100, 0.0, 0.7),
    ("SCFA", 120, 0.2, 0.7), ("SPJC", 120, 0.0, 0.6), ("SPRU", 300, 0.0, 0.92), ("SPHI", 280, 0.0, 0.85),
    ("SPQU", 100, 0.0, 0.5), ("SEGU", 90, 0.0, 0.5), ("SEQM", 90, 0.0, 0.5),
    ("SKBO", 180, 0.55, 1.0), ("SKRG", 90, 0.0, 0.6), ("SKCL", 60, 0.0, 0.5), ("SKBQ", 170, 0.0, 0.8),
    ("MPTO", 60, 0.0, 0.5), ("MROC", 70, 0.0, 0.5), ("MSLP", 310, 0.0, 0.92), ("MHTG", 130, 0.0, 0.8),
    ("TNCA", 220, 0.1, 0.9), ("TTPP", 210, 0.0, 0.85), ("TBPB", 240, 0.0, 0.92), ("SVMI", 120, 0.0, 0.5),
    ("SLVR", 120, 0.0, 0.7), ("SGAS", 150, 0.0, 0.7),
)  # fmt: skip


@dataclass(frozen=True)
class Receivers:
    """Columns of the receivers."""

    seed: int
    vector: np.ndarray
    range_m: np.ndarray
    surface: np.ndarray
    uptime: np.ndarray

    @classmethod
    def around(cls, airports: Airports, seed: int) -> "Receivers":
        names, ranges, surface, uptime = zip(*RECEIVERS, strict=True)
        return cls(
            seed=seed,
            vector=airports.vector[[airports.index(name) for name in names]],
            range_m=np.array(ranges) * 1000.0,
            surface=np.array(surface),
            uptime=np.array(uptime),
        )

    def heard(
        self,
        position: np.ndarray,
        altitude_m: np.ndarray,
        on_ground: np.ndarray,
        strength: np.ndarray,
        time_s: np.ndarray,
    ) -> np.ndarray:
        """Chance that at least one message within ten seconds is received. [1]

        Parameters
        ----------
        position
            (n, 3) unit vectors.
        altitude_m, on_ground, time_s
            Of the aircraft; the time decides which receivers are up.
        strength
            Of the transponder, times the usual range. [1]
        """
        quietness = np.zeros(len(position))
        for start in range(0, len(position), _CHUNK):
            part = slice(start, start + _CHUNK)
            cosine = position[part] @ self.vector.T
            row, receiver = np.nonzero((cosine > self._horizon) & self._up(time_s[part]))
            distance = EARTH_RADIUS_M * np.sqrt(np.maximum(2.0 - 2.0 * cosine[row, receiver], 0.0))
            horizon_m = (
                1000.0 * _HORIZON_KM_PER_ROOT_M * (4.0 + np.sqrt(np.maximum(altitude_m[part][row], 0.0)))
            )
            reach = np.minimum(self.range_m[receiver], horizon_m) * strength[part][row]
            quality = np.clip(8.0 * (1.0 - distance / reach), 0.0, _BEST)
            at_airport = (distance < _AIRPORT_M) * self.surface[receiver]
            quality = np.where(on_ground[part][row], at_airport, quality)
            quietness[part] = np.bincount(row, np.log1p(-quality), minlength=len(cosine))
        return 1.0 - np.exp(quietness)

    @property
    def _horizon(self) -> float:
        """Cosine of the angle beyond which no receiver hears anything. [1]"""
        return 1.0 - 0.5 * (_STRONGEST * float(self.range_m.max()) / EARTH_RADIUS_M) ** 2

    def _up(self, time_s: np.ndarray) -> np.ndarray:
        """(n, n_receivers) whether each receiver feeds, drawn anew every hour."""
        spans, inverse = np.unique(time_s // 3_600, return_inverse=True)
        numbers = np.arange(len(self.uptime))
        up = (
            uniform(self.seed, _UPTIME_STREAM, spans[:, None].astype(np.int64), numbers[None, :])
            < self.uptime
        )
        return up[inverse]
