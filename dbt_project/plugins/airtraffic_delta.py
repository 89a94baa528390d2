"""dbt-duckdb plugin: Delta tables of the lake into the run's in-memory DuckDB, and back.

dbt-duckdb lets macros reach a plugin only through ``adapter.store_relation``; its ``format`` says what is
wanted: ``read`` a window of a Delta table into a relation, ``open`` a table that the run is going to write,
or ``replace`` a window of it by a relation.

A table is opened before its input is read and written through the same object. Where another run has
written the same hours in between, delta-rs refuses the commit; otherwise the slower of two runs could put
back what it computed before late rows came.
"""

import os
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import TargetConfig
from dbt_common.exceptions import DbtRuntimeError
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from airtraffic.settings import Settings

_WRITER = WriterProperties(compression="ZSTD", compression_level=1)
CONFLICT = "another run has written these hours since this one began"


class Plugin(BasePlugin):
    """Reads and replaces windows (hours of one day) of the lake's tables."""

    def configure_connection(self, conn):
        self._connection = conn
        self._opened: dict[str, DeltaTable] = {}

    def store(self, target_config: TargetConfig):
        try:
            self._store(target_config)
        except CommitFailedError as conflict:
            raise DbtRuntimeError(f"{target_config.config['table']}: {CONFLICT}: {conflict}") from conflict
        except (DeltaError, OSError) as problem:
            table = target_config.config["table"]
            raise DbtRuntimeError(f"Delta table {table}: {problem}") from problem

    def _store(self, target_config: TargetConfig) -> None:
        request = target_config.config
        lake = request["lake"] or Settings.from_env(os.environ).lake
        uri = f"{lake.rstrip('/')}/{request['table']}"
        relation = target_config.relation.render()
        match target_config.location.format:
            case "read":
                self._read(uri, relation, request)
            case "open":
                self._opened[uri] = described(uri, self._rows(relation).schema, request)
            case "replace":
                self._replace(uri, relation, request)
            case other:
                raise DbtRuntimeError(f"airtraffic_delta knows read, open and replace, not {other!r}")

    def _read(self, uri: str, relation: str, request: dict[str, Any]) -> None:
        try:
            delta = DeltaTable(uri)
        except TableNotFoundError:
            return  # the empty relation that the macro has made stands for a table that is not there yet
        rows = window_of(delta, request["date"], request["hours"], request["hours_before"])
        cursor = self._connection.cursor()
        cursor.register("rows_of_window", rows)
        cursor.execute(f"insert into {relation} by name select * from rows_of_window")
        cursor.close()

    def _replace(self, uri: str, relation: str, request: dict[str, Any]) -> None:
        write_deltalake(
            self._opened[uri],
            self._rows(relation),
            mode="overwrite",
            predicate=request["replace_where"],
            schema_mode="merge",
            writer_properties=_WRITER,
        )

    def _rows(self, relation: str) -> pa.Table:
        cursor = self._connection.cursor()
        rows = cursor.sql(f"select * from {relation}").to_arrow_table()
        cursor.close()
        return rows.cast(pa.schema([pa.field(field.name, _delta_type(field.type)) for field in rows.schema]))


def _delta_type(type_: pa.DataType) -> pa.DataType:
    """Delta knows instants in UTC only, by whatever name DuckDB calls that zone."""
    return pa.timestamp("us", tz="UTC") if pa.types.is_timestamp(type_) else type_


def described(uri: str, schema: pa.Schema, request: dict[str, Any]) -> DeltaTable:
    """The Delta table with the model's description and comments; made when it is not there."""
    comments, description = request["comments"], request["description"].strip()
    try:
        delta = DeltaTable(uri)
    except TableNotFoundError:
        return DeltaTable.create(
            uri,
            pa.schema([field.with_metadata({"comment": comments[field.name]}) for field in schema]),
            mode="ignore",
            partition_by=request["partition_by"],
            description=description,
        )
    if delta.metadata().description != description:
        delta.alter.set_table_description(description)
    for field in delta.schema().fields:
        comment = comments.get(field.name)
        if comment and field.metadata.get("comment") != comment:
            delta.alter.set_column_metadata(field.name, {"comment": comment})
    return delta


def window_of(
    delta: DeltaTable, day: str | None, hours: list[int], hours_before: int
) -> ds.Dataset | pa.Table:
    """Rows of the hours of a day, and of as many hours before each; everything without a day.

    Only the files of those hours are opened.
    """
    if day is None:
        return delta.to_pyarrow_dataset()
    start = datetime.combine(date.fromisoformat(day), datetime.min.time())
    wanted = {start + timedelta(hours=hour - back) for hour in hours for back in range(hours_before + 1)}
    parts = []
    for wanted_day in sorted({hour.date() for hour in wanted}):
        of_day = sorted(hour.hour for hour in wanted if hour.date() == wanted_day)
        files = delta.to_pyarrow_dataset(
            file_pruning_predicate=[("date", "=", wanted_day), ("hour", "in", of_day)]
        )
        parts.append(files.to_table(filter=(ds.field("date") == wanted_day) & ds.field("hour").isin(of_day)))
    return pa.concat_tables(parts)
