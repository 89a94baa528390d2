"""Windows of an hour that start on quarter hours: what entries and their reception are counted in."""

from datetime import timedelta

import polars as pl

STEP = timedelta(minutes=15)
STEPS_PER_DAY = 96
STEPS_PER_WINDOW = 4
WINDOW = STEP * STEPS_PER_WINDOW


def per_window(quarters: pl.DataFrame) -> pl.DataFrame:
    """What each window [t, t + 60 min) comes to: the sum of its four quarter hours.

    Parameters
    ----------
    quarters
        sector, quarter (its start) and numbers to be summed; one that is missing adds nothing.

    Returns
    -------
    pl.DataFrame
        sector, window_start and the sums, of every window with a quarter hour that is there; no order.
    """
    return (
        quarters.join(pl.DataFrame({"back": range(STEPS_PER_WINDOW)}), how="cross")
        .select(
            "sector",
            (pl.col("quarter") - STEP * pl.col("back")).alias("window_start"),
            pl.exclude("sector", "quarter", "back"),
        )
        .group_by("sector", "window_start")
        .sum()
    )


def midnight(day: str = "date") -> pl.Expr:
    """Start of the day in a column of dates. [UTC]"""
    return pl.col(day).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
