"""Motion of single flights, second by second."""

from datetime import UTC, datetime

import numpy as np
import pytest

from airtraffic.simulation.airports import GENERAL_AVIATION, WEIGHTS, load_airports
from airtraffic.simulation.geometry import EARTH_RADIUS_M, angles, degrees
from airtraffic.simulation.operators import OPERATORS
from airtraffic.simulation.receivers import RECEIVERS
from airtraffic.simulation.schedule import Flights
from airtraffic.simulation.simulator import Simulation
from airtraffic.simulation.trajectory import States, Trajectories

STEP_S = 2.0


@pytest.fixture(scope="module")
def flights() -> Flights:
    simulation = Simulation(start=datetime(2025, 1, 15, tzinfo=UTC), hours=1)
    day = simulation._schedule.day(20103)
    chosen = np.unique(np.concatenate([np.arange(0, len(day), 40), np.flatnonzero(day.holding_s > 0)[:20]]))
    return day.take(chosen)


@pytest.fixture(scope="module")
def tracks(flights) -> list[States]:
    trajectories = Trajectories(flights, load_airports())
    tracks = []
    for index in range(len(flights)):
        times = np.arange(flights.on_s[index], flights.off_s[index], STEP_S)
        tracks.append(trajectories.at(np.full(len(times), index), times))
    return tracks


def test_flights_begin_and_end_at_their_airports(flights, tracks):
    airports = load_airports()
    for index, track in enumerate(tracks):
        ends = airports.vector[[flights.origin[index], flights.destination[index]]]
        assert (angles(track.position[[0, -1]], ends) * EARTH_RADIUS_M < 6_000).all()
        elevations = airports.elevation_m[[flights.origin[index], flights.destination[index]]]
        assert track.altitude_m[[0, -1]] == pytest.approx(elevations, abs=5)
        assert track.on_ground[[0, -1]].all()
        assert (~track.on_ground).any()


def test_positions_move_as_fast_as_the_speed_says(tracks):
    for track in tracks:
        moved = angles(track.position[1:], track.position[:-1]) * EARTH_RADIUS_M / STEP_S
        said = (track.velocity_mps[1:] + track.velocity_mps[:-1]) / 2
        assert moved.max() < 330
        flying = ~(track.on_ground[1:] | track.on_ground[:-1])
        assert np.quantile(np.abs(moved - said)[flying], 0.98) < 0.05 * said.max()
        assert np.abs(moved - said)[~flying].max() < 40


def test_altitudes_change_as_fast_as_the_vertical_rate_says(tracks):
    for track in tracks:
        rate = np.diff(track.altitude_m) / STEP_S
        assert np.abs(rate).max() < 25.4
        said = (track.vertical_mps[1:] + track.vertical_mps[:-1]) / 2
        assert np.quantile(np.abs(rate - said), 0.98) < 3.0


def test_flights_stay_near_the_great_circle(flights, tracks):
    airports = load_airports()
    for index, track in enumerate(tracks):
        start, end = airports.vector[flights.origin[index]], airports.vector[flights.destination[index]]
        normal = np.cross(start, end)
        aside = np.abs(np.arcsin(track.position @ (normal / np.linalg.norm(normal)))) * EARTH_RADIUS_M
        pattern = 20_000 if flights.holding_s[index] else 0
        assert aside.max() < max(abs(flights.offset_m[index]), 6_000) + pattern + 100


def test_a_holding_flight_circles_level(flights, tracks):
    held = [track for index, track in enumerate(tracks) if flights.holding_s[index] > 0]
    assert held
    for track in held:
        turned = np.abs((np.diff(track.track_deg) + 180) % 360 - 180)
        circling = (turned > 1.5) & ~track.on_ground[1:]
        assert turned[circling].sum() > 330
        assert track.vertical_mps[1:][circling] == pytest.approx(0, abs=12)


def test_every_airport_that_is_named_is_known():
    known = set(load_airports().codes)
    assert known == set(WEIGHTS)
    assert set(GENERAL_AVIATION) <= known
    assert {receiver[0] for receiver in RECEIVERS} <= known
    named = {code for operator in OPERATORS for code in (*operator.bases, *operator.serves)}
    assert {code for code in named if len(code) == 4} <= known
    assert all(any(code.startswith(region) for code in known) for region in named)


def test_airports_lie_where_their_vectors_point():
    airports = load_airports()
    latitude, longitude = degrees(airports.vector)
    assert latitude == pytest.approx(airports.latitude)
    assert longitude == pytest.approx(airports.longitude)
