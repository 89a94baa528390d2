"""Flights between countries, by airport and not by registration."""

import polars as pl
import pyarrow as pa

from airtraffic.sector_coverage import BASIS
from airtraffic.sector_finding_tables import COUNTRY_FLOWS


def country_flows(flights: pl.DataFrame, countries: pl.DataFrame, basis: pl.DataFrame) -> pa.Table:
    """Flights of each day by country of the airports; what is not known is a row, not left out.

    Parameters
    ----------
    flights
        date, origin, destination, departure_at and cancelled of ``flights``. Flights that did not
        take off are not counted.
    countries
        airport (ICAO code) and country (ISO 3166).
    basis
        ``count_basis`` of the days.
    """
    known = countries.select("airport", "country").unique("airport", keep="first")
    flown = flights.filter(
        pl.col("departure_at").is_not_null() & ~pl.col("cancelled").fill_null(False)
    ).with_columns(pl.col("departure_at").dt.date().alias("date"))
    rows = (
        flown.join(known.rename({"airport": "origin", "country": "origin_country"}), on="origin", how="left")
        .join(
            known.rename({"airport": "destination", "country": "destination_country"}),
            on="destination",
            how="left",
        )
        .group_by("date", "origin_country", "destination_country")
        .agg(pl.len().cast(pl.Int64).alias("flights"))
    )
    unknown = pl.col("origin_country").is_null() | pl.col("destination_country").is_null()
    total = pl.col("flights").sum().over("date")
    shares = rows.with_columns(
        (pl.col("flights") / total).alias("share"),
        (pl.col("flights").filter(unknown).sum().over("date") / total).alias("unknown_share"),
    )
    beside = basis.filter(pl.col("kind") == "connectivity").select("date", *BASIS)
    return COUNTRY_FLOWS.of(
        shares.join(beside, on="date", how="left").sort("date", "origin_country", "destination_country")
    )
