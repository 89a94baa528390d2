"""One hour of clusters: the hour's positions learned on top of the hour before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa

from airtraffic.cluster_parameters import ClusterParameters

HOUR = timedelta(hours=1)
WARM_UP = timedelta(hours=4)
"""What a model without a predecessor learns first: eight half-lives of 30 min leave .4 % of older weight."""
COLUMNS = (
    "icao24",
    "callsign",
    "snapshot_at",
    "source",
    "time_position",
    "position_age_s",
    "is_repeat",
    "on_ground",
    "latitude",
    "longitude",
    "baro_altitude",
)
"""Columns of ``state_vectors`` that an hour is made from."""


@dataclass(frozen=True)
class HourOfClusters:
    """What an hour of positions gives; the tables have the schemas of ``airtraffic.cluster_tables``."""

    hour: datetime
    """Start of the hour. [UTC]"""
    parameters: ClusterParameters
    snapshots: pa.Table
    members: pa.Table
    events: pa.Table
    points: int
    """Positions learned, those of a warm-up included."""
    warmed_up: bool
    chained_hours: int
    sources: list[str]
    xy: np.ndarray
    """(n, 2). The hour's counted positions in the order of ``members``. [NM]"""
    t: np.ndarray
    """(n,). Their times. [min since 1970-01-01 UTC]"""
    weight: np.ndarray
    """(n,). Their weights. [aircraft-minutes]"""
    label: np.ndarray
    """(n,) int64. Their clusters in the hour's snapshot, -1 for noise."""


def look_back(hour: datetime, previous: pa.Table | None, parameters: ClusterParameters) -> timedelta:
    """How far before the hour its rows have to be read: 1 h after a predecessor, 4 h without one."""
    raise NotImplementedError


def continues(previous: pa.Table | None, hour: datetime, parameters: ClusterParameters) -> bool:
    """Whether rows of ``cluster_snapshots`` are the predecessor of an hour with these parameters."""
    raise NotImplementedError


def cluster_hour(
    hour: datetime,
    rows: pl.DataFrame,
    previous: pa.Table | None,
    parameters: ClusterParameters,
) -> HourOfClusters:
    """Make an hour of clusters.

    With a predecessor the model goes on from it; without one it first learns the 4 hours before and the
    hour is marked as warmed up. The result depends on the rows only, not on their order, and is the same
    as that of one model that learns all hours in one go.

    Parameters
    ----------
    hour
        Start of the hour. [UTC]
    rows
        Rows of ``state_vectors`` (``COLUMNS``) of the hour and of ``look_back`` before it; more do no harm.
    previous
        Rows of ``cluster_snapshots`` of the hour before; None or no rows when it is missing. What was made
        with other parameters counts as missing.
    """
    raise NotImplementedError
