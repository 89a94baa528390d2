"""How far flights flew, from their tracks, beside the great circle between their airports."""

from datetime import timedelta

import numpy as np
import polars as pl
import pyarrow as pa

from airtraffic.airports import all_airports, distance_nm, unit_vectors
from airtraffic.route_tables import FLIGHT_DISTANCES

KM_PER_NM = 1.852
LONGEST_GAP_MIN = 10
"""A track with a longer gap is not whole: the way between is not known. [min]"""
ENDS = timedelta(minutes=5)
"""Taxiing and a poll's distance from departure and arrival."""
INCOMPLETE = ("departure_unobserved", "arrival_unobserved")


def flight_distances(flights: pl.DataFrame, state_vectors: pl.DataFrame) -> pa.Table:
    """Distance flown by each flight whose whole track was seen, between two different airports.

    Parameters
    ----------
    flights
        Rows of ``flights`` of one day of departure.
    state_vectors
        Rows of ``state_vectors`` of that day and of the next, in which its last flights arrive; ``icao24``,
        ``snapshot_at``, ``longitude``, ``latitude``, ``on_ground``, ``is_repeat``, ``source``.
    """
    known = all_airports().codes.tolist()
    whole = flights.filter(
        pl.col("icao24").is_not_null()
        & pl.col("routes").list.contains("tracks")
        & (pl.col("flags").list.set_intersection(list(INCOMPLETE)).list.len() == 0)
        & pl.col("origin").is_in(known)
        & pl.col("destination").is_in(known)
        & (pl.col("origin") != pl.col("destination"))
        & (pl.col("arrival_at") > pl.col("departure_at"))
    ).select("flight_id", "icao24", "origin", "destination", "departure_at", "arrival_at", "date")
    inside = (
        state_vectors.filter(
            ~pl.col("on_ground")
            & ~pl.col("is_repeat")
            & pl.col("longitude").is_not_null()
            & pl.col("latitude").is_not_null()
        )
        .sort("snapshot_at", "icao24")
        .join_asof(
            whole.with_columns(from_=pl.col("departure_at") - ENDS).sort("from_"),
            left_on="snapshot_at",
            right_on="from_",
            by="icao24",
            strategy="backward",
            check_sortedness=False,
        )
        .filter(pl.col("snapshot_at") <= pl.col("arrival_at") + ENDS)
        .sort("flight_id", "snapshot_at")
    )
    if inside.is_empty():
        return FLIGHT_DISTANCES.schema.empty_table()
    made = _measured(inside).filter(pl.col("longest_gap_min") <= LONGEST_GAP_MIN).sort("flight_id")
    return FLIGHT_DISTANCES.of(made)


def _measured(inside: pl.DataFrame) -> pl.DataFrame:
    """Rows of one flight after another, in time; the ways from and to the airports count too."""
    airports = all_airports()
    here = unit_vectors(inside["latitude"].to_numpy(), inside["longitude"].to_numpy())
    first, last = _edges(inside["flight_id"])
    origin = airports.vectors[airports.rows(inside["origin"].to_numpy().astype(str))]
    destination = airports.vectors[airports.rows(inside["destination"].to_numpy().astype(str))]
    step = np.where(first, distance_nm(origin, here), distance_nm(np.roll(here, 1, axis=0), here))
    step += np.where(last, distance_nm(here, destination), 0.0)
    gap = pl.col("snapshot_at").diff().over("flight_id").dt.total_seconds() / 60
    return (
        inside.with_columns(
            step_nm=pl.Series(step), gap_min=gap, gc_nm=pl.Series(distance_nm(origin, destination))
        )
        .group_by("flight_id", maintain_order=True)
        .agg(
            pl.col("icao24", "origin", "destination", "date", "source").first(),
            flown_km=pl.col("step_nm").sum() * KM_PER_NM,
            great_circle_km=pl.col("gc_nm").first() * KM_PER_NM,
            positions=pl.len().cast(pl.Int64),
            longest_gap_min=pl.col("gap_min").max(),
        )
    )


def _edges(ids: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    first = (ids != ids.shift(1)).fill_null(True).to_numpy()
    return first, np.append(first[1:], True)
