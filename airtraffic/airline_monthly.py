"""Flights per airline and month, the input of growth."""

from calendar import monthrange
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.route_tables import AIRLINE_MONTHLY


def airline_monthly(month: date, flights: pl.DataFrame) -> pa.Table:
    """Count a month.

    Parameters
    ----------
    month
        First day of the month.
    flights
        Rows of ``flights`` of the month.
    """
    days = monthrange(month.year, month.month)[1]
    with_data = flights["date"].n_unique()
    went = ~pl.col("cancelled").fill_null(False)
    rows = (
        flights.group_by("airline")
        .agg(
            flights=went.sum().cast(pl.Int64),
            cancelled=(~went).sum().cast(pl.Int64),
            days_with_flights=pl.col("date").filter(went).n_unique().cast(pl.Int32),
            sources=pl.col("source").drop_nulls().unique().sort(),
        )
        .with_columns(
            days_with_data=pl.lit(with_data, pl.Int32),
            days=pl.lit(days, pl.Int32),
            full_month=pl.lit(with_data == days),
            date=pl.lit(month),
        )
        .sort("airline", nulls_last=True)
    )
    return AIRLINE_MONTHLY.of(rows)
