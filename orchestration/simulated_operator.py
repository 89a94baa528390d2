"""The embedded database of the operator, filled with simulated flights: each row says ``simulate``.

It is for the demo. A database that holds anything else is an operator's own and is never written to.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from airtraffic.errors import AirTrafficError
from airtraffic.simulation.operator_tables import operator_tables
from airtraffic.simulation.simulator import Simulation

if TYPE_CHECKING:
    from sqlalchemy import Engine

SIMULATED = "simulate"


class OwnDatabaseError(AirTrafficError):
    """The database is an operator's own."""


def fill_embedded(path: Path, simulation: Simulation, days: Sequence[date], now: datetime) -> dict[date, int]:
    """Write the days that the database has nothing of, each in one transaction; flights written, by day.

    Days that are there already are left as they are.

    Parameters
    ----------
    path
        The SQLite file; made when it is not there.
    simulation
        Whose flights they are.
    now
        Written as ``updated_at``, which tells the reader what is new. (UTC)

    Raises
    ------
    OwnDatabaseError
        The database holds something other than simulated flights; nothing was written.
    """
    import sqlalchemy as sa

    from orchestration.resources.operator_tables import (
        FLIGHT_RESULTS,
        FLIGHT_SATISFACTION,
        FLIGHTS,
        create_embedded,
    )

    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    _refuse_own(engine, path)
    create_embedded(engine)
    departure = sa.func.coalesce(FLIGHTS.c.departure_at, FLIGHTS.c.scheduled_departure_at)
    written: dict[date, int] = {}
    for day in days:
        start = datetime.combine(day, time(), UTC)
        of_day = sa.and_(departure >= start, departure < start + timedelta(days=1))
        with engine.begin() as connection:
            if connection.execute(sa.select(FLIGHTS.c.flight_id).where(of_day).limit(1)).scalar() is not None:
                continue
            made = operator_tables(simulation, day)
            for table, rows in (
                (FLIGHTS, made.flights),
                (FLIGHT_RESULTS, made.flight_results),
                (FLIGHT_SATISFACTION, made.flight_satisfaction),
            ):
                if rows.height:
                    dated = rows.with_columns(updated_at=pl.lit(now))
                    connection.execute(sa.insert(table), dated.to_dicts())
            written[day] = made.flights.height
    return written


def _refuse_own(engine: "Engine", path: Path) -> None:
    """A database without tables is nobody's; one with them is ours when all of its flights are simulated."""
    import sqlalchemy as sa

    from orchestration.resources.operator_tables import FLIGHTS, METADATA

    other = None
    with engine.connect() as connection:
        there = sa.inspect(connection)
        names = set(there.get_table_names())
        if names and not names >= set(METADATA.tables):
            other = "has tables of its own"
        elif names:
            columns = {column["name"] for column in there.get_columns(FLIGHTS.name)}
            if not columns >= set(FLIGHTS.c.keys()):
                other = f"has a table {FLIGHTS.name} of its own"
            elif found := connection.execute(
                sa.select(FLIGHTS.c.source).where(FLIGHTS.c.source != SIMULATED).limit(1)
            ).scalar():
                other = f"holds flights of the source {found!r}"
    if other:
        raise OwnDatabaseError(f"{path} {other}: simulated flights are not written to it")
