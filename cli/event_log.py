"""Dagster's event log in SQLite with its files kept open.

Dagster opens the file, and compiles the statement, for every event anew: 300 events took 16 s on a busy
machine (3.1 s of CPU), and take 2.2 s (0.8 s) like this.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, _event_logs_directory
from dagster._serdes import ConfigurableClassData

KEPT_OPEN = 4
"""Each run has a file of its own: a backfill of a year must not hold them all. [files]"""
_BUSY_S = 60


class OpenEventLog(SqliteEventLogStorage):
    """The same files; a connection to each, which its lock hands from thread to thread."""

    def __init__(self, base_dir: str):
        self._engines: dict[str, sa.Engine] = {}
        super().__init__(base_dir)

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
