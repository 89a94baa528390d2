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
_HORIZON_KM_PER_ROOT_M = 3.6
"""Radio horizon, less some terrain. [km / m^0.5]"""

RECEIVERS = (
    # airport nearby, range [km], share of surface messages heard [1], uptime [1]
    ("SBGR", 230, 0.10, 1.0), ("SBSP", 200, 0.50, 1.0), ("SBKP", 190, 0.10, 0.95), ("SBGL", 210, 0.15, 1.0),
    ("SBCT", 180, 0.0, 0.9), ("SBFL", 170, 0.0, 0.9), ("SBPA", 190, 0.0, 0.9), ("SBRP", 160, 0.0, 0.85),
    ("SBCF", 130, 0.0, 0.85), ("SBBR", 230, 0.55, 0.95), ("SBGO", 150, 0.0, 0.8), ("SBVT", 150, 0.45, 0.9),
    ("SBFZ", 210, 0.5, 0.95), ("SBRF", 150, 0.0, 0.8), ("SBSV", 110, 0.0, 0.6), ("SBBE", 160, 0.5, 0.9),
    ("SBSR", 110, 0.3, 0.7), ("SBCY", 140, 0.0, 0.8), ("SBLO", 120, 0.0, 0.8), ("SBCG", 120, 0.0, 0.6),
    ("SBPJ", 100, 0.0, 0.6), ("SBCH", 110, 0.0, 0.7), ("SBME", 110, 0.2, 0.9),
    ("SABE", 230, 0.05, 1.0), ("SAEZ", 190, 0.25, 0.95), ("SACO", 130, 0.0, 0.8), ("SAME", 120, 0.0, 0.6),
    ("SAAR", 130, 0.0, 0.8), ("SUMU", 120, 0.0, 0.8), ("SCEL", 90, 0.0, 0.7), ("SCFA", 110, 0.2, 0.7),
    ("SPJC", 150, 0.0, 0.9), ("SPRU", 170, 0.0, 0.9), ("SPHI", 170, 0.0, 0.9), ("SPQU", 100, 0.0, 0.5),
    ("SEGU", 90, 0.0, 0.6), ("SEQM", 90, 0.0, 0.6),
    ("SKBO", 170, 0.55, 1.0), ("SKRG", 150, 0.0, 0.9), ("SKCL", 100, 0.0, 0.7), ("SKBQ", 140, 0.0, 0.8),
    ("MPTO", 70, 0.0, 0.6), ("MROC", 70, 0.0, 0.6), ("MSLP", 210, 0.15, 0.9), ("MHTG", 110, 0.0, 0.7),
    ("TNCA", 180, 0.1, 0.9), ("TTPP", 140, 0.0, 0.8), ("TBPB", 170, 0.0, 0.9), ("SVMI", 110, 0.0, 0.5),
    ("SLVR", 110, 0.0, 0.7), ("SGAS", 120, 0.0, 0.7),
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
        cosine = position @ self.vector.T
        distance = EARTH_RADIUS_M * np.sqrt(np.maximum(2.0 - 2.0 * cosine, 0.0))
        horizon = 1000.0 * _HORIZON_KM_PER_ROOT_M * (4.0 + np.sqrt(np.maximum(altitude_m, 0.0)))
        reach = np.minimum(self.range_m[None, :], horizon[:, None]) * strength[:, None]
        quality = np.clip(8.0 * (1.0 - distance / reach), 0.0, 0.97)
        at_airport = (distance < 7_000.0) * self.surface
        quality = np.where(on_ground[:, None], at_airport, quality)
        return 1.0 - np.prod(1.0 - quality * self._up(time_s), axis=1)

    def _up(self, time_s: np.ndarray) -> np.ndarray:
        """(n, n_receivers) whether each receiver feeds, drawn anew every three hours."""
        spans, inverse = np.unique(time_s // 10_800, return_inverse=True)
        numbers = np.arange(len(self.uptime))
        up = (
            uniform(self.seed, _UPTIME_STREAM, spans[:, None].astype(np.int64), numbers[None, :])
            < self.uptime
        )
        return up[inverse]
