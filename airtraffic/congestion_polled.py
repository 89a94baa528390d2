"""Polls and positions of an hour, and what the forecast of each poll rests on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from airtraffic.congestion_settings import CongestionSettings
from airtraffic.congestion_worlds import world
from airtraffic.forecasting.congestion_polls import COLUMNS, Polls
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_zones import Zones

HOUR = timedelta(hours=1)
ASSUMED_S = 60.0
"""Interval of a first poll that declares none. [s]"""
STEPS = 5
"""Steps up to a poll whose median is its interval where it declares none; two of them may be gaps. [polls]"""
_TOLD_OTHERWISE = {"network", "training_days", "judged_share", "oldest_model_days"}
"""Settings of training, and one that shows in which models there are."""


@dataclass(frozen=True)
class PolledHour:
    """Positions of an hour and of the one before it.

    ``rows``: rows of ``state_vectors`` from the hour before on. ``polls``: snapshot_at, interval_s (declared, or null)
    and sources (list) of the polls that came in both, one row a time, in order.
    """

    hour: datetime
    rows: pl.DataFrame
    polls: pl.DataFrame

    @property
    def times(self) -> pl.Series:
        """Polls of the hour itself."""
        at = self.polls["snapshot_at"]
        return at.filter(at.is_between(self.hour, self.hour + HOUR, closed="left"))

    @cached_property
    def intervals(self) -> pl.DataFrame:
        """snapshot_at, interval_s [s] and world of every poll, known when it came: no later poll changes them."""
        declared = pl.when(pl.col("interval_s") > 0).then("interval_s")
        step_s = pl.col("snapshot_at").diff().dt.total_milliseconds() / 1000
        usual = step_s.rolling_median(STEPS, min_samples=1).round().clip(1)
        return self.polls.select(
            "snapshot_at",
            interval_s=pl.coalesce(declared, usual, pl.lit(ASSUMED_S)).cast(pl.Float64),
            world=world(pl.col("sources")),
        )

    def of_world(self, world: str) -> "PolledHour":
        """The same with the polls of one world alone."""
        mine = self.intervals["world"] == world
        if mine.all():
            return self
        polls = self.polls.filter(mine)
        rows = self.rows.filter(pl.col("snapshot_at").is_in(polls["snapshot_at"].implode()))
        return PolledHour(self.hour, rows, polls)

    def positions(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        interval_s: float | None = None,
        oldest_s: float | None = None,
    ) -> Positions:
        """Positions of the polls from ``since`` on, to before ``until``.

        ``interval_s``: at polls of quite another interval there is a gap. [s] There is one too between simulated and
        observed polls: no window and no error spans both.
        """
        inside = pl.col("snapshot_at") >= since
        if until is not None:
            inside &= pl.col("snapshot_at") < until
        rows, intervals = self.rows.filter(inside), self.intervals.filter(inside)
        polls = Polls.of(rows, intervals["snapshot_at"], interval_s)
        if interval_s is not None:
            polls = polls.cut(intervals["interval_s"].to_numpy(), intervals["world"].to_numpy())
        return Positions(rows, polls, oldest_s)


def bases(
    polled: PolledHour, zones: Mapping[str, Zones], models: Mapping[str, str], settings: CongestionSettings
) -> pl.DataFrame:
    """issued_at and basis_digest of the hour's polls: all that their forecasts rest on, as SHA-256.

    That is every row and poll from the hour before up to the poll, the models, the zones and the settings. Rows are
    hashed by Polars: another version of it makes other digests, and the forecasts once again.

    Parameters
    ----------
    models
        By kind of zones, a digest of the models.
    """
    told = {
        "settings": settings.model_dump(mode="json", exclude=_TOLD_OTHERWISE),
        "zones": {kind: each.description() for kind, each in zones.items()},
        "models": dict(models),
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    hashed = (
        polled.rows.select("snapshot_at", of=polled.rows.select(COLUMNS).hash_rows())
        .group_by("snapshot_at")
        .agg(pl.col("of").sort())
    )
    polls = polled.intervals.with_columns(sources=polled.polls["sources"])
    made = []
    for row in polls.join(hashed, on="snapshot_at", how="left").sort("snapshot_at").iter_rows(named=True):
        digest.update(json.dumps([str(row["snapshot_at"]), row["interval_s"], row["sources"]]).encode())
        digest.update(np.array(row["of"] or [], dtype=np.uint64).tobytes())
        made.append({"issued_at": row["snapshot_at"], "basis_digest": digest.hexdigest()})
    schema = {"issued_at": pl.Datetime("us", "UTC"), "basis_digest": pl.String}
    return pl.DataFrame(made, schema=schema).filter(pl.col("issued_at") >= polled.hour)


def standing(forecast: pl.DataFrame, now: pl.DataFrame) -> pl.Series:
    """Polls whose rows of ``congestion_forecast`` rest on what there is ``now``, as ``bases`` says."""
    told = forecast.select("issued_at", "basis_digest").unique()
    return told.join(now, on=["issued_at", "basis_digest"], how="semi")["issued_at"].sort()
