"""Flights of some days from the rows that the routes brought: no duplicates, one row per flight, with flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.flight_matching import POSSIBLE_DUPLICATE, by_precedence, match_flights
from airtraffic.flight_tables import FLIGHTS, FLIGHTS_QUALITY, FLIGHTS_RAW

LOOK_AROUND = timedelta(days=1)
"""A flight's rows may lie on both sides of midnight."""
VERSIONS_WITHIN = timedelta(days=7)
"""A provider that moves a flight by more days than this has two flights."""
LONGEST = timedelta(hours=6)

ROW_COLUMNS = tuple(name for name in FLIGHTS_RAW.schema.names if name != "original")
VERSION_COLUMNS = (
    "route",
    "provider",
    "provider_flight_id",
    "updated_at",
    "ingested_at",
    "received_from",
    "position",
)
_ID = ["route", "provider", "provider_flight_id"]
_RECEIVED = ["received_from", "position"]
_OWN = ["updated_at", "ingested_at", *_RECEIVED]
_CONTENT = [name for name in ROW_COLUMNS if name not in _OWN]
_FILLED = (
    "icao24",
    "callsign",
    "airline",
    "flight_number",
    "registration",
    "origin",
    "destination",
    "departure_at",
    "arrival_at",
    "scheduled_departure_at",
    "scheduled_arrival_at",
    "cruise_fl",
)
_UNOBSERVED = {"departure_at": "departure_unobserved", "arrival_at": "arrival_unobserved"}
_DURATION = pl.col("arrival_at") - pl.col("departure_at")
REMOVABLE = {
    "arrival_not_after_departure": timedelta(0) >= _DURATION,
    "duration_over_6h": _DURATION > LONGEST,
    "same_airport": pl.col("origin") == pl.col("destination"),
}
"""What is a flag, or where the provider's rules say so no flight."""
_FLAGS = REMOVABLE | {
    "cancelled": pl.col("cancelled"),
    "destination_differs": pl.col("destination_differs"),
    POSSIBLE_DUPLICATE: pl.col(POSSIBLE_DUPLICATE),
    "departure_unobserved": pl.col("departure_at").is_null() & ~pl.col("cancelled"),
    "no_arrival": pl.col("departure_at").is_not_null() & pl.col("arrival_at").is_null(),
    "unknown_destination": pl.col("destination").is_null(),
    "unknown_origin": pl.col("origin").is_null(),
}


@dataclass(frozen=True)
class Flights:
    """What is made of some days."""

    flights: pa.Table
    quality: pa.Table


def flights_of_days(
    rows: pl.DataFrame, versions: pl.DataFrame, days: Sequence[date], rules: Mapping[str, Sequence[str]]
) -> Flights:
    """Rows of ``flights`` and ``flights_quality`` of some days.

    Parameters
    ----------
    rows
        ``ROW_COLUMNS`` of ``flights_raw``, of the days and ``LOOK_AROUND`` of them.
    versions
        ``VERSION_COLUMNS`` of the rows that have a ``provider_flight_id``, of the days and
        ``VERSIONS_WITHIN`` of them.
    days
        Days to make.
    rules
        By provider, which of ``REMOVABLE`` are no flights in its data.
    """
    received = rows.sort("ingested_at", *_RECEIVED).with_columns(pl.col("cancelled").fill_null(False))
    fates = _repeated(received.with_row_index("row"), versions).with_columns(
        fate=pl.coalesce("fate", _removed_by(rules))
    )
    kept = fates.filter(pl.col("fate").is_null())
    leads = match_flights(kept.select("row", *ROW_COLUMNS))
    fates = fates.join(leads, on="row", how="left", maintain_order="left")
    merged = _merged(kept.join(leads, on="row")).filter(pl.col("date").is_in(list(days)))
    flights = _identified(merged).sort("date", "flight_id")
    return Flights(
        FLIGHTS.of(flights),
        FLIGHTS_QUALITY.of(_quality(fates, merged, days).sort("date", "route", "provider")),
    )


def _repeated(rows: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``fate``: duplicate of another one, superseded by a later one, or null."""
    last = (
        versions.drop_nulls("provider_flight_id")
        .sort("updated_at", "ingested_at", *_RECEIVED, nulls_last=False)
        .unique(_ID, keep="last", maintain_order=True)
        .select(*_ID, *_RECEIVED, last=pl.lit(True))
    )
    rows = rows.join(last, on=[*_ID, *_RECEIVED], how="left", maintain_order="left").with_columns(
        last=pl.col("last").fill_null(pl.col("provider_flight_id").is_null())
    )
    # The row that counts stands first, so that what says the same as it is its duplicate.
    first = pl.col("row") == pl.col("row").sort_by(~pl.col("last"), "row").first().over(_CONTENT)
    return rows.with_columns(
        fate=pl.when(~first).then(pl.lit("duplicate")).when(~pl.col("last")).then(pl.lit("superseded"))
    )


def _removed_by(rules: Mapping[str, Sequence[str]]) -> pl.Expr:
    broken = [
        pl.when((pl.col("provider") == provider) & REMOVABLE[rule]).then(pl.lit(rule))
        for provider, names in rules.items()
        for rule in names
    ]
    return pl.coalesce(*broken, pl.lit(None, pl.String))


def _merged(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per flight: what its first route says, nulls filled from the next."""
    ordered = rows.sort("lead", by_precedence(), "provider", "row")
    alone = ordered.filter(pl.len().over("lead") == 1).with_columns(
        sources=pl.concat_list("source"),
        routes=pl.concat_list("route"),
        destination_differs=pl.lit(False),
    )
    several = (
        ordered.filter(pl.len().over("lead") > 1)
        .group_by("lead", maintain_order=True)
        .agg(
            pl.col(_FILLED).drop_nulls().first(),
            pl.col("route", "provider", "provider_flight_id", "source", "cancelled").first(),
            pl.col("flags").first().list.set_difference(list(_UNOBSERVED.values())),
            pl.col(POSSIBLE_DUPLICATE).any(),
            *(_of_the_row_with(time).alias(flag) for time, flag in _UNOBSERVED.items()),
            destination_differs=pl.col("destination").drop_nulls().n_unique() > 1,
            sources=pl.col("source").unique().sort(),
            routes=pl.col("route").unique(maintain_order=True),
        )
    )
    several = several.with_columns(
        pl.concat_list("flags", *(pl.when(flag).then(pl.lit(flag)) for flag in _UNOBSERVED.values()))
    )
    columns = [name for name in alone.columns if name in several.columns]
    flights = pl.concat([alone.select(columns), several.select(columns)])
    return flights.with_columns(
        date=pl.coalesce("departure_at", "scheduled_departure_at").dt.date(),
        duration_s=_DURATION.dt.total_microseconds() / 1e6,
        flags=pl.concat_list(
            pl.col("flags").fill_null([]), *(pl.when(odd).then(pl.lit(name)) for name, odd in _FLAGS.items())
        )
        .list.drop_nulls()
        .list.unique()
        .list.sort(),
    )


def _of_the_row_with(time: str) -> pl.Expr:
    """Whether the row that ``time`` is taken from did not see it."""
    flags = pl.col("flags").filter(pl.col(time).is_not_null()).first()
    return flags.list.contains(_UNOBSERVED[time]).fill_null(False)


def _identified(flights: pl.DataFrame) -> pl.DataFrame:
    at = pl.coalesce("scheduled_departure_at", "departure_at").dt.strftime("%Y%m%dT%H%M%SZ")
    number = pl.coalesce("callsign", pl.concat_str("airline", "flight_number"), "icao24", pl.lit("unknown"))
    ends = pl.format(
        "{}-{}", pl.col("origin").fill_null("unknown"), pl.col("destination").fill_null("unknown")
    )
    own = pl.coalesce("provider_flight_id", pl.format("{}/{}/{}", at, number, ends))
    flights = flights.with_columns(flight_id=pl.format("{}/{}", "provider", own)).sort(
        "date", "flight_id", "departure_at", "arrival_at", "cruise_fl", "registration", "lead"
    )
    nth = pl.int_range(pl.len()).over("date", "flight_id")
    return flights.with_columns(
        flight_id=pl.when(nth > 0).then(pl.format("{}/{}", "flight_id", nth + 1)).otherwise("flight_id")
    )


def _quality(fates: pl.DataFrame, flights: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    keys = ["date", "route", "provider"]
    rows = fates.filter(pl.col("date").is_in(list(days)))
    fate = pl.col("fate")
    counts = rows.group_by(keys).agg(
        rows_received=pl.len().cast(pl.Int64),
        duplicates_removed=(fate == "duplicate").sum().cast(pl.Int64),
        superseded=(fate == "superseded").sum().cast(pl.Int64),
        removed_by_rule=fate.is_in(list(REMOVABLE)).sum().cast(pl.Int64),
        matched=(pl.col("lead") != pl.col("row")).sum().cast(pl.Int64),
        flights=(pl.col("lead") == pl.col("row")).sum().cast(pl.Int64),
    )
    removed = _listed(rows.filter(fate.is_in(list(REMOVABLE))), keys, "fate", "reason", "rows", "removed")
    flagged = _listed(
        flights.explode("flags").drop_nulls("flags"), keys, "flags", "flag", "flights", "flagged"
    )
    return (
        counts.join(removed, on=keys, how="left")
        .join(flagged, on=keys, how="left")
        .with_columns(pl.col("removed", "flagged").fill_null([]))
    )


def _listed(
    frame: pl.DataFrame, keys: list[str], column: str, name: str, count: str, into: str
) -> pl.DataFrame:
    return (
        frame.group_by(*keys, column)
        .agg(pl.len().cast(pl.Int64).alias(count))
        .sort(column)
        .group_by(keys, maintain_order=True)
        .agg(pl.struct(pl.col(column).alias(name), count).alias(into))
    )
