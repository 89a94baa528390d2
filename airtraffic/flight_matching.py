"""One flight that several routes saw is one flight.

Two rows of different routes or providers are the same flight when

* they name the same aircraft (``icao24``) or the same callsign (as sent, or airline and flight number),
* nothing both of them know differs: origin, destination, ``icao24``, and whether it took place,
* both are real or both are simulated,
* their departures are within ``TOLERANCE``; within ``PLANNED_TOLERANCE`` where one only knows the plan; or,
  where one first saw the flight in the air, the times between departure and arrival overlap.

Each flight takes one row of each route and provider at most, the one nearest in time; where both sides have
several to choose from, the nearest pairs are made first. Routes are taken in the order of their precedence.

Tracks break where nobody receives the aircraft, so of them a flight takes more than one: each that begins in the
air and lies between a departure and an arrival that another route knows.
"""

from datetime import timedelta

import polars as pl

from airtraffic.flight_tables import PRECEDENCE, TRACKS

TOLERANCE = timedelta(minutes=45)
"""Between off-block and first seen: a taxi-out is rarely longer, and no aircraft departs twice within it."""
PLANNED_TOLERANCE = timedelta(hours=3)
"""Between a planned and a flown departure."""
UNOBSERVED, END_UNOBSERVED = "departure_unobserved", "arrival_unobserved"
_KNOWN = ("icao24", "origin", "destination")
_TIMES = ("at", "end", "flown", "arrived", "unobserved")
_BOTH = (*_KNOWN, "simulated", "cancelled", *_TIMES)


def match_flights(rows: pl.DataFrame) -> pl.DataFrame:
    """Which flight each row belongs to.

    Parameters
    ----------
    rows
        Rows of ``flights_raw`` with a column ``row`` that numbers them; duplicates are removed.

    Returns
    -------
    DataFrame
        ``row`` and ``lead``, the row of the same flight whose route counts most; ``lead == row`` for that.
    """
    known = rows.sort(by_precedence(), "provider", "row").select(
        "row", "route", "provider", pl.col("row").alias("lead"), _identities().alias("keys"), *_facts()
    )
    flights: pl.DataFrame | None = None
    pairs = []
    for source in known.partition_by("route", "provider", maintain_order=True):
        if flights is None:
            flights = source
            continue
        candidates = _candidates(flights, source)
        found = _nearest(candidates.filter("near"))
        pairs.append(found)
        if source["route"][0] == TRACKS:
            more = candidates.filter("within").join(found, on="row", how="anti")
            pairs.append(more.sort("apart", "lead").unique("row", keep="first").select("lead", "row"))
            source = source.join(pairs[-1], on="row", how="anti")
        flights = _joined(flights, source, found)
    matched = pl.concat(
        [pl.DataFrame(schema={"lead": known["row"].dtype, "row": known["row"].dtype}), *pairs]
    )
    return (
        known.select("row")
        .join(matched, on="row", how="left")
        .select("row", pl.coalesce("lead", "row").alias("lead"))
        .sort("row")
    )


def by_precedence() -> pl.Expr:
    """Rank of ``route``: what counts most is 0."""
    return pl.col("route").replace_strict(
        {route: n for n, route in enumerate(PRECEDENCE)}, return_dtype=pl.Int8
    )


def _identities() -> pl.Expr:
    number = pl.concat_str("airline", "flight_number")
    return (
        pl.concat_list(pl.format("aircraft {}", "icao24"), "callsign", number)
        .list.drop_nulls()
        .list.unique(maintain_order=True)
    )


def _facts() -> list[pl.Expr]:
    at = pl.coalesce("departure_at", "scheduled_departure_at")
    end = pl.coalesce("arrival_at", "scheduled_arrival_at", at)
    return [
        *map(pl.col, _KNOWN),
        (pl.col("source") == "simulate").alias("simulated"),
        pl.col("cancelled").fill_null(False),
        at.alias("at"),
        pl.max_horizontal(at, end).alias("end"),
        pl.col("departure_at").is_not_null().alias("flown"),
        (pl.col("arrival_at").is_not_null() & ~_flagged(END_UNOBSERVED)).alias("arrived"),
        _flagged(UNOBSERVED).alias("unobserved"),
    ]


def _flagged(flag: str) -> pl.Expr:
    return pl.col("flags").list.contains(flag).fill_null(False)


def _candidates(flights: pl.DataFrame, source: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a flight and a row of the next source that agree, with how far apart they are.

    ``near`` ones may be the same flight; in ``within`` the row lies in the time that the flight took.
    """
    left = flights.select("lead", "keys", *_BOTH).explode("keys").drop_nulls("keys")
    right = source.select("row", "keys", *_BOTH).explode("keys").drop_nulls("keys")
    pairs = left.join(right, on="keys", suffix="_other").unique(["lead", "row"])
    agree = pl.all_horizontal(
        pl.col(name).is_null() | pl.col(f"{name}_other").is_null() | (pl.col(name) == pl.col(f"{name}_other"))
        for name in (*_KNOWN, "simulated", "cancelled")
    )
    apart = (pl.col("at") - pl.col("at_other")).abs()
    allowed = pl.when(pl.col("flown") & pl.col("flown_other")).then(TOLERANCE).otherwise(PLANNED_TOLERANCE)
    in_the_air = pl.col("unobserved") | pl.col("unobserved_other")
    overlap = (pl.col("at") <= pl.col("end_other")) & (pl.col("at_other") <= pl.col("end"))
    whole = pl.col("flown") & pl.col("arrived") & ~pl.col("unobserved")
    within = (pl.col("at_other") >= pl.col("at")) & (pl.col("end_other") <= pl.col("end"))
    return pairs.filter(agree).select(
        "lead",
        "row",
        apart.alias("apart"),
        ((apart <= allowed) | (in_the_air & overlap)).alias("near"),
        (whole & within & pl.col("unobserved_other")).alias("within"),
    )


def _nearest(candidates: pl.DataFrame) -> pl.DataFrame:
    """One row for each flight and one flight for each row, the nearest first."""
    chosen = [candidates.select("lead", "row").clear()]
    left = candidates.sort("apart", "lead", "row").with_row_index("order")
    while left.height:
        best = left.filter(
            (pl.col("order") == pl.col("order").min().over("lead"))
            & (pl.col("order") == pl.col("order").min().over("row"))
        ).select("lead", "row")
        chosen.append(best)
        left = left.join(best, on="lead", how="anti").join(best, on="row", how="anti")
    return pl.concat(chosen)


def _joined(flights: pl.DataFrame, source: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The flights with what the source's rows add to them, and its other rows as flights of their own."""
    more = found.join(source.drop("lead"), on="row").drop("row")
    both = flights.join(more, on="lead", how="left", suffix="_other")
    planned = ~pl.col("flown") & pl.col("flown_other").fill_null(False)
    filled = both.with_columns(
        pl.concat_list("keys", pl.col("keys_other").fill_null([])).list.unique(maintain_order=True),
        *(pl.coalesce(name, f"{name}_other").alias(name) for name in _KNOWN),
        *(pl.when(planned).then(f"{name}_other").otherwise(name).alias(name) for name in _TIMES),
    ).select(flights.columns)
    return pl.concat([filled, source.join(found, on="row", how="anti")])
