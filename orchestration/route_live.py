"""``route_performance_live``: a day's last 24 hours of the operator's topic."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.flight_tables import OPERATOR_EVENTS
from airtraffic.route_live import EVENT_COLUMNS, live_routes
from airtraffic.route_thresholds import RouteThresholds
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource

DAY = timedelta(days=1)
_PARTITIONS_AROUND = 3
"""Days before and after whose partitions are read: a flight's plan may lie days from its departure."""


def make_route_performance_live(
    lake: LakeResource, day: date, now: datetime, thresholds: RouteThresholds
) -> pa.Table:
    """Make a day of ``route_performance_live``: up to its end, or while it lasts up to now."""
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
    as_of = min(now, end)

    def rows() -> pa.Table:
        around = [day + n * DAY for n in range(-_PARTITIONS_AROUND, _PARTITIONS_AROUND + 1)]
        where = [("date", "in", around), ("route", "=", OPERATOR_EVENTS)]
        events = lake.read("flights_raw", EVENT_COLUMNS, where)
        return live_routes(pl.DataFrame(pl.from_arrow(events)), as_of, thresholds)

    return replace_from_newest(lake, "route_performance_live", rows, f"date = '{day}'")
