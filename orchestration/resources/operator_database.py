"""The operator's relational database, only ever read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
from pydantic import Field

from airtraffic.errors import AirTrafficError, ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

VIEW = "flight_feed"
_CONNECT_TIMEOUT_S = 10


class OperatorDatabaseError(AirTrafficError):
    """The operator's database does not answer, or has not what is documented."""


class OperatorDatabaseResource(dg.ConfigurableResource):
    """PostgreSQL, or SQLite as the embedded one: ``docs/operator_database.sql`` says what is read."""

    url: str = Field(
        description="SQLAlchemy URL with the password, such as postgresql://airtraffic_reader:...@host/operator.",
        repr=False,
    )
    statement_timeout_s: float = Field(
        default=300, gt=0, le=3600, description="A question to PostgreSQL that takes longer is given up. [s]"
    )

    @property
    def name(self) -> str:
        """The database without user and password: what is logged, and what its progress is kept under."""
        url = self._url
        if url.get_backend_name() == "sqlite":
            return f"sqlite {Path(url.database).name}"
        return f"{url.get_backend_name()} {url.host}:{url.port or 5432}/{url.database}"

    @property
    def there(self) -> bool:
        """Whether there is anything to ask: an embedded database may not have been made."""
        return self._url.get_backend_name() != "sqlite" or Path(self._url.database).is_file()

    def now(self) -> datetime:
        """The database's clock. (UTC)"""
        import sqlalchemy as sa

        if self._url.get_backend_name() == "sqlite":
            return datetime.now(UTC)
        with self._reading() as connection:
            return _utc(connection.execute(sa.text("select clock_timestamp()")).scalar_one())

    def rows(self, since: datetime | None, batch: int = 20_000) -> Iterator[pl.DataFrame]:
        """Rows with ``updated_at`` from ``since`` on, in its order, ``batch`` at a time, of one moment.

        Raises
        ------
        OperatorDatabaseError
            The database does not answer, or the view lacks ``flight_id`` or ``updated_at``.
        """
        import sqlalchemy as sa

        from orchestration.resources.operator_tables import FEED, FEED_TYPES

        with self._reading() as connection:
            columns = self._columns(connection)
            question = sa.select(*(FEED.c[name] for name in columns)).order_by(
                FEED.c.updated_at, FEED.c.flight_id
            )
            if since is not None:
                question = question.where(FEED.c.updated_at >= since)
            found = connection.execution_options(yield_per=batch).execute(question)
            types = {name: FEED_TYPES[name] for name in columns}
            for part in found.partitions():
                yield pl.DataFrame([tuple(row) for row in part], schema=types, orient="row", strict=False)

    def _columns(self, connection: "Connection") -> Sequence[str]:
        import sqlalchemy as sa

        from orchestration.resources.operator_tables import FEED

        there = {column["name"] for column in sa.inspect(connection).get_columns(VIEW)}
        absent = {"flight_id", "updated_at"} - there
        if absent:
            raise OperatorDatabaseError(
                f"{VIEW} of {self.name} has no column {', '.join(sorted(absent))}; see docs/operator_database.sql"
            )
        return [column.name for column in FEED.columns if column.name in there]

    @contextmanager
    def _reading(self) -> Iterator["Connection"]:
        """One transaction that sees one moment and can change nothing."""
        import sqlalchemy as sa

        try:
            with self._engine.connect() as connection:
                if connection.dialect.name == "postgresql":
                    connection = connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                    milliseconds = round(self.statement_timeout_s * 1000)
                    connection.execute(sa.text(f"set local statement_timeout = {milliseconds}"))
                yield connection
        except sa.exc.SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise OperatorDatabaseError(
                f"the operator's database, {self.name}: {self._redacted(cause)}"
            ) from None

    def _redacted(self, said: str) -> str:
        password = self._url.password
        return said.replace(password, "***") if password else said

    @property
    def _url(self) -> "URL":
        import sqlalchemy as sa

        try:
            url = sa.make_url(self.url)
        except sa.exc.ArgumentError:
            raise ConfigurationError(
                "AIRTRAFFIC_OPERATOR_DATABASE is no database URL; expected one such as "
                "postgresql://user:password@host/database or sqlite:////path/to/file"
            ) from None
        if url.drivername in ("postgresql", "postgres"):
            return url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() not in ("postgresql", "sqlite"):
            raise ConfigurationError(
                f"AIRTRAFFIC_OPERATOR_DATABASE begins with {url.drivername!r}; expected postgresql or sqlite"
            )
        return url

    @cached_property
    def _engine(self) -> "Engine":
        import sqlalchemy as sa
        from sqlalchemy.pool import NullPool

        url = self._url
        if url.get_backend_name() == "sqlite":
            path = Path(url.database).absolute()
            # As a URI SQLite opens it for reading only, and makes none where none is.
            return sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=NullPool)
        return sa.create_engine(
            url,
            poolclass=NullPool,
            connect_args={"connect_timeout": _CONNECT_TIMEOUT_S},
            hide_parameters=True,
        )


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
