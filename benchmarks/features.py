"""From silver to gold: the platform's dbt run, the same SQL run bare, and pandas as the reference does it.

One simulated day of 200 aircraft at a poll a minute, about 288,000 rows in 24 hours. What dbt and Dagster
cost to start stands apart: it is paid once a run, not once a row.
"""

import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from airtraffic.simulation.simulator import Simulation
from airtraffic.snapshots import snapshots, state_vectors_table
from airtraffic.tables import STATE_VECTORS_RAW
from benchmarks._pandas_features import by_hour, row_by_row, vectorised
from orchestration.dbt import FEATURES, build_features, parsed_manifest, run_dbt
from orchestration.resources.lake import LakeResource
from orchestration.silver import hours_predicate

DAY = datetime(2025, 1, 15, tzinfo=UTC)
HOURS = [DAY + timedelta(hours=hour) for hour in range(24)]
AIRCRAFT = 200
REPEATS = 3
BARE, DBT = "DuckDB bare, Parquet to Parquet", "platform: dbt, Delta to Delta"
DAGSTER = "platform: a Dagster run of it"
EMPTY_DBT, EMPTY_DAGSTER = "dbt: a run over an empty hour", "Dagster: the same as a Dagster run, dbt included"


def main() -> None:
    """Print the table."""
    logging.getLogger("dagster").setLevel(logging.ERROR)
    console = Console()
    with tempfile.TemporaryDirectory() as name, console.status("") as status:
        folder = Path(name)
        lake, empty = (LakeResource(root=str(folder / each)) for each in ("lake", "empty"))
        status.update("simulating a day and writing it as silver")
        rows = write_day(folder, lake)
        status.update("start-up")
        starts = {"dbt: import": import_s()}
        build_features(empty, HOURS[:1])
        starts[EMPTY_DBT] = best(lambda: build_features(empty, HOURS[:1]))
        starts[EMPTY_DAGSTER] = best(lambda: dagster_run(empty, HOURS[:1]))
        status.update("DuckDB and the platform")
        sql = compiled(folder)
        seconds = {
            BARE: best(lambda: bare(folder, sql)),
            DBT: best(lambda: build_features(lake, HOURS)) - starts[EMPTY_DBT],
            DAGSTER: best(lambda: dagster_run(lake, HOURS)) - starts[EMPTY_DAGSTER],
        }
        for style in (vectorised, row_by_row):
            status.update(f"pandas, {style.__doc__}")
            seconds[f"pandas: {style.__doc__}"] = best(lambda: by_hour(folder, style), repeats=1)  # noqa: B023
    report(console, rows, seconds, starts)


def report(console: Console, rows: int, seconds: dict[str, float], starts: dict[str, float]) -> None:
    bare_s = seconds[BARE]
    table = Table(
        "silver to gold", "s", "rows/s", "time against bare", title=f"{rows:,} rows, 24 hours, 3 tables"
    )
    for name, value in seconds.items():
        table.add_row(name, f"{value:.2f}", f"{rows / value:,.0f}", f"{value / bare_s:.2f}")
    console.print(table)
    apart = Table("start-up, once a run", "s")
    for name, value in starts.items():
        apart.add_row(name, f"{value:.2f}")
    console.print(apart)


def write_day(folder: Path, lake: LakeResource) -> int:
    """Silver as a Delta table, as a Parquet file an hour and as a CSV file an hour; the number of rows."""
    polls = Simulation(start=DAY, hours=24, aircraft=AIRCRAFT).polls()
    frames = [
        pl.from_arrow(poll.table).with_columns(
            pl.from_epoch(pl.lit(poll.snapshot_at)).cast(pl.Datetime("us", "UTC")).alias("snapshot_at"),
            pl.lit("simulate").alias("source"),
        )
        for poll in polls
    ]
    empty = pl.from_arrow(STATE_VECTORS_RAW.schema.empty_table())
    silver = state_vectors_table(snapshots(pl.concat([empty, *frames], how="diagonal_relaxed"), HOURS))
    lake.replace("state_vectors", silver, hours_predicate(HOURS))
    for kind in ("parquet", "csv"):
        (folder / kind).mkdir()
    for hour, frame in pl.from_arrow(silver).group_by("hour"):
        pq.write_table(frame.to_arrow(), folder / "parquet" / f"{hour[0]:02d}.parquet", compression="zstd")
        frame.drop("sensors").write_csv(folder / "csv" / f"{hour[0]:02d}.csv")
    return silver.num_rows


def import_s() -> float:
    """Import of dbt in a new process. [s]"""
    code = "import time; t = time.perf_counter(); import dbt.cli.main; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def compiled(folder: Path) -> dict[str, str]:
    """The models' SQL by name, for the whole day."""
    window = {"date": f"{DAY:%Y-%m-%d}", "hours": [hour.hour for hour in HOURS]}
    results = run_dbt(["compile"], folder, window, parsed_manifest())
    return {
        result.node.name: result.node.compiled_code
        for result in results
        if result.node.resource_type == "model"
    }


def bare(folder: Path, sql: dict[str, str]) -> None:
    """The compiled SQL in DuckDB, from a Parquet file an hour to Parquet files by date and hour."""
    form = "format parquet, compression zstd, partition_by (date, hour), overwrite_or_ignore"
    (folder / "bare").mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"create view state_vectors as from read_parquet('{folder}/parquet/*.parquet')")
        connection.execute(f"create view stg_state_vectors as {sql['stg_state_vectors']}")
        for model in FEATURES:
            connection.execute(f"create table {model} as {sql[model]}")
            connection.execute(f"copy {model} to '{folder}/bare/{model}' ({form})")


def dagster_run(lake: LakeResource, hours: list[datetime]) -> None:
    """A run of the features' range of partitions in this process, recorded in an instance of its own."""
    import dagster as dg

    from assets.features import features
    from orchestration.partitions import hour_key

    job = dg.Definitions(assets=[features], resources={"lake": lake}).resolve_implicit_global_asset_job_def()
    keys = {"start": hour_key(hours[0]), "end": hour_key(hours[-1])}
    tags = {f"dagster/asset_partition_range_{end}": key for end, key in keys.items()}
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, tags=tags).success


def best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Shortest of some runs. [s]"""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
