"""What the page of a day of issue is made of, read from the lake."""

from datetime import date, timedelta

from airtraffic.report.forecast_summary import (
    ACCURACY_DAYS,
    FORECAST_DAY_TABLES,
    KNOWN_DAYS,
    ForecastDay,
)
from orchestration.resources.lake import Filter, LakeResource
from orchestration.sectors import frame

_OF_THE_DAY = ("demand_forecast", "sector_saturation_forecast")
_DAYS_BEFORE = {"daily_demand": KNOWN_DAYS, "forecast_accuracy": ACCURACY_DAYS}


def forecast_day(lake: LakeResource, day: date) -> ForecastDay:
    """The rows of a day of issue; a table that is not there is an empty one."""
    return ForecastDay(
        day, **{name: frame(lake, name, None, _where(lake, name, day)) for name in FORECAST_DAY_TABLES}
    )


def newest(lake: LakeResource, name: str, until: date) -> date | None:
    """The last day up to one of which a table partitioned by date has rows, by its log alone."""
    if not lake.exists(name):
        return None
    days = (date.fromisoformat(partition["date"]) for partition in lake.delta(name).partitions())
    return max((day for day in days if day <= until), default=None)


def versions(lake: LakeResource) -> dict[str, int | None]:
    """Delta versions of the tables that are read."""
    return {name: lake.version(name) for name in FORECAST_DAY_TABLES}


def _where(lake: LakeResource, name: str, day: date) -> list[Filter]:
    if name in _OF_THE_DAY:
        return [("date", "=", day)]
    if name in _DAYS_BEFORE:
        back = day - timedelta(days=_DAYS_BEFORE[name] - 1)
        return [("date", ">=", back), ("date", "<=", day)]
    # A month that has not ended says nothing of growth yet.
    until = (day + timedelta(days=1)).replace(day=1) - timedelta(days=1) if name == "airline_growth" else day
    return [("date", "=", newest(lake, name, until) or date.min)]
