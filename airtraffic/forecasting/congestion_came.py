"""The poll that a forecast of congestion is compared with: polls do not come to the second."""

import polars as pl

NEAREST = 0.5
"""A poll further from the target than this many intervals is another one. [intervals]"""


def with_polls(forecasts: pl.DataFrame, polls: pl.Series) -> pl.DataFrame:
    """The forecasts with ``came_at``, the poll nearest to ``target_at``; null where none came within half an interval.

    A feed that is polled every 60.47 s has its polls 60 or 61 s apart: the third of them is 181 or 182 s away, and
    not 180.

    Parameters
    ----------
    forecasts
        issued_at, horizon [polls] and target_at, which is ``horizon`` intervals later, and whatever else.
    polls
        Times of the polls that came.
    """
    keys = ["issued_at", "horizon", "target_at"]
    came = pl.DataFrame({"came_at": polls.cast(forecasts.schema["target_at"]).unique().sort()})
    interval = (pl.col("target_at") - pl.col("issued_at")) / pl.col("horizon")
    off = (pl.col("came_at") - pl.col("target_at")).abs()
    nearest = (
        forecasts.select(keys)
        .unique()
        .sort("target_at", "issued_at", "horizon")
        .join_asof(came.with_columns(target_at="came_at"), on="target_at", strategy="nearest")
        .with_columns(came_at=pl.when(off <= NEAREST * interval).then("came_at"))
    )
    return forecasts.join(nearest.select(*keys, "came_at"), on=keys, how="left", maintain_order="left")


def of_busiest(compared: pl.DataFrame) -> pl.DataFrame:
    """Rows of the zone of each kind in which most aircraft came, the first by name of several.

    ``compared``: zones, zone, came [aircraft] and whatever else.
    """
    busy = compared.group_by("zones", "zone").agg(pl.col("came").sum())
    first = busy.sort("came", "zone", descending=[True, False]).unique(
        "zones", keep="first", maintain_order=True
    )
    return compared.join(first.select("zones", "zone"), on=["zones", "zone"], how="semi")
