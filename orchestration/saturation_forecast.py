"""Saturation of sectors in the days ahead, from what is forecast of their entries."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.saturation_forecast import DEMAND_COLUMNS, PEAK_DAYS, saturation_forecast
from airtraffic.seasonal_tables import SECTOR_SATURATION_FORECAST
from airtraffic.sectors import Sectors
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from orchestration.sectors import frame, on
from orchestration.silver import days_predicate

NAME = SECTOR_SATURATION_FORECAST.name
_RENAMED = {"sector": "series"}


def make_saturation_forecast(lake: LakeResource, days: Sequence[date], sectors: Sectors) -> pa.Table:
    """Make consecutive days of issue of ``sector_saturation_forecast``, in one commit."""

    def rows() -> pa.Table:
        demand = sector_forecasts(lake, days)
        return SECTOR_SATURATION_FORECAST.of(saturation_of(lake, demand, days, sectors))

    return replace_from_newest(lake, NAME, rows, days_predicate(days))


def sector_forecasts(lake: LakeResource, days: Sequence[date]) -> pl.DataFrame:
    """``DEMAND_COLUMNS`` of what was forecast of sectors' entries on the days."""
    columns = [_RENAMED.get(name, name) for name in DEMAND_COLUMNS]
    return frame(lake, "demand_forecast", columns, [*on(days), ("kind", "=", "sector")]).rename(
        {"series": "sector"}
    )


def saturation_of(
    lake: LakeResource, demand: pl.DataFrame, days: Sequence[date], sectors: Sectors
) -> pl.DataFrame:
    """Rows of ``sector_saturation_forecast`` of any forecasts of entries, with the lake's capacities and peaks."""
    observed = frame(
        lake,
        "sector_saturation",
        ("date", "sector", "d_max", "entries", "coverage_marked"),
        [*on(days, 1 - PEAK_DAYS), ("basis", "=", "observed")],
    )
    profile = frame(lake, "peak_hours", ("date", "sector", "weekday", "hour", "intensity"), on(days))
    capacity = frame(lake, "sector_capacity", ("date", "sector", "ch_adjusted_per_h"), on(days))
    return saturation_forecast(demand, profile, observed, capacity, sectors, days)
