"""Saturation of sectors: demand against what they can take."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.sector_coverage import basis_of_day
from airtraffic.sector_tables import SECTOR_SATURATION
from airtraffic.sector_values import Thresholds
from airtraffic.sectors import Sectors

LEVELS = ("normal", "alert", "critical")


def saturation_index(demand: float, capacity_per_h: float) -> float:
    """``IS = D_max / CHadj x 100``. [%]

    Parameters
    ----------
    demand
        Highest rolling 60-minute entry count of the day, D_max. [entries]
    capacity_per_h
        Adjusted hourly capacity, CHadj. [aircraft/h]

    >>> round(saturation_index(13, 62.31), 1)
    20.9
    """
    return demand / capacity_per_h * 100


def level(saturation_percent: float, thresholds: Thresholds | None = None) -> str:
    """normal, alert or critical: a threshold itself still belongs to the lower level.

    >>> [level(percent) for percent in (80, 80.1, 100, 100.1)]
    ['normal', 'alert', 'alert', 'critical']
    """
    limits = thresholds or Thresholds()
    above = (saturation_percent > limits.alert_percent) + (saturation_percent > limits.critical_percent)
    return LEVELS[above]


def level_expr(percent: str) -> pl.Expr:
    """``level`` of a column, by the row's own alert_percent and critical_percent; null of null."""
    return (
        pl.when(pl.col(percent).is_null())
        .then(None)
        .when(pl.col(percent) > pl.col("critical_percent"))
        .then(pl.lit("critical"))
        .when(pl.col(percent) > pl.col("alert_percent"))
        .then(pl.lit("alert"))
        .otherwise(pl.lit("normal"))
    )


def thresholds_of(sectors: Sectors, days: Sequence[date]) -> pl.DataFrame:
    """date, sector, kind, alert_percent and critical_percent of each declared sector and day."""
    return pl.DataFrame(
        [
            (day, sector.id, sector.kind, sector.thresholds.alert_percent, sector.thresholds.critical_percent)
            for day in sorted(set(days))
            for sector in sectors.on(day)
        ],
        schema={
            "date": pl.Date,
            "sector": pl.String,
            "kind": pl.String,
            "alert_percent": pl.Float64,
            "critical_percent": pl.Float64,
        },
        orient="row",
    )


def observed_saturation(
    entries: pl.DataFrame,
    occupancy: pl.DataFrame,
    capacity: pl.DataFrame,
    sectors: Sectors,
    days: Sequence[date],
) -> pl.DataFrame:
    """Saturation of each day and sector from what was counted.

    D_max is the highest rolling 60-minute count of the day's 96 windows; clock hours understate it.

    Parameters
    ----------
    entries, occupancy, capacity
        Rows of ``sector_entries``, ``sector_occupancy`` and ``sector_capacity`` of the days.

    Returns
    -------
    pl.DataFrame
        Rows of ``sector_saturation``, sorted by day and sector.
    """
    key = ["date", "sector"]
    demand = (
        entries.sort(*key, "window_start")
        .group_by(key, maintain_order=True)
        .agg(
            pl.col("entries_60min").max().cast(pl.Float64).alias("d_max"),
            pl.col("window_start").get(pl.col("entries_60min").arg_max()),
            pl.col("entries_15min").sum().cast(pl.Float64).alias("entries"),
            (~pl.col("window_complete")).sum().alias("windows_incomplete"),
        )
        .join(basis_of_day(entries), on=key, maintain_order="left")
    )
    peaks = (
        occupancy.sort(*key, "minute")
        .group_by(key, maintain_order=True)
        .agg(
            pl.col("aircraft").max().alias("peak_occupancy"),
            pl.col("minute").get(pl.col("aircraft").arg_max()).alias("peak_occupancy_at"),
        )
    )
    rows = demand.join(peaks, on=key, how="left").with_columns(
        pl.lit("observed").alias("basis"), pl.col("date").alias("day")
    )
    return _against_capacity(rows, capacity, sectors, days)


def saturation_table(rows: pl.DataFrame) -> pa.Table:
    """The table ``sector_saturation``."""
    return SECTOR_SATURATION.of(rows.sort("date", "sector"))


def _against_capacity(
    rows: pl.DataFrame, capacity: pl.DataFrame, sectors: Sectors, days: Sequence[date]
) -> pl.DataFrame:
    of_day = capacity.select("date", "sector", pl.col("ch_adjusted_per_h").alias("capacity_per_h"), "scv")
    return (
        rows.join(thresholds_of(sectors, days), on=["date", "sector"])
        .join(of_day, on=["date", "sector"], how="left")
        .with_columns(
            (pl.col("d_max") / pl.col("capacity_per_h") * 100).alias("saturation_percent"),
            (pl.col("peak_occupancy") / pl.col("scv") * 100).alias("occupancy_percent"),
            pl.lit(sectors.version_id).alias("sectors_version"),
        )
        .with_columns(
            level_expr("saturation_percent").alias("level"),
            level_expr("occupancy_percent").alias("occupancy_level"),
        )
        .select(pl.col(name) for name in SECTOR_SATURATION.schema.names)
        .cast({"windows_incomplete": pl.Int32, "peak_occupancy": pl.Int32})
        .sort("date", "sector", "day")
    )
