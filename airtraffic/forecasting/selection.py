"""Which model is published for a series, and why."""

from datetime import date

import polars as pl

from airtraffic.forecasting.scores import NAIVE

MARGIN = 0.95
"""Share of the naive's error that a champion must not exceed. A smaller gain is often luck: at 0.98, 3 of 40
champions of New York's first year lost to the naive by more than 2 %, at 0.95 none."""
POOL_ORIGINS = 24.0
"""Origins of the series itself that weigh as much as its kind's."""


def champions(backtest: pl.DataFrame, at: date, origins: int = 52) -> pl.DataFrame:
    """The champion of every series, by errors that had come by ``at``.

    A model's error is its MAE over the seasonal naive's on the same days, of the series' last ``origins``
    origins. Models are ranked by it, weighed with the median of the kind, the more the fewer origins there
    are. The first that errs less than the naive on the series itself wins; above ``MARGIN`` of the naive's by
    rank, the naive is published.

    ``backtest``: rows of ``rolling_origins`` with a column ``model``, the seasonal naive among them.

    Returns
    -------
    pl.DataFrame
        series, kind, champion, error (the champion's on the series; its kind's where the series has none) [1],
        origins and reason. No row for a series whose kind has no past error.
    """
    came = backtest.filter(
        pl.col("actual").is_not_null() & (pl.col("origin") + pl.duration(days=pl.col("horizon")) <= at)
    )
    recent = came.filter(pl.col("origin").rank("dense", descending=True).over("series", "model") <= origins)
    sums = recent.group_by("series", "kind", "model").agg(
        mae=(pl.col("mean") - pl.col("actual")).abs().mean(), origins=pl.col("origin").n_unique()
    )
    naive = sums.filter(pl.col("model") == NAIVE).select("series", naive="mae")
    own = sums.join(naive, on="series").with_columns(
        own=pl.when(pl.col("naive") > 0).then(pl.col("mae") / pl.col("naive")).otherwise(1.0)
    )
    pooled = own.group_by("kind", "model").agg(pooled=pl.col("own").median())
    every = backtest.select("series", "kind", "model").unique()
    joined = every.join(pooled, on=["kind", "model"]).join(
        own.select("series", "model", "own", "origins"), on=["series", "model"], how="left"
    )
    weight = pl.col("origins").fill_null(0)
    ranked = (
        joined.with_columns(
            origins=weight,
            error=pl.coalesce("own", "pooled"),
            rank=(weight * pl.col("own").fill_null(0.0) + POOL_ORIGINS * pl.col("pooled"))
            / (weight + POOL_ORIGINS),
        )
        .filter((pl.col("error") < 1) | (pl.col("model") == NAIVE))
        .sort("series", "rank", "model")
    )
    best = ranked.group_by("series", maintain_order=True).agg(
        pl.col("kind", "model", "error", "rank", "origins").first(),
        second=pl.col("model").get(1, null_on_oob=True),
        second_error=pl.col("error").get(1, null_on_oob=True),
    )
    beaten = pl.col("rank") <= MARGIN
    return best.with_columns(
        champion=pl.when(beaten).then("model").otherwise(pl.lit(NAIVE)),
        reason=pl.when(beaten)
        .then(
            pl.format(
                "MAE {} of seasonal naive's over {} weekly origins, next {} with {}",
                pl.col("error").round(3),
                "origins",
                pl.col("second").fill_null("none"),
                pl.col("second_error").round(3).cast(pl.String).fill_null("-"),
            )
        )
        .otherwise(
            pl.format(
                "no model beats seasonal naive by {} %: the best, {}, has {} of its MAE over {} weekly origins",
                round(100 * (1 - MARGIN)),
                "model",
                pl.col("error").round(3),
                "origins",
            )
        ),
        error=pl.when(beaten).then("error").otherwise(1.0),
    ).select("series", "kind", "champion", "error", "origins", "reason")
