"""What the counts of a day rest on, and how much of it was received."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from airtraffic.sector_reception import out_of_sight
from airtraffic.sectors import Sector, Sectors

POLLS = "polls"
BASIS = ("coverage", "coverage_marked", "coverage_basis", "sources")
"""The columns that stand beside every published count."""
_ON_POLLS = pl.col("coverage_basis").str.contains(rf"\b{POLLS}\b")
_SCHEMA = {
    "date": pl.Date,
    "kind": pl.String,
    "coverage": pl.Float64,
    "coverage_marked": pl.Boolean,
    "coverage_basis": pl.String,
    "sources": pl.List(pl.String),
    "airports": pl.List(pl.String),
}


def count_basis(flights: pl.DataFrame, completeness: pl.DataFrame, coverage_warning: float) -> pl.DataFrame:
    """What the counts of each day rest on, for both kinds of sector.

    Airspace sectors count positions: the share of the day's polls that came is their coverage.
    Connectivity sectors count flights. Polls say something of them only where flights come from
    tracks; a file's are as complete as the provider makes them, and the provider is what is named. A
    day of which nothing is known has no row: nobody can say that no aircraft came.

    Parameters
    ----------
    flights
        date, provider, source, routes, origin and destination of the days' flights.
    completeness
        date, completeness, sources and polls_seen of the days, of ``daily_completeness``.
    coverage_warning
        Counts under a smaller share of the polls are marked. [1]

    Returns
    -------
    pl.DataFrame
        date, kind, ``BASIS`` and the day's airports, one row per day and kind that there is data of.
    """
    polls = completeness.filter(pl.col("polls_seen") > 0).select(
        "date", pl.col("completeness").alias("coverage"), "sources"
    )
    airspace = polls.with_columns(pl.lit("airspace").alias("kind"), pl.lit(POLLS).alias("coverage_basis"))
    tracked = (pl.col("routes").list.len() == 1) & (pl.col("routes").list.first() == "tracks")
    named = pl.when(tracked).then(pl.lit(POLLS)).otherwise("provider")
    connectivity = (
        flights.group_by("date")
        .agg(
            named.unique().sort().str.join(", ").alias("coverage_basis"),
            tracked.any().alias("tracked"),
            pl.col("source").drop_nulls().unique().sort().alias("sources"),
            pl.col("origin").append(pl.col("destination")).drop_nulls().unique().sort().alias("airports"),
        )
        .join(polls.select("date", "coverage"), on="date", how="left")
        .with_columns(
            pl.lit("connectivity").alias("kind"), pl.when("tracked").then("coverage").alias("coverage")
        )
    )
    marked = _ON_POLLS & (pl.col("coverage") < coverage_warning).fill_null(True)
    return (
        pl.concat([airspace, connectivity.drop("tracked")], how="diagonal_relaxed")
        .with_columns(marked.alias("coverage_marked"))
        .select(pl.col(name).cast(of) for name, of in _SCHEMA.items())
        .sort("date", "kind")
    )


def known_sectors(
    sectors: Sectors,
    days: Sequence[date],
    basis: pl.DataFrame,
    reception: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Sectors of each day of which there is data: date, sector, kind and ``BASIS``.

    Flights of a day that touch none of a connectivity sector's airports say nothing of it: Brazil's
    flights do not make Bogota empty. Neither do polls of a box that an airspace sector lies outside of.

    Parameters
    ----------
    reception
        ``window_reception`` of the days, where their polls are known.
    """
    served = {
        (row["date"], row["kind"]): set(row["airports"] or ())
        for row in basis.select("date", "kind", "airports").iter_rows(named=True)
    }
    declared = [
        {"date": day, "sector": sector.id, "kind": sector.kind}
        for day in days
        for sector in sectors.on(day)
        if sector.kind == "airspace" or _is_served(sector, served.get((day, sector.kind), set()))
    ]
    schema = {"date": pl.Date, "sector": pl.String, "kind": pl.String}
    known = pl.DataFrame(declared, schema=schema)
    if reception is not None:
        known = known.join(out_of_sight(reception), on=["date", "sector"], how="anti")
    return known.join(basis.select("date", "kind", *BASIS), on=["date", "kind"]).sort("date", "sector")


def windows_on_polls(windows: pl.DataFrame, reception: pl.DataFrame) -> pl.DataFrame:
    """Windows whose count rests on polls, with the share of their own hour's polls instead of the day's.

    Parameters
    ----------
    windows
        date, sector, window_start and ``BASIS`` of the day.
    reception
        ``window_reception`` of the days; a window without a row keeps the day's.
    """
    on_polls = _ON_POLLS.fill_null(False) & pl.col("received").is_not_null()
    return windows.join(
        reception.select("date", "sector", "window_start", "received", "poorly"),
        on=["date", "sector", "window_start"],
        how="left",
        maintain_order="left",
    ).with_columns(
        pl.when(on_polls).then("received").otherwise("coverage").alias("coverage"),
        pl.when(on_polls).then("poorly").otherwise("coverage_marked").alias("coverage_marked"),
    )


def basis_of_day(entries: pl.DataFrame) -> pl.DataFrame:
    """What a whole day's finding rests on: date, sector and ``BASIS``.

    coverage is the mean of the 24 clock hours. A day is marked when any of its windows is, since the
    highest count may be the one that was not received.

    Parameters
    ----------
    entries
        Rows of ``sector_entries`` of whole days.
    """
    on_the_hour = pl.col("window_start").dt.minute() == 0
    return (
        entries.sort("date", "sector", "window_start")
        .group_by("date", "sector", maintain_order=True)
        .agg(
            pl.col("coverage").filter(on_the_hour).mean(),
            pl.col("coverage_marked").any(),
            pl.col("coverage_basis", "sources").first(),
        )
    )


def _is_served(sector: Sector, airports: set[str]) -> bool:
    named = sector.origins | sector.destinations
    return bool(named & airports) if named else bool(airports)
