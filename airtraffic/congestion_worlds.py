"""Real or simulated: a model is asked only about the world that it has learned, and no window spans both."""

from collections.abc import Sequence

import polars as pl

from airtraffic.daily_demand import SIMULATE

OBSERVED, SIMULATED, BOTH = "observed", "simulated", "both"


def world(sources: pl.Expr) -> pl.Expr:
    """``OBSERVED``, ``SIMULATED``, or ``BOTH`` at once, of lists of sources; what says nothing counts as observed."""
    simulated = sources.list.contains(SIMULATE).fill_null(False)
    return (
        pl.when(~simulated)
        .then(pl.lit(OBSERVED))
        .when(sources.list.n_unique() == 1)
        .then(pl.lit(SIMULATED))
        .otherwise(pl.lit(BOTH))
    )


def world_of(sources: Sequence[str] | None) -> str:
    """As ``world``, of one list."""
    return pl.select(world(pl.lit(pl.Series([sources], dtype=pl.List(pl.String))))).item()


def of_newest_world(polls: pl.DataFrame) -> pl.DataFrame:
    """Polls of one world, as histories of demand are: where the newest is simulated, the simulated ones alone.

    Polls that show both at once are of neither.

    ``polls``: snapshot_at and sources, one row a time.
    """
    told = polls.with_columns(world=world(pl.col("sources"))).filter(pl.col("world") != BOTH)
    newest = pl.col("world").sort_by("snapshot_at").last()
    return told.filter(pl.col("world") == newest).drop("world")


def other_world(learned: str, shown: str) -> str | None:
    """Why a model that has learned one world is not asked about polls that show another; None when it is."""
    if BOTH in (learned, shown):
        who = "the model has learned" if learned == BOTH else "the poll shows"
        return f"{who} simulated and observed traffic together"
    if learned == shown:
        return None
    return f"the model has learned {learned} traffic and the poll shows {shown}"
