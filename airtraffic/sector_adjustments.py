"""What could be done about a peak hour: fewer flights, two sectors, or one with a neighbour."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa

from airtraffic.saturation import level, level_expr, saturation_index, thresholds_of
from airtraffic.sector_coverage import BASIS
from airtraffic.sector_finding_tables import SECTOR_ADJUSTMENTS
from airtraffic.sector_windows import STEP, WINDOW
from airtraffic.sectors import Sector, Sectors

LEVEL_STEP_FL = 10
"""Sectors are split at flight levels that are multiples of this. [FL]"""
_LISTED = 6
_NOBODY = {name: [] for name in ("who", "origin", "destination", "entry_fl", "exit_fl")}


def sector_adjustments(
    entries: pl.DataFrame,
    capacity: pl.DataFrame,
    passages: pl.DataFrame,
    sectors: Sectors,
    days: Sequence[date],
) -> pa.Table:
    """Proposals for each clock hour in which a window in alert or critical saturation starts.

    * ``flow_cap``: the most whole entries per hour that are still normal.
    * ``split``: two sectors, each with its own controllers and the capacity of this one. Connectivity
      sectors are parted by origin or by destination, whichever balances better; airspace sectors at
      the flight level that leaves the fuller part with the fewest. A flight through both counts twice.
    * ``merge``, one row per neighbour: one team for both, in which each flight takes the time that it
      takes in its own sector: the capacity is the harmonic mean, weighted by entries. A flight that
      enters both counts once.

    Parameters
    ----------
    entries, capacity
        Rows of ``sector_entries`` and ``sector_capacity`` of the days.
    passages
        Rows of ``sector_flights`` of the days and of the day after each.
    """
    peaks = _peaks(entries, capacity, sectors, days)
    if peaks.is_empty():
        return SECTOR_ADJUSTMENTS.schema.empty_table()
    by_id = {(day, sector.id): sector for day in set(peaks["date"]) for sector in sectors.on(day)}
    per_h = {
        (day, sector): value
        for day, sector, value in capacity.select("date", "sector", "ch_adjusted_per_h").iter_rows()
    }
    entered = _entered(peaks, passages, by_id)
    version = sectors.version_id
    rows = []
    for peak in peaks.iter_rows(named=True):
        sector = by_id[peak["date"], peak["sector"]]
        flights = entered.get((sector.id, peak["window_start"]), _NOBODY)
        after = [_flow_cap(peak), *_split(peak, sector, flights)]
        for neighbour in sorted(sector.neighbours):
            other = entered.get((neighbour, peak["window_start"]), _NOBODY)
            if (peak["date"], neighbour) in by_id:
                after.append(_merge(peak, neighbour, flights, other, per_h.get((peak["date"], neighbour))))
        rows += [_row(peak, sector, proposal, version) for proposal in after if proposal]
    return pa.Table.from_pylist(rows, schema=SECTOR_ADJUSTMENTS.schema)


def balanced_halves(counts: dict[str, int]) -> tuple[list[str], list[str]]:
    """Keys in two parts of nearly the same sum: the biggest first, each to the emptier part.

    >>> balanced_halves({"SBSP": 5, "SBGR": 4, "SBKP": 2})
    (['SBSP'], ['SBGR', 'SBKP'])
    """
    parts: tuple[list[str], list[str]] = ([], [])
    sums = [0, 0]
    for key, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        emptier = int(sums[1] < sums[0])
        parts[emptier].append(key)
        sums[emptier] += count
    return sorted(parts[0]), sorted(parts[1])


def _peaks(
    entries: pl.DataFrame, capacity: pl.DataFrame, sectors: Sectors, days: Sequence[date]
) -> pl.DataFrame:
    """The worst window of each sector and clock hour, where it is not normal."""
    key = ["date", "sector"]
    limits = thresholds_of(sectors, days)
    return (
        entries.join(limits, on=key)
        .join(capacity.select(*key, pl.col("ch_adjusted_per_h").alias("capacity_per_h")), on=key)
        .with_columns(
            (pl.col("entries_60min") / pl.col("capacity_per_h") * 100).alias("percent"),
            (pl.col("capacity_per_h") * pl.col("alert_percent") / 100).cast(pl.Int64).alias("flow_cap_per_h"),
        )
        .with_columns(
            level_expr("percent").alias("level"), pl.col("window_start").dt.truncate("1h").alias("hour_start")
        )
        .filter(pl.col("level").is_in(["alert", "critical"]))
        .sort(
            *key, "hour_start", "entries_60min", "window_start", descending=[False, False, False, True, False]
        )
        .unique([*key, "hour_start"], keep="first", maintain_order=True)
    )


def _entered(peaks: pl.DataFrame, passages: pl.DataFrame, by_id: dict) -> dict[tuple, dict]:
    """Passages that enter each peak's sector, or a neighbour of it, in its window."""
    windows = pl.DataFrame(
        [
            (who, start)
            for day, sector, start in peaks.select("date", "sector", "window_start").iter_rows()
            for who in (sector, *by_id[day, sector].neighbours)
        ],
        schema={"sector": pl.String, "window_start": pl.Datetime("us", "UTC")},
        orient="row",
    ).unique()
    quarters = windows.with_columns(
        pl.datetime_ranges("window_start", pl.col("window_start") + WINDOW, STEP, closed="left").alias(
            "quarter"
        )
    ).explode("quarter")
    found = (
        passages.with_columns(
            pl.col("entry_at").dt.truncate("15m").alias("quarter"),
            pl.coalesce("flight_id", "icao24").alias("who"),
            pl.col("origin", "destination").fill_null("unknown"),
        )
        .join(quarters, on=["sector", "quarter"])
        .group_by("sector", "window_start")
        .agg(list(_NOBODY))
    )
    return {(row["sector"], row["window_start"]): row for row in found.iter_rows(named=True)}


def _flow_cap(peak: dict) -> dict:
    return {
        "proposal": "flow_cap",
        "part": None,
        "demand": min(peak["flow_cap_per_h"], peak["entries_60min"]),
        "capacity": peak["capacity_per_h"],
    }


def _split(peak: dict, sector: Sector, flights: dict) -> Iterator[dict]:
    parted = _by_level(sector, flights) if sector.kind == "airspace" else _by_airport(flights)
    if parted:
        part, fuller = parted
        yield {"proposal": "split", "part": part, "demand": fuller, "capacity": peak["capacity_per_h"]}


def _by_airport(flights: dict) -> tuple[str, int] | None:
    best = None
    for side in ("origin", "destination"):
        counts = Counter(flights[side])
        if len(counts) < 2:
            continue
        parts = balanced_halves(counts)
        fuller = max(sum(counts[airport] for airport in part) for part in parts)
        if best is None or fuller < best[1]:
            best = f"{side} {_listed(parts[0])} | {_listed(parts[1])}", fuller
    return best


def _listed(airports: list[str]) -> str:
    more = len(airports) - _LISTED
    return ", ".join(airports[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _by_level(sector: Sector, flights: dict) -> tuple[str, int] | None:
    first = int(sector.floor_fl // LEVEL_STEP_FL + 1) * LEVEL_STEP_FL
    levels = np.arange(first, sector.ceiling_fl, LEVEL_STEP_FL)
    if not len(levels) or not flights["who"]:
        return None
    ends = np.array([flights["entry_fl"], flights["exit_fl"]], dtype=float)
    lowest, highest = ends.min(axis=0), ends.max(axis=0)
    lower = (lowest[:, None] < levels).sum(axis=0)
    upper = (highest[:, None] >= levels).sum(axis=0)
    best = int(np.argmin(np.maximum(lower, upper)))
    return f"FL{levels[best]:03.0f}: {lower[best]} below | {upper[best]} above", int(
        max(lower[best], upper[best])
    )


def _merge(peak: dict, neighbour: str, flights: dict, other: dict, other_per_h: float | None) -> dict | None:
    if other_per_h is None:
        return None
    of_sector, of_other = len(flights["who"]), len(other["who"])
    time_h = of_sector / peak["capacity_per_h"] + of_other / other_per_h
    return {
        "proposal": "merge",
        "part": neighbour,
        "demand": len({*flights["who"], *other["who"]}),
        "capacity": (of_sector + of_other) / time_h,
    }


def _row(peak: dict, sector: Sector, after: dict, version: str) -> dict:
    percent = saturation_index(after["demand"], after["capacity"])
    return {
        "sector": sector.id,
        "hour_start": peak["hour_start"],
        "window_start": peak["window_start"],
        "proposal": after["proposal"],
        "part": after["part"],
        "demand_before": peak["entries_60min"],
        "capacity_before_per_h": peak["capacity_per_h"],
        "saturation_before_percent": peak["percent"],
        "level_before": peak["level"],
        "demand_after": after["demand"],
        "capacity_after_per_h": after["capacity"],
        "saturation_after_percent": percent,
        "level_after": level(percent, sector.thresholds),
        "flow_cap_per_h": peak["flow_cap_per_h"],
        "flights_to_move": max(peak["entries_60min"] - peak["flow_cap_per_h"], 0),
        **{name: peak[name] for name in BASIS},
        "sectors_version": version,
        "date": peak["date"],
    }
