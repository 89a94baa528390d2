"""How far off past forecasts were, and how often what came lay inside their interval."""

from collections.abc import Sequence

import polars as pl

NAIVE = "seasonal_naive"
MIN_ACTUAL = 1.0
"""A percentage is taken of counts of one or more: of none it does not exist."""


def scores(backtest: pl.DataFrame, by: Sequence[str] = ("model", "series", "horizon")) -> pl.DataFrame:
    """Errors of past forecasts per group.

    Parameters
    ----------
    backtest
        Rows of ``backtest.rolling_origins`` of one or several models (a column ``model``). Models are compared
        on the origins and days that all of them forecast.
    by
        Columns that make a group.

    Returns
    -------
    pl.DataFrame
        ``by``, then forecasts (how many), mae [1/d], mape (of counts of one or more) [1], mase (MAE as a share
        of the mean lag-7 change of the eight weeks before the origin) [1], bias (mean minus actual) [1/d],
        coverage of the interval [1], width [1/d], and vs_naive (MAE over the seasonal naive's, null without
        it) [1].
    """
    known = _shared(backtest.filter(pl.col("actual").is_not_null()))
    off = pl.col("mean") - pl.col("actual")
    table = known.group_by(by).agg(
        forecasts=pl.len(),
        mae=off.abs().mean(),
        mape=(off.abs() / pl.col("actual")).filter(pl.col("actual") >= MIN_ACTUAL).mean(),
        mase=(off.abs() / pl.col("scale")).mean(),
        bias=off.mean(),
        coverage=pl.col("actual").is_between("lower", "upper").mean(),
        width=(pl.col("upper") - pl.col("lower")).mean(),
    )
    if "model" not in by:
        return table.with_columns(vs_naive=pl.lit(None, pl.Float64)).sort(by)
    rest = [name for name in by if name != "model"]
    naive = table.filter(pl.col("model") == NAIVE).select(*rest, naive="mae")
    if rest:
        compared = table.join(naive, on=rest, how="left")
    else:
        compared = table.with_columns(naive=pl.lit(next(iter(naive["naive"]), None), pl.Float64))
    return compared.with_columns(vs_naive=pl.col("mae") / pl.col("naive")).drop("naive").sort(by)


def _shared(backtest: pl.DataFrame) -> pl.DataFrame:
    """Rows of origins and days that every model has."""
    if "model" not in backtest.columns:
        return backtest
    models = backtest["model"].n_unique()
    day = ["origin", "series", "horizon"]
    everywhere = backtest.group_by(day).agg(pl.len()).filter(pl.col("len") == models).select(day)
    return backtest.join(everywhere, on=day, how="semi")
