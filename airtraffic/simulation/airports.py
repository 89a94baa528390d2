"""Airports that simulated flights use: how busy each is, and where it lies.

Coordinates and elevations come from the ``airportsdata`` package; the weights are round figures of our
own for the size of each airport (1 is a small regional one).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from airtraffic.simulation.geometry import unit_vectors

WEIGHTS = {
    # Brazil
    "SBGR": 30, "SBSP": 28, "SBBR": 19, "SBKP": 16, "SBCF": 16, "SBRJ": 14, "SBGL": 9, "SBPA": 10, "SBCT": 10,
    "SBRF": 11, "SBSV": 10, "SBFZ": 8, "SBFL": 7, "SBVT": 6, "SBGO": 6, "SBCY": 5, "SBBE": 5, "SBEG": 4,
    "SBNF": 4, "SBFI": 4, "SBMO": 3, "SBSG": 3, "SBJP": 2, "SBAR": 2, "SBTE": 2, "SBSL": 2, "SBPS": 3,
    "SBRP": 3, "SBUL": 3, "SBLO": 2, "SBMG": 2, "SBSR": 2, "SBCG": 3, "SBPJ": 2, "SBMQ": 1, "SBSN": 1,
    "SBPV": 1, "SBRB": 1, "SBBV": 1, "SBIL": 1, "SBCH": 1, "SBJV": 2, "SBMK": 1, "SBPL": 1, "SBJU": 1,
    "SBIZ": 1, "SWSI": 1, "SBVC": 1, "SBMT": 4, "SBJD": 3, "SBJR": 4, "SBBH": 3, "SBME": 3, "SBBU": 1, "SBAE": 1,
    # Argentina, Uruguay, Paraguay, Bolivia
    "SABE": 20, "SAEZ": 16, "SADF": 4, "SACO": 4, "SAME": 3, "SAZS": 3, "SASA": 2, "SANT": 2, "SARI": 2,
    "SAZN": 2, "SAAR": 2, "SAVC": 1, "SAWH": 1, "SAWC": 1, "SARE": 1, "SAZM": 1, "SUMU": 4, "SULS": 1,
    "SGAS": 3, "SLVR": 3, "SLLP": 2, "SLCB": 2,
    # Chile, Peru, Ecuador
    "SCEL": 14, "SCFA": 3, "SCDA": 2, "SCTE": 2, "SCIE": 2, "SCCF": 2, "SCSE": 2, "SCCI": 1, "SCTB": 2,
    "SPJC": 13, "SPZO": 3, "SPQU": 2, "SPHI": 2, "SPRU": 2, "SPUR": 2, "SPQT": 1, "SEQM": 6, "SEGU": 5, "SECU": 1,
    # Colombia, Venezuela, the Guianas
    "SKBO": 20, "SKRG": 9, "SKCL": 5, "SKCG": 5, "SKBQ": 4, "SKSM": 3, "SKPE": 2, "SKBG": 2, "SKCC": 2,
    "SKGY": 2, "SKMD": 3, "SKSP": 2, "SVMI": 3, "SVMC": 1, "SVVA": 1, "SYCJ": 1, "SMJP": 1, "SOCA": 1,
    # Panama, Central America and the islands inside the box
    "MPTO": 10, "MROC": 4, "MNMG": 1, "MSLP": 4, "MHTG": 2, "TTPP": 3, "TTCP": 2, "TBPB": 3, "TGPY": 1,
    "TLPL": 1, "TNCA": 3, "TNCC": 2, "TVSA": 1,
    # Elsewhere: where long flights begin and end
    "KMIA": 10, "KFLL": 5, "KMCO": 3, "KJFK": 5, "KATL": 4, "KIAH": 4, "KDFW": 3, "KORD": 2, "KIAD": 2,
    "KEWR": 2, "KMEM": 1, "MMMX": 4, "MMUN": 3, "MDPC": 3, "MDSD": 2, "TJSJ": 2, "CYYZ": 2, "LEMD": 8,
    "LEBL": 2, "LPPT": 6, "LFPG": 4, "EHAM": 3, "EGLL": 2, "EDDF": 2, "LIRF": 2, "LSZH": 1, "LTFM": 1,
    "HAAB": 1, "GMMN": 1, "OMDB": 1, "OTHH": 1, "FAOR": 1,
}  # fmt: skip

GENERAL_AVIATION = ("SBMT", "SBJD", "SBJR", "SBBH", "SBME", "SADF", "SCTB", "SKGY")
"""Fields without airline flights."""


@dataclass(frozen=True)
class Airports:
    """Columns of the airports in the order of ``WEIGHTS``."""

    codes: tuple[str, ...]
    weight: np.ndarray
    latitude: np.ndarray
    """[deg]"""
    longitude: np.ndarray
    """[deg]"""
    elevation_m: np.ndarray
    vector: np.ndarray
    """(n_airports, 3). Unit vectors from the centre of the Earth. [1]"""

    def index(self, code: str) -> int:
        return self.codes.index(code)


@cache
def load_airports() -> Airports:
    """The airports with their places from ``airportsdata``."""
    import airportsdata  # reads a CSV of 28,000 rows: not when this module loads

    known = airportsdata.load("ICAO")
    codes = tuple(code for code in WEIGHTS if code in known)
    latitude = np.array([known[code]["lat"] for code in codes])
    longitude = np.array([known[code]["lon"] for code in codes])
    return Airports(
        codes=codes,
        weight=np.array([float(WEIGHTS[code]) for code in codes]),
        latitude=latitude,
        longitude=longitude,
        elevation_m=np.array([known[code]["elevation"] * 0.3048 for code in codes]),
        vector=unit_vectors(latitude, longitude),
    )
