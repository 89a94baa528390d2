"""Clusters and hotspots of a day, as the report tells them: the biggest, each place once."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import shapely

TOP = 5


@dataclass(frozen=True)
class Cluster:
    """A cluster in one hour, or at its biggest in a day."""

    cluster_id: str
    latitude: float
    longitude: float
    aircraft: float
    """Its weight as aircraft that stay: [aircraft]"""
    hour_start: datetime
    hours: int
    """Hours of the day that end with it."""


@dataclass(frozen=True)
class Hotspot:
    """A place of a day in its busiest hour: the columns of its row in ``hotspots``."""

    row: dict
    hours: int
    """Hours of the day with a hotspot of its kind that meets it."""

    @property
    def trend_percent(self) -> float | None:
        """Traffic against the days before; None when there is nothing to compare with. [%]"""
        return None if self.row["trend"] is None else 100 * (self.row["trend"] - 1)

    @property
    def is_new(self) -> bool:
        """Days before can be compared with, and had no traffic there."""
        return self.row["trend"] is None and self.row["trend_days"] > 0


@dataclass(frozen=True)
class ClusterTables:
    """Rows of one day of ``cluster_snapshots``, ``cluster_quality`` and ``hotspots``."""

    snapshots: pl.DataFrame
    quality: pl.DataFrame
    hotspots: pl.DataFrame

    @property
    def parameters(self) -> dict:
        """What the latest hour of the day was made with."""
        return json.loads(self.quality.sort("hour_start")["parameters"][-1])

    @property
    def busiest_hour(self) -> datetime:
        """Start of the hour with most positions, the first of equals."""
        return self.quality.sort("positions", "hour_start", descending=[True, False])["hour_start"][0]

    @property
    def least_coverage_percent(self) -> float | None:
        """Coverage of the hour of the hotspots that has least; None when it is unknown. [%]"""
        least = self.hotspots["coverage"].min()
        return None if least is None else 100 * least

    def biggest(self, top: int = TOP) -> list[Cluster]:
        """The clusters of the day with most aircraft at the end of an hour, each once."""
        hourly = clusters(self.snapshots)
        hours = hourly.group_by("cluster_id").agg(pl.len().alias("hours"))
        return [
            Cluster(**row)
            for row in hourly.unique("cluster_id", keep="first", maintain_order=True)
            .head(top)
            .join(hours, on="cluster_id", how="left", maintain_order="left")
            .iter_rows(named=True)
        ]

    def places(self, kind: str, top: int = TOP) -> list[Hotspot]:
        """The places of the day with most of a kind, each once, in its busiest hour.

        Most is by poll: aircraft for ``all``, positions in the band and dense cells for ``congestion``.
        """
        of_kind = self.hotspots.filter(pl.col("kind") == kind)
        congested = (pl.col("band_rows") + pl.col("dense_cells")) / pl.col("polls")
        most = congested if kind == "congestion" else pl.col("aircraft_at_a_time")
        return list(_places(of_kind.sort(most, "hour_start", "rank", descending=[True, False, False]), top))


def clusters(snapshots: pl.DataFrame) -> pl.DataFrame:
    """One row per cluster and hour, the biggest first: its centre [deg] and its weight as aircraft.

    A model that n aircraft never leave weighs ``n half-life / ln 2`` aircraft-minutes.
    """
    weight = pl.col("weight_min")
    return (
        snapshots.filter(pl.col("cluster_id").is_not_null())
        .sort("hour_start", "cluster_id", "id")
        .group_by("cluster_id", "hour_start", maintain_order=True)
        .agg(
            (pl.col("latitude") * weight).sum() / weight.sum(),
            (pl.col("longitude") * weight).sum() / weight.sum(),
            (weight.sum() * math.log(2) / pl.col("model_half_life").first()).alias("aircraft"),
        )
        .sort("aircraft", "hour_start", "cluster_id", descending=[True, False, False])
        .select("cluster_id", "latitude", "longitude", "aircraft", "hour_start")
    )


def _places(hotspots: pl.DataFrame, top: int) -> Iterator[Hotspot]:
    """The first of every group of outlines that meet it, in the given order."""
    ordered = hotspots.to_dicts()
    outlines = shapely.from_geojson([row["polygon"] for row in ordered])
    taken: list[shapely.Geometry] = []
    for row, outline in zip(ordered, outlines, strict=True):
        if len(taken) == top:
            return
        if not any(outline.intersects(other) for other in taken):
            taken.append(outline)
            meets = shapely.intersects(outlines, outline)
            hours = {other["hour_start"] for other, met in zip(ordered, meets, strict=True) if met}
            yield Hotspot(row, len(hours))
