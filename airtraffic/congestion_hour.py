"""Hours of congestion: aircraft by poll and zone, and what each poll's forecast is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from airtraffic.congestion_settings import CongestionSettings
from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_forward import one_thread
from airtraffic.forecasting.congestion_grid import grid_rows
from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_promotion import Decision
from airtraffic.forecasting.congestion_publication import NO_MODEL, other_interval, published, unlearned
from airtraffic.forecasting.congestion_training import CONTEXT_POLLS
from airtraffic.forecasting.congestion_zones import Zones

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Model:
    """What was published last for one kind of zones."""

    models: Mapping[str, CongestionForecaster]
    decisions: Sequence[Decision]

    @property
    def trained_to(self) -> datetime:
        return self.models["persistence"].trained_to


@dataclass(frozen=True)
class PolledHour:
    """Positions of an hour and of the one before it.

    ``rows``: rows of ``state_vectors`` from the hour before on. ``polls``: snapshot_at, interval_s (declared) and sources
    (list) of the polls that came in both, one row a time, in order.
    """

    hour: datetime
    rows: pl.DataFrame
    polls: pl.DataFrame

    @property
    def times(self) -> pl.Series:
        """Polls of the hour itself."""
        at = self.polls["snapshot_at"]
        return at.filter(at.is_between(self.hour, self.hour + HOUR, closed="left"))

    @property
    def interval_s(self) -> float:
        """Usual time between polls, as the source declares it. [s]"""
        return float(self.polls["interval_s"].median() or 60.0)

    def positions(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        interval_s: float | None = None,
        oldest_s: float | None = None,
    ) -> Positions:
        """Positions of the polls from ``since`` on, to before ``until``."""
        inside = pl.col("snapshot_at") >= since
        if until is not None:
            inside &= pl.col("snapshot_at") < until
        rows, polls = self.rows.filter(inside), self.polls.filter(inside)
        return Positions(rows, Polls.of(rows, polls["snapshot_at"], interval_s), oldest_s)


def grid_of_hour(
    polled: PolledHour, zones: Mapping[str, Zones], settings: CongestionSettings
) -> pl.DataFrame:
    """Rows of ``congestion_grid`` of the hour, by kind of zones, poll and zone."""
    if not len(polled.times):
        return pl.DataFrame()
    told = {"interval_s": polled.interval_s, "oldest_s": settings.oldest_s}
    here = polled.positions(polled.hour, **told)
    both = polled.positions(polled.hour - HOUR, **told)
    parts = []
    for kind, each in zones.items():
        only = _visited(both.airborne, each) if each.every is None else each.every
        made = grid_rows(here.count(each, only), here.polls, each)
        parts.append(made.with_columns(zones=pl.lit(kind)))
    return _stamped(pl.concat(parts), polled, "snapshot_at")


def _visited(counted: pl.DataFrame, zones: Zones) -> np.ndarray:
    """Numbers of the zones that any aircraft was in, sorted."""
    latitude, longitude = counted["latitude"].to_numpy(), counted["longitude"].to_numpy()
    return np.unique(zones.containing(latitude, longitude, np.full(len(latitude), np.nan))[1])


def forecast_of_hour(
    polled: PolledHour,
    zones: Mapping[str, Zones],
    models: Mapping[str, Model],
    settings: CongestionSettings,
    since: datetime | None = None,
) -> pl.DataFrame:
    """Rows of ``congestion_forecast`` of the hour's polls, or of those from ``since`` on.

    Parameters
    ----------
    models
        By kind of zones, trained on earlier days. Without one the last count is published, with intervals from
        the errors of the hour before; its cells are those of that hour.
    """
    times = polled.times.filter(polled.times >= (since or polled.hour))
    if not len(times):
        return pl.DataFrame()
    origins, parts = times.to_list(), []
    # All that a forecast looks at: a late minute of the hour is then made as fast as its first.
    context = max(CONTEXT_POLLS * timedelta(seconds=polled.interval_s), timedelta(minutes=30))
    shown = polled.positions(
        origins[0] - context, interval_s=_learned_interval(models), oldest_s=settings.oldest_s
    )
    for kind, each in zones.items():
        reason, model = NO_MODEL, models.get(kind)
        if model:
            reason = other_interval(model.models["persistence"], polled.interval_s)
        if model and reason is None:
            with one_thread():
                made = published(model.models, model.decisions, shown, origins)
        else:
            made = _unlearned(polled, settings.of_all(each), origins, reason)
        parts.append(made.with_columns(zones=pl.lit(kind)) if made.width else made)
    made = pl.concat([part for part in parts if part.width] or [pl.DataFrame()])
    return _stamped(made, polled, "issued_at") if made.width else made


def _learned_interval(models: Mapping[str, Model]) -> float | None:
    return next((model.models["persistence"].interval_s for model in models.values()), None)


def _unlearned(
    polled: PolledHour, arguments: Mapping[str, object], origins: Sequence[datetime], reason: str
) -> pl.DataFrame:
    before_hour = polled.polls["snapshot_at"].min() < polled.hour
    until = polled.hour if before_hour else polled.times[0] + timedelta(microseconds=1)
    kept = {"interval_s": polled.interval_s, "oldest_s": arguments["oldest_s"]}
    before = polled.positions(polled.hour - HOUR, until, **kept)
    shown = polled.positions(polled.hour, **kept)
    try:
        return unlearned(arguments, before, shown, origins, reason)
    except ForecastError:
        # No zone had traffic: nothing can be said of any.
        return pl.DataFrame()


def unchanged(forecast: pl.DataFrame, grid: pl.DataFrame, models: Mapping[str, Model]) -> pl.Series:
    """Polls whose forecasts stand: made by these models, of the counts that the grid has.

    Parameters
    ----------
    forecast
        Rows of ``congestion_forecast`` of an hour.
    grid
        Rows of ``congestion_grid`` of the hour.
    """
    keys = ["zones", "zone"]
    now = grid.select(*keys, issued_at="snapshot_at", now="aircraft")
    by = pl.DataFrame(
        {"zones": list(models), "of": [model.trained_to for model in models.values()]},
        schema={"zones": pl.String, "of": pl.Datetime("us", "UTC")},
    )
    # A cell without a row in a poll that came was empty.
    compared = (
        forecast.join(now.select("issued_at").unique(), on="issued_at", how="semi")
        .join(now, on=["issued_at", *keys], how="left")
        .with_columns(pl.col("now").fill_null(0))
        .join(by, on="zones", how="left")
    )
    same = pl.col("aircraft").eq_missing(pl.col("now")) & pl.col("trained_to").eq_missing(pl.col("of"))
    return compared.group_by("issued_at").agg(same.all().alias("same")).filter("same")["issued_at"].sort()


def _stamped(made: pl.DataFrame, polled: PolledHour, at: str) -> pl.DataFrame:
    """With the sources of the polls, date and hour."""
    sources = polled.polls.select(pl.col("snapshot_at").alias(at), "sources")
    return made.join(sources, on=at, how="left", maintain_order="left").with_columns(
        date=pl.col(at).dt.date(), hour=pl.col(at).dt.hour().cast(pl.Int32)
    )
