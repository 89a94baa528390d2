"""Which airlines grow, from their full months."""

from datetime import date

import polars as pl

from airtraffic.forecasting.growth import AirlineGrowth


def airline_growth(months: pl.DataFrame, month: date) -> pl.DataFrame:
    """The line through every airline's full months up to one.

    A month in which nothing of an airline is known is missing, not zero: whose flights are known changes with
    who delivers them.

    Parameters
    ----------
    months
        airline, flights, full_month, sources and date of ``airline_monthly``.
    month
        First day of the last month that counts.

    Returns
    -------
    pl.DataFrame
        The columns of ``airline_growth``; flights whose airline is not known are left out.
    """
    known = months.filter(
        pl.col("full_month") & pl.col("airline").is_not_null() & (pl.col("date") <= month)
    ).sort("airline", "date")
    lines = (
        AirlineGrowth().fit(known.select(pl.col("airline").alias("series"), "date", value="flights")).growth()
    )
    sources = known.group_by("airline").agg(pl.col("sources").explode().drop_nulls().unique().sort())
    # Typed: without airlines the last month is None.
    silent = pl.when(pl.col("last_month") < pl.lit(known["date"].max(), pl.Date)).then(
        pl.format("no flights are known after {}", pl.col("last_month").dt.strftime("%Y-%m"))
    )
    notes = pl.concat_str(
        [pl.when(pl.col("note") != "").then("note"), silent], separator="; ", ignore_nulls=True
    )
    return (
        lines.with_columns(note=notes.fill_null(""), date=pl.lit(month))
        .rename({"series": "airline"})
        .join(sources, on="airline", how="left")
        .sort("airline")
    )
