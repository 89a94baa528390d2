"""Dagster's event log in SQLite with its files kept open.

Dagster opens the file, and compiles the statement, for every event anew: 300 events took 16 s on a busy
machine (3.1 s of CPU), and take 2.2 s (0.8 s) like this. Six years of days are thousands of events: what a run
over a range of partitions has to say of them is one transaction.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, _event_logs_directory
from dagster._serdes import ConfigurableClassData

KEPT_OPEN = 4
"""Each run has a file of its own: a backfill of a year must not hold them all. [files]"""
_BUSY_S = 60
EVENTS_AT_ONCE = 1000
"""What DAGSTER_EVENT_BATCH_SIZE has to be for events to come in batches. [events]"""


class OpenEventLog(SqliteEventLogStorage):
    """The same files; a connection to each, which its lock hands from thread to thread."""

    def __init__(self, base_dir: str):
        self._engines: dict[str, sa.Engine] = {}
        self._there: set[str] = set()
        super().__init__(base_dir)

    def has_table(self, table_name: str) -> bool:
        """A table that is there stays there: asked once, and not for every event."""
        if table_name not in self._there and super().has_table(table_name):
            self._there.add(table_name)
        return table_name in self._there

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        name = f"asset_keys.{column_name}"
        if name not in self._there and super()._has_asset_key_col_on_connection(conn, column_name):
            self._there.add(name)
        return name in self._there

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """The same rows as one by one, in one transaction of each of the two files."""
        runs = {event.run_id for event in events}
        if len(runs) > 1 or any(event.dagster_event_type not in ASSET_EVENTS for event in events):
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert()
        with self.run_connection(runs.pop()) as connection:
            connection.execute(insert, rows)
        with self.index_transaction() as connection:
            ids = [connection.execute(insert, row).inserted_primary_key[0] for row in rows]
            self._store_asset_event_tags(connection, events, ids)
            newest = {
                event.get_dagster_event().asset_key: (event, number)
                for event, number in zip(events, ids, strict=True)
            }
            for event, number in newest.values():
                self._store_asset_event(connection, event, number)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> sa.Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=sa.StaticPool,
                connect_args={"timeout": _BUSY_S, "check_same_thread": False},
            )
            self._initdb(engine)
            while len(self._engines) >= KEPT_OPEN:
                self._engines.pop(next(iter(self._engines))).dispose()
        # The last one used is the last to be closed.
        self._engines[shard] = engine
        return engine

    def dispose(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


class OpenStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage with such an event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        super().__init__(base_dir, inst_data)
        self._event_log_storage = OpenEventLog(_event_logs_directory(base_dir))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: dict) -> "OpenStorage":
        return cls.from_local(inst_data=inst_data, **config_value)


def with_open_event_log(ref: InstanceRef) -> InstanceRef:
    """The instance with its event log kept open when that is in SQLite; any other as it is."""
    storage = ref.storage_data
    if storage is None or storage.class_name != DagsterSqliteStorage.__name__:
        return ref
    return ref._replace(
        storage_data=ConfigurableClassData(__name__, OpenStorage.__name__, storage.config_yaml)
    )
