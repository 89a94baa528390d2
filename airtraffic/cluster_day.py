"""A day of clusters: what its hourly snapshots come to."""

import hashlib
from datetime import date
from statistics import fmean, stdev
from typing import Any

import polars as pl


def with_snapshot(quality: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``cluster_quality`` of hours that have a snapshot.

    An hour that nobody polled has a row too, once it is made, but nothing is known of its clusters.
    """
    return quality.filter(pl.col("potential") + pl.col("outliers") > 0)


def day_of_clusters(day: date, quality: pl.DataFrame) -> dict[str, Any]:
    """What ``cluster_day`` tells of a day, apart from MLflow's names for it.

    Parameters
    ----------
    day
        The day. [UTC]
    quality
        Rows of ``cluster_quality`` of the day; hours without a snapshot do no harm, but one must have it.

    Returns
    -------
    dict
        Columns of ``cluster_day``. Shares are means of hours, not of positions, so that a quiet night
        counts as much as a busy afternoon; ``positions`` says how much each day rests on.
    """
    hours = with_snapshot(quality).sort("hour_start")
    positions = hours["positions"]
    mean = _mean(positions)
    return {
        "hours": hours.height,
        "clusters_mean": _mean(hours["clusters"]),
        "clusters_min": hours["clusters"].min(),
        "clusters_max": hours["clusters"].max(),
        "noise_share": _mean(hours["noise_share"]),
        "biggest_share": hours["biggest_share"].max(),
        "agreement": _mean(hours["agreement"]),
        "positions": positions.sum(),
        "traffic_variability": stdev(positions) / mean if hours.height > 1 and mean else None,
        "coverage": _mean(hours["coverage"]),
        "parameters": hours["parameters"][-1],
        "sources": sorted(set(hours["sources"].explode().drop_nulls())),
        "date": day,
    }


def _mean(column: pl.Series) -> float | None:
    """Exact before it is rounded: Polars' own sum depends on where in memory a column lies."""
    known = column.drop_nulls()
    return fmean(known) if len(known) else None


def digest(*tables: pl.DataFrame) -> str:
    """A text that is the same for the same rows, whatever their order.

    >>> a = pl.DataFrame({"id": [1, 2], "x": [0.1, None]})
    >>> digest(a) == digest(a.reverse()), digest(a) == digest(a.head(1))
    (True, False)
    """
    sha = hashlib.sha256()
    for table in tables:
        rows = sorted(table.select(sorted(table.columns)).write_ndjson().splitlines())
        sha.update("\n".join([*rows, ""]).encode())
    return sha.hexdigest()[:32]
