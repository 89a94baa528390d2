"""Trend, seasons and holidays of every series, and the year to come."""

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from airtraffic.forecasting.backtest import MIN_DAYS, residuals, rolling_means, with_intervals
from airtraffic.forecasting.conformal import PUBLISHED
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.scores import MIN_ACTUAL
from airtraffic.forecasting.seasonal import SeasonalFourier
from airtraffic.forecasting.training import pooled_kinds

HORIZON = 365
SHOWN_DAYS = 365
"""Known days whose parts are published."""
BACKTEST_DAYS, JUDGED_DAYS, EVERY_DAYS, REFIT_DAYS = 1092, 364, 28, 91
_NEAR_DAYS, _NEAR_STEP_DAYS, _FAR_STEP_DAYS = 30, 3, 28
"""Past forecasts are judged on every third day of the first month and on every 28th after it."""
YEAR_AGO_DAYS = 364
"""Whole weeks, so that a Monday is compared with a Monday."""
_PARTS = ("trend", "annual", "weekly", "holiday")


def seasonal_demand(
    history: pl.DataFrame,
    annual_terms: int = 10,
    weekly_terms: int = 3,
    on_group: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decompose and continue every series, with the holidays of its country.

    The intervals come from what the same model would have said every four weeks of the last three years, refitted
    every 91 days, up to a year ahead.

    Parameters
    ----------
    history
        series, kind, country, date and value, as ``airtraffic.demand.history`` gives it.
    on_group
        Called with the groups of series that are done, and how many there are.

    Returns
    -------
    pl.DataFrame, pl.DataFrame
        The columns of ``seasonal_forecast`` with ``series`` the unique key, less sources and date; those of
        ``seasonal_trends`` less data_version, mlflow_run_id, sources and date.
    """
    from threadpoolctl import threadpool_limits

    # Thousands of small systems: with several threads for each, one of 1 ms takes 350 on a busy machine.
    with threadpool_limits(1, user_api="blas"):
        return _decomposed(history, annual_terms, weekly_terms, on_group)


def _decomposed(
    history: pl.DataFrame, annual_terms: int, weekly_terms: int, on_group: Callable[[int, int], None]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    groups = (
        pooled_kinds(history)
        .sort("series", "date")
        .partition_by(["country", "kind"], as_dict=True, maintain_order=True)
    )
    models = {
        key: SeasonalFourier(annual_terms=annual_terms, weekly_terms=weekly_terms, country=key[0])
        for key in groups
    }
    means = []
    for done, (key, part) in enumerate(groups.items(), start=1):
        means.append(_tried_out(models[key], part))
        on_group(done, len(groups))
    tried = pl.concat([part for part in means if not part.is_empty()] or means)
    errors = residuals(tried)
    widths = PUBLISHED.learned(errors)
    for key, part in groups.items():
        models[key].fit(part, errors.clear()).half_widths = widths
    forecasts = pl.concat([_days(model) for model in models.values()])
    trends = pl.concat([_trends(models[key], part) for key, part in groups.items()])
    scores = _scores(tried, pl.concat(groups.values()))
    return forecasts.sort("series", "target_date"), trends.join(scores, on="series", how="left").sort(
        "series"
    )


def _tried_out(model: SeasonalFourier, history: pl.DataFrame) -> pl.DataFrame:
    """Past forecasts of a group beside what came: columns of ``rolling_means``."""
    panel = Panel.of(history)
    days = panel.values.shape[1]
    origins = [
        day
        for back in range(EVERY_DAYS, BACKTEST_DAYS + 1, EVERY_DAYS)
        if (day := panel.end - timedelta(days=back)) >= _earliest(panel, days)
    ]
    if not origins:
        return _NO_MEANS
    ahead = min(HORIZON, (panel.end - min(origins)).days)
    means = rolling_means(model, history, sorted(origins), ahead, refit_days=REFIT_DAYS)
    ahead = pl.col("horizon")
    near = (ahead <= _NEAR_DAYS) & (ahead % _NEAR_STEP_DAYS == 0)
    far = (ahead > _NEAR_DAYS) & ((ahead - _NEAR_DAYS) % _FAR_STEP_DAYS == 0)
    return means.filter(near | far).select(list(_NO_MEANS.columns))


def _earliest(panel: Panel, days: int) -> date:
    """A history shorter than four years is tried out on its second half."""
    return panel.day(max(days // 2, MIN_DAYS))


def _days(model: SeasonalFourier) -> pl.DataFrame:
    parts = model.components(HORIZON)
    last = parts.filter(pl.col("value").is_not_null()).group_by("series").agg(trained_to=pl.col("date").max())
    ahead = model.forecast(HORIZON).select("series", "date", "mean", "lower", "upper")
    shown = (
        parts.join(last, on="series", maintain_order="left")
        .filter(
            pl.col("value").is_null()
            | (pl.col("date").rank("ordinal", descending=True).over("series") <= SHOWN_DAYS + HORIZON)
        )
        .join(ahead, on=["series", "date"], how="left", maintain_order="left")
    )
    total = pl.sum_horizontal(_PARTS)
    return shown.select(
        "series",
        pl.col("date").alias("target_date"),
        (pl.col("date") - pl.col("trained_to")).dt.total_days().cast(pl.Int32).alias("horizon"),
        "value",
        *_PARTS,
        (pl.col("mean") - total).fill_null(0.0).alias("recent"),
        pl.col("mean").fill_null(total),
        "lower",
        "upper",
        "trained_to",
    )


def _trends(model: SeasonalFourier, history: pl.DataFrame) -> pl.DataFrame:
    known = history.drop_nulls("value")
    spans = known.group_by("series").agg(
        pl.col("country").first(),
        level=pl.col("value").sort_by("date").tail(SHOWN_DAYS).mean(),
        history_from=pl.col("date").min(),
        trained_to=pl.col("date").max(),
        days_known=pl.len().cast(pl.Int32),
    )
    ranges = (
        model.components(HORIZON)
        .filter(pl.col("value").is_null())
        .group_by("series")
        .agg(
            annual_range=pl.col("annual").max() - pl.col("annual").min(),
            weekly_range=pl.col("weekly").max() - pl.col("weekly").min(),
        )
    )
    notes = pl.when(pl.col("notes") == "").then(pl.lit([], pl.List(pl.String)))
    return (
        model.trends()
        .rename({"lower": "slope_lower", "upper": "slope_upper"})
        .with_columns(notes=notes.otherwise(pl.col("notes").str.split("; ")))
        .join(spans, on="series")
        .join(ranges, on="series")
    )


def _scores(tried: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """How good past forecasts were, by intervals from the errors that had come by then."""
    columns = {
        "series": pl.String,
        "backtest_forecasts": pl.Int64,
        "backtest_mape": pl.Float64,
        "backtest_coverage": pl.Float64,
        "backtest_vs_year_ago": pl.Float64,
    }
    if tried.is_empty():
        return pl.DataFrame(schema=columns)
    judged = with_intervals(tried).drop_nulls("actual")
    # An interval a year ahead needs errors of a year ahead, and the first fit has none at all.
    last_year = pl.col("origin") >= pl.col("origin").max() - timedelta(days=JUDGED_DAYS)
    judged = judged.filter(last_year & (pl.col("fitted_on") > pl.col("fitted_on").min()))
    judged = judged.join(_year_ago(history), on=["series", "date"], how="left")
    both = pl.col("year_ago").is_not_null() & (pl.col("horizon") <= YEAR_AGO_DAYS)
    error, naive_error = ((pl.col(name) - pl.col("actual")).abs() for name in ("mean", "year_ago"))
    return (
        judged.group_by("series")
        .agg(
            backtest_forecasts=pl.len(),
            backtest_mape=((pl.col("mean") - pl.col("actual")).abs() / pl.col("actual"))
            .filter(pl.col("actual") >= MIN_ACTUAL)
            .mean(),
            backtest_coverage=pl.col("actual").is_between("lower", "upper").mean(),
            error=error.filter(both).mean(),
            naive_error=naive_error.filter(both).mean(),
        )
        .with_columns(
            backtest_vs_year_ago=pl.when(pl.col("naive_error") > 0).then(
                pl.col("error") / pl.col("naive_error")
            )
        )
        .select(pl.col(name).cast(kind) for name, kind in columns.items())
    )


def _year_ago(history: pl.DataFrame) -> pl.DataFrame:
    """What a forecast has to beat: the same weekday of the year before."""
    known = history.drop_nulls("value")
    return known.select("series", pl.col("date") + timedelta(days=YEAR_AGO_DAYS), year_ago="value")


_NO_MEANS = pl.DataFrame(
    schema={
        "origin": pl.Date,
        "series": pl.String,
        "kind": pl.String,
        "date": pl.Date,
        "horizon": pl.Int64,
        "mean": pl.Float64,
        "actual": pl.Float64,
        "scale": pl.Float64,
        "fitted_on": pl.Date,
    }
)
