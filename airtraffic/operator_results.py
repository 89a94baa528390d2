"""What operators know of their flights, from the rows as they were received."""

import polars as pl

from airtraffic.route_performance import RESULTS_SCHEMA

_VERSION = ["updated_at", "ingested_at", "received_from", "position"]
_FLIGHT = ["route", "provider", "provider_flight_id"]
_KNOWN = ("seats", "passengers", "revenue", "cost", "currency", "satisfaction", "answers", "complaints")


def operator_results(received: pl.DataFrame) -> pl.DataFrame:
    """One row per flight of an operator, with :data:`airtraffic.route_performance.RESULTS_SCHEMA`.

    Of several versions of a flight the last counts. A value that is not there, or that cannot be
    (fewer than no passengers, an answer outside 1 to 5), is null.

    Parameters
    ----------
    received
        Rows of ``flights_raw`` of the routes ``database`` and ``operator_events``; ``original`` holds
        seats, passengers, revenue, cost, currency, satisfaction, answers, complaints where the operator
        has them.
    """
    last = received.filter(pl.col("provider_flight_id").is_not_null()).sort(*_FLIGHT, *_VERSION)
    last = last.unique(_FLIGHT, keep="last", maintain_order=True)
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
    knows = pl.any_horizontal(pl.col(name).is_not_null() for name in _KNOWN if name != "currency")
    return believed.filter(knows).select(*RESULTS_SCHEMA)
