"""When partitions are made by themselves.

The open hour belongs to the ingest job, so nothing here asks for the latest partition. What is left is
late data: a closed hour whose input changed is made again, and with it what hangs on it.
"""

import dagster as dg
from dagster import AutomationCondition as When

_INPUT_CHANGED = When.any_deps_updated().since_last_handled()
_CLOSED = ~When.in_latest_time_window()
_FREE = ~When.any_deps_in_progress() & ~When.in_progress()
# An hour looks one hour back, so late rows also reach the hour after them. That one is made again
# where it is there or has traffic, and not brought into being by its neighbour. Seen from silver, one
# of the two tables is its input, for which the hour before counts as well; the other one decides.
_HAS_TRAFFIC = When.asset_matches("polls", ~When.missing()) & When.asset_matches(
    "state_vectors_raw", ~When.missing()
)
_THERE = ~When.missing() | _HAS_TRAFFIC

HOURLY_EAGER = (_CLOSED & _INPUT_CHANGED & _THERE & _FREE).with_label("a closed hour's input changed")
"""Not held up by a missing hour: the first hour of traffic has none before it."""

DAILY_EAGER = (_CLOSED & _INPUT_CHANGED & _FREE).with_label("an hour of a closed day changed")
"""A day with missing hours is made too: its row in daily_completeness says that it is not whole."""

automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Makes closed hours and days again when what they are made of has changed.",
)
