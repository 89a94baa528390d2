"""Great circles with unit vectors."""

import numpy as np

EARTH_RADIUS_M = 6_371_008.8


def unit_vectors(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """(n, 3) unit vectors of places given in degrees. [1]

    >>> unit_vectors(np.array([0.0]), np.array([90.0])).round(3).tolist()
    [[0.0, 1.0, 0.0]]
    """
    lat, lon = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def angles(origin: np.ndarray, destination: np.ndarray) -> np.ndarray:
    """Angle between unit vectors along the last axis. [rad]"""
    chord = np.sqrt(((origin - destination) ** 2).sum(axis=-1))
    return 2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0))


def tangents(origin: np.ndarray, destination: np.ndarray) -> np.ndarray:
    """(n, 3) unit vectors at ``origin`` that point along the great circle to ``destination``. [1]"""
    along = destination - origin * (origin * destination).sum(axis=-1, keepdims=True)
    return along / np.linalg.norm(along, axis=-1, keepdims=True)


def degrees(position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of (n, 3) vectors. [deg]"""
    x, y, z = position.T
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def bearings(position: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Direction of motion clockwise from north, for (n, 3) positions and (n, 3) directions. [deg]

    >>> float(bearings(np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 1.0, 0.0]]))[0])
    90.0
    """
    x, y, z = position.T
    ground = np.maximum(np.hypot(x, y), 1e-12)
    east = (direction[:, 1] * x - direction[:, 0] * y) / ground
    north = direction[:, 2] * ground - z * (direction[:, 0] * x + direction[:, 1] * y) / ground
    return np.degrees(np.arctan2(east, north)) % 360.0
