"""Saturation of sectors: demand against what they can take."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.sector_coverage import basis_of_day
from airtraffic.sector_tables import SECTOR_SATURATION
from airtraffic.sector_values import Thresholds
from airtraffic.sector_windows import midnight
from airtraffic.sectors import Sectors

LEVELS = ("normal", "alert", "critical")
_BASIS_TYPES = {"coverage": pl.Float64, "coverage_marked": pl.Boolean, "coverage_basis": pl.String}


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


def forecast_saturation(
    demand: pl.DataFrame,
    profile: pl.DataFrame,
    capacity: pl.DataFrame,
    sectors: Sectors,
    days: Sequence[date],
) -> pl.DataFrame:
    """Saturation of coming days, from their forecast flights spread over the weekday's hours.

    Within an hour the flights are spread evenly, so D_max is that of the profile and a day's own
    peaks stand out less: it is a lower bound of what a day with as many flights would show.

    Parameters
    ----------
    demand
        date (of publication), day (of the demand), sector, flights (forecast) and ``sources``.
    profile
        Rows of ``peak_hours`` of the days of publication.
    capacity
        Rows of ``sector_capacity`` of the days of publication.

    Returns
    -------
    pl.DataFrame
        Rows of ``sector_saturation`` with basis forecast.
    """
    total = pl.col("intensity").sum().over("date", "sector", "weekday")
    shares = profile.select("date", "sector", "weekday", "hour", (pl.col("intensity") / total).alias("share"))
    hourly = demand.with_columns((pl.col("day").dt.weekday() - 1).cast(pl.Int32).alias("weekday")).join(
        shares.filter(pl.col("share").is_finite()), on=["date", "sector", "weekday"]
    )
    key = ["date", "sector", "day"]
    # Between two full hours the rolling count goes evenly from one to the other: the highest is at one.
    rows = (
        hourly.with_columns(
            (pl.col("flights") * pl.col("share")).alias("count"),
            (midnight("day") + pl.duration(hours=pl.col("hour"))).alias("at"),
        )
        .sort(*key, "at")
        .group_by(key, maintain_order=True)
        .agg(
            pl.col("count").max().alias("d_max"),
            pl.col("at").get(pl.col("count").arg_max()).alias("window_start"),
            pl.col("flights").first().alias("entries"),
            pl.col("sources").first(),
        )
        .with_columns(
            pl.lit("forecast").alias("basis"),
            pl.lit(0).alias("windows_incomplete"),
            pl.lit(None, pl.Int32).alias("peak_occupancy"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("peak_occupancy_at"),
            *(pl.lit(None, of).alias(name) for name, of in _BASIS_TYPES.items()),
        )
    )
    return _against_capacity(rows, capacity, sectors, days)


def saturation_table(*parts: pl.DataFrame) -> pa.Table:
    """The table ``sector_saturation`` of observed and forecast rows."""
    rows = pl.concat(parts).sort("date", "sector", "day", "basis")
    return SECTOR_SATURATION.of(rows)


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
