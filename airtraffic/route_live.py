"""Indicators of routes over the last 24 hours, from the operator's events."""

from datetime import datetime, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.flight_tables import FLIGHTS_RAW
from airtraffic.operator_results import operator_results
from airtraffic.route_performance import route_performance
from airtraffic.route_tables import FLIGHT_DISTANCES, ROUTE_PERFORMANCE_LIVE
from airtraffic.route_thresholds import RouteThresholds

WINDOW = timedelta(hours=24)
EVENT_COLUMNS = tuple(name for name in FLIGHTS_RAW.schema.names if name != "cruise_fl")


def live_routes(events: pl.DataFrame, as_of: datetime, thresholds: RouteThresholds) -> pa.Table:
    """Indicators of each route and airline of the flights that left, or were cancelled, in the last 24 hours.

    Of several events of a flight the last counts. The distance flown is not known here, so horizontal
    efficiency has no value.

    Parameters
    ----------
    events
        Columns ``EVENT_COLUMNS`` of ``flights_raw``, rows of the operator's topic.
    as_of
        End of the 24 hours. [UTC]
    """
    flights = _flights(events, as_of)
    results = operator_results(flights)
    no_distances = pl.DataFrame(pl.from_arrow(FLIGHT_DISTANCES.schema.empty_table()))
    day = (as_of - timedelta(microseconds=1)).date()
    rows = pl.DataFrame(pl.from_arrow(route_performance(day, flights, no_distances, results, thresholds)))
    newest = flights.group_by("origin", "destination", "airline").agg(
        pl.col("updated_at").max().alias("last_event_at")
    )
    made = rows.join(
        newest, on=["origin", "destination", "airline"], how="left", maintain_order="left"
    ).with_columns(
        pl.lit(as_of).alias("as_of"),
        pl.lit(as_of - WINDOW).alias("window_from"),
    )
    return ROUTE_PERFORMANCE_LIVE.of(made)


def _flights(events: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The last event of each flight of the window that left or was cancelled."""
    left = pl.coalesce("departure_at", "scheduled_departure_at")
    return (
        events.filter(pl.col("updated_at") < as_of)
        .sort("updated_at", "ingested_at", "received_from", "position")
        .unique(["provider", "provider_flight_id"], keep="last", maintain_order=True)
        .filter(
            pl.col("departure_at").is_not_null() | pl.col("cancelled"),
            left >= as_of - WINDOW,
            left < as_of,
        )
        .with_columns(flight_id=pl.format("{} {}", "provider", "provider_flight_id"))
    )
