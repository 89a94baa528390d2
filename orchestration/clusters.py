"""Hours of clusters made one after the other from the lake: each goes on from the hour before."""

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

import dagster as dg
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from airtraffic.cluster_parameters import ClusterParameters, Link
from airtraffic.tables import TABLES
from orchestration.races import replace_together
from orchestration.resources.lake import Filter, LakeResource
from orchestration.silver import hours_predicate

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CLUSTER_HOUR_TABLES = ("cluster_snapshots", "cluster_members", "cluster_events", "cluster_quality")
_DEFAULT = ClusterParameters()


class ClusterConfig(dg.Config):
    """What clusters are made with; an hour does not go on from one that was made with something else."""

    epsilon_nm: float = Field(
        _DEFAULT.epsilon_nm, ge=0.1, le=500, description="Greatest radius (rms) of a micro-cluster. [NM]"
    )
    aircraft_in_core: float = Field(
        _DEFAULT.aircraft_in_core,
        ge=0.01,
        le=1000,
        description="Aircraft that a core micro-cluster holds at once, on average. [aircraft]",
    )
    half_life_min: float = Field(
        _DEFAULT.half_life_min,
        ge=1,
        le=1440,
        description="Time in which a position's weight halves. [min]",
    )
    potential_weight_min: float = Field(
        _DEFAULT.potential_weight_min,
        gt=1,
        le=10_000,
        description="Weight from which a micro-cluster lasts, beta mu; at most a core's weight. [aircraft-minutes]",
    )
    max_merge_distance_nm: float | None = Field(
        _DEFAULT.max_merge_distance_nm,
        gt=0,
        description="How far from a micro-cluster's centre a position may join it; null: 2 epsilon. [NM]",
    )
    link: Link = Field(
        _DEFAULT.link,
        description="When two micro-clusters are one cluster: ball (their balls touch), or as in the paper.",
    )

    def parameters(self, box: tuple[float, float, float, float]) -> ClusterParameters:
        """The same for the domain, on a plane that touches the earth in the middle of the box.

        Parameters
        ----------
        box
            lamin, lamax, lomin, lomax. [deg]

        Raises
        ------
        ConfigurationError
            The values do not fit each other.
        """
        return ClusterParameters(**self.model_dump(), centre=middle(box))


def middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    """Latitude and longitude in the middle of lamin, lamax, lomin, lomax. [deg]

    >>> middle((-60.0, 15.0, -90.0, -30.0))
    (-22.5, -60.0)
    """
    lamin, lamax, lomin, lomax = box
    return (lamin + lamax) / 2, (lomin + lomax) / 2


@dataclass(frozen=True)
class MadeHour:
    """One hour that was made and written."""

    hour: datetime
    rows: Mapping[str, int]
    """By table, written or not. [rows]"""
    quality: Mapping[str, Any]
    """The row of ``cluster_quality``."""
    events: Mapping[str, int]
    """By kind of event."""
    seconds: float
    """To read and to make it; its commit is its day's. [s]"""


def make_clusters(
    lake: LakeResource,
    hours: Sequence[datetime],
    parameters: ClusterParameters,
    tables: Sequence[str] = CLUSTER_HOUR_TABLES,
) -> Iterator[MadeHour]:
    """Make hours in order, each from the rows of ``cluster_snapshots`` of the hour before.

    A day's hours are one commit of each table, because opening tables takes longer than making an hour;
    memory is that of a day's members. A missing predecessor, or one made with other parameters, is made
    up for by the silver of the 4 hours before.

    Parameters
    ----------
    parameters
        What new snapshots are made with. Tables that are made without them tell of those that are there, and
        are made with their parameters.
    tables
        Those of ``CLUSTER_HOUR_TABLES`` that are written.
    """
    renewed = "cluster_snapshots" in tables
    for _, of_day in groupby(sorted(hours), key=lambda hour: hour.date()):
        day = list(of_day)
        seconds: dict[datetime, float] = {}
        made = replace_together(
            lake, tables, partial(_day, lake, day, parameters, renewed, seconds), hours_predicate(day)
        )
        for hour in day:
            yield _made(hour, made, seconds[hour])


def _day(
    lake: LakeResource,
    hours: Sequence[datetime],
    parameters: ClusterParameters,
    renewed: bool,
    seconds: dict[datetime, float],
) -> dict[str, pa.Table]:
    """The rows of the four tables of hours of one day, computed from what is in the lake."""
    date, of_day = hours[0].date(), ("hour", "in", [hour.hour for hour in hours])
    coverage = lake.read("poll_coverage", where=[("date", "=", date)]).to_pylist()
    polls = {row["hour_start"]: row for row in coverage}
    yesterday = lake.read("cluster_snapshots", where=[("date", "=", date - DAY), of_day])
    earlier = lake.read("cluster_snapshots", where=[("date", "=", date), of_day])
    taken = _ids_from(lake, hours[0])
    made: dict[datetime, dict[str, pa.Table]] = {}
    for hour in hours:
        began = time.monotonic()
        before = made.get(hour - HOUR)
        there = earlier.filter(pc.equal(earlier["hour"], hour.hour))
        made[hour] = _hour(
            lake,
            hour,
            parameters if renewed or not there.num_rows else _parameters_of(there),
            previous=before["cluster_snapshots"]
            if before
            else of_hours(lake, "cluster_snapshots", hour - HOUR),
            earlier=there,
            taken=taken,
            day_before=yesterday.filter(pc.equal(yesterday["hour"], hour.hour)),
            polls=polls.get(hour, {"polls_seen": 0, "coverage": None}),
        )
        seconds[hour] = time.monotonic() - began
    return {name: pa.concat_tables([made[hour][name] for hour in hours]) for name in CLUSTER_HOUR_TABLES}


def _parameters_of(snapshots: pa.Table) -> ClusterParameters:
    made_with = json.loads(snapshots["parameters"][0].as_py())
    return ClusterParameters(**made_with | {"centre": tuple(made_with["centre"])})


def _ids_from(lake: LakeResource, hour: datetime) -> set[str]:
    """Ids of clusters from an hour on to the end of the next day.

    An id is handed on from hour to hour: one that lives on after hours that have lost it is among them.
    """
    until_midnight = [("date", "=", hour.date()), ("hour", ">=", hour.hour)]
    return {
        name
        for where in (until_midnight, [("date", "=", hour.date() + DAY)])
        for name in lake.read("cluster_snapshots", ["cluster_id"], where)["cluster_id"].to_pylist()
        if name is not None
    }


def _hour(
    lake: LakeResource,
    hour: datetime,
    parameters: ClusterParameters,
    *,
    previous: pa.Table | None,
    earlier: pa.Table,
    taken: Collection[str],
    day_before: pa.Table,
    polls: Mapping[str, Any],
) -> dict[str, pa.Table]:
    """The rows of the four tables of an hour.

    An hour that nobody polled has no snapshot, and no cluster died in it: the next one has no predecessor.
    """
    from airtraffic.cluster_hour import COLUMNS, cluster_hour, look_back
    from airtraffic.cluster_quality import hour_quality

    before = look_back(hour, previous, parameters)
    silver = pl.DataFrame(
        pl.from_arrow(of_hours(lake, "state_vectors", hour, before=before, columns=COLUMNS))
    )
    if not polls["polls_seen"] and not (silver["snapshot_at"] >= hour).any():
        silver, previous = silver.clear(), None
    made = cluster_hour(hour, silver, previous, parameters, earlier=earlier, taken=taken)
    quality = hour_quality(made, day_before, polls["coverage"])
    tables = (made.snapshots, made.members, made.events, quality)
    return {
        name: table.cast(TABLES[name].schema) for name, table in zip(CLUSTER_HOUR_TABLES, tables, strict=True)
    }


def _made(hour: datetime, tables: Mapping[str, pa.Table], seconds: float) -> MadeHour:
    of_hour = {name: table.filter(pc.equal(table["hour"], hour.hour)) for name, table in tables.items()}
    (quality,) = of_hour["cluster_quality"].to_pylist()
    kinds = of_hour["cluster_events"]["event"].value_counts().to_pylist()
    return MadeHour(
        hour=hour,
        rows={name: table.num_rows for name, table in of_hour.items()},
        quality=quality,
        events={kind["values"]: kind["counts"] for kind in kinds},
        seconds=seconds,
    )


def of_hours(
    lake: LakeResource,
    name: str,
    hour: datetime,
    *,
    before: timedelta = timedelta(0),
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """Rows of an hour, and with ``before`` (whole hours) of those before it, of an hourly table."""
    hours = [hour - n * HOUR for n in range(int(before / HOUR) + 1)]
    where: list[Filter] = [
        ("date", "in", sorted({each.date() for each in hours})),
        ("hour", "in", sorted({each.hour for each in hours})),
    ]
    if before:
        where += [("snapshot_at", ">=", hours[-1]), ("snapshot_at", "<", hour + HOUR)]
    return lake.read(name, columns, where)
