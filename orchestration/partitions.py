"""The partition grids: hours, days and months, UTC."""

import os
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from airtraffic.settings import Settings

# Single-run backfills and partitioned checks carry these labels; one warning per asset says nothing more.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

_settings = Settings.from_env(os.environ)

_DAY = timedelta(days=1)
HOUR_KEY = "%Y-%m-%d-%H:%M"
DAY_KEY = "%Y-%m-%d"
MONTH_KEY = "%Y-%m"

# end_offset=1: the open hour, day and month exist while they run.
HOURLY = dg.HourlyPartitionsDefinition(
    start_date=_settings.hourly_start, timezone="UTC", fmt=HOUR_KEY, end_offset=1
)
DAILY = dg.DailyPartitionsDefinition(
    start_date=_settings.daily_start, timezone="UTC", fmt=DAY_KEY, end_offset=1
)

MONTHLY = dg.MonthlyPartitionsDefinition(
    start_date=_settings.daily_start.replace(day=1), timezone="UTC", fmt=MONTH_KEY, end_offset=1
)

SO_FAR = dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
"""Of the open day or month those hours or days that there are: Dagster makes nothing whose input cannot be."""


def so_far(*names: str) -> list[dg.AssetDep]:
    """What a day or a month is made of."""
    return [dg.AssetDep(name, partition_mapping=SO_FAR) for name in names]


def hour_key(hour: datetime) -> str:
    """Partition key of the hour that starts at ``hour`` (UTC)."""
    return hour.astimezone(UTC).strftime(HOUR_KEY)


def hour_of(key: str) -> datetime:
    """Start of the hour that a partition key names (UTC)."""
    return datetime.strptime(key, HOUR_KEY).replace(tzinfo=UTC)


def hours_by_day(keys: list[str]) -> list[list[datetime]]:
    """Hours of partition keys, grouped by day, so that a range of any length is worked off in flat memory."""
    days: dict = {}
    for hour in sorted(hour_of(key) for key in keys):
        days.setdefault(hour.date(), []).append(hour)
    return list(days.values())


def with_next(hours: set[datetime]) -> set[datetime]:
    """The hours and the one after each: what looks at an aircraft's previous row looks one hour back."""
    return hours | {hour + timedelta(hours=1) for hour in hours}


def spans(days: Iterable[date], at_once: int) -> Iterator[list[date]]:
    """Consecutive days, at most ``at_once`` at a time.

    >>> [len(span) for span in spans((date(2025, 1, 1) + _DAY * n for n in (0, 1, 2, 4)), at_once=2)]
    [2, 1, 1]
    """
    span: list[date] = []
    for day in sorted(days):
        if span and (day - span[-1] != _DAY or len(span) == at_once):
            yield span
            span = []
        span.append(day)
    if span:
        yield span
