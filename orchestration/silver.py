"""Silver tables made from the lake's bronze, a day at a time at most, so that memory stays flat."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.completeness import daily_completeness
from airtraffic.coverage import poll_coverage
from airtraffic.snapshots import LOOK_BACK, snapshots, state_vectors_table
from airtraffic.tables import POLLS, STATE_VECTORS_RAW
from orchestration.races import replace_from_newest
from orchestration.resources.lake import Filter, LakeResource

HOUR = timedelta(hours=1)
_RAW_COLUMNS = [name for name in STATE_VECTORS_RAW.schema.names if name not in ("schema_version", "date")]
_POLLS_COLUMNS = [name for name in POLLS.schema.names if name not in ("schema_version", "date")]


def make_state_vectors(lake: LakeResource, hours: Sequence[datetime]) -> dict[datetime, int]:
    """Make hours of ``state_vectors`` of one day, in one commit; rows by hour."""

    def rows() -> pa.Table:
        raw = lake.read("state_vectors_raw", _RAW_COLUMNS, with_hour_before(hours))
        return state_vectors_table(snapshots(pl.from_arrow(raw), hours))

    made = replace_from_newest(lake, "state_vectors", rows, hours_predicate(hours))
    return rows_by_hour(made, hours)


def make_poll_coverage(lake: LakeResource, hours: Sequence[datetime], now: datetime) -> pa.Table:
    """Make hours of ``poll_coverage`` of one day, in one commit."""

    def rows() -> pa.Table:
        polls = lake.read("polls", _POLLS_COLUMNS, with_hour_before(hours))
        return poll_coverage(pl.from_arrow(polls), hours, now)

    return replace_from_newest(lake, "poll_coverage", rows, hours_predicate(hours))


def make_state_vectors_daily(lake: LakeResource, day: date) -> pa.Table:
    """Make one day of ``state_vectors_daily``, sorted, in one file; the hour of each row."""

    def rows() -> pa.Table:
        table = lake.read("state_vectors", where=[("date", "=", day)])
        return table.sort_by([("icao24", "ascending"), ("snapshot_at", "ascending")])

    return replace_from_newest(lake, "state_vectors_daily", rows, f"date = '{day}'").select(["hour"])


def make_daily_completeness(lake: LakeResource, day: date, coverage_warning: float) -> pa.Table:
    """Make the row of ``daily_completeness`` of one day."""

    def rows() -> pa.Table:
        hours = lake.read("state_vectors_daily", ["hour"], [("date", "=", day)])["hour"].value_counts()
        by_hour = {pair["values"].as_py(): pair["counts"].as_py() for pair in hours}
        coverage = lake.read("poll_coverage", where=[("date", "=", day)])
        return daily_completeness(day, coverage, by_hour, coverage_warning)

    return replace_from_newest(lake, "daily_completeness", rows, f"date = '{day}'")


def hours_predicate(hours: Sequence[datetime]) -> str:
    """SQL for hours of one day.

    >>> hours_predicate([datetime(2025, 1, 15, 3, tzinfo=UTC), datetime(2025, 1, 15, 4, tzinfo=UTC)])
    "date = '2025-01-15' AND hour IN (3, 4)"
    """
    (day,) = {hour.date() for hour in hours}
    return f"date = '{day}' AND hour IN ({', '.join(str(hour.hour) for hour in sorted(hours))})"


def days_predicate(days: Iterable[date]) -> str:
    """SQL for some days.

    >>> days_predicate([date(2025, 1, 16), date(2025, 1, 15)])
    "date IN ('2025-01-15', '2025-01-16')"
    """
    return "date IN ({})".format(", ".join(f"'{day}'" for day in sorted(days)))


def within(hours: Sequence[datetime], before: timedelta = timedelta(0)) -> list[Filter]:
    """Filters for a table partitioned by date: from the first hour, less ``before``, to the last's end."""
    start, end = min(hours) - before, max(hours) + HOUR
    days = [start.date() + timedelta(days=n) for n in range((end - start).days + 2)]
    return [
        ("date", "in", [day for day in days if day <= max(hours).date()]),
        ("snapshot_at", ">=", start),
        ("snapshot_at", "<", end),
    ]


def with_hour_before(hours: Sequence[datetime]) -> list[Filter]:
    """Filters for the hours and what their rows look back to."""
    return within(hours, LOOK_BACK)


def rows_by_hour(table: pa.Table, hours: Sequence[datetime]) -> dict[datetime, int]:
    """Rows by hour of ``snapshot_at``; an hour without rows counts 0."""
    counts = (
        pl.DataFrame(pl.from_arrow(table.select(["snapshot_at"])))
        .group_by(pl.col("snapshot_at").dt.truncate("1h"))
        .len()
    )
    found = dict(counts.iter_rows())
    return {hour: found.get(hour.astimezone(UTC), 0) for hour in hours}
