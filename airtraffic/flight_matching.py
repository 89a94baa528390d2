"""One flight that several routes saw is one flight.

Two rows of different routes or providers are the same flight when

* they name the same aircraft (``icao24``) or the same callsign (as sent, or airline and flight number),
* nothing both of them know differs: origin, destination, ``icao24``, and whether it took place; of the
  destination only where one does not know the flown departure, since a diverted flight ends elsewhere than planned,
* both are real or both are simulated,
* their departures are within ``TOLERANCE``; within ``PLANNED_TOLERANCE`` where one only knows the plan; or,
  where one first saw the flight in the air, the times between departure and arrival overlap.

Each flight takes one row of each route and provider at most, the one nearest in time; where both sides have
several to choose from, the nearest pairs are made first. Routes are taken in the order of their precedence.

A row that names neither aircraft nor callsign nor number (BIMTRA; files with the reference's columns) is the
flight of another route or provider with the same origin, destination and, where both know it, airline, whose
departure lies within ``ANONYMOUS_TOLERANCE``: one to one, the nearest first, after all that is matched by name.
Where the next nearest is less than ``ANONYMOUS_MARGIN`` farther it may be either: the row stays a flight and is
flagged ``possible_duplicate``. Rows of one provider are never matched so.

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
ANONYMOUS_TOLERANCE = timedelta(minutes=10)
"""Between the departures of two rows that only their airports and times connect."""
ANONYMOUS_MARGIN = timedelta(minutes=2)
"""Files give departures to the minute, and tracks see them a minute or so later."""
POSSIBLE_DUPLICATE = "possible_duplicate"
UNOBSERVED, END_UNOBSERVED = "departure_unobserved", "arrival_unobserved"
_KNOWN = ("icao24", "origin", "destination")
_TIMES = ("at", "end", "flown", "arrived", "unobserved")
_FILLED = (*_KNOWN, "operated_by")
_BOTH = (*_FILLED, "simulated", "cancelled", *_TIMES)


def match_flights(rows: pl.DataFrame) -> pl.DataFrame:
    """Which flight each row belongs to.

    Parameters
    ----------
    rows
        Rows of ``flights_raw`` with a column ``row`` that numbers them; duplicates are removed.

    Returns
    -------
    DataFrame
        ``row``; ``lead``, the row of the same flight whose route counts most, ``lead == row`` for that;
        ``possible_duplicate``, whether it may be a flight of another route, which of them is not known.
    """
    known = rows.sort(by_precedence(), "provider", "row").select(
        "row", "route", "provider", pl.col("row").alias("lead"), _identities().alias("keys"), *_facts()
    )
    flights: pl.DataFrame | None = None
    pairs, doubtful = [], []
    for source in known.partition_by("route", "provider", maintain_order=True):
        if flights is None:
            flights = source
            continue
        candidates = _candidates(flights, source)
        found = _nearest(candidates.filter("near"))
        named = [found]
        if source["route"][0] == TRACKS:
            more = candidates.filter("within").join(found, on="row", how="anti")
            named.append(more.sort("apart", "lead").unique("row", keep="first").select("lead", "row"))
            source = source.join(named[-1], on="row", how="anti")
        unnamed = _left(_unnamed(flights, source), pl.concat(named))
        by_place = _nearest(unnamed, ANONYMOUS_MARGIN)
        pairs += [*named, by_place]
        doubtful.append(_left(unnamed, by_place).select("row"))
        flights = _joined(flights, source, pl.concat([found, by_place]))
    matched = pl.concat(
        [pl.DataFrame(schema={"lead": known["row"].dtype, "row": known["row"].dtype}), *pairs]
    )
    doubted = pl.concat([known.select("row").clear(), *doubtful])["row"].unique()
    return (
        known.select("row")
        .join(matched, on="row", how="left")
        .select(
            "row",
            pl.coalesce("lead", "row").alias("lead"),
            pl.col("row").is_in(doubted.implode()).alias(POSSIBLE_DUPLICATE),
        )
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
        pl.coalesce("airline", pl.col("callsign").str.extract(r"^([A-Z]{3})[0-9]", 1)).alias("operated_by"),
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
    agree = _agree("icao24", "origin", "simulated", "cancelled")
    same_end = _agree("destination")
    departed = pl.col("flown") & pl.col("flown_other") & ~pl.col("unobserved") & ~pl.col("unobserved_other")
    diverted = ~same_end & departed & pl.col("origin").is_not_null() & pl.col("origin_other").is_not_null()
    apart = (pl.col("at") - pl.col("at_other")).abs()
    allowed = pl.when(pl.col("flown") & pl.col("flown_other")).then(TOLERANCE).otherwise(PLANNED_TOLERANCE)
    in_the_air = pl.col("unobserved") | pl.col("unobserved_other")
    overlap = (pl.col("at") <= pl.col("end_other")) & (pl.col("at_other") <= pl.col("end"))
    whole = pl.col("flown") & pl.col("arrived") & ~pl.col("unobserved")
    within = (pl.col("at_other") >= pl.col("at")) & (pl.col("end_other") <= pl.col("end"))
    return pairs.filter(agree & (same_end | diverted)).select(
        "lead",
        "row",
        apart.alias("apart"),
        diverted.alias("diverted"),
        ((apart <= allowed) | (in_the_air & overlap & same_end)).alias("near"),
        (whole & within & pl.col("unobserved_other") & same_end).alias("within"),
    )


def _agree(*names: str) -> pl.Expr:
    """Nothing that both know differs."""
    return pl.all_horizontal(
        pl.col(name).is_null() | pl.col(f"{name}_other").is_null() | (pl.col(name) == pl.col(f"{name}_other"))
        for name in names
    )


def _unnamed(flights: pl.DataFrame, source: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a flight and a row of the next source, one of them without a name, of one place and time."""
    # Pairs of airports have tens of thousands of flights in a span of days; a slot of time has a few.
    slot = pl.col("at").dt.truncate(ANONYMOUS_TOLERANCE)
    seen = ~pl.col("unobserved")
    ends = ["origin", "destination"]
    left = (
        flights.filter(seen)
        .select(
            "lead",
            "keys",
            *_BOTH,
            pl.concat_list(slot + n * ANONYMOUS_TOLERANCE for n in (-1, 0, 1)).alias("slot"),
        )
        .explode("slot")
    )
    right = source.filter(seen).select("row", "keys", *_BOTH, slot.alias("slot"))
    pairs = left.join(right, on=[*ends, "slot"], suffix="_other")
    apart = (pl.col("at") - pl.col("at_other")).abs()
    nameless = (pl.col("keys").list.len() == 0) | (pl.col("keys_other").list.len() == 0)
    agree = _agree("icao24", "operated_by", "simulated", "cancelled")
    return pairs.filter(nameless & agree & (apart <= ANONYMOUS_TOLERANCE)).select(
        "lead", "row", apart.alias("apart")
    )


def _nearest(candidates: pl.DataFrame, margin: timedelta | None = None) -> pl.DataFrame:
    """One row for each flight and one flight for each row, the nearest first.

    With a margin only those whose next nearest, of the flight and of the row, is so much farther.
    """
    chosen = [candidates.select("lead", "row").clear()]
    first = ["diverted"] if "diverted" in candidates.columns else []
    left = candidates.sort(*first, "apart", "lead", "row").with_row_index("order")
    while left.height:
        best = left.filter(
            *(pl.col("order") == pl.col("order").min().over(side) for side in ("lead", "row")),
            *(
                (pl.col("apart").bottom_k(2).max() - pl.col("apart").min() >= margin).over(side)
                | (pl.len().over(side) == 1)
                for side in (("lead", "row") if margin else ())
            ),
        ).select("lead", "row")
        if not best.height:
            break
        chosen.append(best)
        left = _left(left, best)
    return pl.concat(chosen)


def _left(candidates: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    return candidates.join(chosen, on="lead", how="anti").join(chosen, on="row", how="anti")


def _joined(flights: pl.DataFrame, source: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The flights with what the source's rows add to them, and its other rows as flights of their own."""
    more = found.join(source.drop("lead"), on="row").drop("row")
    both = flights.join(more, on="lead", how="left", suffix="_other")
    planned = ~pl.col("flown") & pl.col("flown_other").fill_null(False)
    filled = both.with_columns(
        pl.concat_list("keys", pl.col("keys_other").fill_null([])).list.unique(maintain_order=True),
        *(pl.coalesce(name, f"{name}_other").alias(name) for name in _FILLED),
        *(pl.when(planned).then(f"{name}_other").otherwise(name).alias(name) for name in _TIMES),
    ).select(flights.columns)
    return pl.concat([filled, source.join(found, on="row", how="anti")])
