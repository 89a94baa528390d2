"""Hotspots: what is dense, how dense it is, and what it is compared with."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely

from airtraffic.cluster_tables import HOTSPOTS
from airtraffic.errors import ConfigurationError
from airtraffic.hotspots import HotspotParameters, hotspots
from airtraffic.kernel_density import areas_above, kernel_density
from airtraffic.projection import EARTH_RADIUS_NM, coordinates, plane

HOUR = datetime(2025, 1, 15, 12, tzinfo=UTC)
SAO_PAULO = (-23.5, -46.6)
POLLS = 10


def scattered(count: int = 150, seed: int = 1) -> np.ndarray:
    """(n, 2) Places all over the continent. [NM]"""
    return np.random.default_rng(seed).uniform(-1200, 1200, (count, 2))


def around(place: tuple[float, float], count: int, spread_nm: float = 8, seed: int = 2) -> np.ndarray:
    """(n, 2) Places around one. [NM]"""
    centre = plane(np.array([place[0]]), np.array([place[1]]))
    return centre + np.random.default_rng(seed).normal(0, spread_nm, (count, 2))


def traffic(places: np.ndarray, still: int = 30, polls: int = POLLS, band: int = 0) -> tuple:
    """Rows of flight_states and of traffic_density.

    The last ``still`` aircraft stay at their places and the others fly on by 15 NM from poll to poll; the
    last ``band`` of them are in the congestion band.
    """
    number = np.arange(len(places))
    moves = np.where(number < len(places) - still, 15.0, 0.0)[:, None] * [0.96, 0.28]
    rows = []
    for poll in range(polls):
        latitude, longitude = coordinates(places + poll * moves)
        north = np.floor(EARTH_RADIUS_NM * np.radians(latitude) / 10)
        width = np.cos((north + 0.5) * 10 / EARTH_RADIUS_NM)
        east = np.floor(EARTH_RADIUS_NM * np.radians(longitude) * width / 10)
        rows.append(
            pl.DataFrame(
                {
                    "icao24": [f"{n:06x}" for n in number],
                    "latitude": latitude,
                    "longitude": longitude,
                    "congestion_band": number >= len(places) - band,
                    "cell_id": [f"{r:.0f}_{c:.0f}" for r, c in zip(north, east, strict=True)],
                    "cell_latitude": np.degrees((north + 0.5) * 10 / EARTH_RADIUS_NM),
                    "cell_longitude": np.degrees((east + 0.5) * 10 / EARTH_RADIUS_NM / width),
                }
            ).with_columns(snapshot_at=pl.lit(HOUR + timedelta(minutes=poll)).cast(pl.Datetime("us", "UTC")))
        )
    in_cell = pl.len().over("snapshot_at", "cell_id").cast(pl.Int32)
    positions = pl.concat(rows).with_columns(aircraft_in_cell=in_cell, density_congested=in_cell > 5)
    density = (
        positions.group_by("snapshot_at", "cell_id")
        .agg(
            pl.col("cell_latitude").first().alias("latitude"),
            pl.col("cell_longitude").first().alias("longitude"),
            pl.len().cast(pl.Int32).alias("aircraft"),
        )
        .with_columns(sources=pl.lit(["simulate"]))
        .sort("snapshot_at", "cell_id")
    )
    return positions, density


def polled(hours: list[dict]) -> pl.DataFrame:
    row = {"hour_start": HOUR, "polls_seen": POLLS, "coverage": 1.0, "rows": 100, "sources": ["simulate"]}
    return pl.DataFrame([row | changed for changed in hours], schema_overrides={"coverage": pl.Float64})


def found(places, days=(), parameters=None, coverage=None, earlier=None, **made) -> pl.DataFrame:
    positions, density = traffic(places, **made)
    table = hotspots(
        positions,
        density,
        density.clear() if earlier is None else earlier,
        parameters or HotspotParameters(),
        hour=HOUR,
        coverage=polled([{}, *days]) if coverage is None else coverage,
    )
    assert table.schema.equals(HOTSPOTS.schema)
    return pl.DataFrame(pl.from_arrow(table))


def biggest(*arguments, **options) -> dict:
    """The first hotspot of all traffic."""
    return found(*arguments, **options).row(0, named=True)


SWARM = np.vstack([scattered(), around(SAO_PAULO, 30)])


def test_a_swarm_amid_scattered_traffic_is_the_hotspot():
    row = biggest(SWARM)
    assert (row["kind"], row["rank"], row["trend"], row["trend_days"]) == ("all", 1, None, 0)
    peak = plane(np.array([row["latitude"]]), np.array([row["longitude"]]))
    assert np.linalg.norm(peak - around(SAO_PAULO, 1, 0)) < 10
    assert 28 <= row["aircraft"] <= 32
    assert row["aircraft_at_a_time"] == pytest.approx(row["aircraft"], abs=1)
    assert row["density"] == pytest.approx(1e4 * row["aircraft_at_a_time"] / row["area_nm2"])
    assert (
        row["share_of_traffic"]
        == row["share_of_kind"]
        == pytest.approx(row["aircraft_at_a_time"] / len(SWARM))
    )
    assert row["share_of_occupied_area"] < 0.1 < row["share_of_traffic"]


def test_evenly_spread_traffic_has_no_hotspot():
    even = 100.0 * np.argwhere(np.ones((20, 20))) - 1000
    assert found(even, still=0).is_empty()
    assert found(even, still=400).is_empty()


def test_an_aircraft_that_circles_alone_is_no_hotspot():
    positions, density = traffic(np.vstack([scattered(40), np.repeat(around(SAO_PAULO, 1, 0), 30, axis=0)]))
    alone = positions.with_columns(
        icao24=pl.when(pl.col("icao24") >= f"{40:06x}").then(pl.lit("e48001")).otherwise("icao24")
    )

    def aircraft(least: int) -> list[int]:
        parameters = HotspotParameters(at_least_aircraft=least)
        made = hotspots(
            alone, density, density.clear(), parameters, hour=HOUR, coverage=polled([{}])
        ).to_pylist()
        return [row["aircraft"] for row in made if row["kind"] == "all"]

    assert 1 in aircraft(least=1)
    assert all(number >= 3 for number in aircraft(least=3))


def test_polls_of_an_empty_sky_count_in_a_density():
    all_polls = biggest(SWARM)
    half = biggest(SWARM, coverage=polled([{"polls_seen": 2 * POLLS}]))
    assert half["polls"] == 2 * POLLS
    assert half["density"] == pytest.approx(all_polls["density"] / 2)
    assert half["polygon"] == all_polls["polygon"]


def test_coverage_that_is_older_than_the_features_does_not_raise_a_density():
    row = biggest(SWARM, coverage=polled([{"polls_seen": 3}]))
    assert row["polls"] == POLLS
    unknown = biggest(SWARM, coverage=polled([{}]).clear())
    assert (unknown["polls"], unknown["coverage"]) == (POLLS, None)


def test_a_density_is_the_same_at_every_latitude():
    rows = [biggest(np.vstack([scattered(), around(place, 30)])) for place in ((0, -60), (-50, -70))]
    areas, densities = (sorted(row[name] for row in rows) for name in ("area_nm2", "density"))
    assert areas[0] > 0.9 * areas[1]
    assert densities[0] > 0.9 * densities[1]


def day_before(days: int, places: np.ndarray, **made) -> pl.DataFrame:
    return traffic(places, **made)[1].with_columns(pl.col("snapshot_at").dt.offset_by(f"-{days}d"))


def test_the_trend_compares_what_a_poll_sees():
    fewer_polls = day_before(1, SWARM, polls=5)
    twice = day_before(2, np.repeat(SWARM, 2, axis=0), still=60)
    days = [
        {"hour_start": HOUR - timedelta(days=1), "polls_seen": 5},
        {"hour_start": HOUR - timedelta(days=2)},
    ]
    row = biggest(SWARM, days, earlier=pl.concat([fewer_polls, twice]))
    assert row["trend_days"] == 2
    assert row["trend"] == pytest.approx(2 / 3, rel=0.05)
    alone = biggest(SWARM, days[:1], earlier=fewer_polls)
    assert alone["trend"] == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(
    "changed",
    [
        {"coverage": 0.3},
        {"polls_seen": 0, "coverage": None},
        {"sources": ["opensky"]},
        {"hour_start": HOUR - timedelta(days=2)},  # polls came, and its features were never made
        {"hour_start": HOUR - timedelta(days=8)},
        {"hour_start": HOUR - timedelta(hours=23)},
    ],
)
def test_a_day_that_is_not_comparable_is_left_out(changed):
    before = {"hour_start": HOUR - timedelta(days=1)} | changed
    row = biggest(SWARM, [before], earlier=day_before(1, SWARM))
    assert (row["trend"], row["aircraft_at_a_time_before"], row["trend_days"]) == (None, None, 0)


def test_a_day_before_without_traffic_counts_as_none():
    empty = {"hour_start": HOUR - timedelta(days=1), "rows": 0}
    new = biggest(SWARM, [empty])
    assert (new["trend"], new["aircraft_at_a_time_before"], new["trend_days"]) == (None, 0.0, 1)
    same = {"hour_start": HOUR - timedelta(days=2)}
    row = biggest(SWARM, [empty, same], earlier=day_before(2, SWARM))
    assert row["trend"] == pytest.approx(2)


def test_congestion_gathers_where_band_positions_and_full_cells_are():
    bogota = (4.7, -74.1)
    places = np.vstack([scattered(), around(SAO_PAULO, 9, spread_nm=0), around(bogota, 4, spread_nm=0)])
    by_kind = found(places, still=13, band=4)
    rows = by_kind.filter(pl.col("kind") == "congestion").sort("latitude").to_dicts()
    full, banded = rows
    # 4 aircraft in the band weigh 4 in a poll; 9 in one cell are one dense cell and weigh 9 - 5.
    assert [row["share_of_kind"] for row in rows] == [pytest.approx(0.5)] * 2
    assert (full["band_rows"], full["dense_cells"], full["aircraft"]) == (0, POLLS, 9)
    assert (banded["band_rows"], banded["dense_cells"], banded["aircraft"]) == (4 * POLLS, 0, 4)


def test_the_outline_is_geojson_around_its_peak_and_of_its_area():
    row = biggest(SWARM)
    shape = shapely.geometry.shape(json.loads(row["polygon"]))
    assert shape.is_valid
    assert shape.exterior.is_ccw
    assert shape.contains(shapely.Point(row["longitude"], row["latitude"]))
    on_plane = shapely.transform(shape, lambda points: plane(points[:, 1], points[:, 0]))
    assert on_plane.area == pytest.approx(row["area_nm2"], rel=0.05)


def test_the_order_of_rows_changes_nothing():
    positions, density = traffic(SWARM, band=20)
    earlier = day_before(1, SWARM)
    coverage = polled([{}, {"hour_start": HOUR - timedelta(days=1)}])
    tables = [
        hotspots(
            *(frame.sample(fraction=1, shuffle=True, seed=seed) for frame in (positions, density, earlier)),
            HotspotParameters(),
            hour=HOUR,
            coverage=coverage.sample(fraction=1, shuffle=True, seed=seed),
        )
        for seed in (1, 2)
    ]
    assert tables[0].num_rows > 1
    assert tables[0].equals(tables[1])


def test_no_more_than_the_top_are_kept_the_biggest_first():
    places = [around((latitude, -60), 5 + number, 4) for number, latitude in enumerate((-40, -30, -20, -10))]
    parameters = HotspotParameters(top=3)
    rows = found(np.vstack([scattered(), *places]), parameters=parameters, still=26)
    assert rows["rank"].to_list() == [1, 2, 3]
    assert rows["aircraft_at_a_time"].is_sorted(descending=True)


def test_an_empty_sky_has_no_hotspot():
    positions, density = traffic(SWARM)
    nothing = positions.clear(), density.clear(), density.clear()
    assert hotspots(*nothing, HotspotParameters(), hour=HOUR, coverage=polled([{}])).num_rows == 0
    stale = positions.with_columns(aircraft_in_cell=pl.lit(None, pl.Int32))
    assert hotspots(stale, *nothing[1:], HotspotParameters(), hour=HOUR, coverage=polled([{}])).num_rows == 0


@pytest.mark.parametrize(
    "wrong", [{"cell_nm": 0}, {"bandwidth_nm": 1}, {"times_mean": 0.5}, {"top": 0}, {"least_coverage": 1.1}]
)
def test_a_parameter_out_of_bounds_is_named(wrong):
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        HotspotParameters(**wrong)


def test_smoothing_keeps_the_weight_and_the_place():
    points = scattered(40)
    weights = np.arange(40.0)
    grid = kernel_density(points, weights, cell_nm=5, bandwidth_nm=20)
    assert grid.values.sum() * 25 == pytest.approx(weights.sum())
    centre = (grid.values.sum(axis=0) @ grid.x, grid.values.sum(axis=1) @ grid.y)
    np.testing.assert_allclose(
        np.array(centre) / grid.values.sum(), weights @ points / weights.sum(), atol=2.5
    )


def test_a_ring_of_traffic_is_an_area_with_a_hole():
    angles = np.linspace(0, 2 * np.pi, 200)
    ring = 100 * np.column_stack([np.cos(angles), np.sin(angles)])
    grid = kernel_density(ring, np.ones(200), cell_nm=5, bandwidth_nm=10)
    (area,) = areas_above(grid, grid.values.max() / 2)
    assert len(area.interiors) == 1
    assert not area.contains(shapely.Point(0, 0))
