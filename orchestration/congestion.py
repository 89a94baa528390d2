"""Hours of congestion made from the lake: the grid of aircraft by zone, and the forecasts of every poll."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from airtraffic.congestion_settings import CongestionSettings, load_congestion_settings
from airtraffic.errors import ForecastError
from airtraffic.settings import Settings
from airtraffic.tables import TABLES
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from orchestration.sectors import frame, load_sectors
from orchestration.silver import hours_predicate, within

if TYPE_CHECKING:
    from airtraffic.congestion_hour import Model
    from airtraffic.congestion_polled import PolledHour
    from airtraffic.forecasting.congestion_zones import Zones

CONFIG = Path(__file__).parents[1] / "config" / "congestion.yaml"
HOUR = timedelta(hours=1)
_log = logging.getLogger(__name__)
HOUR_TABLES = ("congestion_grid", "congestion_forecast")


@cache
def congestion_settings(path: Path = CONFIG) -> CongestionSettings:
    """The settings of the checkout."""
    return load_congestion_settings(path)


@cache
def zones_of(
    settings: CongestionSettings, box: tuple[float, float, float, float], day: date
) -> dict[str, "Zones"]:
    """Zones by kind, with the sectors of the checkout that hold on a day.

    ``box``: lamin, lamax, lomin, lomax that are polled. [deg]
    """
    return settings.zones(load_sectors().on(day), box)


def make_congestion_grid(
    lake: LakeResource, hours: Sequence[datetime], settings: CongestionSettings | None = None
) -> pa.Table:
    """Make hours of ``congestion_grid`` of one day, in one commit."""
    from airtraffic.congestion_hour import grid_of_hour

    settings = settings or congestion_settings()
    (day,) = {hour.date() for hour in hours}
    zones = zones_of(settings, Settings.from_env(os.environ).box, day)

    def rows() -> pa.Table:
        return _table(
            "congestion_grid", [grid_of_hour(each, zones, settings) for each in polled(lake, hours)]
        )

    return replace_from_newest(lake, "congestion_grid", rows, hours_predicate(hours))


def make_congestion_forecast(
    lake: LakeResource,
    hours: Sequence[datetime],
    settings: CongestionSettings | None = None,
    *,
    anew: bool = True,
) -> pa.Table:
    """Make hours of ``congestion_forecast`` of one day, in one commit.

    Parameters
    ----------
    anew
        Every poll of the hours; else only those from the first one on that has no forecast yet, or one that rests on
        other positions, models, zones or settings. Both give the same rows.
    """
    settings = settings or congestion_settings()
    (day,) = {hour.date() for hour in hours}
    zones = zones_of(settings, Settings.from_env(os.environ).box, day)
    models, faults = read_models(lake, day, settings.oldest_model_days)

    def rows() -> pa.Table:
        made = [_forecast(lake, each, zones, models, faults, settings, anew) for each in polled(lake, hours)]
        return _table("congestion_forecast", made)

    return replace_from_newest(lake, "congestion_forecast", rows, hours_predicate(hours))


def _forecast(
    lake: LakeResource,
    hour: "PolledHour",
    zones: Mapping[str, "Zones"],
    models: Mapping[str, "Model"],
    faults: Mapping[str, str],
    settings: CongestionSettings,
    anew: bool,
) -> pl.DataFrame:
    from airtraffic.congestion_hour import digests, forecast_of_hour
    from airtraffic.congestion_polled import bases, standing

    if anew:
        return forecast_of_hour(hour, zones, models, settings, faults=faults)
    where = [("date", "=", hour.hour.date()), ("hour", "=", hour.hour.hour)]
    there = frame(lake, "congestion_forecast", None, where)
    stand = standing(there, bases(hour, zones, digests(models, faults), settings))
    new = hour.times.filter(~hour.times.is_in(stand.implode()))
    if not len(new):
        return there.filter(pl.col("issued_at").is_in(hour.times.implode()))
    made = forecast_of_hour(hour, zones, models, settings, new[0], faults)
    kept = there.filter(pl.col("issued_at") < new[0], pl.col("issued_at").is_in(hour.times.implode()))
    return pl.concat([kept, made.select(kept.columns).cast(kept.schema)]) if made.width else kept


def polled(lake: LakeResource, hours: Sequence[datetime]) -> list["PolledHour"]:
    """Positions and polls of hours of one day, each with the hour before."""
    from airtraffic.congestion_polled import PolledHour
    from airtraffic.forecasting.congestion_polls import COLUMNS

    rows = frame(lake, "state_vectors", (*COLUMNS, "source"), within(hours, HOUR))
    rows = rows.sort("snapshot_at", "icao24")
    polls = polls_of(frame(lake, "polls", ("snapshot_at", "source", "interval_s"), within(hours, HOUR)), rows)
    made = []
    for hour in sorted(hours):
        inside = pl.col("snapshot_at").is_between(hour - HOUR, hour + HOUR, closed="left")
        made.append(PolledHour(hour, rows.filter(inside), polls.filter(inside)))
    return made


def polls_of(polls: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """snapshot_at, interval_s and sources of the polls that came, whether they saw anything or not."""
    columns = ["snapshot_at", "source", "interval_s"]
    seen = rows.select("snapshot_at", "source", interval_s=pl.lit(None, pl.Float64)).unique()
    return (
        pl.concat([polls.select(columns), seen.select(columns)])
        .group_by("snapshot_at")
        .agg(pl.col("interval_s").median(), sources=pl.col("source").drop_nulls().unique().sort())
        .sort("snapshot_at")
    )


def read_models(lake: LakeResource, day: date, oldest_days: int) -> tuple[dict[str, "Model"], dict[str, str]]:
    """By kind of zones, the models of the last day of training before ``day``, at most so many days ago.

    And why those that are older, or cannot be read, are not asked; the latter is logged as a warning.
    """
    from airtraffic.congestion_hour import Model
    from airtraffic.congestion_worlds import world_of
    from airtraffic.forecasting.congestion_files import coverage_of, decisions_of, unpacked

    if not lake.exists("congestion_models"):
        return {}, {}
    days = {date.fromisoformat(part["date"]) for part in lake.delta("congestion_models").partitions()}
    newest = max((each for each in days if each < day), default=None)
    if newest is None:
        return {}, {}
    made, faults = {}, {}
    for row in lake.read("congestion_models", where=[("date", "=", newest)]).to_pylist():
        kind = row["zones"]
        if (day - newest).days > oldest_days:
            faults[kind] = f"the newest model, of {newest}, is older than {oldest_days} days"
            continue
        try:
            models = unpacked(row["files"], row["words"], kind)
            decisions = decisions_of(row["words"], row["published"], models)
            made[kind] = Model(
                models, decisions, _digest(row), world_of(row["sources"]), coverage_of(row["words"])
            )
        except ForecastError as error:
            # Written by another version of the code, or damaged: persistence is published and says so.
            faults[kind] = f"the model of {newest} cannot be read ({error})"
            _log.warning("%s: %s", kind, faults[kind])
    return made, faults


def _digest(row: Mapping[str, Any]) -> str:
    """Of what a row of ``congestion_models`` says that forecasts are made of."""
    told = json.dumps([row["words"], row["published"], row["sources"]], sort_keys=True).encode()
    return hashlib.sha256(row["files"] + told).hexdigest()


def _table(name: str, parts: Sequence[pl.DataFrame]) -> pa.Table:
    schema = TABLES[name].schema
    tables = [part.select(schema.names).to_arrow().cast(schema) for part in parts if part.width]
    return pa.concat_tables(tables) if tables else schema.empty_table()
