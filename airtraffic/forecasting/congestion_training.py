"""Models of one kind of zones: trained on what came first, judged on what came last, the better ones published."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from airtraffic.congestion_settings import CongestionSettings
from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_baselines import BASELINES
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_forward import one_thread
from airtraffic.forecasting.congestion_lstm import CongestionLSTM, Progress
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_promotion import Decision, backtest, decided, kinds_of_zone
from airtraffic.forecasting.congestion_zones import Zones

CONTEXT_POLLS = 60
"""Polls before the first one forecast from that models are shown: they remember 45 at most. [polls]"""


@dataclass(frozen=True)
class Split:
    """Positions to learn from, and later ones to judge by with what came just before them."""

    learned: Positions
    judged: Positions
    since: datetime
    """First poll that judges."""


@dataclass(frozen=True)
class Trained:
    """Models of one kind of zones with how good they were."""

    models: dict[str, CongestionForecaster]
    """By name: the LSTM, where it could be trained, and the baselines; they have seen the judged polls."""
    backtests: pl.DataFrame
    decisions: list[Decision]
    since: datetime

    @property
    def promoted(self) -> bool:
        return any(each.any_promoted for each in self.decisions)

    @property
    def first(self) -> CongestionForecaster:
        """The LSTM, or without one persistence."""
        return next(iter(self.models.values()))


def split(rows: pl.DataFrame, polls: pl.Series, settings: CongestionSettings) -> Split:
    """The last share of the polls judges, the others are learned from.

    Parameters
    ----------
    rows
        Rows of ``state_vectors``.
    polls
        Times of all polls, those of an empty sky included.

    Raises
    ------
    ForecastError
        There are fewer than two polls.
    """
    times = polls.unique().sort()
    if len(times) < 2:
        raise ForecastError(
            f"{len(times)} polls came; a model needs at least two, one of them to be judged by"
        )
    first = min(len(times) - 1, max(1, int(len(times) * (1 - settings.judged_share))))
    since = times[first]
    oldest_s = settings.oldest_s
    learned = Positions.of(
        rows.filter(pl.col("snapshot_at") < since), times.filter(times < since), oldest_s=oldest_s
    )
    shown_from = since - CONTEXT_POLLS * timedelta(seconds=learned.polls.interval_s)
    judged = Positions.of(
        rows.filter(pl.col("snapshot_at") >= shown_from),
        times.filter(times >= shown_from),
        interval_s=learned.polls.interval_s,
        oldest_s=oldest_s,
    )
    return Split(learned, judged, since)


def trained(
    parts: Split,
    zones: Zones,
    settings: CongestionSettings,
    progress: Progress | None = None,
    log: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Train and judge all models of one kind of zones.

    What is published is what was judged: nothing is fitted again on the polls that judged, so that the figures
    are those of the very model.

    Parameters
    ----------
    progress
        Called after every epoch.
    log
        Told why there is no LSTM, when there is none.

    Raises
    ------
    ForecastError
        No zone has any traffic.
    """
    with one_thread():
        return _trained(parts, zones, settings, progress, log)


def _trained(
    parts: Split,
    zones: Zones,
    settings: CongestionSettings,
    progress: Progress | None,
    log: Callable[[str], None],
) -> Trained:
    arguments = settings.of_all(zones)
    baselines = [baseline(**arguments).fit(parts.learned) for baseline in BASELINES]
    models: dict[str, CongestionForecaster] = {}
    lstm = CongestionLSTM(**settings.of_lstm(zones))
    lstm.progress = progress
    try:
        models[lstm.name] = lstm.fit(parts.learned)
    except ForecastError as error:
        log(f"{zones.kind}: no {lstm.name}: {error}")
    models |= {baseline.name: baseline for baseline in baselines}
    for model in models.values():
        model.update(parts.judged)
    table = backtest(models, parts.since, settings.lookback)
    decisions = decided(table, settings.horizon, models["persistence"].far)
    if not decisions:
        decisions = [
            Decision(group, "persistence", False, "too few polls came after the training to judge a model by")
            for group in kinds_of_zone(models["persistence"])
        ]
    return Trained(models, table, decisions, parts.since)
