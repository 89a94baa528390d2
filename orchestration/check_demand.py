"""Is daily demand what its sources say? Counted from the lake again, by other code than what made it."""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from orchestration.check_tables import Finding
from orchestration.demand_history import small_days
from orchestration.resources.lake import LakeResource
from orchestration.sectors import frame

DEMAND_IS_SOUND = "demand_is_what_was_counted"


def check_daily_demand(lake: LakeResource, days: Sequence[date]) -> Iterator[Finding]:
    """Each series once, nothing negative, as many flights as there are and published counts as they were read."""
    wanted = pl.col("date").is_in(list(days))
    demand = small_days(lake, "daily_demand", ["kind", "series", "value", "basis", "date"], wanted)
    key = ["date", "kind", "series"]
    rows = _by_day(demand)
    twice = _by_day(demand.filter(pl.struct(key).is_duplicated()))
    negative = _by_day(demand.filter(~(pl.col("value") >= 0)))
    flights = frame(lake, "flights", ["date", "cancelled"], [("date", "in", list(days))])
    flown = _by_day(flights.filter(~pl.col("cancelled").fill_null(False)))
    counted = demand.filter((pl.col("kind") == "network") & (pl.col("basis") == "flights"))
    network = dict(counted.select("date", "value").iter_rows())
    published = demand.filter(pl.col("basis") == "counts")
    read = small_days(lake, "daily_counts", [*key, "value"], wanted).drop_nulls("value").unique()
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


def _by_day(rows: pl.DataFrame) -> dict[date, int]:
    return dict(rows.group_by("date").len().iter_rows())
