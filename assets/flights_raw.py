"""What came in by the routes of flights: filled by ingestion, a day of departure to a partition."""

import dagster as dg

from airtraffic.flight_tables import FLIGHTS_RAW, REJECTED_FLIGHTS
from orchestration.described import LIVE, RARE, described
from orchestration.partitions import DAILY

flights_raw = dg.AssetSpec(
    "flights_raw",
    **described(
        FLIGHTS_RAW,
        DAILY,
        {"arrow"},
        LIVE,
        "Flights as every route brought them: files, the operator's database and topic, OpenSky's flights, tracks.",
    ),
)
rejected_flights = dg.AssetSpec(
    "rejected_flights",
    **described(
        REJECTED_FLIGHTS,
        DAILY,
        {"arrow"},
        RARE,
        "What a route of flights or a file of daily counts brought and could not be read, with the reason and the "
        "original.",
    ),
)

TABLES = (flights_raw, rejected_flights)
