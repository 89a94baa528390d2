"""Which airspace sectors a position, or a piece of track, is in: through an index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from airtraffic.sectors import Sector


@dataclass(frozen=True)
class Crossings:
    """Pieces of segments that lie in a sector.

    ``segment`` and ``sector`` are indices; ``start`` and ``end`` are shares of the segment's length,
    0 <= start <= end <= 1. (n_pieces,) each.
    """

    segment: np.ndarray
    sector: np.ndarray
    start: np.ndarray
    end: np.ndarray


class SectorIndex:
    """Polygons in an R-tree behind a coarse grid.

    Most positions are near no sector. A grid of 1 degree cells, summed up over rows and columns, says
    by four look-ups whether a box meets a cell that a polygon meets; only what passes becomes a
    geometry, finds the polygons whose box it meets in the tree, and is tested against them, prepared.

    Parameters
    ----------
    sectors
        Airspace sectors; results are indices into them.
    """

    def __init__(self, sectors: Sequence[Sector]):
        self.sectors = tuple(sectors)
        self.polygons = np.array([shapely.Polygon(sector.polygon) for sector in self.sectors], dtype=object)
        self.floors_fl = np.array([sector.floor_fl for sector in self.sectors], dtype=float)
        self.ceilings_fl = np.array([sector.ceiling_fl for sector in self.sectors], dtype=float)
        shapely.prepare(self.polygons)
        self._tree = shapely.STRtree(self.polygons)
        self._summed = _summed_cells(self.polygons)

    def containing(
        self, longitude: np.ndarray, latitude: np.ndarray, level_fl: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions that are in a sector: in its polygon, and floor <= level < ceiling.

        A position on the common edge of two polygons is in both.

        Parameters
        ----------
        longitude, latitude
            (n,) All finite. [deg]
        level_fl
            (n,) NaN is in no sector. [FL]

        Returns
        -------
        position, sector
            (n_pairs,) each, indices.
        """
        near = np.flatnonzero(self._may_meet(longitude, latitude, longitude, latitude))
        found, sector = self._tree.query(shapely.points(longitude[near], latitude[near]))
        position = near[found]
        level = level_fl[position]
        in_band = (level >= self.floors_fl[sector]) & (level < self.ceilings_fl[sector])
        position, sector = position[in_band], sector[in_band]
        inside = shapely.intersects_xy(self.polygons[sector], longitude[position], latitude[position])
        return position[inside], sector[inside]

    def crossed(self, starts: np.ndarray, ends: np.ndarray) -> Crossings:
        """The pieces of straight segments that lie in a sector, corners cut on the way included.

        Parameters
        ----------
        starts, ends
            (n, 3) longitude [deg], latitude [deg], level [FL]; all finite. Positions and levels in
            between are linear.
        """
        west, south = np.minimum(starts[:, :2], ends[:, :2]).T
        east, north = np.maximum(starts[:, :2], ends[:, :2]).T
        near = np.flatnonzero(self._may_meet(west, south, east, north))
        lines = shapely.linestrings(np.stack([starts[near, :2], ends[near, :2]], axis=1))
        found, sector = self._tree.query(lines)
        low, high = self._in_band(starts[near[found], 2], ends[near[found], 2], sector)
        meets = low < high
        meets[meets] = shapely.intersects(self.polygons[sector[meets]], lines[found[meets]])
        found, sector, low, high = found[meets], sector[meets], low[meets], high[meets]
        pair, start, end = _inside(lines[found], self.polygons[sector])
        start, end = np.maximum(start, low[pair]), np.minimum(end, high[pair])
        kept = start < end
        pair = pair[kept]
        return Crossings(near[found[pair]], sector[pair], start[kept], end[kept])

    def _in_band(self, level: np.ndarray, level_end: np.ndarray, sector: np.ndarray):
        """Shares of the way between which the level is in the sector's band; low >= high where never."""
        floor, ceiling = self.floors_fl[sector], self.ceilings_fl[sector]
        climb = level_end - level
        with np.errstate(divide="ignore", invalid="ignore"):
            at_floor, at_ceiling = (floor - level) / climb, (ceiling - level) / climb
        inside = (level >= floor) & (level < ceiling)
        low = np.where(climb == 0, 0.0, np.clip(np.fmin(at_floor, at_ceiling), 0, 1))
        high = np.where(climb == 0, np.where(inside, 1.0, 0.0), np.clip(np.fmax(at_floor, at_ceiling), 0, 1))
        return low, high

    def _may_meet(self, west, south, east, north) -> np.ndarray:
        """(n,) whether the boxes meet a cell of the grid that a polygon meets."""
        column, row = _cell(west, 180, 360), _cell(south, 90, 180)
        column_end, row_end = _cell(east, 180, 360) + 1, _cell(north, 90, 180) + 1
        total = self._summed
        return (
            total[row_end, column_end] - total[row, column_end] - total[row_end, column] + total[row, column]
        ) > 0


def _cell(degrees: np.ndarray, offset: int, cells: int) -> np.ndarray:
    return np.clip(np.floor(degrees + offset).astype(np.int64), 0, cells - 1)


def _summed_cells(polygons: np.ndarray) -> np.ndarray:
    """(181, 361) how many cells of 1 degree south-west of each corner a polygon meets."""
    occupied = np.zeros((180, 360), dtype=np.int64)
    for polygon in polygons:
        west, south, east, north = polygon.bounds
        rows = np.arange(_cell(np.float64(south), 90, 180), _cell(np.float64(north), 90, 180) + 1)
        columns = np.arange(_cell(np.float64(west), 180, 360), _cell(np.float64(east), 180, 360) + 1)
        row, column = (each.ravel() for each in np.meshgrid(rows, columns, indexing="ij"))
        cells = shapely.box(column - 180.0, row - 90.0, column - 179.0, row - 89.0)
        occupied[row, column] |= shapely.intersects(polygon, cells)
    summed = np.zeros((181, 361), dtype=np.int64)
    summed[1:, 1:] = occupied.cumsum(axis=0).cumsum(axis=1)
    return summed


def _inside(lines: np.ndarray, polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pieces of each line in its polygon: index of the line, start and end as shares of its length.

    A line that only touches has none; one that a concave polygon cuts twice has several.
    """
    whole = shapely.covers(polygons, lines)
    cut = np.flatnonzero(~whole)
    parts, of = shapely.get_parts(shapely.intersection(lines[cut], polygons[cut]), return_index=True)
    is_line = shapely.get_dimensions(parts) == 1
    parts, of = parts[is_line], cut[of[is_line]]
    along = [
        shapely.line_locate_point(lines[of], shapely.get_point(parts, at), normalized=True) for at in (0, -1)
    ]
    start, end = np.minimum(*along), np.maximum(*along)
    covered = np.flatnonzero(whole)
    return (
        np.concatenate([covered, of]),
        np.concatenate([np.zeros(len(covered)), start]),
        np.concatenate([np.ones(len(covered)), end]),
    )
