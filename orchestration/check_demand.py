"""Is daily demand what its sources say? Counted from the lake again, by other code than what made it."""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from orchestration.check_tables import Finding
from orchestration.resources.lake import LakeResource

DEMAND_IS_SOUND = "demand_is_what_was_counted"


def check_daily_demand(lake: LakeResource, days: Sequence[date]) -> Iterator[Finding]:
    """Each series once, nothing negative, as many flights as there are and published counts as they were read."""
    where = [("date", "in", list(days))]
    demand = _frame(lake, "daily_demand", ["kind", "series", "value", "basis", "date"], where)
    key = ["date", "kind", "series"]
    rows = _by_day(demand)
    twice = _by_day(demand.filter(pl.struct(key).is_duplicated()))
    negative = _by_day(demand.filter(~(pl.col("value") >= 0)))
    flown = _by_day(
        _frame(lake, "flights", ["date", "cancelled"], where).filter(~pl.col("cancelled").fill_null(False))
    )
    counted = demand.filter((pl.col("kind") == "network") & (pl.col("basis") == "flights"))
    network = dict(counted.select("date", "value").iter_rows())
    published = demand.filter(pl.col("basis") == "counts")
    read = _frame(lake, "daily_counts", [*key, "value"], where).drop_nulls("value").unique()
    invented = _by_day(published.join(read, on=[*key, "value"], how="anti"))
    for day in days:
        faults = {
            "series_twice": twice.get(day, 0),
            "negative": negative.get(day, 0),
            "flights_missing": abs(flown.get(day, 0) - int(network[day])) if day in network else 0,
            "counts_without_file": invented.get(day, 0),
        }
        yield Finding(
            DEMAND_IS_SOUND,
            day,
            not any(faults.values()),
            f"{rows.get(day, 0):,} series"
            + "".join(f"; {number:,} {what.replace('_', ' ')}" for what, number in faults.items() if number),
            faults,
        )


def _frame(lake: LakeResource, name: str, columns: list[str], where: list) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lake.read(name, columns, where)))


def _by_day(rows: pl.DataFrame) -> dict[date, int]:
    return dict(rows.group_by("date").len().iter_rows())
