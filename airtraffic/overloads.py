"""Overload segments: when more came than a sector can take, and who."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.sector_finding_tables import OVERLOAD_SEGMENTS
from airtraffic.sector_windows import STEP, WINDOW


def overload_segments(
    entries: pl.DataFrame, capacity: pl.DataFrame, passages: pl.DataFrame, days: Sequence[date]
) -> pa.Table:
    """Runs of 15-minute steps whose 60-minute count exceeds CHadj of the step's day.

    Steps are of one run while their hours overlap: two runs with less than an hour between them would
    count the same flights twice. A normal step within a run adds neither to ``steps`` nor to the excess.
    A run over midnight is one segment, of the day in which it starts; it is followed to the end of
    the next day at most.

    Parameters
    ----------
    entries, capacity
        Rows of ``sector_entries`` and ``sector_capacity`` of the days, the day before and the day
        after each.
    passages
        sector, entry_at, callsign, flight_id and icao24 of ``sector_flights`` of the same days.
    days
        Days whose segments are wanted.
    """
    steps = (
        entries.join(
            capacity.select("date", "sector", pl.col("ch_adjusted_per_h").alias("capacity_per_h")),
            on=["date", "sector"],
        )
        .filter(pl.col("entries_60min") > pl.col("capacity_per_h"))
        .sort("sector", "window_start")
    )
    breaks = (pl.col("sector") != pl.col("sector").shift()) | (
        pl.col("window_start") - pl.col("window_start").shift() >= WINDOW
    )
    excess = pl.col("entries_60min") - pl.col("capacity_per_h")
    worst = excess.arg_max()
    segments = (
        steps.with_columns(breaks.fill_null(True).cum_sum().alias("segment"))
        .group_by("segment", maintain_order=True)
        .agg(
            pl.col("sector").first(),
            pl.col("window_start").first().alias("start"),
            (pl.col("window_start").last() + WINDOW).alias("end"),
            pl.len().alias("steps"),
            pl.col("capacity_per_h").get(worst),
            pl.col("entries_60min").get(worst).alias("worst_count"),
            pl.col("window_start").get(worst).alias("worst_start"),
            excess.max().alias("worst_excess"),
            excess.sum().alias("total_excess"),
            pl.col("coverage").min(),
            pl.col("coverage_marked").any(),
            pl.col("coverage_basis", "sources", "sectors_version", "date").first(),
        )
        .filter(pl.col("date").is_in(list(days)))
    )
    rows = (
        segments.join(_flights(segments, passages), on="segment", how="left")
        .with_columns(pl.col("flights").fill_null([]), pl.col("flight_count").fill_null(0))
        .sort("date", "sector", "start")
    )
    return OVERLOAD_SEGMENTS.of(rows)


def _flights(segments: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
    """Entries of each segment, met by the quarter hours that it is made of."""
    quarters = segments.select(
        "segment",
        "sector",
        pl.datetime_ranges("start", "end", STEP, closed="left").alias("quarter"),
    ).explode("quarter")
    return (
        passages.with_columns(pl.col("entry_at").dt.truncate("15m").alias("quarter"))
        .join(quarters, on=["sector", "quarter"])
        .sort("segment", "entry_at", "flight_id", "icao24")
        .group_by("segment", maintain_order=True)
        .agg(
            pl.coalesce("callsign", "flight_id", "icao24").alias("flights"),
            pl.len().alias("flight_count"),
        )
    )
