"""What is published after a poll: of each group of zones what its model says, and persistence after a gap."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import polars as pl

from airtraffic.forecasting.congestion_baselines import LastCount
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_positions import Positions
from airtraffic.forecasting.congestion_promotion import Decision, kinds_of_zone

DIGITS = 3
"""Digits after the point of a published count: sums over another number of polls differ in the sixteenth."""
OTHER_INTERVAL = 0.25
"""A model is not asked about polls whose interval is so much longer or shorter than its training's. [1]"""
COVERED = {"zone_group": pl.String, "model": pl.String, "horizon": pl.Int64, "coverage": pl.Float64}
"""Of a backtest, the share of counts inside of their intervals."""
NO_MODEL = "no model has been trained on an earlier day"


def published(
    models: Mapping[str, CongestionForecaster],
    decisions: Sequence[Decision],
    positions: Positions,
    origins: Sequence[datetime],
    coverage: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Rows of ``congestion_forecast`` of one kind of zones, without what the table says of all of them.

    Parameters
    ----------
    models
        By name, those that ``decisions`` name, also for the far horizon, and persistence.
    positions
        Polls up to the last of ``origins``, or beyond: a forecast never looks at a later one.
    coverage
        ``COVERED`` of the backtest; None: not known. A row has that of what says it, which is persistence after a gap.
    """
    covered = pl.DataFrame(schema=COVERED) if coverage is None else coverage
    covered = covered.rename({"model": "basis", "coverage": "backtest_coverage"})
    zones = kinds_of_zone(models["persistence"])

    @cache
    def of_name(name: str) -> pl.DataFrame:
        return models[name].update(positions).issues(origins).with_columns(model=pl.lit(name))

    def of_group(group: str, name: str) -> pl.DataFrame:
        model = models[name]
        names = pl.Series(model.zones.names(model.numbers[zones[group]]), dtype=pl.String)
        mine = of_name(name).filter(pl.col("zone").is_in(names.implode()))
        after_gap = pl.col("basis") == "persistence"
        waits = mine.filter(after_gap).select("issued_at", "zone", "horizon")
        if name != "persistence" and waits.height:
            last = of_name("persistence").join(waits, on=["issued_at", "zone", "horizon"], how="semi")
            mine = pl.concat([mine.filter(~after_gap), last.with_columns(model=pl.lit(name))])
        said = covered.filter(pl.col("zone_group") == group).drop("zone_group")
        return mine.join(said, on=["basis", "horizon"], how="left").with_columns(
            trained_to=pl.lit(model.trained_to)
        )

    parts, is_far = [], pl.col("direction").is_not_null()
    for decision in decisions:
        group, far = decision.zone_group, decision.far
        near = of_group(group, decision.model).filter(~is_far)
        parts.append(near.with_columns(reason=pl.lit(decision.reason)))
        flat = is_far & ~pl.col("direction").is_in(list(far.called))
        parts.append(
            of_group(group, far.model)
            .filter(is_far)
            .with_columns(
                reason=pl.lit(far.reason),
                direction=pl.when(flat).then(pl.lit("flat")).otherwise("direction"),
                significant=pl.col("significant") & ~flat,
            )
        )
    return _rounded(pl.concat(parts))


def unlearned(
    arguments: Mapping[str, Any],
    before: Positions,
    positions: Positions,
    origins: Sequence[datetime],
    reason: str,
) -> pl.DataFrame:
    """Persistence, for want of a model, with intervals from the errors at the polls ``before``.

    ``arguments``: of a ``CongestionForecaster``. ``reason``: why no model is asked.

    Raises
    ------
    ForecastError
        No zone had traffic before.
    """
    model = LastCount(**arguments).fit(before)
    errors = (
        "the errors of the hour before"
        if (before.polls.ahead(1) >= 0).any()
        else "assumed errors: no two polls of their interval followed one another before"
    )
    table = model.update(positions).issues(origins)
    return _rounded(
        table.with_columns(
            backtest_coverage=pl.lit(None, dtype=pl.Float64),
            model=pl.lit(model.name),
            reason=pl.lit(f"{reason}: the last count, with {errors}"),
            trained_to=pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        )
    )


def other_interval(model: CongestionForecaster, interval_s: float) -> str | None:
    """Why a model is not asked: polls come at another interval than it has learned; None when it is."""
    if abs(interval_s - model.interval_s) <= OTHER_INTERVAL * model.interval_s:
        return None
    return (
        f"polls come every {interval_s:g} s and the model has learned from polls every {model.interval_s:g} s"
    )


def _rounded(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("mean", "lower", "upper", "threshold").round(DIGITS)).sort(
        "issued_at", "zone", "horizon"
    )
