"""Rows of ``flights_raw`` from state vectors: the route ``tracks``."""

from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.airports import Airports
from airtraffic.flight_tables import FLIGHTS_RAW, TRACKS
from airtraffic.track_airports import AirportRules, airports_from_callsigns, airports_from_positions
from airtraffic.tracks import TrackRules, cruise_fl, flight_tracks

_AIRLINE_FLIGHT = r"^([A-Z]{3})([0-9][0-9A-Z]{0,4})$"
ROUTES_COLUMNS = ("callsign", "airports_icao")
NO_ROUTES = pl.DataFrame(schema=dict.fromkeys(ROUTES_COLUMNS, pl.String))
DEPARTURE_UNOBSERVED = "departure_unobserved"
ARRIVAL_UNOBSERVED = "arrival_unobserved"
AIRPORT_BY_CALLSIGN = "airport_by_callsign"
_ENDS = [f"{end}_{what}" for end in ("first", "last") for what in ("s", "latitude", "longitude", "altitude")]


def track_flights(
    states: pl.DataFrame,
    day: date,
    routes: pl.DataFrame = NO_ROUTES,
    *,
    track_rules: TrackRules | None = None,
    airport_rules: AirportRules | None = None,
    airports: Airports | None = None,
) -> pa.Table:
    """Flights that departed on a day, as its state vectors show them.

    Departure is the first position in the air and arrival the last. An end is observed when the aircraft was
    heard on the ground there or the position is near and low at an airport; a departure that is not is the
    time at which the aircraft was first heard, flagged ``departure_unobserved``, and an arrival that is not
    is null, flagged ``arrival_unobserved``. A flight over midnight belongs to the day of its departure.

    Parameters
    ----------
    states
        Columns ``airtraffic.tracks.COLUMNS`` of ``state_vectors``, from ``LOOK_BACK`` before the day to
        ``LOOK_AHEAD`` after it.
    day
        Day of departure. [UTC]
    routes
        What callsigns are known to fly, columns ``ROUTES_COLUMNS``: the last resort for unknown airports,
        flagged ``airport_by_callsign``.

    Returns
    -------
    pa.Table
        Rows of ``flights_raw``, by aircraft and departure.
    """
    near = airport_rules or AirportRules()
    tracks = flight_tracks(states, day, track_rules or TrackRules())
    flights = airports_from_callsigns(airports_from_positions(tracks, near, airports), routes, near)
    return _rows(flights, day).to_arrow().cast(FLIGHTS_RAW.schema)


def _rows(flights: pl.DataFrame, day: date) -> pl.DataFrame:
    departed = pl.col("first_ground") | pl.col("origin_height_ft").is_not_null()
    arrived = pl.col("last_ground") | pl.col("destination_height_ft").is_not_null()
    flags = {
        AIRPORT_BY_CALLSIGN: pl.col("airport_by_callsign"),
        ARRIVAL_UNOBSERVED: ~arrived,
        DEPARTURE_UNOBSERVED: ~departed,
    }
    last = pl.from_epoch("last_s", time_unit="s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    columns = {
        "provider": pl.lit(TRACKS),
        "source": pl.col("source"),
        "received_from": pl.format("state_vectors of {} from {}", pl.lit(str(day)), "icao24"),
        "position": pl.int_range(pl.len(), dtype=pl.Int64).over("source", "icao24"),
        "original": pl.struct(
            "positions", *_ENDS, "origin_height_ft", "destination_height_ft"
        ).struct.json_encode(),
        "ingested_at": pl.col("ingested_at"),
        "icao24": pl.col("icao24"),
        "callsign": pl.col("callsign"),
        "airline": pl.col("callsign").str.extract(_AIRLINE_FLIGHT, 1),
        "flight_number": pl.col("callsign").str.extract(_AIRLINE_FLIGHT, 2),
        "origin": pl.col("origin"),
        "destination": pl.col("destination"),
        "departure_at": pl.from_epoch("first_s", time_unit="s")
        .dt.cast_time_unit("us")
        .dt.replace_time_zone("UTC"),
        "arrival_at": pl.when(arrived).then(last),
        "cancelled": pl.lit(False),
        "cruise_fl": cruise_fl(pl.col("level_m")),
        "flags": pl.concat_list(
            pl.when(condition).then(pl.lit(flag)).otherwise(pl.lit(None, pl.String))
            for flag, condition in flags.items()
        ).list.drop_nulls(),
        "date": pl.lit(day),
        "route": pl.lit(TRACKS),
    }
    missing = {name: pl.lit(None) for name in FLIGHTS_RAW.schema.names if name not in columns}
    return flights.select((columns | missing)[name].alias(name) for name in FLIGHTS_RAW.schema.names)
