"""Airports of the world from ``airportsdata``: where they lie, and which lie near a position."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from airtraffic.projection import EARTH_RADIUS_NM

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_NO_AIRPORT = ("heliport", "helipad", "seaplane")


@dataclass(frozen=True)
class Airports:
    """Columns of some airports, sorted by code, with an index by place.

    ``distance_nm, index = airports.near(latitude, longitude, most=3)``
    """

    codes: np.ndarray
    """(n_airports,) ICAO codes."""
    countries: np.ndarray
    """(n_airports,) ISO 3166-1 alpha-2."""
    latitude: np.ndarray
    """[deg]"""
    longitude: np.ndarray
    """[deg]"""
    elevation_ft: np.ndarray

    @cached_property
    def vectors(self) -> np.ndarray:
        """(n_airports, 3) unit vectors from the centre of the Earth. [1]"""
        return unit_vectors(self.latitude, self.longitude)

    @cached_property
    def _tree(self) -> "cKDTree":
        from scipy.spatial import cKDTree  # 0.2 s, and the code location loads this module

        return cKDTree(self.vectors)

    def near(self, latitude: np.ndarray, longitude: np.ndarray, most: int = 1) -> tuple:
        """The nearest airports of each position, the nearest first.

        Parameters
        ----------
        latitude, longitude
            (n,) All finite. [deg]
        most
            Airports per position.

        Returns
        -------
        distance_nm, index
            (n, most) each; the index is one into the columns.
        """
        chords, index = self._tree.query(unit_vectors(latitude, longitude), k=np.arange(1, most + 1))
        return distance_of_chord_nm(chords), index

    def rows(self, codes: np.ndarray) -> np.ndarray:
        """(n,) Row of each code, -1 for one that is not here."""
        found = np.searchsorted(self.codes, codes).clip(max=len(self.codes) - 1)
        return np.where(self.codes[found] == codes, found, -1)


def unit_vectors(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """(n, 3) unit vectors of places given in degrees. [1]"""
    lat, lon = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def distance_of_chord_nm(chord: np.ndarray) -> np.ndarray:
    """Great-circle distance of two unit vectors, from the straight line between them. [NM]

    >>> float(distance_of_chord_nm(np.array(2.0)).round())
    10807.0
    """
    return 2 * EARTH_RADIUS_NM * np.arcsin(np.minimum(chord / 2, 1.0))


def distance_nm(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Great-circle distance between unit vectors along the last axis. [NM]"""
    return distance_of_chord_nm(np.sqrt(((here - there) ** 2).sum(axis=-1)))


@cache
def all_airports() -> Airports:
    """Every airport with an ICAO code or a local one, 28,000 of them."""
    return _airports(lambda _: True)


@cache
def served_airports() -> Airports:
    """Airports that a flight is given by its positions: four letters as ICAO code, an IATA code, no heliport.

    Measured on recordings over South America, among all 28,000 the airport next to a track's end is the
    one of the flight in 71 to 72 % of cases (an airstrip lies nearer), among these 7,600 in 78 to 82 %.
    """
    return _airports(
        lambda airport: (
            bool(airport["iata"])
            and len(airport["icao"]) == 4
            and airport["icao"].isalpha()
            and not any(word in airport["name"].lower() for word in _NO_AIRPORT)
        )
    )


def _airports(wanted: Callable[[dict], bool]) -> Airports:
    import airportsdata  # reads a CSV of 28,000 rows: not when this module loads

    known = airportsdata.load("ICAO")
    chosen = [known[code] for code in sorted(known) if wanted(known[code])]
    return Airports(
        codes=np.array([airport["icao"] for airport in chosen]),
        countries=np.array([airport["country"] for airport in chosen]),
        latitude=np.array([airport["lat"] for airport in chosen]),
        longitude=np.array([airport["lon"] for airport in chosen]),
        elevation_ft=np.array([airport["elevation"] for airport in chosen], dtype=float),
    )
