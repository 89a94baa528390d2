"""Peak hours: how many enter a sector in each hour of the week."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.sector_capacity import trailing
from airtraffic.sector_finding_tables import PEAK_HOURS
from airtraffic.sectors import Sectors


def hourly_entries(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries of each day, sector and clock hour, zeros included, of the days that there is data of.

    Parameters
    ----------
    entries
        date, sector, window_start, entries_15min and sources of ``sector_entries``.
    """
    return (
        entries.group_by("date", "sector", pl.col("window_start").dt.hour().cast(pl.Int32).alias("hour"))
        .agg(pl.col("entries_15min").sum().cast(pl.Int64).alias("entries"), pl.col("sources").first())
        .sort("date", "sector", "hour")
    )


def peak_hours(entries: pl.DataFrame, sectors: Sectors, days: Sequence[date]) -> pa.Table:
    """``I(d, h)`` = entries of that weekday and hour / calendar dates of that weekday in the window.

    Dates without flights count, and so do dates without data: how many had data stands beside it. A
    sector has rows for a day when there is data of it on any day of the window.

    Parameters
    ----------
    entries
        ``hourly_entries`` of the days and of the ``tps_window_days - 1`` before each.
    days
        Last days of the windows.
    """
    window = trailing(days, sectors.tps_window_days).with_columns(
        (pl.col("day").dt.weekday() - 1).cast(pl.Int32).alias("weekday")
    )
    dates = window.group_by("date", "weekday").agg(pl.len().alias("dates"))
    bounds = window.group_by("date").agg(
        pl.col("day").min().alias("window_from"), pl.col("day").max().alias("window_to")
    )
    counted = (
        window.join(entries.rename({"date": "day"}), on="day")
        .group_by("date", "sector", "weekday", "hour")
        .agg(pl.col("entries").sum(), pl.len().alias("dates_with_data"))
    )
    sources = (
        window.join(entries.filter(pl.col("hour") == 0).rename({"date": "day"}), on="day")
        .group_by("date", "sector")
        .agg(pl.col("sources").explode().drop_nulls().unique().sort())
    )
    rows = (
        sources.join(dates, on="date")
        .join(pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int32}), how="cross")
        .join(bounds, on="date")
        .join(counted, on=["date", "sector", "weekday", "hour"], how="left")
        .with_columns(pl.col("entries", "dates_with_data").fill_null(0))
        .with_columns(
            (pl.col("entries") / pl.col("dates")).alias("intensity"),
            pl.lit(sectors.version_id).alias("sectors_version"),
        )
        .sort("date", "sector", "weekday", "hour")
    )
    return PEAK_HOURS.of(rows)
