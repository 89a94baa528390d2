"""Histories of daily demand: which days are known, which are zero, and which are gaps."""

from datetime import date

import polars as pl

from airtraffic.daily_demand import COUNTS, SIMULATE
from airtraffic.forecast_settings import ForecastSettings

HISTORY_COLUMNS = ("kind", "series", "country", "value", "basis", "coverage", "providers", "sources", "date")
"""What a history needs of ``daily_demand``."""
HISTORY = {
    "series": pl.String,
    "kind": pl.String,
    "country": pl.String,
    "date": pl.Date,
    "value": pl.Float64,
    "simulated": pl.Boolean,
}
_COUNTED_ALONE = ("airport", "route", "airline")
"""Kinds that have a row only on days on which something was counted."""


def key_of(kind: str, series: str) -> str:
    """The name of a series among all kinds.

    >>> key_of("airport", "SKBO")
    'airport/SKBO'
    """
    return f"{kind}/{series}"


def split_key(key: str) -> tuple[str, str]:
    """Kind and name of a series.

    >>> split_key("country/ED/total")
    ('country', 'ED/total')
    """
    kind, _, series = key.partition("/")
    return kind, series


def history(rows: pl.DataFrame, until: date, least_coverage: float) -> pl.DataFrame:
    """What was known of every series on the evening of a day; a day without a row is a gap.

    A history is of one world: where the newest row of a series is simulated, its simulated days and no
    others, else none of them. With any published count in it, a series is its published counts: counted
    flights are a part of what is published. Otherwise it is its counted flights, zero on days on which one
    of its providers reported and the series had none, and a gap where too few polls came.

    Parameters
    ----------
    rows
        ``HISTORY_COLUMNS`` of ``daily_demand``, one row per kind, series and date.
    until
        The last day that is known, included.
    least_coverage
        A count under a smaller share of the day's polls is a gap. [1]

    Returns
    -------
    pl.DataFrame
        series (``key_of``), kind, country, date, value [1/d] and simulated, by series and date.
    """
    simulated = (pl.col("sources").list.len() == 1) & (pl.col("sources").list.first() == SIMULATE)
    known = rows.filter((pl.col("date") <= until) & pl.col("value").is_not_null()).select(
        pl.concat_str("kind", "series", separator="/").alias("series"),
        "kind",
        "country",
        "date",
        "value",
        "coverage",
        "providers",
        (pl.col("basis") == COUNTS).alias("published"),
        simulated.fill_null(False).alias("simulated"),
    )
    flown = known.filter(~pl.col("published"))
    reported = flown.filter(pl.col("kind") != "sector")
    newest = pl.col("simulated").sort_by("date").last().over("series")
    known = known.filter(pl.col("simulated") == newest)
    known = known.filter(pl.col("published") | ~pl.col("published").any().over("series"))
    filled = pl.concat([known, _zeros(known, reported, until)])
    country = filled.drop_nulls("country").sort("date").group_by("series").agg(pl.col("country").last())
    return (
        filled.filter(pl.col("published") | (pl.col("coverage").fill_null(1.0) >= least_coverage))
        .drop("country")
        .join(country, on="series", how="left")
        .select(list(HISTORY))
        .sort("series", "date")
    )


def chosen(known: pl.DataFrame, until: date, settings: ForecastSettings) -> pl.DataFrame:
    """Those series of a history that are forecast, with the countries of the settings where none is known."""
    of = dict.fromkeys(settings.kinds, settings.most_series_per_kind)
    newest = (
        known.sort("series", "date")
        .group_by("series", maintain_order=True)
        .agg(
            pl.col("kind").first(),
            pl.col("value").tail(settings.over_last_days).mean().alias("per_day"),
            pl.len().alias("days"),
            pl.col("date").max().alias("last"),
        )
        .filter(
            pl.col("kind").is_in(list(of))
            & (pl.col("days") >= settings.least_known_days)
            & (pl.col("per_day") >= settings.least_per_day)
            & ((pl.lit(until) - pl.col("last")).dt.total_days() <= settings.known_within_days)
        )
    )
    rank = pl.col("per_day").rank("ordinal", descending=True).over("kind")
    kept = newest.sort("series").filter(rank <= settings.most_series_per_kind)
    declared = pl.coalesce(
        pl.col("country"),
        pl.col("series").replace_strict(settings.countries, default=None, return_dtype=pl.String),
        pl.col("kind").replace_strict(settings.countries, default=None, return_dtype=pl.String),
    )
    return known.join(kept.select("series"), on="series", how="semi", maintain_order="left").with_columns(
        declared.alias("country")
    )


def _zeros(known: pl.DataFrame, reported: pl.DataFrame, until: date) -> pl.DataFrame:
    """Days on which one of a series' providers reported something, and nothing of the series."""
    whole = pl.col("coverage").fill_null(1.0)
    days = (
        reported.explode("providers")
        .drop_nulls("providers")
        .group_by("simulated", "providers", "date")
        .agg(whole.max().alias("coverage"))
    )
    series = known.filter(~pl.col("published") & pl.col("kind").is_in(_COUNTED_ALONE))
    begun = series.group_by("series", "kind", "simulated").agg(
        pl.col("date").min().alias("begun"), pl.col("providers").list.explode().unique()
    )
    return (
        begun.explode("providers")
        .join(days, on=["simulated", "providers"])
        .filter((pl.col("date") >= pl.col("begun")) & (pl.col("date") <= until))
        .group_by("series", "kind", "simulated", "date")
        .agg(pl.col("coverage").max())
        .join(series.select("series", "date"), on=["series", "date"], how="anti")
        .select(
            "series",
            "kind",
            pl.lit(None, pl.String).alias("country"),
            "date",
            pl.lit(0.0).alias("value"),
            "coverage",
            pl.lit([], pl.List(pl.String)).alias("providers"),
            pl.lit(False).alias("published"),
            "simulated",
        )
    )
