"""A lake with some months of daily demand: published counts and counted flights."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from airtraffic.demand_tables import DAILY_DEMAND
from orchestration.resources.lake import LakeResource
from tests.unit.forecasting.daily_samples import daily

FIRST = date(2025, 1, 1)
MOST_DAYS = 150
NAMES = {"S0": ("network", "brazil", "counts"), "S1": ("airport", "SKBO", "flights")}


def demand(days: int, young_from: int = 60) -> pl.DataFrame:
    """Rows of ``daily_demand``: two series, and an airport that is new on its ``young_from``-th day."""
    # Always of as many days, so that more of them are the same and some more.
    rows = daily(MOST_DAYS, 2, start=FIRST, level=300.0)
    young = daily(MOST_DAYS, 1, start=FIRST, level=40.0, seed=5).with_columns(series=pl.lit("S2"))
    begun = pl.col("date") >= FIRST + timedelta(days=young_from)
    names = NAMES | {"S2": ("airport", "SKRG", "flights")}
    every = pl.concat([rows, young.filter(begun)]).filter(pl.col("date") < FIRST + timedelta(days=days))
    return every.select(
        *(
            pl.col("series").replace_strict({key: each[part] for key, each in names.items()}).alias(name)
            for part, name in ((0, "kind"), (1, "name"), (2, "basis"))
        ),
        country=pl.lit("CO"),
        value="value",
        coverage=pl.lit(None, pl.Float64),
        providers=pl.concat_list(pl.lit("some")),
        sources=pl.concat_list(pl.lit("file")),
        date="date",
    ).rename({"name": "series"})


def write_demand(lake: LakeResource, rows: pl.DataFrame) -> None:
    """Replace the whole table."""
    lake.replace(DAILY_DEMAND.name, DAILY_DEMAND.of(rows), "true")


def lake_of(folder: Path, rows: pl.DataFrame) -> LakeResource:
    lake = LakeResource(root=str(folder))
    write_demand(lake, rows)
    return lake
