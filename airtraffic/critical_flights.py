"""Episodes in which an aircraft was critical, in the order in which to look at them."""

from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.airports import Airports
from airtraffic.sector_coverage import BASIS
from airtraffic.sector_finding_tables import CRITICAL_FLIGHTS
from airtraffic.sector_flights import LONGEST_FLIGHT

STATE_COLUMNS = (
    "icao24",
    "callsign",
    "snapshot_at",
    "longitude",
    "latitude",
    "altitude_ft",
    "critical_reasons",
    "source",
)
FLIGHT_COLUMNS = ("icao24", "flight_id", "origin", "destination", "departure_at", "arrival_at")
GAP = timedelta(minutes=10)
"""Critical rows of an aircraft that lie no further apart are one episode."""
SEVERITY = {
    "emergency_squawk": 5,
    "extreme_vertical_rate": 4,
    "high_and_slow": 3,
    "low_and_fast": 3,
    "altitude_out_of_range": 2,
    "spi": 1,
}
"""Weight of each reason: what a crew declares first, then what can end a flight, then what needs a look."""


def critical_flights(
    states: pl.DataFrame, flights: pl.DataFrame, airports: Airports, day: date, basis: pl.DataFrame
) -> pa.Table:
    """One row per aircraft and episode of a day, ranked by severity, then by duration.

    An episode over midnight has a part in each day; the second says that it continued.

    Parameters
    ----------
    states
        Critical rows of ``flight_states`` with ``STATE_COLUMNS``, of the day and of ``GAP`` before it.
    flights
        ``FLIGHT_COLUMNS`` of ``flights`` of the day and of the day before.
    basis
        ``count_basis`` of the day.
    """
    midnight = datetime.combine(day, time(), UTC)
    apart = pl.col("snapshot_at").diff().over("icao24")
    episodes = (
        states.sort("icao24", "snapshot_at", "source")
        .with_columns((apart > GAP).fill_null(False).cum_sum().over("icao24").alias("episode"))
        .with_columns((pl.col("snapshot_at") < midnight).any().over("icao24", "episode").alias("continued"))
        .filter((pl.col("snapshot_at") >= midnight) & (pl.col("snapshot_at") < midnight + timedelta(days=1)))
        .group_by("icao24", "episode", maintain_order=True)
        .agg(
            pl.col("callsign").drop_nulls().first(),
            pl.col("critical_reasons").explode().drop_nulls().unique().sort().alias("reasons"),
            pl.col("snapshot_at").first().alias("start"),
            pl.col("snapshot_at").last().alias("end"),
            pl.len().alias("rows"),
            pl.col("continued").first(),
            pl.col("latitude", "longitude", "altitude_ft").first(),
        )
        .with_columns(
            ((pl.col("end") - pl.col("start")).dt.total_microseconds() / 1e6).alias("duration_s"),
            pl.col("reasons")
            .list.eval(pl.element().replace_strict(SEVERITY, default=1, return_dtype=pl.Int32))
            .list.max()
            .alias("severity"),
            pl.lit(day).alias("date"),
        )
    )
    ranked = (
        _with_flight(_with_airport(episodes, airports), flights)
        .sort(
            ["severity", "duration_s", "start", "icao24"],
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .with_row_index("rank", offset=1)
    )
    beside = basis.filter(pl.col("kind") == "airspace").select("date", *BASIS)
    rows = ranked.join(beside, on="date", how="left", maintain_order="left")
    return CRITICAL_FLIGHTS.of(rows)


def _with_airport(episodes: pl.DataFrame, airports: Airports) -> pl.DataFrame:
    placed = episodes.filter(pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null())
    if placed.is_empty() or not len(airports.codes):
        return episodes.with_columns(
            pl.lit(None, pl.String).alias("nearest_airport"),
            pl.lit(None, pl.Float64).alias("airport_distance_nm"),
        )
    distance_nm, index = airports.near(placed["latitude"].to_numpy(), placed["longitude"].to_numpy())
    near = placed.select("icao24", "episode").with_columns(
        pl.Series("nearest_airport", airports.codes[index[:, 0]].astype(str)),
        pl.Series("airport_distance_nm", distance_nm[:, 0]),
    )
    return episodes.join(near, on=["icao24", "episode"], how="left", maintain_order="left")


def _with_flight(episodes: pl.DataFrame, flights: pl.DataFrame) -> pl.DataFrame:
    """The last flight of the aircraft that departed before the episode began, if it was still in the air."""
    departed = (
        flights.filter(pl.col("icao24").is_not_null() & pl.col("departure_at").is_not_null())
        .select(*FLIGHT_COLUMNS)
        .sort("departure_at", "flight_id")
    )
    joined = episodes.sort("start").join_asof(
        departed,
        left_on="start",
        right_on="departure_at",
        by="icao24",
        tolerance=LONGEST_FLIGHT,
        check_sortedness=False,
    )
    over = pl.col("arrival_at") < pl.col("start")
    return joined.with_columns(
        pl.when(~over.fill_null(False)).then(pl.col(name)).alias(name)
        for name in ("flight_id", "origin", "destination")
    )
