"""Where traffic gathers in an hour: densest areas as polygons, with their trend against the days before."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
import pyarrow as pa

KINDS = ("all", "congestion")


@dataclass(frozen=True)
class HotspotParameters:
    """What counts as a hotspot.

    Raises
    ------
    AirTrafficError
        A value is outside its bounds.
    """

    cell_nm: float = 5.0
    """Edge of the density grid's cells on the equal-area plane. [NM]"""
    bandwidth_nm: float = 15.0
    """Standard deviation of the Gaussian kernel. [NM]"""
    times_mean: float = 3.0
    """A hotspot's density is at least this many times the mean over the occupied area. [1]"""
    at_least_aircraft: int = 3
    """Distinct aircraft that a hotspot has at least in the hour. [aircraft]"""
    top: int = 10
    """Hotspots of each kind that are kept."""
    dense_cell_aircraft: int = 5
    """A 10 x 10 NM cell with more aircraft than this is dense. [aircraft]"""
    least_coverage: float = 0.5
    """An earlier hour with a smaller share of its polls is not compared with. [1]"""


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

    Parameters
    ----------
    positions
        Rows of ``flight_states`` of the hour.
    density
        Rows of ``traffic_density`` of the hour.
    earlier
        Rows of ``traffic_density`` of the same hour of the days before, up to 7.
    hour
        Start of the hour, UTC.
    coverage
        Rows of ``poll_coverage`` of the hour and of the same hour of the days before, as far as they are
        there: densities are per poll, and a poll that saw an empty sky counts.
    """
    raise NotImplementedError
