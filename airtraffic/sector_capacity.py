"""Capacity of every sector and day, with the mean time in sector of a trailing window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.capacity import (
    CAP_FROM_TPS_S,
    LOW_REDUCTION,
    WORKLOAD_MARGIN,
    adjusted_capacity,
    brazilian_hourly_capacity,
    brazilian_simultaneous_capacity,
    capped,
    hourly_capacity,
    hourly_capacity_from_rounded,
    simultaneous_capacity,
)
from airtraffic.sector_tables import SECTOR_CAPACITY
from airtraffic.sector_values import CapacityMethod
from airtraffic.sectors import Sectors


@dataclass(frozen=True)
class Capacity:
    """A sector's capacity with what it was made of."""

    tps_s: float | None
    tfc_s: float
    beta: float
    r: float
    scv: float | None
    ch_per_h: float | None
    ch_adjusted_per_h: float | None
    notes: tuple[str, ...]
    """Codes: no_flights_in_window, low_reduction_factor, cap_would_bind, cap_applied, rounded."""

    @property
    def per_15_min(self) -> float | None:
        """A quarter of the adjusted hourly capacity. [aircraft]"""
        return None if self.ch_adjusted_per_h is None else self.ch_adjusted_per_h / 4


def sector_capacity(
    sector: str,
    tps_s: float | None,
    tfc_s: float,
    r: float,
    beta: float = WORKLOAD_MARGIN,
    options: CapacityMethod | None = None,
) -> Capacity:
    """Capacity of one sector by either method.

    Parameters
    ----------
    sector
        Name for errors.
    tps_s
        Mean time in sector; None when no flight of the window has one. [s]
    tfc_s
        Controller time that one flight needs. [s]
    r
        Reduction factor. [1]
    beta
        Workload margin. [1]

    Raises
    ------
    CapacityError
        TPS or TFC is not positive, or R is not in (0, 1]; it names the sector and the value.

    >>> made = sector_capacity("BR-X", 2544.7, 40, 0.9)
    >>> round(made.scv, 2), round(made.ch_adjusted_per_h, 2), made.notes
    (48.94, 62.31, ('cap_would_bind',))
    """
    options = options or CapacityMethod()
    if tps_s is None:
        scv, per_h = None, _without_tps(tfc_s, beta, options, sector)
    elif options.method == "brazil":
        given = (tps_s, options.communications, options.communication_time_s, options.availability)
        scv = brazilian_simultaneous_capacity(*given, rounded=options.rounded, sector=sector)
        per_h = 3600 * scv / tps_s
    else:
        scv = simultaneous_capacity(tps_s, tfc_s, beta, rounded=options.rounded, sector=sector)
        per_h = (
            hourly_capacity_from_rounded(tps_s, tfc_s, beta, sector=sector)
            if options.rounded
            else hourly_capacity(tfc_s, beta, sector=sector)
        )
    bound = None if per_h is None else capped(per_h, tps_s)
    published = bound if options.cap_40_per_h else per_h
    notes = {
        "no_flights_in_window": tps_s is None,
        "low_reduction_factor": r < LOW_REDUCTION,
        "cap_applied": bound != per_h and options.cap_40_per_h,
        "cap_would_bind": bound != per_h and not options.cap_40_per_h,
        "rounded": options.rounded and tps_s is not None,
    }
    adjusted = adjusted_capacity(published or 0.0, r, sector=sector)
    return Capacity(
        tps_s,
        tfc_s,
        beta,
        r,
        scv,
        published,
        None if published is None else adjusted,
        tuple(note for note, holds in notes.items() if holds),
    )


def _without_tps(tfc_s: float, beta: float, options: CapacityMethod, sector: str) -> float | None:
    """CH where no flight tells the time in sector: it cancels, unless something was rounded. [aircraft/h]"""
    if options.rounded:
        return None
    if options.method == "brazil":
        given = (options.communications, options.communication_time_s, options.availability)
        return brazilian_hourly_capacity(CAP_FROM_TPS_S, *given, sector=sector)
    return hourly_capacity(tfc_s, beta, sector=sector)


def daily_times(passages: pl.DataFrame) -> pl.DataFrame:
    """Passages and time in sector of each day: what TPS of any window is made of.

    A passage counts when both its ends were seen: where reception begins or ends inside the sector,
    the time would be too short.

    Parameters
    ----------
    passages
        date, sector, time_in_sector_s, entry_observed, exit_observed and source of ``sector_flights``.

    Returns
    -------
    pl.DataFrame
        date, sector, passages, time_s, sources.
    """
    return (
        passages.filter(
            pl.col("time_in_sector_s").is_not_null() & pl.col("entry_observed") & pl.col("exit_observed")
        )
        .group_by("date", "sector")
        .agg(
            pl.len().cast(pl.Int64).alias("passages"),
            pl.col("time_in_sector_s").sort().sum().alias("time_s"),
            pl.col("source").drop_nulls().unique().sort().alias("sources"),
        )
        .sort("date", "sector")
    )


def trailing(days: Sequence[date], window_days: int) -> pl.DataFrame:
    """``date``, and as ``day`` each day of the window that ends with it. (n_days * window_days rows)"""
    dates = pl.DataFrame({"date": sorted(set(days))}, schema={"date": pl.Date})
    back = pl.DataFrame({"back": range(window_days)}, schema={"back": pl.Int64})
    return dates.join(back, how="cross").select(
        "date", (pl.col("date") - pl.duration(days=pl.col("back"))).alias("day")
    )


def sector_capacity_days(times: pl.DataFrame, sectors: Sectors, days: Sequence[date]) -> pa.Table:
    """The table ``sector_capacity``: one row per day and sector that is declared for it.

    TPS is the mean over the passages of the trailing window, the day itself included; CH does not
    depend on it, so that a sector nobody has flown through has an hourly capacity and no SCV.

    Parameters
    ----------
    times
        ``daily_times`` of the days and of the ``tps_window_days - 1`` before each.
    """
    windows = trailing(days, sectors.tps_window_days).join(times.rename({"date": "day"}), on="day")
    found = {
        (row["date"], row["sector"]): row
        for row in windows.sort("date", "sector", "day")
        .group_by("date", "sector", maintain_order=True)
        .agg(
            pl.col("passages", "time_s").sum(),
            pl.col("sources").explode().unique().sort(),
        )
        .iter_rows(named=True)
    }
    version = sectors.version_id
    rows = []
    for day in sorted(set(days)):
        for sector in sorted(sectors.on(day), key=lambda each: each.id):
            behind = found.get((day, sector.id))
            made = sector_capacity(
                sector.id,
                behind["time_s"] / behind["passages"] if behind else None,
                sector.control_time.total_s,
                sector.reduction_factor,
                sector.workload_margin,
                sector.capacity,
            )
            rows.append(
                {
                    "sector": sector.id,
                    "kind": sector.kind,
                    "tps_s": made.tps_s,
                    "tfc_s": made.tfc_s,
                    "beta": made.beta,
                    "r": made.r,
                    "scv": made.scv,
                    "ch_per_h": made.ch_per_h,
                    "ch_adjusted_per_h": made.ch_adjusted_per_h,
                    "per_15min": made.per_15_min,
                    "window_from": day - timedelta(days=sectors.tps_window_days - 1),
                    "window_to": day,
                    "flights": behind["passages"] if behind else 0,
                    "method": sector.capacity.method,
                    "options": str(sector.capacity),
                    "notes": sorted(made.notes),
                    "sources": behind["sources"] if behind else [],
                    "sectors_version": version,
                    "date": day,
                }
            )
    return pa.Table.from_pylist(rows, schema=SECTOR_CAPACITY.schema)
