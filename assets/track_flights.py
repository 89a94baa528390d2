"""Flights that tracks show: the route of ``flights_raw`` that the platform fills from its own silver."""

import os
from datetime import date

import dagster as dg
import pyarrow.compute as pc

from airtraffic.callsign_routes import read_callsign_routes
from airtraffic.flight_tables import FLIGHTS_RAW
from airtraffic.settings import Settings
from orchestration.automation import DAILY_EAGER
from orchestration.described import NIGHTLY, described
from orchestration.flight_tracks import make_track_flights
from orchestration.partitions import DAILY
from orchestration.resources.lake import LakeResource

DAYS_AROUND = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=1, allow_nonexistent_upstream_partitions=True
)
"""A flight over midnight begins in one day's rows and ends in the next one's."""
# A day with traffic is the input of both its neighbours; that alone brings none of them into being.
_DAY_HAS_TRAFFIC = dg.AutomationCondition.asset_matches(
    "daily_completeness", ~dg.AutomationCondition.missing()
)


@dg.asset(
    **described(
        FLIGHTS_RAW,
        DAILY,
        {"polars"},
        NIGHTLY,
        "Flights of a day as the tracks of state vectors show them: its partition (date, tracks) of flights_raw.",
    ),
    deps=[dg.AssetDep("state_vectors_daily", partition_mapping=DAYS_AROUND), "daily_completeness"],
    automation_condition=(DAILY_EAGER & _DAY_HAS_TRAFFIC).with_label(
        "a closed day with traffic, or a day beside it, changed"
    ),
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def track_flights(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    routes = read_callsign_routes(Settings.from_env(os.environ).callsign_routes)
    for key in context.partition_keys:
        rows = make_track_flights(lake, date.fromisoformat(key), routes)
        context.add_asset_metadata(
            {
                "dagster/partition_row_count": rows.num_rows,
                "with_origin": pc.count(rows["origin"]).as_py(),
                "with_destination": pc.count(rows["destination"]).as_py(),
                "arrived": pc.count(rows["arrival_at"]).as_py(),
            },
            partition_key=key,
        )
