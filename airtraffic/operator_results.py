"""What operators know of their flights, from the rows as they were received."""

import polars as pl

from airtraffic.flight_matching import by_precedence, match_flights
from airtraffic.route_performance import RESULTS_SCHEMA

RECEIVED_COLUMNS = (
    "route",
    "provider",
    "provider_flight_id",
    "updated_at",
    "ingested_at",
    "received_from",
    "position",
    "icao24",
    "callsign",
    "airline",
    "flight_number",
    "origin",
    "destination",
    "departure_at",
    "arrival_at",
    "scheduled_departure_at",
    "scheduled_arrival_at",
    "cancelled",
    "flags",
    "source",
    "original",
)
_VERSION = ["updated_at", "ingested_at", "received_from", "position"]
_FLIGHT = ["route", "provider", "provider_flight_id"]
_KNOWN = ("seats", "passengers", "revenue", "cost", "currency", "satisfaction", "answers", "complaints")


def operator_results(received: pl.DataFrame) -> pl.DataFrame:
    """One row per flight, with ``date`` and :data:`airtraffic.route_performance.RESULTS_SCHEMA`.

    Of several versions of a flight the last counts. A flight that both routes brought
    (:func:`airtraffic.flight_matching.match_flights`) is one row: field by field what the route says that
    counts more, filled from the other; revenue and cost of one currency, answers of the row whose
    satisfaction it is. A value that is not there, or that cannot be (fewer than no passengers, an answer
    outside 1 to 5), is null.

    Parameters
    ----------
    received
        ``RECEIVED_COLUMNS`` of ``flights_raw``, of the routes ``database`` and ``operator_events`` and of the
        days around those that are asked for; ``original`` holds seats, passengers, revenue, cost, currency,
        satisfaction, answers, complaints where the operator has them.
    """
    last = received.filter(pl.col("provider_flight_id").is_not_null()).sort(*_FLIGHT, *_VERSION)
    last = last.unique(_FLIGHT, keep="last", maintain_order=True).with_row_index("row")
    fields = pl.Struct(dict.fromkeys(_KNOWN, pl.String))
    told = last.with_columns(pl.col("original").str.json_decode(fields).alias("told")).with_columns(
        pl.col("told").struct.field(name).cast(RESULTS_SCHEMA[name], strict=False).alias(name)
        for name in _KNOWN
    )
    believed = told.with_columns(
        *(
            pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name)
            for name in ("seats", "passengers", "revenue", "cost", "answers", "complaints")
        ),
        pl.when(pl.col("satisfaction").is_between(1, 5)).then(pl.col("satisfaction")).alias("satisfaction"),
    )
    flights = _one_per_flight(believed.join(match_flights(last), on="row"))
    knows = pl.any_horizontal(pl.col(name).is_not_null() for name in _KNOWN if name != "currency")
    return flights.filter(knows).select("date", *RESULTS_SCHEMA)


def _one_per_flight(rows: pl.DataFrame) -> pl.DataFrame:
    priced = pl.col("revenue").is_not_null() | pl.col("cost").is_not_null()
    currency = pl.col("currency").filter(priced).drop_nulls().first()
    same = pl.col("currency").eq_missing(currency)
    fields = ("origin", "destination", "airline", "seats", "passengers", "satisfaction", "complaints")
    departure = [_first(f"{planned}departure_at") for planned in ("", "scheduled_")]
    return (
        rows.sort("lead", by_precedence(), "provider", "row")
        .group_by("lead", maintain_order=True)
        .agg(
            pl.coalesce(departure).dt.date().alias("date"),
            *map(_first, fields),
            *(pl.col(name).filter(same).drop_nulls().first() for name in ("revenue", "cost")),
            currency,
            pl.col("answers").filter(pl.col("satisfaction").is_not_null()).first(),
            pl.col("cancelled").first(),
            pl.col("source").first(),
        )
    )


def _first(name: str) -> pl.Expr:
    return pl.col(name).drop_nulls().first()
