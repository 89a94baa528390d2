"""One hour of clusters: the hour's positions learned on top of the hour before."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from airtraffic.cluster_identity import cluster_ids, match, overlap
from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.cluster_positions import counted_positions
from airtraffic.cluster_rows import (
    StoredClusters,
    centres,
    events_table,
    members_table,
    model_columns,
    snapshots_table,
    stored_clusters,
)
from airtraffic.denstream import DenStream
from airtraffic.micro_clusters import NOISE, assign
from airtraffic.projection import plane

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
    snapshot_at: datetime
    """Time of the snapshot. [UTC]"""
    parameters: ClusterParameters
    snapshots: pa.Table
    members: pa.Table
    events: pa.Table
    points: int
    """Positions learned, those of a warm-up included."""
    warmed_up: bool
    chained_hours: int
    """Hours that continued a snapshot since the warm-up, this one included. [h]"""
    sources: list[str]
    xy: np.ndarray
    """(n, 2). The hour's counted positions in the order of ``members``. [NM]"""
    t: np.ndarray
    """(n,). Their times. [min since 1970-01-01 UTC]"""
    weight: np.ndarray
    """(n,). Their weights. [aircraft-minutes]"""
    label: np.ndarray
    """(n,) int64. Their clusters in the hour's snapshot, -1 for noise."""


def continues(previous: pa.Table | None, hour: datetime, parameters: ClusterParameters) -> bool:
    """Whether rows of ``cluster_snapshots`` are the predecessor of an hour with these parameters."""
    return (
        previous is not None
        and previous.num_rows > 0
        and previous["hour_start"].unique().to_pylist() == [hour - HOUR]
        and previous["parameters"].unique().to_pylist() == [parameters.to_json()]
    )


def look_back(hour: datetime, previous: pa.Table | None, parameters: ClusterParameters) -> timedelta:
    """How far before the hour its rows have to be read: 1 h after a predecessor, 4 h without one."""
    return HOUR if continues(previous, hour, parameters) else WARM_UP


def cluster_hour(
    hour: datetime,
    rows: pl.DataFrame,
    previous: pa.Table | None,
    parameters: ClusterParameters,
    *,
    earlier: pa.Table | None = None,
    taken: Collection[str] = (),
) -> HourOfClusters:
    """Make an hour of clusters.

    With a predecessor the model goes on from it; without one it first learns the 4 hours before and the
    hour is marked as warmed up. The result depends on the rows only, not on their order, and is the same
    as that of one model that learns all hours in one go; only names depend on how the hour was before.

    The snapshot is taken at the hour's last poll, at its end when it has none: an hour that is still open,
    or that a gap cuts short, is not faded over a time of which nothing is known.

    Parameters
    ----------
    hour
        Start of the hour. [UTC]
    rows
        Rows of ``state_vectors`` (``COLUMNS``) of the hour and of ``look_back`` before it; more do no harm.
    previous
        Rows of ``cluster_snapshots`` of the hour before; None or no rows when it is missing. What was made
        with other parameters counts as missing.
    earlier
        Rows of ``cluster_snapshots`` of the hour itself as it was made before, whose clusters keep the ids
        that were given in it; None or no rows when it was not.
    taken
        Ids that are no longer free: those that later hours have. Of other hours they do no harm.
    """
    predecessor = previous if continues(previous, hour, parameters) else None
    back = look_back(hour, predecessor, parameters)
    rows = rows.filter(pl.col("snapshot_at").is_between(hour - back, hour + HOUR, closed="left"))
    before = counted_positions(rows, [hour - n * HOUR for n in range(1, back // HOUR + 1)])
    here = counted_positions(rows, [hour])

    if predecessor is None:
        model = DenStream(**parameters.model())
        _learn(model, before, parameters)
    else:
        model = DenStream.from_table(model_columns(predecessor), **parameters.model())
    xy = _learn(model, here, parameters)

    snapshot_at = rows.filter(pl.col("snapshot_at") >= hour)["snapshot_at"].max() or hour + HOUR
    micro_clusters = model.snapshot(int(snapshot_at.timestamp()) / 60).table
    label = assign(micro_clusters, xy, parameters.epsilon_nm)
    weight = here["weight_min"].to_numpy()
    now = StoredClusters.of(micro_clusters)
    then = stored_clusters(predecessor) if predecessor is not None else StoredClusters.none()
    matching = match(_common(now, then, xy, label, weight, parameters.epsilon_nm))
    before_late = stored_clusters(earlier) if earlier is not None else StoredClusters.none()
    ids = cluster_ids(
        hour,
        matching,
        then.ids,
        now.weight,
        earlier=_common(now, before_late, xy, label, weight, parameters.epsilon_nm),
        earlier_ids=before_late.ids,
        taken=taken,
    )
    now = now.named(ids)
    chained = predecessor["chained_hours"][0].as_py() + 1 if predecessor is not None else 0
    sources = sorted(set(before["source"].drop_nulls()) | set(here["source"].drop_nulls()))
    return HourOfClusters(
        hour=hour,
        snapshot_at=snapshot_at,
        parameters=parameters,
        snapshots=snapshots_table(
            hour, snapshot_at, micro_clusters, model.to_table(), now.ids, parameters, chained, sources
        ),
        members=members_table(hour, here, label, now.ids),
        # What a warm-up finds may be older than its hour: nothing is known to have happened.
        events=events_table(
            hour, snapshot_at, matching, then, now, parameters, known=predecessor is not None
        ),
        points=here.height + (before.height if predecessor is None else 0),
        warmed_up=predecessor is None,
        chained_hours=chained,
        sources=sources,
        xy=xy,
        t=here["t_min"].to_numpy(),
        weight=weight,
        label=label,
    )


def _learn(model: DenStream, positions: pl.DataFrame, parameters: ClusterParameters) -> np.ndarray:
    xy = plane(positions["latitude"].to_numpy(), positions["longitude"].to_numpy(), parameters.centre)
    model.learn_many(xy, positions["t_min"].to_numpy(), positions["weight_min"].to_numpy())
    return xy


def _common(
    now: StoredClusters,
    then: StoredClusters,
    xy: np.ndarray,
    label: np.ndarray,
    weight: np.ndarray,
    epsilon_nm: float,
) -> np.ndarray:
    """Weight under both snapshots: of the hour's positions, and of the p-micro-clusters at their centres.

    Without the latter a cluster that lives on the weight of earlier hours would be dead and born again.
    """
    potential = now.table.filter(pc.equal(now.table["kind"], "p"))
    points = np.concatenate([xy, centres(potential)])
    labels = np.concatenate([label, potential["cluster"].to_numpy()]).astype(np.int64)
    weights = np.concatenate([weight, potential["weight"].to_numpy()])
    old = assign(then.table, points, epsilon_nm) if then.ids else np.full(len(points), NOISE)
    return overlap(old, labels, weights, (len(then.ids), len(now.ids)))
