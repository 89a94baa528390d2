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

MONTHLY_EAGER = (_INPUT_CHANGED & _FREE).with_label("a day of the month changed")
"""The open month too: it grows once a day, when a day has closed."""

CLUSTERS = "cluster_snapshots"
CARRIED_H = 4
"""How far a late row is carried forward in the clusters: eight half-lives of 30 min. [h]"""


def _and_later(condition: When, hours: int, last: When | None = None) -> When:
    """What holds for an hour of the clusters, said of it and of the hours after it: by way of their own past."""
    held = last or condition
    for _ in range(hours):
        held = condition | _hour_before(held)
    return held


def _hour_before(condition: When) -> When:
    return When.asset_matches(CLUSTERS, condition)


# Seen from the clusters, features of the same hour; from there, silver of the same hour. The clusters' own
# mapping to silver is wider, and would carry the hour that silver makes again after a late row an hour too far.
_SILVER_MADE = When.asset_matches("flight_states", When.asset_matches("state_vectors", When.newly_updated()))
# Repeats look one hour back, so silver of an hour is made again after late rows in the hour before, at once or
# ticks later. But for flags in its first minutes its rows are then the same: it reaches no further than the hour
# of the late rows does. Silver that rows of its own came for, or that was made by hand, reaches all the way.
_ROWS_CAME = When.asset_matches("state_vectors_raw", When.newly_updated())
_OWN_WAIT = _ROWS_CAME.since(_SILVER_MADE)
_ROWS_BEFORE_WAIT = _hour_before(_ROWS_CAME).since(_SILVER_MADE)
# Making silver ends the wait in the same tick, so it is the end that is looked for. Dagster tells the memories of
# two such conditions apart by the operators in them: this one must not begin with a "not".
_FOLLOWS_HOUR_BEFORE = (~_ROWS_BEFORE_WAIT | _OWN_WAIT).newly_true() & ~_ROWS_CAME
_ROWS_CHANGED = _and_later(_SILVER_MADE, CARRIED_H, last=_SILVER_MADE & ~_FOLLOWS_HOUR_BEFORE)
# A run that was asked for begins before it is done, and rows that come in between may not be in it: so the
# asking counts, unless rows changed right after it, and not the run's end. What others make does count.
_MADE_BY_OTHERS = When.newly_updated() & ~When.all_new_updates_have_run_tags(
    tag_keys={"dagster/from_automation_condition"}
)
_HANDLED = (When.newly_requested() & ~_ROWS_CHANGED) | _MADE_BY_OTHERS | When.initial_evaluation()
# What was there before its predecessor had been warmed up.
_APPEARED = (~When.missing()).newly_true()
_PREDECESSOR_APPEARED = _hour_before(_APPEARED) & ~When.missing() & ~_APPEARED
_WANTED = _ROWS_CHANGED.since(_HANDLED) | _PREDECESSOR_APPEARED.since_last_handled()
# In order: an hour waits while one that it goes on from is being made, or what that is made of.
_WAITS = _and_later(When.any_deps_in_progress() | When.in_progress(), CARRIED_H)

CLUSTERS_EAGER = (_CLOSED & _WANTED & _THERE & ~_WAITS).with_label(
    f"rows of a closed hour or of the {CARRIED_H} before it changed, or its predecessor appeared"
)
"""Late rows in an hour make it and the next 4 again, in order, and nothing later, although each hour that
is made again is the input of the next. An hour that was warmed up is made again when its predecessor
appears. Nothing here follows the clusters' own updates, so that they do not run on to the present."""

WITH_CLUSTERS = (When.asset_matches(CLUSTERS, When.will_be_requested()) | HOURLY_EAGER).with_label(
    "clusters of the hour are made, or were made alone"
)

HOTSPOTS_EAGER = (
    _CLOSED
    & When.any_deps_updated().allow(dg.AssetSelection.assets("flight_states")).since_last_handled()
    & _THERE
    & _FREE
).with_label("the features of a closed hour changed")
"""The trend's days before change hundreds of hours later by a little, which is no reason to make them again."""

CONGESTION_EAGER = (
    _CLOSED
    & When.any_deps_updated().allow(dg.AssetSelection.assets("congestion_grid")).since_last_handled()
    & _THERE
    & _FREE
).with_label("the grid of a closed hour changed")
"""Models of an earlier day that are trained again are no reason: what was published stands."""

# A day beside it is input too, which brings no day into being of which there is neither flight nor poll.
_DAY_IS_KNOWN = When.asset_matches("flights", ~When.missing()) | When.asset_matches(
    "daily_completeness", ~When.missing()
)
SECTORS_EAGER = (_CLOSED & _INPUT_CHANGED & _DAY_IS_KNOWN & _FREE).with_label(
    "a closed day that is known, or a day beside it, changed"
)

WINDOWS_EAGER = (
    _CLOSED
    & When.asset_matches(
        "sector_occupancy", When.newly_updated() | When.will_be_requested()
    ).since_last_handled()
    & _FREE
).with_label("the counts of a closed day changed")
"""For trailing windows of 90 days: a late flight changes its own day's capacity and peak hours, and makes them
again. It changes those of the 89 days after it by one flight in some thousands, and the hourly capacity not at
all, as the time in sector cancels out of it; they follow when they are made for another reason, or by a
backfill. ``sector_occupancy`` is made together with what the windows are made of, and for the same days."""

# Flights of the day before are input as well, and land on days of which nothing else is known.
_DEMAND_IS_KNOWN = When.asset_matches("sector_entries", ~When.missing()) | When.asset_matches(
    "daily_counts", ~When.missing()
)
DEMAND_EAGER = (_CLOSED & _INPUT_CHANGED & _DEMAND_IS_KNOWN & _FREE).with_label(
    "flights or published counts of a closed day changed"
)

ACCURACY_EAGER = (
    _CLOSED & _INPUT_CHANGED & When.asset_matches("daily_demand", ~When.missing()) & _FREE
).with_label("what came on a closed day, or forecasts of it, changed")
"""Forecasts of a day are there before it: it waits for what comes."""

FORECAST_READY = (
    _CLOSED
    & When.any_deps_updated().ignore(dg.AssetSelection.assets("sector_saturation")).since_last_handled()
    & When.asset_matches("demand_forecast", ~When.missing())
    & _FREE
).with_label("the forecast of a closed day, or what it is set against, changed")
"""Observed saturation of the weeks before only says how days' own peaks stand out: no reason to make it again."""

TRAINED = (
    _CLOSED
    & When.asset_matches("demand_models", When.newly_updated()).since_last_handled()
    & ~When.in_progress()
).with_label("models of daily demand were trained")
"""Seasons and trends are made when models are trained: by the schedule, by hand, or after a drift."""

automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Makes closed hours and days again when what they are made of has changed.",
)
