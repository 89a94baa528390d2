"""The operator's tables, as ``docs/operator_database.sql`` describes them, for the embedded database."""

from datetime import UTC, datetime

import polars as pl
from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Engine,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    TypeDecorator,
    text,
)


class Instant(TypeDecorator):
    """A point in time: with a zone where the database knows zones, else UTC without saying so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def _money() -> Numeric:
    return Numeric(14, 2, asdecimal=False)


METADATA = MetaData()
FLIGHTS = Table(
    "flights",
    METADATA,
    Column("flight_id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("airline", Text),
    Column("flight_number", Text),
    Column("callsign", Text),
    Column("registration", Text),
    Column("icao24", Text),
    Column("origin", Text),
    Column("destination", Text),
    Column("scheduled_departure_at", Instant, nullable=False),
    Column("scheduled_arrival_at", Instant),
    Column("departure_at", Instant),
    Column("arrival_at", Instant),
    Column("status", Text, nullable=False),
    Column("cruise_fl", Integer),
    Column("updated_at", Instant, nullable=False, index=True),
)
FLIGHT_RESULTS = Table(
    "flight_results",
    METADATA,
    Column("flight_id", Text, ForeignKey("flights.flight_id"), primary_key=True),
    Column("seats", Integer),
    Column("passengers", Integer),
    Column("revenue", _money()),
    Column("cost", _money()),
    Column("currency", Text),
    Column("updated_at", Instant, nullable=False, index=True),
)
FLIGHT_SATISFACTION = Table(
    "flight_satisfaction",
    METADATA,
    Column("flight_id", Text, ForeignKey("flights.flight_id"), primary_key=True),
    Column("answers", Integer),
    Column("satisfaction", Float),
    Column("complaints", Integer),
    Column("updated_at", Instant, nullable=False, index=True),
)
FEED = Table(
    "flight_feed",
    MetaData(),
    *(
        Column(column.name, column.type)
        for table in (FLIGHTS, FLIGHT_RESULTS, FLIGHT_SATISFACTION)
        for column in table.columns
        if column.name != "updated_at" and (table is FLIGHTS or column.name != "flight_id")
    ),
    Column("updated_at", Instant),
)
"""The view that is read."""

_POLARS = {Text: pl.String, Integer: pl.Int64, Instant: pl.Datetime("us", "UTC")}
FEED_TYPES = {column.name: _POLARS.get(type(column.type), pl.Float64) for column in FEED.columns}
_VIEW = """
create view if not exists flight_feed as
select {columns},
    max(f.updated_at, coalesce(r.updated_at, f.updated_at), coalesce(s.updated_at, f.updated_at)) as updated_at
from flights as f
left join flight_results as r on r.flight_id = f.flight_id
left join flight_satisfaction as s on s.flight_id = f.flight_id
"""


def create_embedded(engine: Engine) -> None:
    """Create the tables and the view in SQLite where they are not there."""
    columns = [
        f"{alias}.{column.name}"
        for alias, table in (("f", FLIGHTS), ("r", FLIGHT_RESULTS), ("s", FLIGHT_SATISFACTION))
        for column in table.columns
        if column.name != "updated_at" and (alias == "f" or column.name != "flight_id")
    ]
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.execute(text(_VIEW.format(columns=", ".join(columns))))
