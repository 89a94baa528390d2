"""Hours of congestion: aircraft by poll and zone, and what each poll's forecast is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from airtraffic.congestion_polled import HOUR, PolledHour, bases
from airtraffic.congestion_settings import CongestionSettings
from airtraffic.congestion_worlds import OBSERVED, other_world
from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_forward import one_thread
from airtraffic.forecasting.congestion_grid import grid_rows
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_promotion import Decision
from airtraffic.forecasting.congestion_publication import NO_MODEL, other_interval, published, unlearned
from airtraffic.forecasting.congestion_training import CONTEXT_POLLS
from airtraffic.forecasting.congestion_zones import Zones

UNLEARNED = "the model has not learned this zone with these borders"


@dataclass(frozen=True)
class Model:
    """What was published last for one kind of zones."""

    models: Mapping[str, CongestionForecaster]
    decisions: Sequence[Decision]
    digest: str = ""
    """Of what was learned and decided."""
    world: str = OBSERVED
    """What it has learned, as ``congestion_worlds.world``."""
    coverage: pl.DataFrame | None = None
    """As ``congestion_files.coverage_of``."""


def grid_of_hour(
    polled: PolledHour, zones: Mapping[str, Zones], settings: CongestionSettings
) -> pl.DataFrame:
    """Rows of ``congestion_grid`` of the hour, by kind of zones, poll and zone."""
    if not len(polled.times):
        return pl.DataFrame()
    here = polled.positions(polled.hour, oldest_s=settings.oldest_s)
    both = polled.positions(polled.hour - HOUR, oldest_s=settings.oldest_s)
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
    faults: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Rows of ``congestion_forecast`` of the hour's polls, or of those from ``since`` on.

    Parameters
    ----------
    models
        By kind of zones, trained on earlier days. Without one, or at polls of another interval or another world (real or
        simulated) than it has learned, the last count is published, with intervals from the errors of that world in the
        hour before; its cells are those of that hour.
        Of quadrants and sectors those that the model has not learned are published so, too.
    faults
        By kind of zones, why there is a model that cannot be asked.
    """
    faults = faults or {}
    asked = polled.intervals.filter(pl.col("snapshot_at") >= max(since or polled.hour, polled.hour))
    if asked.is_empty():
        return pl.DataFrame()
    last = {world: _LastCounts(polled.of_world(world), settings) for world in asked["world"].unique()}
    shown = _shown(polled, models, settings, asked["snapshot_at"][0])
    parts = []
    for kind, each in zones.items():
        of_kind, learned, unknown = [], [], []
        for (interval_s, world), polls in asked.group_by("interval_s", "world", maintain_order=True):
            origins = polls["snapshot_at"].to_list()
            reason, missing = _why_not(models.get(kind), faults.get(kind, NO_MODEL), each, interval_s, world)
            if reason is None:
                learned, unknown = learned + origins, missing
            if reason or missing:
                made = last[world].rows(each, interval_s, origins, reason or UNLEARNED)
                of_kind.append(made if reason else made.filter(pl.col("zone").is_in(missing)))
        if learned:
            with one_thread():
                asking = models[kind]
                made = published(asking.models, asking.decisions, shown, sorted(learned), asking.coverage)
            if each.every is not None:
                known = set(each.names(each.every)) - set(unknown)
                made = made.filter(pl.col("zone").is_in(sorted(known)))
            of_kind.append(made)
        made = pl.concat([part for part in of_kind if part.width] or [pl.DataFrame()], how="diagonal_relaxed")
        if made.width:
            parts.append(made.sort("issued_at", "zone", "horizon").with_columns(zones=pl.lit(kind)))
    if not parts:
        return pl.DataFrame()
    rests_on = bases(polled, zones, digests(models, faults), settings)
    made = pl.concat(parts, how="diagonal_relaxed").join(
        rests_on, on="issued_at", how="left", maintain_order="left"
    )
    return _stamped(made, polled, "issued_at")


def digests(models: Mapping[str, Model], faults: Mapping[str, str]) -> dict[str, str]:
    """By kind of zones, the models' digest or why there are none."""
    return {**faults, **{kind: model.digest for kind, model in models.items()}}


def _shown(
    polled: PolledHour, models: Mapping[str, Model], settings: CongestionSettings, first: datetime
) -> Positions | None:
    """All that a model looks at from ``first`` on: a late minute of the hour is then made as fast as its first."""
    interval_s = next((model.models["persistence"].interval_s for model in models.values()), None)
    if interval_s is None:
        return None
    context = max(CONTEXT_POLLS * timedelta(seconds=interval_s), timedelta(minutes=30))
    return polled.positions(first - context, interval_s=interval_s, oldest_s=settings.oldest_s)


def _why_not(
    model: Model | None, fault: str, zones: Zones, interval_s: float, world: str
) -> tuple[str | None, list[str]]:
    """Why a model is not asked at polls of this interval and world, and else of which zones it is not.

    ``fault``: why, where there is no model.
    """
    if model is None:
        return fault, []
    persistence = model.models["persistence"]
    reason = other_world(model.world, world) or other_interval(persistence, interval_s)
    if zones.every is None:
        was, now = (each.borders()["cells"] for each in (persistence.zones, zones))
        return reason or (None if was == now else f"the model is of cells of {was}"), []
    return reason, [] if reason else _unlearned(model, zones)


def _unlearned(model: Model, zones: Zones) -> list[str]:
    """Names of the zones that the model does not know, or knows with other borders."""
    persistence = model.models["persistence"]
    learned = set(persistence.zones.names(persistence.numbers))
    was, now = persistence.zones.borders(), zones.borders()
    return [name for name in now if name not in learned or was[name] != now[name]]


class _LastCounts:
    """Persistence for want of a model, of an hour; the positions of an interval are read once for all zones."""

    def __init__(self, polled: PolledHour, settings: CongestionSettings) -> None:
        self.polled, self.settings = polled, settings
        self._parts: dict[float, tuple[Positions, Positions]] = {}

    def rows(self, zones: Zones, interval_s: float, origins: Sequence[datetime], reason: str) -> pl.DataFrame:
        """As ``congestion_publication.unlearned``; without rows where none of countless zones had traffic."""
        arguments = self.settings.of_all(zones) | {"every": True}
        try:
            return unlearned(arguments, *self._of(interval_s), origins, reason)
        except ForecastError:
            return pl.DataFrame()

    def _of(self, interval_s: float) -> tuple[Positions, Positions]:
        """What errors are measured at, the hour before or else the first poll, and the hour itself."""
        if interval_s not in self._parts:
            hour, first = self.polled.hour, self.polled.times[0]
            earlier = self.polled.polls["snapshot_at"].min() < hour
            until = hour if earlier else first + timedelta(microseconds=1)
            told = {"interval_s": interval_s, "oldest_s": self.settings.oldest_s}
            before = self.polled.positions(hour - HOUR, until, **told)
            self._parts[interval_s] = before, self.polled.positions(hour, **told)
        return self._parts[interval_s]


def _stamped(made: pl.DataFrame, polled: PolledHour, at: str) -> pl.DataFrame:
    """With the sources of the polls, date and hour."""
    sources = polled.polls.select(pl.col("snapshot_at").alias(at), "sources")
    return made.join(sources, on=at, how="left", maintain_order="left").with_columns(
        date=pl.col(at).dt.date(), hour=pl.col(at).dt.hour().cast(pl.Int32)
    )
