"""The plugin between DuckDB and Delta, without dbt around it."""

import sys

import duckdb
import pytest
from dbt.adapters.duckdb.relation import DuckDBRelation
from dbt.adapters.duckdb.utils import TargetConfig, TargetLocation
from dbt_common.exceptions import DbtRuntimeError
from deltalake import DeltaTable

from orchestration.dbt import PROJECT

sys.path.append(str(PROJECT / "plugins"))
from airtraffic_delta import CONFLICT, Plugin

RELATION = DuckDBRelation.create(schema="main", identifier="gold")
REQUEST = {
    "table": "gold",
    "partition_by": ["date", "hour"],
    "description": "One row per day and hour.",
    "comments": {"date": "Day", "hour": "Hour", "snapshot_at": "Time [UTC]", "value": "Value [m]"},
}


def run(lake: str) -> Plugin:
    """A run of its own, which has opened the table."""
    connection = duckdb.connect()
    connection.execute("create table main.gold (date date, hour int, snapshot_at timestamptz, value double)")
    plugin = Plugin("airtraffic_delta", {})
    plugin.configure_connection(connection)
    ask(plugin, lake, "open")
    return plugin


def ask(plugin: Plugin, lake: str, what: str, **more) -> None:
    request = REQUEST | {"lake": lake} | more
    plugin.store(TargetConfig(RELATION, [], request, TargetLocation("", what)))


def write(plugin: Plugin, lake: str, hour: int, value: float) -> None:
    plugin._connection.execute("delete from main.gold")
    plugin._connection.execute(f"insert into main.gold values ('2025-01-15', {hour}, now(), {value})")
    ask(plugin, lake, "replace", replace_where=f"date = '2025-01-15' and hour in ({hour})")


def values(lake: str) -> dict:
    return {row["hour"]: row["value"] for row in DeltaTable(f"{lake}/gold").to_pyarrow_table().to_pylist()}


@pytest.fixture
def lake(tmp_path) -> str:
    return str(tmp_path)


def test_a_run_that_began_before_another_wrote_the_same_hour_is_refused(lake):
    slow, quick = run(lake), run(lake)
    write(quick, lake, 3, 2.0)
    with pytest.raises(DbtRuntimeError, match=CONFLICT):
        write(slow, lake, 3, 1.0)
    write(run(lake), lake, 3, 3.0)
    assert values(lake) == {3: 3.0}


def test_runs_that_write_other_hours_do_not_disturb_each_other(lake):
    first, second = run(lake), run(lake)
    write(first, lake, 3, 1.0)
    write(second, lake, 4, 2.0)
    assert values(lake) == {3: 1.0, 4: 2.0}


def test_a_changed_description_reaches_the_table_that_is_there(lake):
    write(run(lake), lake, 3, 1.0)
    plugin = run(lake)
    comments = REQUEST["comments"] | {"value": "Height [m]"}
    ask(plugin, lake, "open", comments=comments, description="Another.")
    write(plugin, lake, 3, 2.0)
    table = DeltaTable(f"{lake}/gold")
    assert {field.name: field.metadata["comment"] for field in table.schema().fields} == comments
    assert table.metadata().description == "Another."
    assert values(lake) == {3: 2.0}


def test_rows_outside_the_window_are_refused(lake):
    plugin = run(lake)
    plugin._connection.execute("insert into main.gold values ('2025-01-15', 4, now(), 1)")
    with pytest.raises(DbtRuntimeError, match="gold"):
        ask(plugin, lake, "replace", replace_where="date = '2025-01-15' and hour in (3)")
    assert values(lake) == {}


def test_a_new_column_joins_the_table_that_is_there(lake):
    write(run(lake), lake, 3, 1.0)
    plugin = run(lake)
    plugin._connection.execute("alter table main.gold add column more int")
    plugin._connection.execute("insert into main.gold values ('2025-01-15', 4, now(), 2, 7)")
    ask(plugin, lake, "replace", replace_where="date = '2025-01-15' and hour in (4)")
    rows = DeltaTable(f"{lake}/gold").to_pyarrow_table().to_pylist()
    assert {row["hour"]: row["more"] for row in rows} == {3: None, 4: 7}
