"""Alerts of the monitoring values: fired by a peak or by sustained load, cleared with hysteresis."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.sector_coverage import basis_of_day
from airtraffic.sector_finding_tables import SECTOR_ALERTS
from airtraffic.sectors import Sectors


def sector_alerts(
    occupancy: pl.DataFrame,
    capacity: pl.DataFrame,
    sectors: Sectors,
    days: Sequence[date],
    beside: pl.DataFrame,
) -> pa.Table:
    """Alerts of each day, by the monitoring values of its sectors.

    A count above the peak threshold fires; so do ``crossings`` counts above the sustained one within
    ``elapsed_min``. It clears when every count of the last ``clear_min`` was at or below the clearing
    threshold, which is the lowest of the three: a count that swings about one threshold is one alert,
    and crossings from before a clearing do not fire again. Each day begins without an alert.

    Parameters
    ----------
    occupancy, capacity
        Rows of ``sector_occupancy`` and ``sector_capacity`` of the days.
    beside
        Rows of ``sector_entries`` of the days, for what their counts rest on.
    """
    limits = _limits(sectors, days).join(capacity.select("date", "sector", "scv"), on=["date", "sector"])
    counts = occupancy.join(limits.filter(pl.col("scv").is_not_null()), on=["date", "sector"]).with_columns(
        (pl.col("scv") * pl.col(f"{name}_percent") / 100).alias(f"{name}_threshold")
        for name in ("peak", "sustained", "clear")
    )
    parts = [
        _alerts(part, crossings, elapsed_min, clear_min)
        for (crossings, elapsed_min, clear_min), part in counts.sort("date", "sector", "minute").group_by(
            ["crossings", "elapsed_min", "clear_min"], maintain_order=True
        )
    ]
    if not parts:
        return SECTOR_ALERTS.schema.empty_table()
    rows = (
        pl.concat(parts)
        .join(basis_of_day(beside), on=["date", "sector"])
        .with_columns(pl.lit(sectors.version_id).alias("sectors_version"))
        .sort("date", "sector", "start")
    )
    return SECTOR_ALERTS.of(rows)


def _alerts(counts: pl.DataFrame, crossings: int, elapsed_min: int, clear_min: int) -> pl.DataFrame:
    """Alerts of sectors that share the three whole numbers; a row per minute, sorted."""
    key = ["date", "sector"]
    count = pl.col("aircraft_in_period")
    above = count > pl.col("sustained_threshold")
    low = (count <= pl.col("clear_threshold")).cast(pl.Int32)
    so_far = pl.col("so_far")
    return (
        counts.with_columns(
            (count > pl.col("peak_threshold")).alias("peak"),
            above.alias("above"),
            above.cast(pl.Int32).cum_sum().over(key).alias("so_far"),
            (low.rolling_sum(clear_min).over(key) == clear_min).fill_null(False).alias("clear"),
        )
        # Crossings count from elapsed_min ago or from the last clearing, whichever is later.
        .with_columns(
            pl.max_horizontal(
                so_far.shift(elapsed_min).over(key).fill_null(0),
                pl.when("clear").then(so_far).forward_fill().over(key).fill_null(0),
            ).alias("before")
        )
        .with_columns((pl.col("above") & (so_far - pl.col("before") >= crossings)).alias("sustained"))
        .with_columns(
            pl.when(pl.col("peak") | pl.col("sustained"))
            .then(True)
            .when("clear")
            .then(False)
            .forward_fill()
            .over(key)
            .fill_null(False)
            .alias("on")
        )
        .with_columns((pl.col("on") != pl.col("on").shift().over(key).fill_null(False)).alias("turns"))
        .with_columns((pl.col("turns") & pl.col("on")).cum_sum().over(key).alias("alert"))
        .with_columns(pl.col("minute").filter(~pl.col("on")).first().over(*key, "alert").alias("end"))
        .filter("on")
        .group_by(*key, "alert", maintain_order=True)
        .agg(
            pl.col("minute").first().alias("start"),
            pl.col("end").first(),
            pl.when(pl.col("peak").first())
            .then(pl.lit("peak"))
            .otherwise(pl.lit("sustained"))
            .alias("cause"),
            count.max().alias("highest"),
            pl.col("minute").get(count.arg_max()).alias("highest_at"),
            pl.col("peak_threshold", "sustained_threshold", "clear_threshold").first(),
        )
    )


def _limits(sectors: Sectors, days: Sequence[date]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"date": day, "sector": sector.id, **sector.monitoring.model_dump(exclude={"duration_min"})}
            for day in sorted(set(days))
            for sector in sectors.on(day)
        ],
        schema_overrides={"date": pl.Date},
    )
