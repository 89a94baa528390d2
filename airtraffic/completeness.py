"""Whether a day of traffic is whole."""

from collections.abc import Mapping
from datetime import date
from statistics import median

import pyarrow as pa

from airtraffic.tables import DAILY_COMPLETENESS

DAY_S = 86400.0


def daily_completeness(
    day: date, coverage: pa.Table, rows_by_hour: Mapping[int, int], coverage_warning: float
) -> pa.Table:
    """The row of ``daily_completeness`` for one day.

    An hour is present when a poll came and, where polls announced state vectors, when there are any:
    an hour whose silver was never made is missing, not empty.

    Parameters
    ----------
    coverage
        Rows of ``poll_coverage`` of the day; hours may be missing.
    rows_by_hour
        Rows in ``state_vectors`` by hour of the day.
    coverage_warning
        An hour with less than this share of its polls makes the day incomplete. [1]
    """
    hours = [hour for hour in coverage.to_pylist() if hour["date"] == day]
    present = [
        hour for hour in hours if hour["polls_seen"] and (rows_by_hour.get(hour["hour"]) or not hour["rows"])
    ]
    missing = sorted(set(range(24)) - {hour["hour"] for hour in present})
    intervals = [hour["interval_s"] for hour in hours if hour["interval_s"]]
    expected = int(DAY_S // median(intervals)) if intervals else None
    seen = sum(hour["polls_seen"] for hour in hours)
    thin = [hour for hour in present if hour["coverage"] is not None and hour["coverage"] < coverage_warning]
    row = {
        "rows": sum(rows_by_hour.values()),
        "hours_present": len(present),
        "hours_missing": missing,
        "polls_seen": seen,
        "polls_expected": expected,
        "completeness": min(1.0, seen / expected) if expected else None,
        "complete": not missing and not thin,
        "sources": sorted({source for hour in hours for source in hour["sources"]}),
        "date": day,
    }
    return pa.Table.from_pylist([row], schema=DAILY_COMPLETENESS.schema)
