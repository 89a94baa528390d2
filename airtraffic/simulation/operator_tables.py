"""The tables of ``docs/operator_database.sql`` as simulated airlines would fill them: nothing in them has happened.

A flight's row is what the simulated events of the same seed come to in the end, so that the database, the
topic and the traffic tell of the same world. The survey of passengers is only here: the events carry the
answers given at the gate, the survey those of the days after, more of them and with the delay in mind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from airtraffic.simulation.operator_events import simulated_events
from airtraffic.simulation.simulator import Simulation

AIRLINES = ("TAM", "GLO", "AZU", "AVA", "LPE", "ARG", "LAN", "CMP")
"""The largest passenger airlines of the region, as the simulation flies them."""
STATUS = {
    "scheduled": "scheduled",
    "departed": "departed",
    "arrived": "arrived",
    "closed": "arrived",
    "cancelled": "cancelled",
}
"""What each operation of the events makes of a flight."""
_INSTANT = pl.Datetime("us", "UTC")
_FLIGHTS = {
    "flight_id": pl.String,
    "source": pl.String,
    "airline": pl.String,
    "flight_number": pl.String,
    "callsign": pl.String,
    "registration": pl.String,
    "icao24": pl.String,
    "origin": pl.String,
    "destination": pl.String,
    "scheduled_departure_at": _INSTANT,
    "scheduled_arrival_at": _INSTANT,
    "departure_at": _INSTANT,
    "arrival_at": _INSTANT,
    "status": pl.String,
}
_RESULTS = {
    "flight_id": pl.String,
    "seats": pl.Int64,
    "passengers": pl.Int64,
    "revenue": pl.Float64,
    "cost": pl.Float64,
    "currency": pl.String,
}
_AT_THE_GATE = {"satisfaction": pl.Float64, "complaints": pl.Int64}
_ANSWERS = 0.25
"""Share of passengers who answer the survey. [1]"""
_POINTS_PER_MIN = 0.012
"""What a minute of arrival delay costs: a quarter of an hour nearly a fifth of a point. [1/min]"""
_COMPLAINT_EACH_MIN = 45
"""A flight that is late by so much more has one more complaint. [min]"""
_BEFORE, _AFTER = timedelta(hours=1), timedelta(days=1)
"""A cancellation is known half an hour before; the last flight of a day is closed within the next."""


@dataclass(frozen=True)
class OperatorTables:
    """Rows of the three tables, without ``updated_at``, which is the database's to say; by ``flight_id``."""

    flights: pl.DataFrame
    flight_results: pl.DataFrame
    flight_satisfaction: pl.DataFrame


def operator_tables(
    simulation: Simulation, day: date, airline_codes: Sequence[str] = AIRLINES
) -> OperatorTables:
    """What airlines know of the flights of a day when all of them are over.

    A flight is of the day on which it left the gate, or was to leave where it was cancelled. (UTC)

    Parameters
    ----------
    simulation
        Whose traffic it is: the same seed and number of aircraft give the same rows.

    Raises
    ------
    ConfigurationError
        An airline does not fly in the simulation.
    """
    start = datetime.combine(day, time(), UTC)
    events = simulated_events(simulation, airline_codes, start - _BEFORE, start + timedelta(days=1) + _AFTER)
    last = {event["flight_id"]: event for event in events}
    return tables_of(last.values(), day)


def tables_of(events: Iterable[dict], day: date) -> OperatorTables:
    """The tables of a day from the last event of each flight."""
    types = _FLIGHTS | _RESULTS | _AT_THE_GATE | {"operation": pl.String}
    raw = {name: pl.Int64 if kind == _INSTANT else kind for name, kind in types.items() if name != "status"}
    known = (
        pl.DataFrame([*events], schema=raw)
        .with_columns(
            (pl.from_epoch(name, "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC").alias(name))
            for name, kind in _FLIGHTS.items()
            if kind == _INSTANT
        )
        .with_columns(status=pl.col("operation").replace_strict(STATUS))
        .filter(pl.coalesce("departure_at", "scheduled_departure_at").dt.date() == day)
        .sort("flight_id")
    )
    closed = known.filter(pl.col("operation") == "closed")
    return OperatorTables(
        known.select(*_FLIGHTS), closed.select(*_RESULTS), _survey(closed).drop_nulls("satisfaction")
    )


def _survey(closed: pl.DataFrame) -> pl.DataFrame:
    """Satisfaction falls with the arrival delay, from what it was at the gate, and complaints rise."""
    late_min = ((pl.col("arrival_at") - pl.col("scheduled_arrival_at")).dt.total_seconds() / 60).clip(0)
    return closed.select(
        "flight_id",
        answers=(pl.col("passengers") * _ANSWERS).round().cast(pl.Int64),
        satisfaction=(pl.col("satisfaction") - _POINTS_PER_MIN * late_min).clip(1, 5).round(3),
        complaints=pl.col("complaints") + (late_min // _COMPLAINT_EACH_MIN).cast(pl.Int64),
    )
