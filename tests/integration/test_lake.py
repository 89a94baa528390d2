"""The lake on a folder and on S3: creation, partition overwrites and reads."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.fs as fs
import pytest
from deltalake import DeltaTable, write_deltalake

from airtraffic.errors import AirTrafficError
from airtraffic.tables import STATE_VECTORS
from orchestration.resources.lake import LakeResource

DAY = date(2025, 1, 15)


def rows(count: int, hour: int) -> pa.Table:
    schema = STATE_VECTORS.schema
    columns = {field.name: pa.nulls(count, field.type) for field in schema}
    columns |= {
        "icao24": [f"{n:06x}" for n in range(count)],
        "snapshot_at": [datetime(2025, 1, 15, hour, tzinfo=UTC)] * count,
        "sensors": [[1, 2]] * count,
        "date": [DAY] * count,
        "hour": [hour] * count,
    }
    return pa.table(columns, schema=schema)


def predicate(hour: int) -> str:
    return f"date = '{DAY}' and hour = {hour}"


def replace(root: str, count: int, hour: int) -> None:
    LakeResource(root=root).replace("state_vectors", rows(count, hour), predicate(hour))


def test_a_partition_is_replaced_and_the_others_stay(lake):
    for hour in (3, 4):
        lake.replace("state_vectors", rows(10, hour), predicate(hour))
    lake.replace("state_vectors", rows(2, 3), predicate(3))
    assert lake.read("state_vectors", where=[("hour", "=", 3)]).equals(rows(2, 3))
    assert lake.read("state_vectors", ["hour"], [("date", "=", DAY), ("hour", "in", [3, 4])]).num_rows == 12


def test_the_threads_that_read_files_never_run_python(lake):
    """A file that Python closes after the interpreter began to end aborts the process."""
    lake.replace("state_vectors", rows(10, 3), predicate(3))
    read_from = lake.dataset(lake.delta("state_vectors")).filesystem
    while isinstance(read_from, fs.SubTreeFileSystem):
        read_from = read_from.base_fs
    assert isinstance(read_from, fs.LocalFileSystem | fs.S3FileSystem)


def test_a_table_made_when_its_columns_were_described_otherwise_is_written_to(local_lake):
    described = [column.with_metadata({"description": "as it was"}) for column in STATE_VECTORS.schema]
    DeltaTable.create(local_lake.uri("state_vectors"), pa.schema(described), partition_by=["date", "hour"])
    local_lake.append("state_vectors", rows(2, 3))
    local_lake.replace("state_vectors", rows(5, 4), predicate(4))
    assert local_lake.read("state_vectors").num_rows == 7


def older(lake: LakeResource, rows: pa.Table) -> None:
    """The table as it was before two of its columns were declared."""
    known = rows.drop_columns(["sensors", "latitude"])
    DeltaTable.create(lake.uri("state_vectors"), known.schema, partition_by=["date", "hour"])
    write_deltalake(lake.uri("state_vectors"), known, mode="append")


def test_columns_that_have_been_declared_since_are_added_and_are_null_in_older_rows(lake):
    older(lake, rows(2, 3))
    lake.replace("state_vectors", rows(1, 4), predicate(4))
    assert lake.read("state_vectors", where=[("hour", "=", 4)]).equals(rows(1, 4))
    before = lake.read("state_vectors", where=[("hour", "=", 3)])
    assert before.schema.names == STATE_VECTORS.schema.names
    assert (before.num_rows, before["sensors"].null_count) == (2, 2)


def test_processes_that_add_the_same_columns_at_once_all_get_through(local_lake):
    older(local_lake, rows(2, 3))
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
        for done in [pool.submit(replace, local_lake.root, 2, hour) for hour in range(4, 12)]:
            done.result()
    assert local_lake.read("state_vectors").num_rows == 2 * 9


@pytest.mark.parametrize("as_reader", [False, True])
def test_replacing_by_nothing_leaves_nothing(local_lake, as_reader):
    local_lake.replace("state_vectors", rows(5, 3), predicate(3))
    local_lake.replace("state_vectors", rows(5, 4), predicate(4))
    nothing = rows(0, 3)
    local_lake.replace("state_vectors", nothing.to_reader() if as_reader else nothing, predicate(3))
    assert local_lake.read("state_vectors", ["hour"])["hour"].to_pylist() == [4] * 5


def test_rows_outside_the_partition_are_refused(local_lake):
    with pytest.raises(AirTrafficError, match=r"rows that do not meet.*hour = 4"):
        local_lake.replace("state_vectors", rows(5, 3), predicate(4))


def test_processes_that_replace_at_once_all_get_through(lake):
    """Twelve writers, half of them on one partition, none of which finds a table."""
    work = [(lake.root, n + 1, 0 if n % 2 else n) for n in range(12)]
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(replace, *zip(*work, strict=True)))
    hours = lake.read("state_vectors", ["hour"])["hour"].to_pylist()
    assert {hour: hours.count(hour) for hour in (2, 4, 6, 8, 10)} == {2: 3, 4: 5, 6: 7, 8: 9, 10: 11}
    assert hours.count(0) in {1, 2, 4, 6, 8, 10, 12}
    assert lake.version("state_vectors") == 12


def test_only_files_of_the_asked_partition_are_opened(local_lake, tmp_path):
    for hour in (3, 4):
        local_lake.replace("state_vectors", rows(3, hour), predicate(hour))
    for file in tmp_path.glob("lake/state_vectors/date=*/hour=4/*.parquet"):
        file.write_bytes(b"not parquet")
    assert local_lake.read("state_vectors", where=[("hour", "=", 3)]).num_rows == 3


def test_a_table_nobody_has_written_is_empty_and_stays_absent(lake):
    assert lake.read("state_vectors", ["icao24", "date"]).column_names == ["icao24", "date"]
    assert not lake.exists("state_vectors")
    assert lake.version("state_vectors") is None
    with pytest.raises(AirTrafficError, match="no table 'flight_states'"):
        lake.read("flight_states")
