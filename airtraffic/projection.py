"""The plane on which distances and areas are measured: degrees are never a metric."""

import numpy as np

EARTH_RADIUS_NM = 3440.065
"""Mean radius of the Earth. [NM]"""
SOUTH_AMERICA = (-22.5, -60.0)
"""Latitude and longitude of the middle of the box that the platform watches. [deg]"""


def plane(
    latitude: np.ndarray, longitude: np.ndarray, centre: tuple[float, float] = SOUTH_AMERICA
) -> np.ndarray:
    """Lambert's azimuthal equal-area projection of the sphere [1]_.

    Areas are exact everywhere. A short distance is shown too short by ``1 - cos(c / 2)`` towards the centre
    and too long by ``1 / cos(c / 2) - 1`` across, with c the angle from the centre: .6 % and .6 % in Sao
    Paulo and Buenos Aires (750 NM), 1.4 % in Lima, 3.5 % and 3.7 % in Bogota (1,830 NM), 5.1 % and 5.4 % in
    Panama, 8.5 % and 9.3 % in the northern corners of the box (2,860 NM).

    Parameters
    ----------
    latitude, longitude
        (n,). [deg]
    centre
        Latitude and longitude of the point that becomes (0, 0). [deg]

    Returns
    -------
    np.ndarray
        (n, 2) float64: eastward and northward. Not a number at the point opposite to the centre. [NM]

    References
    ----------
    .. [1] J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987), 24.

    >>> plane([-23.4356], [-46.4731]).round(2).tolist()  # Sao Paulo, Guarulhos
    [[742.66, -90.21]]
    """
    north, east = np.radians(latitude), np.radians(longitude)
    north0, east0 = np.radians(centre)
    along = np.cos(north) * np.cos(east - east0)
    cosine = np.sin(north0) * np.sin(north) + np.cos(north0) * along
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = EARTH_RADIUS_NM * np.sqrt(2.0 / (1.0 + cosine))
        x = scale * np.cos(north) * np.sin(east - east0)
        y = scale * (np.cos(north0) * np.sin(north) - np.sin(north0) * along)
    return np.column_stack([x, y])


def coordinates(xy: np.ndarray, centre: tuple[float, float] = SOUTH_AMERICA) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of points on the plane, the inverse of ``plane``.

    Parameters
    ----------
    xy
        (n, 2): eastward and northward, within 2 Earth radii of the centre. [NM]
    centre
        As it was given to ``plane``. [deg]

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        (n,) and (n,): latitude, and longitude from -180 up to 180. [deg]

    >>> latitude, longitude = coordinates(plane([4.7016, 90.0], [-74.1469, 0.0]))
    >>> latitude.round(4).tolist(), longitude.round(4).tolist()[0]  # Bogota, the pole
    ([4.7016, 90.0], -74.1469)
    """
    x, y = np.asarray(xy, dtype=np.float64).reshape(-1, 2).T
    north0, east0 = np.radians(centre)
    distance = np.hypot(x, y)
    angle = 2.0 * np.arcsin(np.minimum(distance / (2.0 * EARTH_RADIUS_NM), 1.0))
    towards_y = np.divide(y, distance, out=np.zeros_like(y), where=distance > 0)
    north = np.cos(angle) * np.sin(north0) + towards_y * np.sin(angle) * np.cos(north0)
    east = east0 + np.arctan2(
        x * np.sin(angle), distance * np.cos(north0) * np.cos(angle) - y * np.sin(north0) * np.sin(angle)
    )
    longitude = (np.degrees(east) + 180.0) % 360.0 - 180.0
    return np.degrees(np.arcsin(np.clip(north, -1.0, 1.0))), longitude
