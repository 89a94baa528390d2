"""Whether a model of congestion is worth publishing: its error against the best that needs no model."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_baselines import BASELINES
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_direction import directions, scores

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
    seen = model._fitted()
    polls, count = seen.polls, seen.counts.aircraft
    index = np.flatnonzero((polls.position >= model.lookback - 1) & (polls.at >= since).to_numpy())
    mean, _ = model._expect(seen, index, horizons)
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


def promotion(table: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Which kinds of zone the model is published for: where it beats the best baseline at ``horizon``.

    ``table``: of ``errors``. Columns: kind, promoted, published (the model or the best baseline), reason.
    """
    judged = table.filter(pl.col("horizon") == horizon)
    promoted = pl.col("ratio") < 1
    return judged.select(
        "kind",
        promoted.alias("promoted"),
        pl.when(promoted).then(pl.lit("lstm")).otherwise("best").alias("published"),
        pl.format(
            "mean absolute error {} aircraft at {} polls, {} of {}'s ({} cases)",
            pl.col("mae").round(3),
            "horizon",
            pl.col("ratio").round(3),
            "best",
            "cases",
        ).alias("reason"),
    )


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
    seen = model._fitted()
    polls, count = seen.polls, seen.counts.aircraft
    target = polls.ahead(model.far)
    wanted = (target >= 0) & (polls.position >= model.lookback - 1) & (polls.at >= since).to_numpy()
    index = np.flatnonzero(wanted)
    change = count[target[index]] - count[index]
    return directions(change, model.threshold), model.directions(index)
