"""Forecasts of daily demand, made from the lake: days of issue together, each from what was known on it."""

import os
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

import polars as pl
import pyarrow as pa

from airtraffic.demand import HISTORY_COLUMNS, chosen, history, key_of
from airtraffic.demand_tables import DEMAND_CHAMPIONS, DEMAND_FORECAST, DEMAND_MODELS, FORECAST_BACKTESTS
from airtraffic.forecast_settings import ForecastSettings, load_forecast_settings
from airtraffic.settings import Settings
from orchestration.demand_history import FORECASTS
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from orchestration.sectors import frame
from orchestration.silver import days_predicate

HORIZON = 30
SOURCE_DAYS = 56
"""Days whose sources are said of a forecast: those that its level is taken from. [d]"""

Known = tuple[list[date], pl.DataFrame]
"""Days, and a history that each of them sees up to itself."""


def make_demand_forecast(lake: LakeResource, days: Sequence[date]) -> pa.Table:
    """Make consecutive days of issue of ``demand_forecast``, in one commit.

    Each uses the newest models trained up to its day; what was known after the day changes nothing.
    """

    def rows() -> pa.Table:
        settings = load_forecast_settings(FORECASTS)
        demand = frame(lake, "daily_demand", HISTORY_COLUMNS, [("date", "<=", max(days))])
        trained = trained_days(lake)
        parts = [DEMAND_FORECAST.schema.empty_table()]
        for batch, known in known_on(demand, days):
            for trained_to, group in _by_model(batch, trained):
                parts.append(_issued(lake, demand, known, group, trained_to, settings))
        return pa.concat_tables(parts)

    return replace_from_newest(lake, DEMAND_FORECAST.name, rows, days_predicate(days))


def trained_days(lake: LakeResource) -> list[date]:
    """Days of training, in order."""
    return sorted(lake.read(DEMAND_MODELS.name, ["date"])["date"].to_pylist())


def known_on(demand: pl.DataFrame, days: Sequence[date]) -> Iterator[Known]:
    """Histories of days, as few as there can be: one serves all days that see the same of it up to themselves.

    A history can change backwards, when the first published count makes those counted before it worthless, or
    the newest row is simulated; then days before and after see different ones.

    ``demand``: ``HISTORY_COLUMNS`` of ``daily_demand``.
    """
    least = Settings.from_env(os.environ).coverage_warning
    days = sorted(days)
    known = history(demand, days[-1], least)
    if len(days) == 1 or (
        not _two_worlds(demand, days)
        and history(demand, days[0], least).equals(known.filter(pl.col("date") <= days[0]))
    ):
        yield days, known
        return
    half = len(days) // 2
    yield from known_on(demand, days[:half])
    yield from known_on(demand, days[half:])


def _two_worlds(demand: pl.DataFrame, days: Sequence[date]) -> bool:
    """Whether a series has simulated days and others among these."""
    simulated = (pl.col("sources").list.len() == 1) & (pl.col("sources").list.first() == "simulate")
    here = demand.filter(pl.col("date").is_between(days[0], days[-1]))
    worlds = here.group_by("kind", "series").agg(simulated.fill_null(False).n_unique())
    return (worlds["sources"] > 1).any()


def _by_model(days: Sequence[date], trained: Sequence[date]) -> Iterator[tuple[date | None, list[date]]]:
    """Days by the newest training up to each; without one, by the week whose Sunday the naive is calibrated on."""
    from airtraffic.forecasting.publication import calibrated_on

    groups: dict[tuple[date | None, date | None], list[date]] = {}
    for day in days:
        newest = max((each for each in trained if each <= day), default=None)
        groups.setdefault((newest, None if newest else calibrated_on(day)), []).append(day)
    for (newest, _), group in groups.items():
        yield newest, group


def _issued(
    lake: LakeResource,
    demand: pl.DataFrame,
    known: pl.DataFrame,
    days: list[date],
    trained_to: date | None,
    settings: ForecastSettings,
) -> pa.Table:
    from airtraffic.forecasting.publication import calibrated_on, published, untrained

    wanted = pl.concat(
        chosen(known.filter(pl.col("date") <= day), day, settings)
        .select(pl.lit(day).alias("origin"), "series")
        .unique(maintain_order=True)
        for day in days
    )
    if wanted.is_empty():
        return DEMAND_FORECAST.schema.empty_table()
    if trained_to is None:
        of = known.filter(pl.col("date") <= calibrated_on(days[0]))
        trained = untrained(of.join(wanted.select("series").unique(), on="series", how="semi"))
    else:
        trained = trained_models(lake, trained_to)
    rows = published(trained, known.filter(pl.col("date") <= days[-1]), wanted, HORIZON)
    key = pl.col("series").str.splitn("/", 2)
    rows = (
        rows.join(_sources(demand, known, days), on=["origin", "series"], how="left", maintain_order="left")
        .join(
            _past_scores(lake, trained_to),
            on=["series", "model", "horizon"],
            how="left",
            maintain_order="left",
        )
        .with_columns(kind=key.struct.field("field_0"), series=key.struct.field("field_1"))
        .rename({"date": "target_date"})
        .with_columns(
            date="origin",
            trained_to=pl.lit(trained_to, pl.Date),
            sources=pl.col("sources").fill_null([]),
        )
    )
    return DEMAND_FORECAST.of(rows)


def trained_models(lake: LakeResource, day: date):
    """The models and champions of a day of training, as ``publication.published`` takes them.

    Raises
    ------
    ForecastError
        What is stored cannot be read.
    """
    (digest,) = lake.read(DEMAND_MODELS.name, ["digest"], [("date", "=", day)])["digest"].to_pylist()
    return _trained(lake.root, day, digest)


@lru_cache(maxsize=2)
def _trained(root: str, day: date, _digest: str):
    from airtraffic.forecasting.files import load
    from airtraffic.forecasting.publication import Trained

    lake, where = LakeResource(root=root), [("date", "=", day)]
    (row,) = lake.read(DEMAND_MODELS.name, ["files", "words"], where).to_pylist()
    champions = lake.read(DEMAND_CHAMPIONS.name, ["kind", "series", "champion", "reason"], where).to_pylist()
    return Trained(
        load(row["files"], row["words"]),
        {key_of(each["kind"], each["series"]): (each["champion"], each["reason"]) for each in champions},
        day,
        f"unknown to the models of {day}, which the series is younger than",
    )


def _past_scores(lake: LakeResource, trained_to: date | None) -> pl.DataFrame:
    names = ("kind", "series", "model", "horizon", "coverage", "mape")
    # Without a training nothing is read: no day is before the first.
    table = frame(lake, FORECAST_BACKTESTS.name, names, [("date", "=", trained_to or date.min)])
    return table.select(
        pl.concat_str("kind", "series", separator="/").alias("series"),
        "model",
        pl.col("horizon").cast(pl.Int64),
        backtest_coverage="coverage",
        backtest_mape="mape",
    )


def _sources(demand: pl.DataFrame, known: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """Where the last weeks of each series were counted, for each day of issue."""
    simulated = (pl.col("sources").list.len() == 1) & (pl.col("sources").list.first() == "simulate")
    rows = (
        demand.filter(pl.col("date").is_between(days[0] - timedelta(days=SOURCE_DAYS), days[-1]))
        .select(
            pl.concat_str("kind", "series", separator="/").alias("series"),
            "date",
            "sources",
            simulated.fill_null(False).alias("simulated"),
        )
        .join(known.select("series", "simulated").unique(), on=["series", "simulated"], how="semi")
        .explode("sources")
        .drop_nulls("sources")
        .select("series", "date", "sources")
    )
    of_day = [
        rows.filter(pl.col("date").is_between(day - timedelta(days=SOURCE_DAYS - 1), day))
        .group_by("series")
        .agg(pl.col("sources").unique().sort())
        .with_columns(origin=pl.lit(day))
        for day in days
    ]
    return pl.concat(of_day)
