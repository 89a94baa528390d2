"""Entry counts and occupancy counts of sectors."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.sector_coverage import known_sectors, windows_on_polls
from airtraffic.sector_tables import SECTOR_ENTRIES, SECTOR_OCCUPANCY
from airtraffic.sector_windows import STEPS_PER_DAY, STEPS_PER_WINDOW, midnight, per_window
from airtraffic.sectors import Sectors

MINUTES_PER_DAY = 24 * 60
_DAY = timedelta(days=1)


def sector_entries(
    passages: pl.DataFrame,
    sectors: Sectors,
    days: Sequence[date],
    basis: pl.DataFrame,
    reception: pl.DataFrame | None = None,
) -> pa.Table:
    """Entries per quarter hour, and per hour from each quarter hour on.

    The windows [t, t + 60 min) start on quarter hours and belong to t's day, so the last three of a
    day count entries of the next.

    Parameters
    ----------
    passages
        sector and entry_at of ``sector_flights`` of the days and of the day after each.
    days
        Days to count.
    basis
        ``count_basis`` of the days and of the day after each; a day without is not counted.
    reception
        ``window_reception`` of the same days: a window's coverage is that of its own hour. Without it,
        and where it has no row, it is the day's.
    """
    known = known_sectors(sectors, days, basis, reception)
    steps = pl.DataFrame({"step": range(STEPS_PER_DAY)}, schema={"step": pl.Int64})
    grid = known.join(steps, how="cross").with_columns(
        (midnight() + pl.duration(minutes=15 * pl.col("step"))).alias("window_start")
    )
    by_step = passages.group_by("sector", pl.col("entry_at").dt.truncate("15m").alias("window_start")).agg(
        pl.len().alias("entries_15min")
    )
    by_window = per_window(by_step.rename({"window_start": "quarter", "entries_15min": "entries_60min"}))
    next_days = basis.select(pl.col("date") - _DAY, "kind", pl.lit(True).alias("next_known"))
    rows = (
        grid.join(by_step, on=["sector", "window_start"], how="left")
        .join(by_window, on=["sector", "window_start"], how="left")
        .join(next_days, on=["date", "kind"], how="left")
        .with_columns(
            pl.col("entries_15min", "entries_60min").fill_null(0),
            (
                (pl.col("step") <= STEPS_PER_DAY - STEPS_PER_WINDOW) | pl.col("next_known").fill_null(False)
            ).alias("window_complete"),
            pl.lit(sectors.version_id).alias("sectors_version"),
        )
        .sort("date", "sector", "window_start")
    )
    if reception is not None:
        rows = windows_on_polls(rows, reception)
    return SECTOR_ENTRIES.of(rows)


def sector_occupancy(
    passages: pl.DataFrame,
    sectors: Sectors,
    days: Sequence[date],
    basis: pl.DataFrame,
    reception: pl.DataFrame | None = None,
) -> pa.Table:
    """Aircraft in each sector at every full minute, and within each period of the monitoring values.

    A passage without an exit is in no count: how long it stayed is not known.

    Parameters
    ----------
    passages
        sector, entry_at and exit_at of ``sector_flights`` of the days and of the day before each.
    days
        Days to count.
    basis
        ``count_basis`` of the days; a day without is not counted.
    reception
        ``window_reception`` of the days: a sector that no poll saw is not counted.
    """
    known = known_sectors(sectors, days, basis, reception)
    if known.is_empty():
        return SECTOR_OCCUPANCY.schema.empty_table()
    first, last = known["date"].min(), known["date"].max()
    began = datetime.combine(first, time(), UTC)
    minutes = ((last - first).days + 1) * MINUTES_PER_DAY
    periods = pl.DataFrame(
        [
            {"date": day, "sector": sector.id, "period_min": sector.monitoring.duration_min}
            for day in sorted(set(known["date"]))
            for sector in sectors.on(day)
        ],
        schema={"date": pl.Date, "sector": pl.String, "period_min": pl.Int64},
    )
    stays = (
        passages.filter(pl.col("exit_at").is_not_null())
        .with_columns(pl.col("entry_at").dt.date().alias("date"))
        .join(periods, on=["date", "sector"], how="left")
        .with_columns(
            _minutes_since(began, "entry_at").alias("entry_min"),
            _minutes_since(began, "exit_at").alias("exit_min"),
            pl.col("period_min").fill_null(1),
        )
        .select(
            "sector",
            pl.col("entry_min").ceil().alias("at_once"),
            ((pl.col("entry_min") - pl.col("period_min")).floor() + 1).alias("in_period"),
            pl.col("exit_min").ceil().alias("gone"),
        )
        .filter(pl.col("gone") > 0)
    )
    grid = (
        known.select("sector")
        .unique()
        .join(pl.DataFrame({"at": range(minutes)}, schema={"at": pl.Int64}), how="cross")
    )
    counts = grid.sort("sector", "at").with_columns(
        pl.Series(name, _inside(grid.select("sector", "at").sort("sector", "at"), stays, column, minutes))
        for name, column in (("aircraft", "at_once"), ("aircraft_in_period", "in_period"))
    )
    rows = (
        counts.with_columns((pl.lit(began) + pl.duration(minutes=pl.col("at"))).alias("minute"))
        .with_columns(
            pl.col("minute").dt.date().alias("date"), pl.lit(sectors.version_id).alias("sectors_version")
        )
        .join(known.select("date", "sector"), on=["date", "sector"], how="semi")
        .sort("date", "sector", "minute")
    )
    return SECTOR_OCCUPANCY.of(rows)


def _inside(grid: pl.DataFrame, stays: pl.DataFrame, start: str, minutes: int) -> pl.Series:
    """How many stays cover each minute of the grid: one up where each starts, one down where it is over."""
    changes = (
        pl.concat(
            [
                stays.select("sector", pl.col(start).clip(0, minutes).alias("at"), pl.lit(1).alias("change")),
                stays.select(
                    "sector", pl.col("gone").clip(0, minutes).alias("at"), pl.lit(-1).alias("change")
                ),
            ]
        )
        .group_by("sector", pl.col("at").cast(pl.Int64))
        .agg(pl.col("change").sum())
    )
    return (
        grid.join(changes, on=["sector", "at"], how="left", maintain_order="left")
        .select(pl.col("change").fill_null(0).cum_sum().over("sector"))
        .to_series()
    )


def _minutes_since(began: datetime, column: str) -> pl.Expr:
    return (pl.col(column) - began).dt.total_microseconds() / 60e6
