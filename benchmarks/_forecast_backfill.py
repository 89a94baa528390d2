"""How long a year of daily forecasts takes as it is run: trainings, then the assets over a range of days."""

import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg
import polars as pl
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from airtraffic.demand_tables import DAILY_DEMAND
from assets.demand_forecast import demand_forecast, forecast_accuracy
from assets.demand_models import demand_models
from cli.runs import range_tags
from orchestration.demand_models import TABLES
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource

SERIES = 100
FIRST, DAYS = date(2023, 1, 1), 364
TRAININGS = 4
"""Of 52: each is stored under every Sunday of its quarter, so that the backfill meets other models every week."""


def backfill_table(history: pl.DataFrame, console: Console) -> Table:
    """Trainings on Sundays, then every day of a year as one run, 30 days ahead, for 100 series."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    sundays = [FIRST + timedelta(days=7 * n) for n in range(DAYS // 7)]
    weeks = len(sundays) // TRAININGS
    table = Table("", title=f"{SERIES} series, {DAYS} days of issue as one run", title_justify="left")
    for column in ("seconds", "rows"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.local_temp(folder) as instance:
        lake = LakeResource(root=f"{folder}/lake")
        lake.append(DAILY_DEMAND.name, DAILY_DEMAND.of(_demand(_hundred(history))))
        mlflow = MlflowResource(
            tracking_uri=f"sqlite:///{folder}/mlflow.db",
            artifacts=f"{folder}/artifacts",
            ui="http://127.0.0.1",
        )
        resources = {"lake": lake, "mlflow": mlflow}
        seconds = []
        for sunday in sundays[::weeks]:
            with console.status(f"training on what is known up to {sunday}"):
                seconds.append(_timed(demand_models, [sunday], resources, instance))
            _store_again(lake, sunday, weeks)
        shown = " ".join(f"{each:.0f}" for each in seconds)
        table.add_row(
            f"a training, mean of {TRAININGS} of 52 ({shown})", f"{sum(seconds) / TRAININGS:.1f}", ""
        )
        for asset in (demand_forecast, forecast_accuracy):
            name = asset.key.to_user_string()
            with console.status(f"{name}: a year"):
                took = _timed(asset, days, resources, instance)
            table.add_row(name, f"{took:.1f}", f"{lake.read(name, ['date']).num_rows:,}")
    return table


def _store_again(lake: LakeResource, sunday: date, weeks: int) -> None:
    """Let a training stand for those of the next weeks."""
    for name in TABLES:
        rows = lake.read(name, where=[("date", "=", sunday)])
        at = rows.schema.get_field_index("date")
        for week in range(1, weeks):
            later = pa.array([sunday + timedelta(days=7 * week)] * rows.num_rows, pa.date32())
            lake.append(name, rows.set_column(at, "date", later))


def _timed(asset, days: Sequence[date], resources: dict, instance: dg.DagsterInstance) -> float:
    began = time.perf_counter()
    done = dg.materialize(
        [asset], resources=resources, instance=instance, tags=range_tags(str(days[0]), str(days[-1]))
    )
    assert done.success
    return time.perf_counter() - began


def _demand(history: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``daily_demand`` as the inbox makes them of published counts."""
    kind = pl.col("kind").str.split(" ").list.first()
    return history.select(
        kind=kind,
        series=pl.col("series").str.replace(" ", "/"),
        country="country",
        value="value",
        basis=pl.lit("counts"),
        coverage=pl.lit(None, pl.Float64),
        providers=pl.concat_list(pl.lit("published")),
        sources=pl.concat_list(pl.lit("file")),
        date="date",
    )


def _hundred(history: pl.DataFrame) -> pl.DataFrame:
    """All published series and, to fill up, departures and arrivals of a country as one."""
    both = history.filter(pl.col("series").str.contains("departures|arrivals"))
    sums = both.group_by(pl.col("series").str.slice(0, 2) + " both", "country", "date").agg(
        pl.col("value").sum()
    )
    more = sums.with_columns(kind=pl.lit("country both")).select(history.columns)
    names = history["series"].unique().sort().to_list() + more["series"].unique().sort().to_list()
    every = pl.concat([history, more])
    return every.filter(pl.col("series").is_in(names[:SERIES]) & (pl.col("date") < date(2024, 1, 1)))
