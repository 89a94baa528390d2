"""The lake: one folder or bucket prefix, one Delta table in each of its folders."""

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake import Field as DeltaField
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from pydantic import Field

from airtraffic.errors import AirTrafficError
from airtraffic.table_files import table_files
from airtraffic.tables import TABLES

if TYPE_CHECKING:
    import pyarrow.dataset

Filter = tuple[str, str, Any]
"""Column, operator (``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``not in``), value."""

_WRITER = WriterProperties(compression="ZSTD", compression_level=1)
# State vectors repeat little: without dictionaries they are written 1.4 times as fast, and smaller.
_APPENDER = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    default_column_properties=ColumnProperties(dictionary_enabled=False),
)
_REFUSED_ROWS = "failed validation check"


class LakeResource(dg.ConfigurableResource):
    """Opens, reads and writes the Delta tables below one root.

    For ``s3://`` delta-rs takes ``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID`` and their like from the
    environment by itself.
    """

    root: str = Field(description="Folder, or s3://bucket/prefix, that holds one folder per table.")
    write_tries: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="How often a write that lost the race for a commit is tried before it fails.",
    )

    def uri(self, name: str) -> str:
        """Where a table lies, whether or not it is there."""
        return f"{self.root.rstrip('/')}/{name}"

    def exists(self, name: str) -> bool:
        """Whether the table is in the lake."""
        return DeltaTable.is_deltatable(self.uri(name))

    def delta(self, name: str) -> DeltaTable:
        """The table as it is now; one of ``airtraffic.tables.TABLES`` is created when it is not there.

        Columns that have been declared since it was created are added, null in the rows that it has.

        Raises
        ------
        AirTrafficError
            The table is neither there nor one that this project's Python writes.
        """
        try:
            return self._widened(DeltaTable(self.uri(name)), name)
        except TableNotFoundError:
            pass
        if name not in TABLES:
            raise AirTrafficError(f"no table {name!r} in the lake {self.root}; is it made before it is read?")
        table = TABLES[name]
        try:
            return DeltaTable.create(
                self.uri(name),
                table.schema,
                partition_by=list(table.partition_by),
                description=table.grain,
                # With retries a process that loses this race would write the table's metadata again.
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except (DeltaError, OSError):
            # Another process may have created it between the two calls; if not, this says what is wrong.
            if not self.exists(name):
                raise
            return DeltaTable(self.uri(name))

    def _widened(self, table: DeltaTable, name: str) -> DeltaTable:
        there = {field.name for field in table.schema().fields}
        declared = TABLES[name].schema if name in TABLES else ()
        missing = [DeltaField.from_arrow(field) for field in declared if field.name not in there]
        if not missing:
            return table
        try:
            table.alter.add_columns(missing)
        except CommitFailedError:
            # Somebody wrote to it in between, perhaps these columns.
            return self.delta(name)
        return table

    def version(self, name: str) -> int | None:
        """Version of the table; None when it is not there."""
        try:
            return DeltaTable(self.uri(name)).version()
        except TableNotFoundError:
            return None

    def read(self, name: str, columns: Sequence[str] | None = None, where: Sequence[Filter] = ()) -> pa.Table:
        """Rows that meet all of ``where``; only files of the partitions it names are opened.

        A table of ``airtraffic.tables.TABLES`` that is not there yet is an empty one.
        """
        if name in TABLES and not self.exists(name):
            schema = TABLES[name].schema
            return schema.empty_table().select(list(columns or schema.names))
        delta = self.delta(name)
        partition_columns = delta.metadata().partition_columns
        pruning = [condition for condition in where if condition[0] in partition_columns]
        dataset = self.dataset(delta, pruning)
        if name not in TABLES:
            return dataset.to_table(columns=list(columns) if columns else None, filter=_expression(where))
        declared = TABLES[name].schema
        rows = dataset.to_table(columns=list(columns or declared.names), filter=_expression(where))
        return rows.cast(pa.schema([declared.field(column) for column in rows.column_names]))

    @staticmethod
    def dataset(delta: DeltaTable, pruning: Sequence[Filter] = ()) -> "pyarrow.dataset.Dataset":
        """The files of a table as it was opened; only those of the partitions that ``pruning`` names."""
        return delta.to_pyarrow_dataset(
            filesystem=table_files(delta.table_uri), file_pruning_predicate=list(pruning) or None
        )

    def append(
        self,
        name: str,
        data: pa.Table,
        *,
        into: DeltaTable | None = None,
        transactions: dict[str, int] | None = None,
    ) -> None:
        """Append rows and application transactions in one commit.

        Parameters
        ----------
        into
            The table object that the transactions' versions were read from. A second writer that read
            the same versions is then refused; by name both would commit.
        transactions
            Version by application id, stored with the rows.

        Raises
        ------
        deltalake.exceptions.CommitFailedError
            Somebody else committed one of the transactions since ``into`` was opened.
        """
        write_deltalake(
            into if into is not None else self.delta(name),
            _undescribed(data),
            mode="append",
            writer_properties=_APPENDER,
            commit_properties=CommitProperties(
                app_transactions=[Transaction(app, version) for app, version in (transactions or {}).items()]
            ),
        )

    def replace(
        self,
        name: str,
        data: pa.Table | pa.RecordBatchReader,
        predicate: str,
        *,
        into: DeltaTable | None = None,
    ) -> None:
        """Replace the rows that meet ``predicate`` by ``data``, in one commit.

        No rows in ``data`` leave none. A commit that loses against another writer is tried again
        on the table's new version.

        Parameters
        ----------
        data
            Rows that all meet ``predicate``.
        predicate
            SQL over partition columns, such as ``date = '2025-01-15' and hour = 3``.

        Raises
        ------
        AirTrafficError
            A row of ``data`` does not meet ``predicate``.
        deltalake.exceptions.CommitFailedError
            Others were faster ``write_tries`` times.
        into
            The table object that was opened before the rows were computed. If somebody else wrote to
            the predicate's partitions since, the write is refused, once and for good: what is newer is
            never replaced by what was computed from older input.

        Raises
        ------
        deltalake.exceptions.CommitFailedError
            Every try lost, or the partitions changed since ``into`` was opened.
        """
        # A reader can be read once and a conflict needs the rows again.
        rows = _undescribed(data.read_all() if isinstance(data, pa.RecordBatchReader) else data)
        for left in reversed(range(1 if into is not None else self.write_tries)):
            try:
                write_deltalake(
                    into if into is not None else self.delta(name),
                    rows,
                    mode="overwrite",
                    predicate=predicate,
                    writer_properties=_WRITER,
                )
            except CommitFailedError:
                if not left:
                    raise
                time.sleep(random.uniform(0.01, 0.2))
            except DeltaError as error:
                if _REFUSED_ROWS not in str(error):
                    raise
                raise AirTrafficError(
                    f"{name}: nothing is replaced, the data has rows that do not meet {predicate!r}"
                ) from error
            else:
                return


def _undescribed(rows: pa.Table) -> pa.Table:
    """Rows whose columns do not say what they mean: another wording than the table's would be refused."""
    return rows.cast(pa.schema([column.remove_metadata() for column in rows.schema]))


def _expression(where: Sequence[Filter]):
    if not where:
        return None
    from pyarrow.parquet import filters_to_expression

    return filters_to_expression(list(where))
