"""What each series came to on a day: published counts where there are any, else counted flights."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.demand_tables import DAILY_DEMAND
from airtraffic.sector_coverage import basis_of_day

NETWORK = "flights"
"""Name of the series of all flights."""
SIMULATE = "simulate"
COUNTS, FLIGHTS = "counts", "flights"
FLIGHT_COLUMNS = (
    "date",
    "airline",
    "origin",
    "destination",
    "arrival_at",
    "cancelled",
    "source",
    "provider",
    "routes",
)
ENTRY_COLUMNS = (
    "date",
    "sector",
    "window_start",
    "entries_15min",
    "coverage",
    "coverage_marked",
    "coverage_basis",
    "sources",
)
COUNT_COLUMNS = (
    "date",
    "kind",
    "series",
    "country",
    "value",
    "source",
    "provider",
    "ingested_at",
    "file_modified_at",
    "file",
    "file_sha256",
)
_KEY = ("date", "kind", "series")


def daily_demand(
    flights: pl.DataFrame,
    completeness: pl.DataFrame,
    entries: pl.DataFrame,
    counts: pl.DataFrame,
    countries: Mapping[str, Mapping[str, str]],
    days: Sequence[date],
) -> pa.Table:
    """Rows of ``daily_demand`` of some days.

    Of one series and day a published count is preferred to counted flights, and what really happened to what
    was simulated. Of several published counts the one that was read last counts, of files read in
    one run the one that was changed last.

    Parameters
    ----------
    flights
        ``FLIGHT_COLUMNS`` of ``flights``, of the days and of the one before each, whose late arrivals count.
    completeness
        date and completeness of ``daily_completeness``: coverage of what was counted from positions. [1]
    entries
        ``ENTRY_COLUMNS`` of ``sector_entries``.
    counts
        ``COUNT_COLUMNS`` of ``daily_counts``.
    countries
        Country (ISO 3166 alpha-2) by kind and series, for airports and sectors.
    """
    rows = pl.concat([_published(counts), _counted(flights, completeness, days), _of_sectors(entries)])
    simulated = (pl.col("sources").list.len() == 1) & (pl.col("sources").list.first() == SIMULATE)
    best = (
        rows.filter(pl.col("date").is_in(list(days)))
        .sort(*_KEY, simulated, pl.col("basis") != COUNTS)
        .unique(_KEY, keep="first", maintain_order=True)
    )
    known = pl.DataFrame(
        [(kind, series, country) for kind, of in countries.items() for series, country in of.items()],
        schema={"kind": pl.String, "series": pl.String, "known": pl.String},
        orient="row",
    )
    return DAILY_DEMAND.of(
        best.join(_with_routes(known, best), on=["kind", "series"], how="left", maintain_order="left")
        .with_columns(pl.coalesce("country", "known").alias("country"))
        .select(DAILY_DEMAND.schema.names)
    )


def _published(counts: pl.DataFrame) -> pl.DataFrame:
    simulated = pl.col("source") == SIMULATE
    return (
        counts.filter(pl.col("value").is_not_null())
        .sort(*_KEY, simulated, "ingested_at", "file_modified_at", "file", "file_sha256")
        .group_by(*_KEY, simulated.alias("simulated"), maintain_order=True)
        .agg(pl.col("country", "value", "source", "provider").last())
        .select(
            *_KEY,
            "country",
            "value",
            pl.lit(COUNTS).alias("basis"),
            pl.lit(None, pl.Float64).alias("coverage"),
            pl.concat_list("provider").alias("providers"),
            pl.concat_list("source").alias("sources"),
        )
    )


def _counted(flights: pl.DataFrame, completeness: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """Of a day without a flight of its own nothing is known, though flights of the day before landed on it."""
    tracked = (pl.col("routes").list.len() == 1) & (pl.col("routes").list.first() == "tracks")
    flown = flights.filter(~pl.col("cancelled").fill_null(False)).select(
        "date",
        "airline",
        "origin",
        "destination",
        pl.coalesce(pl.col("arrival_at").dt.date(), "date").alias("arrived"),
        "source",
        "provider",
        tracked.fill_null(False).alias("tracked"),
    )
    who = ("source", "provider", "tracked")
    route = pl.concat_str("origin", "destination", separator="-")
    by_series = pl.concat(
        [
            flown.select("date", pl.lit("network").alias("kind"), pl.lit(NETWORK).alias("series"), *who),
            *(
                flown.select(
                    pl.col(day).alias("date"), pl.lit(kind).alias("kind"), name.alias("series"), *who
                )
                for kind, name, day in (
                    ("airline", pl.col("airline"), "date"),
                    ("route", route, "date"),
                    ("airport", pl.col("origin"), "date"),
                    ("airport", pl.col("destination"), "arrived"),
                )
            ),
        ]
    ).drop_nulls("series")
    return (
        by_series.join(flights.select("date").unique(), on="date", how="semi")
        .filter(pl.col("date").is_in(list(days)))
        .group_by(_KEY)
        .agg(
            pl.len().cast(pl.Float64).alias("value"),
            pl.col("tracked").any(),
            pl.col("provider").drop_nulls().unique().sort().alias("providers"),
            pl.col("source").drop_nulls().unique().sort().alias("sources"),
        )
        .join(completeness.select("date", "completeness"), on="date", how="left")
        .select(
            *_KEY,
            pl.lit(None, pl.String).alias("country"),
            "value",
            pl.lit(FLIGHTS).alias("basis"),
            pl.when("tracked").then(pl.col("completeness").fill_null(0.0)).alias("coverage"),
            "providers",
            "sources",
        )
    )


def _of_sectors(entries: pl.DataFrame) -> pl.DataFrame:
    total = entries.group_by("date", "sector").agg(pl.col("entries_15min").sum().cast(pl.Float64))
    basis = pl.col("coverage_basis").fill_null("")
    return (
        total.join(basis_of_day(entries), on=["date", "sector"])
        .rename({"sector": "series", "entries_15min": "value"})
        .select(
            "date",
            pl.lit("sector").alias("kind"),
            "series",
            pl.lit(None, pl.String).alias("country"),
            "value",
            pl.lit(FLIGHTS).alias("basis"),
            "coverage",
            basis.str.split(", ").alias("providers"),
            pl.col("sources").fill_null([]),
        )
    )


def _with_routes(known: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Countries by kind and series, with those of the routes whose airports lie in one country."""
    airports = known.filter(pl.col("kind") == "airport").select("series", "known")
    routes = (
        rows.filter(pl.col("kind") == "route")
        .select("kind", "series")
        .unique()
        .with_columns(
            pl.col("series").str.split_exact("-", 1).struct.rename_fields(["from", "to"]).alias("ends")
        )
        .unnest("ends")
        .join(airports.rename({"series": "from"}), on="from")
        .join(airports.rename({"series": "to", "known": "there"}), on="to")
        .filter(pl.col("known") == pl.col("there"))
    )
    return pl.concat([known, routes.select("kind", "series", "known")])
