"""What a forecast report says of a day of issue, as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from airtraffic.count_providers import KINDS
from airtraffic.forecasting.scores import scores

Row = Mapping[str, Any]
KNOWN_DAYS = 56
"""Days before the issue whose counts are read. [d]"""
ACCURACY_DAYS = 30
SPARK_DAYS = 28
PAST_HORIZON = 7
"""What had been forecast of a day that came is shown as it was so many days before. [d]"""
MOST_SERIES = 12
"""Series of each kind that have a row."""
AHEAD = ((1, 1), (2, 7), (8, 30))
"""Days ahead that accuracy is told of together."""
_HAPPENED = ("rise", "fall", "next to no traffic", "nothing known")
FORECAST_DAY_TABLES = (
    "demand_forecast",
    "daily_demand",
    "forecast_accuracy",
    "demand_champions",
    "seasonal_forecast",
    "seasonal_trends",
    "airline_growth",
    "sector_saturation_forecast",
)
"""Tables that a page reads."""


@dataclass(frozen=True)
class ForecastDay:
    """Rows of the tables that a day of issue is told from.

    ``demand_forecast`` and ``sector_saturation_forecast`` are those of the day; ``daily_demand`` of the
    ``KNOWN_DAYS`` and ``forecast_accuracy`` of the ``ACCURACY_DAYS`` that end with it; the others are the newest
    made up to it, ``airline_growth`` the last month that had ended.
    """

    day: date
    demand_forecast: pl.DataFrame
    daily_demand: pl.DataFrame
    forecast_accuracy: pl.DataFrame
    demand_champions: pl.DataFrame
    seasonal_forecast: pl.DataFrame
    seasonal_trends: pl.DataFrame
    airline_growth: pl.DataFrame
    sector_saturation_forecast: pl.DataFrame

    @property
    def headline(self) -> tuple[str, str] | None:
        """Kind and name of the series that the page begins with: the busiest of the most general kind."""
        return _busiest(self.demand_forecast.group_by("kind", "series").agg(pl.col("mean").mean()))

    @property
    def decomposed(self) -> tuple[str, str] | None:
        """The same of those that are decomposed; the headline where it is."""
        there = self.seasonal_trends.select("kind", "series", mean="level")
        if self.headline in set(there.select("kind", "series").iter_rows()):
            return self.headline
        return _busiest(there)

    def ahead(self, kind: str, series: str) -> pl.DataFrame:
        """What is forecast of a series."""
        return _of(self.demand_forecast, kind, series).sort("target_date")

    def known(self, kind: str, series: str) -> pl.DataFrame:
        """What came of it."""
        return _of(self.daily_demand, kind, series).sort("date")

    def past(self, kind: str, series: str) -> pl.DataFrame:
        """What had been forecast of days that came, ``PAST_HORIZON`` days before."""
        return _of(self.forecast_accuracy, kind, series).filter(pl.col("horizon") == PAST_HORIZON)

    def simulated(self) -> list[tuple[str, str]] | None:
        """Series whose data is simulated, none or, when it is all of them, None."""
        of = self.demand_forecast.filter(pl.col("sources").list.contains("simulate"))
        found = of.select("kind", "series").unique().sort("kind", "series").rows()
        every = (
            self.demand_forecast.select("kind", "series").n_unique() if self.demand_forecast.height else -1
        )
        return None if len(found) == every else found


def accuracy(rows: pl.DataFrame) -> list[Row]:
    """Scores by kind and days ahead, in the order of ``KINDS``; all days ahead last."""
    if rows.is_empty():
        return []
    parts = []
    for at, (first, last) in enumerate((*AHEAD, (AHEAD[0][0], AHEAD[-1][1]))):
        inside = rows.filter(pl.col("horizon").is_between(first, last)).drop("model")
        if inside.height:
            told = {"at": at, "first": first, "last": last}
            parts.append(
                scores(inside, by=["kind"]).with_columns(
                    pl.lit(value).alias(name) for name, value in told.items()
                )
            )
    return pl.concat(parts).sort(_order(), "at").to_dicts()


def overall(rows: pl.DataFrame, last: int) -> Row | None:
    """Scores of everything up to so many days ahead."""
    inside = rows.filter(pl.col("horizon") <= last).drop("model").with_columns(every=pl.lit(0))
    return scores(inside, by=["every"]).row(0, named=True) if inside.height else None


@dataclass(frozen=True)
class SeriesLine:
    """A series in the table of models."""

    kind: str
    series: str
    first: Row
    week: float
    """Mean of the next seven days. [1/d]"""
    week_ends: tuple[float, float]
    """Of the intervals of these days, see ``week_ends``. [1/d]"""
    change: float | None
    """Against the last seven known days. [1]"""
    known: Sequence[float | None]
    ahead: Sequence[tuple[float, float, float]]
    champion: Row | None


def series_lines(of: ForecastDay) -> dict[str, tuple[list[SeriesLine], int]]:
    """By kind, the busiest series and how many there are."""
    champions = {(row["kind"], row["series"]): row for row in of.demand_champions.iter_rows(named=True)}
    busiest = (
        of.demand_forecast.group_by("kind", "series")
        .agg(pl.col("mean").mean())
        .sort("mean", "series", descending=[True, False])
    )
    ahead = of.demand_forecast.sort("target_date").partition_by("kind", "series", as_dict=True)
    known = of.daily_demand.partition_by("kind", "series", as_dict=True)
    found = {}
    for kind in KINDS:
        names = busiest.filter(pl.col("kind") == kind)["series"].to_list()
        lines = [
            _line(of.day, key, ahead[key], known.get(key), champions.get(key))
            for key in ((kind, name) for name in names[:MOST_SERIES])
        ]
        if lines:
            found[kind] = lines, len(names)
    return found


def week_before(known: pl.DataFrame) -> dict[date, float]:
    """What came a week before each day to come."""
    return {day + timedelta(days=7): value for day, value in known.select("date", "value").iter_rows()}


def last_week(known: pl.DataFrame | None) -> float | None:
    """Mean of the last seven known days. [1/d]"""
    if known is None:
        return None
    return known.drop_nulls("value").sort("date").tail(7)["value"].mean()


def week_ends(ahead: pl.DataFrame) -> tuple[float, float]:
    """The lowest lower and the highest upper end of the next seven days. [1/d]

    It is no interval of their mean: errors of neighbouring days go together, and how much is not known.
    """
    week = ahead.sort("target_date").head(7)
    return week["lower"].min(), week["upper"].max()


def growth_month(growth: pl.DataFrame, day: date) -> date:
    """The last full month that counts, by any day of it; without any, the last that had ended by a day.

    >>> growth_month(pl.DataFrame(schema={"last_month": pl.Date}), date(2024, 7, 10))
    datetime.date(2024, 6, 30)
    """
    return growth["last_month"].max() or (day + timedelta(days=1)).replace(day=1) - timedelta(days=1)


def parted(notes: Sequence[str]) -> tuple[list[str], list[str]]:
    """What happened to a series, and what limits the fit.

    >>> parted(["fall from 358 to 80 a day at 2020-03-24", "fitted to the days since 2020-03-24"])
    (['fall from 358 to 80 a day at 2020-03-24'], ['fitted to the days since 2020-03-24'])
    """
    happened = [note for note in notes if note.startswith(_HAPPENED)]
    return happened, [note for note in notes if note not in happened]


def trend_rows(trends: pl.DataFrame) -> list[Row]:
    """The busiest series of each kind."""
    rank = pl.col("level").rank("ordinal", descending=True).over("kind")
    kept = trends.filter(rank <= MOST_SERIES)
    return kept.sort(_order(), pl.col("level"), descending=[False, True], nulls_last=True).to_dicts()


def _line(
    day: date, key: tuple[str, str], ahead: pl.DataFrame, known: pl.DataFrame | None, champion: Row | None
) -> SeriesLine:
    values = dict(known.select("date", "value").iter_rows()) if known is not None else {}
    week, before = ahead.head(7)["mean"].mean(), last_week(known)
    return SeriesLine(
        *key,
        ahead.row(0, named=True),
        week,
        week_ends(ahead),
        week / before - 1 if before else None,
        [values.get(day - timedelta(days=back)) for back in reversed(range(SPARK_DAYS))],
        list(ahead.select("mean", "lower", "upper").iter_rows()),
        champion,
    )


def _of(rows: pl.DataFrame, kind: str, series: str) -> pl.DataFrame:
    return rows.filter((pl.col("kind") == kind) & (pl.col("series") == series))


def _order() -> pl.Expr:
    return pl.col("kind").replace_strict(
        {kind: at for at, kind in enumerate(KINDS)}, default=len(KINDS), return_dtype=pl.Int32
    )


def _busiest(rows: pl.DataFrame) -> tuple[str, str] | None:
    ordered = rows.sort(_order(), pl.col("mean"), "series", descending=[False, True, False], nulls_last=True)
    return next(ordered.select("kind", "series").iter_rows(), None)
