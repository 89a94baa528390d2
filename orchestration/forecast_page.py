"""What the page of a day of issue is made of, read from the lake."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.report.congestion_section import LSTM, CongestionDay
from airtraffic.report.forecast_summary import (
    ACCURACY_DAYS,
    FORECAST_DAY_TABLES,
    KNOWN_DAYS,
    ForecastDay,
)
from orchestration.check_congestion import came_of, held
from orchestration.congestion import HOUR, polled
from orchestration.resources.lake import Filter, LakeResource
from orchestration.sectors import frame

if TYPE_CHECKING:
    from airtraffic.congestion_polled import PolledHour
    from airtraffic.forecasting.congestion_contract import CongestionForecaster

_Models = Mapping[str, tuple["CongestionForecaster", str]]
"""By kind of zones, a model and the world, observed or simulated, that it has learned."""
_log = logging.getLogger(__name__)
_OF_THE_DAY = ("demand_forecast", "sector_saturation_forecast")
_CONGESTION = ("congestion_forecast", "congestion_grid")
_ISSUED = ("issued_at", "zones", "model", "trained_to", "sources")
_ORIGINS = 4
"""Polls that a simulation starts from. [polls]"""
_DAYS_BEFORE = {"daily_demand": KNOWN_DAYS, "forecast_accuracy": ACCURACY_DAYS}


def forecast_day(lake: LakeResource, day: date) -> ForecastDay:
    """The rows of a day of issue; a table that is not there is an empty one."""
    return ForecastDay(
        day, **{name: frame(lake, name, None, _where(lake, name, day)) for name in FORECAST_DAY_TABLES}
    )


def newest(lake: LakeResource, name: str, until: date) -> date | None:
    """The last day up to one of which a table partitioned by date has rows, by its log alone."""
    if not lake.exists(name):
        return None
    days = (date.fromisoformat(partition["date"]) for partition in lake.delta(name).partitions())
    return max((day for day in days if day <= until), default=None)


def congestion_day(lake: LakeResource, day: date) -> CongestionDay | None:
    """What is told of the congestion of a day; None where the lake has no forecast of any."""
    if not lake.exists("congestion_forecast"):
        return None
    made = [("date", "=", day)]
    # A day has millions of rows: they are read narrow, and but for the last hour's only once each.
    issued = frame(lake, "congestion_forecast", _ISSUED, made).unique()
    at = issued["issued_at"].max()
    last = frame(lake, "congestion_forecast", None, [*made, ("hour", "=", at.hour if at else 0)])
    compared = came_of(lake, day)
    # Typed: of a day without forecasts there is no last poll.
    newest_poll = pl.lit(at, issued.schema["issued_at"])
    of = CongestionDay(day, issued, last.filter(pl.col("issued_at") == newest_poll), compared, held(compared))
    return replace(of, simulations=simulations_of(lake, of)) if of.learned else of


def versions(lake: LakeResource, congestion: bool = False) -> dict[str, int | None]:
    """Delta versions of the tables that are read."""
    return {name: lake.version(name) for name in (*FORECAST_DAY_TABLES, *(_CONGESTION if congestion else ()))}


def simulations_of(lake: LakeResource, of: CongestionDay) -> dict[str, pl.DataFrame]:
    """Recursive simulations in the last hour with most polls, by the LSTMs that the forecasts are of."""
    models = _published(lake, of)
    if not models:
        return {}
    asked = of.issued.filter(pl.col("model") == LSTM)
    hours = asked.select("issued_at", hour=pl.col("issued_at").dt.truncate("1h")).unique()
    most = hours.group_by("hour").len().sort("len", "hour")
    return _simulated(models, polled(lake, [most["hour"][-1]])[0])


def _published(lake: LakeResource, of: CongestionDay) -> _Models:
    """The LSTM of the forecasts: the one that was trained up to what they say."""
    from airtraffic.congestion_worlds import world_of
    from airtraffic.forecasting.congestion_files import unpacked

    mine = of.issued.filter(pl.col("model") == LSTM).drop_nulls("trained_to")
    if mine.is_empty():
        return {}
    trained_to = dict(mine.group_by("zones").agg(pl.col("trained_to").max()).iter_rows())
    days = [("date", ">=", min(trained_to.values()).date()), ("date", "<", of.day)]
    stored = frame(
        lake, "congestion_models", ("zones", "trained_to", "files", "words", "sources", "date"), days
    )
    made = {}
    for row in stored.sort("date").iter_rows(named=True):
        kind = row["zones"]
        if row["trained_to"] != trained_to.get(kind):
            continue
        try:
            models = unpacked(row["files"], row["words"], kind)
        except ForecastError as error:
            _log.warning("no simulation of %s: the model of %s cannot be read (%s)", kind, row["date"], error)
            continue
        if LSTM in models:
            made[kind] = models[LSTM], world_of(row["sources"])
    return made


def _simulated(models: _Models, hour: "PolledHour") -> dict[str, pl.DataFrame]:
    """Recursive simulations from polls of an hour, by kind of zones, as ``congestion_views.simulations``."""
    from airtraffic.forecasting.congestion_forward import one_thread
    from airtraffic.forecasting.congestion_views import simulations

    shown, made = {}, {}
    for kind, (model, world) in models.items():
        mine = hour.of_world(world)
        if not len(mine.times):
            continue
        # Kinds of zones that are shown the same positions follow the aircraft once.
        told = model.interval_s, model.oldest_s, world
        if told not in shown:
            shown[told] = mine.positions(hour.hour - HOUR, interval_s=told[0], oldest_s=told[1])
        with one_thread():
            made[kind] = simulations(model.update(shown[told]), hour.hour, _ORIGINS)
    return made


def _where(lake: LakeResource, name: str, day: date) -> list[Filter]:
    if name in _OF_THE_DAY:
        return [("date", "=", day)]
    if name in _DAYS_BEFORE:
        back = day - timedelta(days=_DAYS_BEFORE[name] - 1)
        return [("date", ">=", back), ("date", "<=", day)]
    # A month that has not ended says nothing of growth yet.
    until = (day + timedelta(days=1)).replace(day=1) - timedelta(days=1) if name == "airline_growth" else day
    return [("date", "=", newest(lake, name, until) or date.min)]
