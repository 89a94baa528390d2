"""The plane keeps areas, and its inverse finds back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airtraffic.projection import EARTH_RADIUS_NM, SOUTH_AMERICA, coordinates, plane


@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 179.999)), min_size=1, max_size=20),
    st.sampled_from([SOUTH_AMERICA, (46.8, 8.2), (0.0, 0.0), (90.0, 0.0)]),
)
def test_there_and_back_is_the_same_place(places, centre):
    latitude, longitude = np.array(places).T
    xy = plane(latitude, longitude, centre)
    near = np.hypot(*xy.T) < 1.9 * EARTH_RADIUS_NM
    back = np.column_stack(coordinates(xy[near], centre))
    again = plane(*back.T, centre)
    assert np.allclose(again, xy[near], atol=1e-4)


def test_a_degree_of_latitude_at_the_centre_is_60_nautical_miles():
    latitude, longitude = SOUTH_AMERICA
    (xy,) = plane([latitude + 1.0], [longitude])
    assert xy == pytest.approx([0.0, 60.04], abs=0.01)


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(-22.5, -60.0), (-23.4, -46.5), (9.1, -79.4), (-55, -68)]
)
def test_areas_are_exact_everywhere(latitude, longitude):
    edge = 0.01
    north, east = np.array([(0, 0), (0, edge), (edge, edge), (edge, 0)]).T
    x, y = plane(latitude + north, longitude + east).T
    on_plane = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    sines = np.sin(np.radians(latitude + edge)) - np.sin(np.radians(latitude))
    assert on_plane == pytest.approx(EARTH_RADIUS_NM**2 * np.radians(edge) * sines, rel=1e-6)


@pytest.mark.parametrize(
    ("latitude", "longitude", "along", "across"),
    [(-23.4, -46.5, 0.6, 0.6), (-34.8, -58.5, 0.6, 0.6), (4.7, -74.1, 3.5, 3.7), (9.1, -79.4, 5.1, 5.4)],
)
def test_distances_are_wrong_by_no_more_than_the_docstring_says(latitude, longitude, along, across):
    turns = np.radians(np.arange(0, 360, 1))
    step = 1e-4
    places = latitude + step * np.cos(turns), longitude + step * np.sin(turns) / np.cos(np.radians(latitude))
    shown = np.hypot(*(plane(*places) - plane([latitude], [longitude])).T)
    ratio = shown / (EARTH_RADIUS_NM * np.radians(step))
    assert 100 * (1 - ratio.min()) == pytest.approx(along, abs=0.06)
    assert 100 * (ratio.max() - 1) == pytest.approx(across, abs=0.06)


def test_the_point_opposite_to_the_centre_is_nowhere():
    assert not np.isfinite(plane([-SOUTH_AMERICA[0]], [180 + SOUTH_AMERICA[1]])).all()


def test_no_places_are_no_points():
    assert plane([], []).shape == (0, 2)
    assert [len(part) for part in coordinates(np.empty((0, 2)))] == [0, 0]
