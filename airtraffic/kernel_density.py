"""Gaussian kernel density on a grid of the equal-area plane, and the areas where it is high."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

_REACH = 4
"""Standard deviations after which the kernel is cut: 6e-5 of its weight lies beyond."""


@dataclass(frozen=True)
class DensityGrid:
    """Density at the centres of square cells, whose edges lie at multiples of the edge."""

    x: np.ndarray
    """(n_x,) Centres. [NM]"""
    y: np.ndarray
    """(n_y,) Centres. [NM]"""
    values: np.ndarray
    """(n_y, n_x) Weight per area. [1/NM2]"""

    def peak(self, area: shapely.Polygon) -> tuple[float, float, float]:
        """Where the density is highest inside ``area``: x [NM], y [NM] and the density [1/NM2] there."""
        low_x, low_y, high_x, high_y = area.bounds
        columns = slice(*np.searchsorted(self.x, [low_x, high_x]))
        rows = slice(*np.searchsorted(self.y, [low_y, high_y]))
        x, y = np.meshgrid(self.x[columns], self.y[rows])
        inside = np.where(shapely.contains_xy(area, x, y), self.values[rows, columns], -np.inf)
        at = np.unravel_index(np.argmax(inside), inside.shape)
        return float(x[at]), float(y[at]), float(inside[at])


def kernel_density(
    points: np.ndarray, weights: np.ndarray, *, cell_nm: float, bandwidth_nm: float
) -> DensityGrid:
    """Weight per area around every cell: the points' counts in cells, smoothed by a Gaussian.

    Parameters
    ----------
    points
        (n, 2) Places on an equal-area plane, at least one. [NM]
    weights
        (n,) What each point counts.
    cell_nm
        Edge of a cell. [NM]
    bandwidth_nm
        Standard deviation of the Gaussian. [NM]

    >>> grid = kernel_density(np.zeros((1, 2)), np.array([6.0]), cell_nm=5, bandwidth_nm=10)
    >>> float(round(grid.values.sum() * 25, 6)), float(round(grid.values.max(), 5))  # 6 / (2 pi 10^2) = .00955
    (6.0, 0.00955)
    """
    from scipy.ndimage import gaussian_filter

    cells = np.floor(points / cell_nm).astype(np.int64)
    margin = int(np.ceil(_REACH * bandwidth_nm / cell_nm)) + 1
    low = cells.min(axis=0) - margin
    shape = cells.max(axis=0) + margin + 1 - low
    counts = np.zeros(shape[::-1])
    np.add.at(counts, (cells[:, 1] - low[1], cells[:, 0] - low[0]), weights)
    smooth = gaussian_filter(counts, bandwidth_nm / cell_nm, mode="constant", truncate=_REACH)
    x, y = ((low[axis] + np.arange(shape[axis]) + 0.5) * cell_nm for axis in (0, 1))
    return DensityGrid(x, y, smooth / cell_nm**2)


def areas_above(grid: DensityGrid, level: float) -> list[shapely.Polygon]:
    """The connected areas where the density is at least ``level`` [1/NM2], with their holes. [NM]"""
    from contourpy import FillType, contour_generator

    contours = contour_generator(grid.x, grid.y, grid.values, fill_type=FillType.OuterOffset)
    areas = []
    for points, offsets in zip(*contours.filled(level, np.inf), strict=True):
        rings = [points[start:end] for start, end in pairwise(offsets)]
        areas.append(shapely.Polygon(rings[0], rings[1:]))
    return areas
