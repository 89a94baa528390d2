"""Is what the tables of flights say true? Counted from the lake again, by other code than what made them."""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from airtraffic.settings import Settings
from orchestration.check_tables import Finding
from orchestration.resources.lake import LakeResource

_FATES = ("duplicates_removed", "superseded", "removed_by_rule", "matched", "flights")


def check_flights(lake: LakeResource, settings: Settings, days: Sequence[date]) -> Iterator[Finding]:
    """No flight twice in a day."""
    ids = _frame(lake, "flights", ["date", "flight_id"], days)
    twice = _by_day(ids.filter(pl.struct(pl.all()).is_duplicated()), pl.len())
    rows = _by_day(ids, pl.len())
    for day in days:
        yield Finding(
            "no_flight_twice",
            day,
            not twice.get(day),
            f"{twice.get(day, 0):,} of {rows.get(day, 0):,} flights share their flight_id",
            {"rows": rows.get(day, 0), "rows_with_a_twin": twice.get(day, 0)},
        )


def check_flights_quality(lake: LakeResource, settings: Settings, days: Sequence[date]) -> Iterator[Finding]:
    """Every row of bronze became one thing."""
    received = _by_day(_frame(lake, "flights_raw", ["date"], days), pl.len())
    counts = _frame(lake, "flights_quality", ["date", "rows_received", *_FATES], days)
    counted = _by_day(counts, pl.col("rows_received").sum())
    became = _by_day(counts, pl.sum_horizontal(pl.col(_FATES).sum()))
    for day in days:
        have, told, sums = (found.get(day, 0) for found in (received, counted, became))
        yield Finding(
            "every_row_has_one_fate",
            day,
            have == told == sums,
            f"{have:,} rows in flights_raw, {told:,} counted, {sums:,} accounted for",
            {"rows_in_bronze": have, "rows_counted": told, "rows_accounted_for": sums},
        )


def _frame(lake: LakeResource, name: str, columns: list[str], days: Sequence[date]) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lake.read(name, columns, [("date", "in", list(days))])))


def _by_day(frame: pl.DataFrame, count: pl.Expr) -> dict[date, int]:
    return dict(frame.group_by("date").agg(count.alias("count")).iter_rows())
