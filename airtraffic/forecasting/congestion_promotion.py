"""Whether a model of congestion is worth publishing: its error against the best that needs no model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_baselines import BASELINES
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_direction import DIRECTIONS, directions, scores

BUSY = 1.0
"""Cells that average as many aircraft in training are a kind of zone of their own. [aircraft]"""
BASELINE_NAMES = tuple(baseline.name for baseline in BASELINES)


def kinds_of_zone(model: CongestionForecaster) -> dict[str, np.ndarray]:
    """Kinds that are judged apart, by which zones are of them: (n_zones,) bool each."""
    if model.zones.kind != "cells":
        return {model.zones.kind: np.ones(len(model.numbers), dtype=bool)}
    busy = model.zone_mean >= BUSY
    kinds = {"busy cells": busy, "quiet cells": ~busy}
    return {kind: zones for kind, zones in kinds.items() if zones.any()}


def errors(model: CongestionForecaster, since: datetime, horizons: Sequence[int]) -> pl.DataFrame:
    """Mean absolute errors of a fitted model and of the baselines, from polls that came at ``since`` or later.

    ``model`` has been given polls that it did not learn from. All are asked at the same polls, those
    where the model has its full windows, and the baselines' median is that of its training.

    Returns
    -------
    pl.DataFrame
        kind, zones, horizon [polls], cases, mae, persistence, zeros, training_median [aircraft], best (the best
        baseline's name), ratio (mae / that one's).
    """
    seen = model.seen
    polls, count = seen.polls, seen.counts.aircraft
    index = np.flatnonzero((polls.position >= model.lookback - 1) & (polls.at >= since).to_numpy())
    mean, _ = model.expect(index, horizons)
    rows = []
    for number, horizon in enumerate(horizons):
        target = polls.ahead(horizon)[index]
        known = target >= 0
        came, last = count[target[known]], count[index[known]]
        said = dict(zip(BASELINE_NAMES, (last, np.zeros_like(last), model.zone_median), strict=True))
        for kind, zones in kinds_of_zone(model).items():
            if not known.any():
                continue
            mae = float(np.abs(came - mean[known, number])[:, zones].mean())
            others = {name: float(np.abs(came - value)[:, zones].mean()) for name, value in said.items()}
            best = min(others, key=others.get)
            rows.append(
                {
                    "kind": kind,
                    "zones": int(zones.sum()),
                    "horizon": horizon,
                    "cases": int(known.sum() * zones.sum()),
                    "mae": mae,
                    **others,
                    "best": best,
                    "ratio": mae / others[best] if others[best] else float("inf") if mae else 1.0,
                }
            )
    schema = {"kind": pl.String, "zones": pl.Int64, "horizon": pl.Int64, "cases": pl.Int64}
    schema |= dict.fromkeys(("mae", *BASELINE_NAMES), pl.Float64) | {"best": pl.String, "ratio": pl.Float64}
    return pl.DataFrame(rows, schema=schema)


def backtest(
    models: Mapping[str, CongestionForecaster], since: datetime, lookback: int | None = None
) -> pl.DataFrame:
    """How good each model was from polls that came at ``since`` or later, by group of zones and horizon.

    Parameters
    ----------
    models
        By name; each has been given the same polls, which it did not learn from, and has the same zones.
    lookback
        All are asked at polls that so many polls precede without a gap; None: as the one that needs most.

    Returns
    -------
    pl.DataFrame
        zone_group, model, horizon, zones_judged, cases, mae, bias, coverage, width, vs_persistence, vs_best (the
        best baseline), and at the far horizon precision, recall and base rate of each direction.
    """
    lookback = max(model.lookback for model in models.values()) if lookback is None else lookback
    rows = []
    for name, model in models.items():
        seen = model.seen
        index = np.flatnonzero((seen.polls.position >= lookback - 1) & (seen.polls.at >= since).to_numpy())
        mean, _ = model.expect(index, model.anchors)
        half = model.half_widths(np.array(model.anchors), mean)
        far = seen.polls.ahead(model.far)[index]
        called, change = model.directions(index), seen.counts.aircraft[far] - seen.counts.aircraft[index]
        moved = directions(change, model.threshold)
        for number, horizon in enumerate(model.anchors):
            target = seen.polls.ahead(horizon)[index]
            known = target >= 0
            if not known.any():
                continue
            error = mean[known, number] - seen.counts.aircraft[target[known]]
            width = half[known, number]
            for group, zones in kinds_of_zone(model).items():
                found = {
                    "zone_group": group,
                    "model": name,
                    "horizon": horizon,
                    "zones_judged": int(zones.sum()),
                    "cases": error[:, zones].size,
                    "mae": float(np.abs(error[:, zones]).mean()),
                    "bias": float(error[:, zones].mean()),
                    "coverage": float((np.abs(error) <= width + 1e-9)[:, zones].mean()),
                    "width": float((width + np.minimum(width, mean[known, number]))[:, zones].mean()),
                }
                if horizon == model.far:
                    told = scores(moved[known][:, zones], called[known][:, zones])
                    for row in told.iter_rows(named=True):
                        name_of = row["direction"]
                        found |= {
                            f"{name_of}_{each}": row[each] for each in ("base_rate", "precision", "recall")
                        }
                rows.append(found)
    return _compared(rows)


def _compared(rows: list[dict]) -> pl.DataFrame:
    shares = [f"{way}_{each}" for way in DIRECTIONS for each in ("base_rate", "precision", "recall")]
    schema = {"zone_group": pl.String, "model": pl.String, "horizon": pl.Int32, "zones_judged": pl.Int32}
    schema |= {"cases": pl.Int64} | dict.fromkeys(("mae", "bias", "coverage", "width", *shares), pl.Float64)
    table = pl.DataFrame(rows, schema=schema)
    keys = ["zone_group", "horizon"]
    best = pl.col("mae").filter(pl.col("model").is_in(BASELINE_NAMES)).min().over(keys)
    last = pl.col("mae").filter(pl.col("model") == "persistence").first().over(keys)
    return table.with_columns(_ratio(last).alias("vs_persistence"), _ratio(best).alias("vs_best"))


def _ratio(of: pl.Expr) -> pl.Expr:
    """Error over another's; as good where neither errs."""
    return (
        pl.when(of > 0)
        .then(pl.col("mae") / of)
        .when(pl.col("mae") > 0)
        .then(pl.lit(float("inf")))
        .otherwise(1.0)
    )


@dataclass(frozen=True)
class Far:
    """What is published for a group of zones at the far horizon, and which directions are called."""

    model: str
    promoted: bool
    """It is no baseline."""
    called: tuple[str, ...]
    """Of up and down; a change that is not called is flat."""
    reason: str


UNJUDGED = Far(
    "persistence",
    False,
    (),
    "no model was judged at this horizon: the last count is published and no direction is called",
)


@dataclass(frozen=True)
class Decision:
    """What is published for a group of zones, and why."""

    zone_group: str
    model: str
    promoted: bool
    """It is no baseline."""
    reason: str
    far: Far = UNJUDGED
    """At the far horizon, decided by itself."""

    @property
    def any_promoted(self) -> bool:
        return self.promoted or self.far.promoted

    @property
    def told(self) -> str:
        """Of both in words."""
        return f"{self.model}: {self.reason}; over the far time {self.far.model}: {self.far.reason}"


def decided(table: pl.DataFrame, horizon: int, far: int, model: str = "lstm") -> list[Decision]:
    """For each group the model where it beats the best baseline, else that baseline, at either horizon.

    ``table``: of ``backtest``. At ``far`` a direction is called where the model is published and has called it
    with more precision than its base rate. [polls]
    """
    return [
        Decision(group, *_better(rows, model), _far(table, group, far, model))
        for (group,), rows in table.filter(pl.col("horizon") == horizon).group_by(
            "zone_group", maintain_order=True
        )
    ]


def _better(rows: pl.DataFrame, model: str) -> tuple[str, bool, str]:
    """Model, whether it is no baseline, and why, of a group's rows of one horizon."""
    errs = dict(rows.select("model", "mae").iter_rows())
    best = min((name for name in BASELINE_NAMES if name in errs), key=errs.__getitem__)
    if model not in errs:
        return best, False, f"no {model} was trained; {best} errs least"
    reason = (
        f"mean absolute error of {model} {errs[model]:.3f} aircraft at {rows['horizon'][0]} polls, of {best}, the best "
        f"baseline, {errs[best]:.3f} ({rows['cases'][0]:,} cases)"
    )
    if errs[model] < errs[best]:
        return model, True, reason
    return best, False, f"{reason}: a model that does not beat it is not published"


def _far(table: pl.DataFrame, group: str, horizon: int, model: str) -> Far:
    rows = table.filter(pl.col("zone_group") == group, pl.col("horizon") == horizon)
    if rows.is_empty():
        return UNJUDGED
    name, promoted, reason = _better(rows, model)
    if not promoted:
        return Far(name, False, (), f"{reason}; no direction is called")
    row, called, not_called = rows.row(by_predicate=pl.col("model") == model, named=True), [], []
    for way in ("up", "down"):
        precision, rate = row[f"{way}_precision"], row[f"{way}_base_rate"]
        if precision is not None and precision > rate:
            called.append(way)
        elif precision is None:
            not_called.append(f"{way} is not called: it never was in the polls that judge")
        else:
            not_called.append(f"{way} is not called: precision {precision:.3f}, base rate {rate:.3f}")
    return Far(name, True, tuple(called), "; ".join([reason, *not_called]))


def direction_scores(model: CongestionForecaster, since: datetime) -> pl.DataFrame:
    """Precision and recall of the called directions against base rates, by kind of zone."""
    came, called = called_directions(model, since)
    tables = [
        scores(came[:, zones], called[:, zones]).insert_column(0, pl.Series("kind", [kind] * 3))
        for kind, zones in kinds_of_zone(model).items()
    ]
    return pl.concat(tables)


def called_directions(model: CongestionForecaster, since: datetime) -> tuple[np.ndarray, np.ndarray]:
    """Directions that came and that were called, (n_polls, n_zones) each, where what came is known."""
    seen = model.seen
    polls, count = seen.polls, seen.counts.aircraft
    target = polls.ahead(model.far)
    wanted = (target >= 0) & (polls.position >= model.lookback - 1) & (polls.at >= since).to_numpy()
    index = np.flatnonzero(wanted)
    change = count[target[index]] - count[index]
    return directions(change, model.threshold), model.directions(index)
