"""Which flights are in which connectivity sector."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
import pyarrow as pa

from airtraffic.sector_tables import SECTOR_FLIGHTS
from airtraffic.sectors import Sector, Sectors

FLIGHT_COLUMNS = (
    "flight_id",
    "icao24",
    "callsign",
    "origin",
    "destination",
    "departure_at",
    "arrival_at",
    "cancelled",
    "source",
    "provider",
)
_OF_FLIGHT = ("flight_id", "origin", "destination")
AIRCRAFT_COLUMNS = (
    "flight_id",
    "icao24",
    "origin",
    "destination",
    "departure_at",
    "arrival_at",
    "cancelled",
)
LONGEST_FLIGHT = timedelta(hours=20)
"""How long a flight may last whose arrival is not known."""


def connectivity_flights(flights: pl.DataFrame, sectors: Sectors) -> pl.DataFrame:
    """Passages of connectivity sectors: entry is the departure, exit the arrival.

    A flight is in a sector when its origin is one of the sector's, or the sector takes any, and its
    destination likewise; an airport that is not known is in those that take any only. A cancelled
    flight, and one that has no departure, is in none. An arrival that is not after its departure is
    no exit.

    Parameters
    ----------
    flights
        Rows of ``flights`` of any days, with ``FLIGHT_COLUMNS``.
    sectors
        Each flight meets the definitions that hold on the day of its departure.

    Returns
    -------
    pl.DataFrame
        Rows of ``sector_flights``, sorted by date, sector and entry.
    """
    flown = flights.filter(
        pl.col("departure_at").is_not_null() & ~pl.col("cancelled").fill_null(False)
    ).with_columns(pl.col("departure_at").dt.date().alias("date"))
    arrived = pl.col("arrival_at") > pl.col("departure_at")
    return (
        flown.join(
            members(flown.select("date", "origin", "destination").unique(), sectors),
            on=["date", "origin", "destination"],
            nulls_equal=True,
        )
        .with_columns(
            pl.lit("connectivity").alias("kind"),
            pl.col("departure_at").alias("entry_at"),
            pl.when(arrived).then("arrival_at").alias("exit_at"),
            pl.lit(True).alias("entry_observed"),
            arrived.fill_null(False).alias("exit_observed"),
            pl.lit(None, pl.Float64).alias("entry_fl"),
            pl.lit(None, pl.Float64).alias("exit_fl"),
            pl.lit(sectors.version_id).alias("sectors_version"),
        )
        .with_columns(
            ((pl.col("exit_at") - pl.col("entry_at")).dt.total_microseconds() / 1e6).alias("time_in_sector_s")
        )
        .select(SECTOR_FLIGHTS.schema.names)
        .sort("date", "sector", "entry_at", "flight_id")
    )


def members(pairs: pl.DataFrame, sectors: Sectors) -> pl.DataFrame:
    """The sectors of each pair of airports, so that a flight finds its own by one hash look-up.

    Parameters
    ----------
    pairs
        date, origin, destination, each combination once.

    Returns
    -------
    pl.DataFrame
        The same with ``sector``: a row per sector that the pair is in.
    """
    nothing = pairs.clear().with_columns(pl.lit("").alias("sector"))
    return pl.concat(
        [
            nothing,
            *(
                pairs.filter(
                    _holds(sector) & _in(sector.origins, "origin") & _in(sector.destinations, "destination")
                ).with_columns(pl.lit(sector.id).alias("sector"))
                for sector in sectors.sectors
                if sector.kind == "connectivity"
            ),
        ]
    )


def with_flights(passages: pl.DataFrame, flights: pl.DataFrame) -> pl.DataFrame:
    """Airspace passages with the flight that the aircraft was on: flight_id, origin and destination.

    It is the flight of the same aircraft with the most time in common with the passage, the earlier of
    two equals; without one, the three stay null.

    Parameters
    ----------
    passages
        Rows of ``airspace_passages``.
    flights
        Rows of ``flights`` with ``AIRCRAFT_COLUMNS``, of the passages' days and the day before each.
    """
    flown = flights.filter(
        pl.col("icao24").is_not_null()
        & pl.col("departure_at").is_not_null()
        & ~pl.col("cancelled").fill_null(False)
    ).with_columns(pl.coalesce("arrival_at", pl.col("departure_at") + LONGEST_FLIGHT).alias("until"))
    key = ["sector", "icao24", "entry_at"]
    stays = passages.select(*key, pl.coalesce("exit_at", "entry_at").alias("left_at"))
    common = pl.min_horizontal("left_at", "until") - pl.max_horizontal("entry_at", "departure_at")
    found = (
        stays.join(flown.drop("cancelled", "arrival_at"), on="icao24")
        .with_columns(common.alias("common"))
        .filter(pl.col("common") >= timedelta())
        .sort("common", "departure_at", "flight_id", descending=[True, False, False])
        .unique(key, keep="first", maintain_order=True)
        .select(*key, *_OF_FLIGHT)
    )
    return (
        passages.drop(_OF_FLIGHT)
        .join(found, on=key, how="left", maintain_order="left")
        .select(passages.columns)
    )


def sector_flights_table(passages: Sequence[pl.DataFrame]) -> pa.Table:
    """Passages of both kinds as the table ``sector_flights``, sorted."""
    rows = pl.concat(passages).sort("date", "sector", "entry_at", "flight_id", "icao24")
    return SECTOR_FLIGHTS.of(rows)


def _holds(sector: Sector) -> pl.Expr:
    holds = pl.col("date") >= sector.valid_from
    return holds & (pl.col("date") <= sector.valid_to) if sector.valid_to else holds


def _in(airports: frozenset[str], column: str) -> pl.Expr:
    return pl.col(column).is_in(sorted(airports)).fill_null(False) if airports else pl.lit(True)
