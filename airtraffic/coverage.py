"""Which polls came, which should have come, and where the gaps are."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

import polars as pl
import pyarrow as pa

from airtraffic.tables import POLL_COVERAGE

HOUR_S = 3600.0
GAP_INTERVALS = 1.5
"""A time without a poll is a gap when it is longer than this many intervals. [1]"""


def poll_coverage(polls: pl.DataFrame, hours: Collection[datetime], now: datetime) -> pa.Table:
    """One row per hour, in order: polls seen and expected, and the gaps as intervals.

    A poll that was sent twice counts once. The open hour expects only what ``now`` lets it; a closed
    hour does not depend on ``now``. An hour without any poll is one gap, and how many polls it should
    have had is unknown.

    Parameters
    ----------
    polls
        Rows of ``polls`` of the hours and of the hour before each; more do no harm.
    hours
        Starts of the hours to describe. [UTC]
    now
        The present. [UTC]
    """
    once = polls.sort("snapshot_at", "source", "ingested_at", "kafka_offset").unique(
        ["snapshot_at", "source"], keep="last", maintain_order=True
    )
    by_hour = {
        key[0]: part
        for key, part in once.group_by(pl.col("snapshot_at").dt.truncate("1h"), maintain_order=True)
    }
    nothing = once.clear()
    rows = []
    for hour in sorted(hours):
        before = by_hour.get(hour - timedelta(hours=1), nothing)["snapshot_at"].max()
        rows.append(_hour(hour, by_hour.get(hour, nothing), before, now))
    return pa.Table.from_pylist(rows, schema=POLL_COVERAGE.schema)


def _hour(hour: datetime, polls: pl.DataFrame, poll_before: datetime | None, now: datetime) -> dict:
    seen = polls["snapshot_at"].unique().sort().to_list()
    end = min(hour + timedelta(seconds=HOUR_S), max([now.astimezone(UTC), hour, *seen[-1:]]))
    intervals = polls["interval_s"].drop_nulls().to_list()
    interval_s = median(intervals) if intervals else None
    expected = int((end - hour).total_seconds() // interval_s) if interval_s else None
    gaps = gaps_between(seen, hour, end, interval_s, poll_before)
    return {
        "hour_start": hour,
        "polls_seen": len(seen),
        "polls_expected": expected,
        "coverage": min(1.0, len(seen) / expected) if expected else None,
        "interval_s": interval_s,
        "rows": int(polls["rows"].sum()),
        "empty_polls": polls.filter((pl.col("rows") == 0) & (pl.col("rejected").fill_null(0) == 0)).height,
        "sources": sorted(polls["source"].drop_nulls().unique().to_list()),
        "gaps": [{"start": start, "end": stop} for start, stop in gaps],
        "gap_s": sum((stop - start).total_seconds() for start, stop in gaps),
        "date": hour.date(),
        "hour": hour.hour,
    }


def gaps_between(
    seen: Sequence[datetime],
    start: datetime,
    end: datetime,
    interval_s: float | None,
    poll_before: datetime | None = None,
) -> list[tuple[datetime, datetime]]:
    """Times without a poll that are longer than 1.5 intervals, cut at ``start``.

    ``poll_before`` is the last poll of the hour before: a poll that is missing where two hours meet is
    found by it, in the second of them.

    >>> t = datetime(2025, 1, 15, tzinfo=UTC)
    >>> minutes = [t + timedelta(minutes=m) for m in (0, 1, 4)]
    >>> [(str(a.time()), str(b.time())) for a, b in gaps_between(minutes, t, t + timedelta(minutes=5), 60)]
    [('00:01:00', '00:04:00')]
    """
    longest = timedelta(seconds=GAP_INTERVALS * (interval_s or 0))
    moments = [poll_before or start, *seen, end]
    return [
        (max(earlier, start), later)
        for earlier, later in pairwise(moments)
        if later - earlier > longest and later > start
    ]
