"""Flights: what each route brought, what could not be read, and one row per flight."""

import pyarrow as pa

from airtraffic.table import TIMESTAMP, Table, column

DATABASE, OPERATOR_EVENTS, FILES, OPENSKY_FLIGHTS, TRACKS = PRECEDENCE = (
    "database",
    "operator_events",
    "files",
    "opensky_flights",
    "tracks",
)
"""The routes by which flights come in. What an earlier one says counts; a later one fills its nulls."""

_WHO = (
    column("icao24", pa.string(), "24-bit transponder address, 6 hex digits, lower case; null when unknown"),
    column("callsign", pa.string(), "Callsign as sent; null when unknown"),
    column("airline", pa.string(), "Airline, ICAO designator; null when unknown"),
    column("flight_number", pa.string(), "Number that the airline gave the flight, without its designator"),
    column("registration", pa.string(), "Registration of the aircraft; null when unknown"),
    column("origin", pa.string(), "Airport of departure, ICAO code; null when unknown"),
    column("destination", pa.string(), "Airport of arrival, ICAO code; null when unknown"),
)
_WHEN = (
    column("departure_at", TIMESTAMP, "Departure; null when it did not take off or is not known", "UTC"),
    column("arrival_at", TIMESTAMP, "Arrival; null when it did not arrive or is not known", "UTC"),
    column("scheduled_departure_at", TIMESTAMP, "Departure as planned; null when unknown", "UTC"),
    column("scheduled_arrival_at", TIMESTAMP, "Arrival as planned; null when unknown", "UTC"),
    column("cancelled", pa.bool_(), "The provider says that it did not take place"),
    column("cruise_fl", pa.int32(), "Cruising level; null when unknown", "FL, 100 ft"),
)
_DATE = column(
    "date", pa.date32(), "Day of departure_at, or where that is null of the planned departure", "UTC"
)
_PROVIDER = column("provider", pa.string(), "Whose data it is: bimtra, nycflights13, opensky, tracks, ...")
_ROUTE = column("route", pa.string(), "How it came in: " + ", ".join(PRECEDENCE))
_RECEIVED = (
    column(
        "received_from",
        pa.string(),
        "Provider, SHA-256 and name of a file; topic and partition, table, request or track",
    ),
    column("position", pa.int64(), "Number of the row, or offset of the message, in received_from, from 0"),
    column("original", pa.string(), "The row as it was received, JSON"),
    column("ingested_at", TIMESTAMP, "When it was read", "UTC"),
)
_SOURCE = column(
    "source", pa.string(), "Where the data really comes from: file, operator, opensky, replay, simulate"
)

FLIGHTS_RAW = Table(
    "flights_raw",
    "bronze",
    "One row per row received, once",
    pa.schema(
        [
            _PROVIDER,
            _SOURCE,
            *_RECEIVED,
            column(
                "provider_flight_id",
                pa.string(),
                "The provider's own key of the flight; null when it has none",
            ),
            column(
                "updated_at",
                TIMESTAMP,
                "When the provider last changed it; of several rows of one provider_flight_id the last counts",
                "UTC",
            ),
            *_WHO,
            *_WHEN,
            column(
                "flags",
                pa.list_(pa.string()),
                "What the route itself knows to be odd, sorted, empty or null when nothing: arrival_unobserved, "
                "departure_unobserved, airport_by_callsign, unlisted_airport",
            ),
            _DATE,
            _ROUTE,
        ]
    ),
    ("date", "route"),
)
REJECTED_FLIGHTS = Table(
    "rejected_flights",
    "bronze",
    "One row per row received that is neither a flight that can be dated nor a day's counts, once",
    pa.schema(
        [
            _ROUTE,
            _PROVIDER,
            _SOURCE,
            column("reason", pa.string(), "What is wrong, which value, what was expected"),
            *_RECEIVED,
            column("date", pa.date32(), "Day of ingested_at, partition column", "UTC"),
        ]
    ),
    ("date",),
)
FLIGHTS = Table(
    "flights",
    "silver",
    "One row per flight, however many routes brought it",
    pa.schema(
        [
            column(
                "flight_id",
                pa.string(),
                "Made of what identifies the flight, so that making the day again gives it again",
            ),
            *_WHO,
            *_WHEN,
            column(
                "duration_s",
                pa.float64(),
                "arrival_at - departure_at, negative where the data says so; null without both",
                "s",
            ),
            _SOURCE,
            column("sources", pa.list_(pa.string()), "Source of each route that brought it, sorted"),
            _PROVIDER,
            column("routes", pa.list_(pa.string()), "Routes that brought it, the one that counts first"),
            column(
                "flags",
                pa.list_(pa.string()),
                "What is odd about it, sorted, empty when nothing: airport_by_callsign, arrival_not_after_departure, "
                "arrival_unobserved, cancelled, departure_unobserved, "
                "destination_differs (the routes name several: a diversion), duration_over_6h, no_arrival, "
                "possible_duplicate (of a flight of another route: its row names no aircraft and several lie as near), "
                "same_airport, unknown_destination, unknown_origin, "
                "unlisted_airport (an ICAO code that no list of airports has)",
            ),
            _DATE,
        ]
    ),
    ("date",),
)
_COUNT = pa.int64()
FLIGHTS_QUALITY = Table(
    "flights_quality",
    "silver",
    "One row per day, route and provider",
    pa.schema(
        [
            _ROUTE,
            _PROVIDER,
            column("rows_received", _COUNT, "Rows of the day in flights_raw", "rows"),
            column("duplicates_removed", _COUNT, "Rows that say what another row says", "rows"),
            column("superseded", _COUNT, "Rows that the provider changed later", "rows"),
            column(
                "removed",
                pa.list_(pa.struct([pa.field("reason", pa.string()), pa.field("rows", _COUNT)])),
                "Rows that the provider's own rules remove, by the first rule that does, sorted",
                "rows",
            ),
            column("removed_by_rule", _COUNT, "Their sum", "rows"),
            column("matched", _COUNT, "Rows that went into a flight of a route that counts more", "rows"),
            column("flights", _COUNT, "Flights of which this route and provider is the one that counts"),
            column(
                "flagged",
                pa.list_(pa.struct([pa.field("flag", pa.string()), pa.field("flights", _COUNT)])),
                "Those flights by flag, sorted",
                "flights",
            ),
            _DATE,
        ]
    ),
    ("date",),
)

FLIGHT_TABLES = (FLIGHTS_RAW, REJECTED_FLIGHTS, FLIGHTS, FLIGHTS_QUALITY)
