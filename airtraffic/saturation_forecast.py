"""Saturation of sectors in the days to come, from their forecast entries."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from airtraffic.saturation import level_expr, thresholds_of
from airtraffic.seasonal_tables import SECTOR_SATURATION_FORECAST
from airtraffic.sector_capacity import trailing
from airtraffic.sector_windows import midnight
from airtraffic.sectors import Sectors

DAYS_AHEAD = 7
PEAK_DAYS = 56
"""Trailing days on which a day's own peak is compared with the profile's. [d]"""
LEAST_PEAK_DAYS = 14
NORMAL_95 = 1.96
DEMAND_COLUMNS = (
    "date",
    "sector",
    "target_date",
    "horizon",
    "mean",
    "lower",
    "upper",
    "model",
    "reason",
    "backtest_coverage",
    "trained_to",
    "sources",
)
_DAY = ["date", "sector", "weekday"]


def days_ahead(day: date) -> list[date]:
    """The days whose saturation is forecast on a day of issue."""
    return [day + timedelta(days=ahead) for ahead in range(1, DAYS_AHEAD + 1)]


def saturation_forecast(
    demand: pl.DataFrame,
    profile: pl.DataFrame,
    observed: pl.DataFrame,
    capacity: pl.DataFrame,
    sectors: Sectors,
    days: Sequence[date],
) -> pl.DataFrame:
    """Saturation index of coming days with its interval.

    A day's entries are spread over the hours of its weekday; the busiest gets ``d_max_profile``. A day's own
    rolling peak stands out more than a mean profile's, by 12 to 27 % on nine months of six sectors in Brazil:
    the mean ratio of the trailing days is ``peak_factor``. The interval has both parts in it,
    ``half / d_max = sqrt((half_entries / entries)^2 + (1.96 sd(ratio) / peak_factor)^2)``.

    Parameters
    ----------
    demand
        ``DEMAND_COLUMNS``: forecasts of sectors' entries, ``date`` of issue, as ``demand_forecast`` has them.
    profile
        date, sector, weekday, hour, intensity of ``peak_hours`` of the days of issue.
    observed
        date, sector, d_max, entries and coverage_marked of ``sector_saturation`` of the days of issue and of
        the 55 before each.
    capacity
        Rows of ``sector_capacity`` of the days of issue.
    days
        Days of issue.

    Returns
    -------
    pl.DataFrame
        Columns of ``sector_saturation_forecast``, by day of issue, sector and day; no row of a sector without
        a profile of that weekday.
    """
    shares = _shares(profile)
    busiest = (
        shares.sort("hour")
        .group_by(_DAY)
        .agg(pl.col("share").max(), pl.col("hour").get(pl.col("share").arg_max()))
    )
    rows = (
        demand.filter(pl.col("horizon").is_between(1, DAYS_AHEAD) & pl.col("date").is_in(list(days)))
        .with_columns(weekday=_weekday("target_date"))
        .join(busiest, on=_DAY)
        .join(_own_peaks(busiest, observed, days), on=["date", "sector"], how="left")
        .with_columns(
            peak_days=pl.col("peak_days").fill_null(0),
            peak_factor=pl.col("peak_factor").fill_null(1.0),
            peak_spread=pl.col("peak_spread").fill_null(0.0),
            d_max_profile=pl.col("mean") * pl.col("share"),
            window_start=midnight("target_date") + pl.duration(hours=pl.col("hour")),
        )
    )
    capacity_of = capacity.select("date", "sector", capacity_per_h="ch_adjusted_per_h")
    return (
        rows.with_columns(d_max=pl.col("d_max_profile") * pl.col("peak_factor"))
        .with_columns(
            d_max_lower=(pl.col("d_max") * (1 - _half("lower"))).clip(lower_bound=0.0),
            d_max_upper=pl.when(pl.col("mean") > 0)
            .then(pl.col("d_max") * (1 + _half("upper")))
            .otherwise(pl.col("upper") * pl.col("share") * pl.col("peak_factor")),
        )
        .join(thresholds_of(sectors, days), on=["date", "sector"])
        .join(capacity_of, on=["date", "sector"], how="left")
        .with_columns(
            (pl.col(count) / pl.col("capacity_per_h") * 100).alias(percent)
            for count, percent in (
                ("d_max", "saturation_percent"),
                ("d_max_lower", "saturation_lower_percent"),
                ("d_max_upper", "saturation_upper_percent"),
            )
        )
        .with_columns(
            level_expr("saturation_percent").alias("level"),
            level_expr("saturation_upper_percent").alias("level_upper"),
            sectors_version=pl.lit(sectors.version_id),
        )
        .rename({"mean": "entries", "lower": "entries_lower", "upper": "entries_upper"})
        .select(SECTOR_SATURATION_FORECAST.schema.names)
        .sort("date", "sector", "target_date")
    )


def _half(end: str) -> pl.Expr:
    """Half-width towards an end, as a share of d_max; 0 where nothing is expected. [1]"""
    entries = pl.when(pl.col("mean") > 0).then((pl.col(end) - pl.col("mean")) / pl.col("mean")).otherwise(0.0)
    own = NORMAL_95 * pl.col("peak_spread") / pl.col("peak_factor")
    return (entries.pow(2) + own.pow(2)).sqrt()


def _shares(profile: pl.DataFrame) -> pl.DataFrame:
    """Share of a weekday's entries in each hour. [1]"""
    share = pl.col("intensity") / pl.col("intensity").sum().over(_DAY)
    return profile.select(*_DAY, "hour", share=share).filter(pl.col("share").is_finite())


def _own_peaks(busiest: pl.DataFrame, observed: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """date, sector, peak_factor, peak_spread and peak_days of those with enough days."""
    whole = (pl.col("entries") > 0) & ~pl.col("coverage_marked").fill_null(False)
    seen = observed.filter(whole).select("sector", "d_max", "entries", day="date")
    ratio = pl.col("d_max") / (pl.col("entries") * pl.col("share"))
    return (
        trailing(days, PEAK_DAYS)
        .join(seen, on="day")
        .with_columns(weekday=_weekday("day"))
        .join(busiest, on=_DAY)
        .group_by("date", "sector")
        .agg(
            peak_factor=ratio.mean(),
            peak_spread=ratio.std(),
            peak_days=pl.len().cast(pl.Int32),
        )
        .filter(pl.col("peak_days") >= LEAST_PEAK_DAYS)
    )


def _weekday(day: str) -> pl.Expr:
    return (pl.col(day).dt.weekday() - 1).cast(pl.Int32)
