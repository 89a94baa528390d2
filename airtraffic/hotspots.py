"""Where traffic gathers in an hour: areas of high density, and how their traffic compares with days before."""

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import shapely

from airtraffic.cluster_tables import HOTSPOTS
from airtraffic.errors import ConfigurationError
from airtraffic.kernel_density import DensityGrid, areas_above, kernel_density
from airtraffic.projection import SOUTH_AMERICA, coordinates, plane

Place = tuple[float, float]
"""Latitude and longitude. [deg]"""

KINDS = ("all", "congestion")
CELL_NM = 10.0
"""Edge of the cells of ``traffic_density``. [NM]"""
PER_AREA_NM2 = 10_000.0
"""Densities are per this area, about 185 x 185 km. [NM2]"""
DAYS_BEFORE = 7


@dataclass(frozen=True)
class HotspotParameters:
    """What counts as a hotspot.

    On an hour over South America (60 polls, 163 aircraft at once) the defaults find 9 areas of 100 to
    6,800 NM2, with 29 % of the traffic on 4 % of the occupied area.

    Raises
    ------
    ConfigurationError
        A value is outside its bounds.
    """

    cell_nm: float = 5.0
    """Edge of the density grid's cells on the equal-area plane. [NM]"""
    bandwidth_nm: float = 10.0
    """Standard deviation of the Gaussian kernel. [NM]"""
    times_mean: float = 3.0
    """A hotspot's density is at least this many times the mean over the occupied area. [1]"""
    at_least_aircraft: int = 3
    """Distinct aircraft that make up a hotspot, at least: one that circles is none. [aircraft]"""
    top: int = 10
    """Hotspots of each kind that are kept."""
    dense_cell_aircraft: int = 5
    """A 10 x 10 NM cell with more aircraft than this in a snapshot is dense. [aircraft]"""
    least_coverage: float = 0.5
    """An hour of a day before is compared with when at least this share of its polls came. [1]"""
    centre: tuple[float, float] = SOUTH_AMERICA
    """Latitude and longitude at the middle of the plane; distances are true near it. [deg]"""

    def __post_init__(self) -> None:
        bounds = {
            "cell_nm": (1, 60),
            "bandwidth_nm": (self.cell_nm / 2, 300),
            "times_mean": (1, 1000),
            "at_least_aircraft": (1, math.inf),
            "top": (1, 1000),
            "dense_cell_aircraft": (0, math.inf),
            "least_coverage": (0, 1),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigurationError(
                    f"{name} of hotspots is {getattr(self, name)!r}; expected {low:g} to {high:g}"
                )


def hotspots(
    positions: pl.DataFrame,
    density: pl.DataFrame,
    earlier: pl.DataFrame,
    parameters: HotspotParameters,
    *,
    hour: datetime,
    coverage: pl.DataFrame,
) -> pa.Table:
    """The hotspots of an hour, of both kinds, as rows of the table ``hotspots``.

    ``all`` are areas where counted positions (airborne, not older than 60 s) are dense. ``congestion``
    are those where congestion points are: dense cells, weighted by their aircraft above the threshold,
    and positions in the congestion band, weighted 1. Both are per poll and per equal area.

    Parameters
    ----------
    positions
        Rows of ``flight_states`` of the hour.
    density
        Rows of ``traffic_density`` of the hour.
    earlier
        Rows of ``traffic_density`` of the same hour of the days before, up to 7; others do no harm.
    hour
        Start of the hour, UTC.
    coverage
        Rows of ``poll_coverage`` of the hour and of the same hour of the days before, as far as they are
        there; others do no harm. A poll that saw an empty sky counts in a density. A day before is
        compared with when enough of its polls came, and came from the same sources.
    """
    counted = positions.filter(pl.col("aircraft_in_cell").is_not_null())
    if counted.is_empty():
        return HOTSPOTS.schema.empty_table()
    cells = density.filter(pl.col("aircraft") > 0)
    hours = {row["hour_start"]: row for row in coverage.iter_rows(named=True)}
    known = hours.get(hour, {"polls_seen": 0, "coverage": None})
    sources = sorted(density["sources"].explode().drop_nulls().unique())
    # The open hour's coverage may be older than its features.
    polls = max(known["polls_seen"], density["snapshot_at"].n_unique())
    made = set(earlier["snapshot_at"].dt.truncate("1h").unique())
    days = {
        row["hour_start"]: row["polls_seen"]
        for row in (hours.get(hour - timedelta(days=n)) for n in range(1, DAYS_BEFORE + 1))
        if row and _comparable(row, sources, made, parameters.least_coverage)
    }
    sky = _Sky(counted, cells, earlier, hour, polls, days, parameters.centre)
    common = {
        "hour_start": hour,
        "polls": polls,
        "coverage": known["coverage"],
        "sources": sources,
        "date": hour.date(),
        "hour": hour.hour,
    }
    rows = [{**row, **common} for kind in KINDS for row in _of_kind(kind, sky, counted, cells, parameters)]
    return pa.Table.from_pylist(rows, schema=HOTSPOTS.schema)


def _comparable(day_before: dict, sources: list[str], made: set[datetime], least_coverage: float) -> bool:
    """Whether an hour, a row of ``poll_coverage``, can be compared with; ``made`` are those with features."""
    return (
        day_before["polls_seen"] > 0
        and (day_before["coverage"] or 0) >= least_coverage
        and day_before["sources"] == sources
        and (day_before["hour_start"] in made or day_before["rows"] == 0)
    )


class _Sky:
    """The traffic that hotspots of every kind are measured against."""

    def __init__(
        self,
        counted: pl.DataFrame,
        cells: pl.DataFrame,
        earlier: pl.DataFrame,
        hour: datetime,
        polls: int,
        days: dict[datetime, int],
        centre: Place,
    ) -> None:
        self.polls = polls
        self.days = len(days)
        self.points = _plane(counted, centre)
        self.occupied = cells.unique("cell_id").sort("cell_id")
        self.occupied_squares = _squares(self.occupied, centre)
        self.now = _CellTraffic(cells, {hour: polls}, centre)
        self.before = _CellTraffic(earlier, days, centre)

    @property
    def occupied_nm2(self) -> float:
        return len(self.occupied) * CELL_NM**2

    def measures(self, area: shapely.Polygon) -> dict:
        """Traffic in an area, its share of the whole, and that of the days before. NM."""
        inside = int(shapely.contains_xy(area, *self.points.T).sum())
        before = self.before.inside(area) / self.days if self.days else None
        return {
            "density": inside / self.polls / area.area * PER_AREA_NM2,
            "aircraft_at_a_time": inside / self.polls,
            "share_of_traffic": inside / len(self.points),
            "share_of_occupied_area": _overlaps(self.occupied_squares, area).sum() / len(self.occupied),
            "trend": self.now.inside(area) / before if before else None,
            "aircraft_at_a_time_before": before,
            "trend_days": self.days,
        }


class _CellTraffic:
    """Aircraft at a time in cells of one or more hours."""

    def __init__(self, cells: pl.DataFrame, polls: dict[datetime, int], centre: Place) -> None:
        counts = (
            cells.with_columns(hour=pl.col("snapshot_at").dt.truncate("1h"))
            .filter(pl.col("hour").is_in(list(polls)))
            .group_by("hour", "cell_id", "latitude", "longitude")
            .agg(pl.col("aircraft").sum())
            .sort("hour", "cell_id")
        )
        per_poll = [
            aircraft / polls[hour] for hour, aircraft in counts.select("hour", "aircraft").iter_rows()
        ]
        self.aircraft = np.array(per_poll)
        self.squares = _squares(counts, centre)

    def inside(self, area: shapely.Polygon) -> float:
        """Aircraft at a time in an area, summed over the hours, as if they were spread evenly over a cell."""
        return float((self.aircraft * _overlaps(self.squares, area)).sum())


def _of_kind(
    kind: str, sky: _Sky, counted: pl.DataFrame, cells: pl.DataFrame, parameters: HotspotParameters
) -> list[dict]:
    """The hotspots of a kind, biggest first, without what is common to the hour."""
    if kind == "all":
        rows, points, weights = counted, sky.points, np.ones(len(sky.points))
        dense = cells.clear()
    else:
        rows = counted.filter(pl.col("congestion_band") | (pl.col("density_congested")))
        dense = cells.filter(pl.col("aircraft") > parameters.dense_cell_aircraft)
        banded = counted.filter(pl.col("congestion_band"))
        points = np.vstack([_plane(banded, parameters.centre), _plane(dense, parameters.centre)])
        excess = dense["aircraft"].to_numpy() - parameters.dense_cell_aircraft
        weights = np.concatenate([np.ones(len(banded)), excess])
    if not len(points):
        return []
    grid = kernel_density(points, weights, cell_nm=parameters.cell_nm, bandwidth_nm=parameters.bandwidth_nm)
    level = parameters.times_mean * weights.sum() / sky.occupied_nm2
    places, aircraft = _plane(rows, parameters.centre), rows["icao24"]
    found = []
    for area in areas_above(grid, level):
        inside = shapely.contains_xy(area, *points.T)
        distinct = aircraft.filter(pl.Series(shapely.contains_xy(area, *places.T))).n_unique()
        if distinct >= parameters.at_least_aircraft:
            found.append((float(weights[inside].sum()), distinct, inside, area))
    found.sort(key=lambda item: (-item[0], item[3].bounds))
    hotspots = []
    for rank, (weight, distinct, inside, area) in enumerate(found[: parameters.top], start=1):
        in_band = int(inside[: len(points) - len(dense)].sum()) if kind == "congestion" else None
        hotspots.append(
            {
                "kind": kind,
                "rank": rank,
                "aircraft": distinct,
                "times_mean": parameters.times_mean,
                "share_of_kind": weight / float(weights.sum()),
                "band_rows": in_band,
                "dense_cells": int(inside.sum()) - in_band if kind == "congestion" else None,
                "area_nm2": area.area,
                "polygon": geojson(area, parameters.centre),
                **_peak(grid, area, sky.polls, parameters.centre),
                **sky.measures(area),
            }
        )
    return hotspots


def _peak(grid: DensityGrid, area: shapely.Polygon, polls: int, centre: Place) -> dict:
    x, y, value = grid.peak(area)
    latitude, longitude = coordinates(np.array([[x, y]]), centre)
    return {
        "latitude": float(latitude[0]),
        "longitude": float(longitude[0]),
        "peak_density": value / polls * PER_AREA_NM2,
    }


def geojson(area: shapely.Polygon, centre: Place, tolerance_nm: float = 1.0) -> str:
    """A polygon on the plane [NM] as GeoJSON text: longitudes and latitudes [deg] to the thousandth."""

    def on_earth(points: np.ndarray) -> np.ndarray:
        latitude, longitude = coordinates(points, centre)
        return np.column_stack([longitude, latitude])

    outline = shapely.set_precision(shapely.transform(area.simplify(tolerance_nm), on_earth), 0.001)
    # RFC 7946: outer rings run counterclockwise.
    return json.dumps(shapely.geometry.mapping(shapely.orient_polygons(outline)))


def _plane(rows: pl.DataFrame, centre: Place) -> np.ndarray:
    return plane(rows["latitude"].to_numpy(), rows["longitude"].to_numpy(), centre)


def _squares(cells: pl.DataFrame, centre: Place) -> np.ndarray:
    """The cells as squares of the plane: their area is right, their shape and tilt nearly so."""
    x, y = _plane(cells, centre).T
    half = CELL_NM / 2
    return shapely.box(x - half, y - half, x + half, y + half)


def _overlaps(squares: np.ndarray, area: shapely.Polygon) -> np.ndarray:
    """Share of each square that lies in the area. [1]"""
    shares = np.zeros(len(squares))
    near = shapely.intersects(squares, area)
    shares[near] = shapely.area(shapely.intersection(squares[near], area)) / CELL_NM**2
    return shares
