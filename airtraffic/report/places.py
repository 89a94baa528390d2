"""Where something is, in words."""

from functools import cache

import numpy as np

from airtraffic.projection import EARTH_RADIUS_NM
from airtraffic.report.texts import Texts

AT_NM = 5.0
"""Nearer to an airport than this, a place is the airport's. [NM]"""
FAR_NM = 150.0
"""Further from every known airport, a place is its coordinates alone. [NM]"""


@cache
def _airports() -> tuple[list[str], list[str], np.ndarray]:
    """Codes and cities of the airports of South America and around, and (n, 3) unit vectors. [1]"""
    import airportsdata

    from airtraffic.simulation.airports import GENERAL_AVIATION, load_airports

    airports = load_airports()
    known = airportsdata.load("ICAO")
    rows = [row for row, code in enumerate(airports.codes) if code not in GENERAL_AVIATION]
    codes = [airports.codes[row] for row in rows]
    return codes, [known[code]["city"] for code in codes], airports.vector[rows]


def nearest_airport(latitude: float, longitude: float) -> tuple[str, str, float] | None:
    """Code, city and distance [NM] of the nearest larger airport; None when all are far. Arguments in deg.

    >>> nearest_airport(4.77, -74.21)[:2]
    ('SKBO', 'Bogota')
    >>> nearest_airport(-45.0, -30.0)  # in the South Atlantic
    """
    codes, cities, vectors = _airports()
    north, east = np.radians([latitude, longitude])
    here = np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
    cosine = vectors @ here
    row = int(np.argmax(cosine))
    distance = EARTH_RADIUS_NM * float(np.arccos(min(1.0, cosine[row])))
    return (codes[row], cities[row], distance) if distance <= FAR_NM else None


def coordinates(latitude: float, longitude: float, texts: Texts) -> str:
    """``23.57° S, 46.65° W``"""
    north = texts["north" if latitude >= 0 else "south"]
    east = texts["east" if longitude >= 0 else "west"]
    return f"{texts.number(abs(latitude), 2)}° {north}, {texts.number(abs(longitude), 2)}° {east}"


def place(latitude: float, longitude: float, texts: Texts) -> str:
    """``Sao Paulo (SBSP)``, ``9 NM from Sao Paulo (SBSP)``, or the coordinates where no larger airport is near. Arguments in deg."""
    near = nearest_airport(latitude, longitude)
    if near is None:
        return coordinates(latitude, longitude, texts)
    code, city, distance = near
    if distance < AT_NM:
        return f"{city} ({code})"
    return texts["near"].format(distance=texts.number(distance), city=city, code=code)
