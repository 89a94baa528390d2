"""What the report of a day says of congestion: how its forecasts did, a simulation, and what was marked last."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from airtraffic.forecasting.congestion_came import of_busiest
from airtraffic.report.congestion_charts import PAGE, WORDS, expected_and_came_chart, simulations_chart
from airtraffic.report.forecast_texts import ForecastTexts

KINDS = ("quadrants", "sectors", "cells")
MOST_MARKED = 12
"""Marked changes of the last poll that have a row."""
LSTM = "lstm"
_NAMES = (LSTM, "persistence", "training_median", "zeros")
_GAP_STEPS = 3
"""So many usual steps without a poll are a gap, which no line is drawn over."""
_KEY = ["zones", "zone", "horizon"]


@dataclass(frozen=True)
class CongestionDay:
    """Rows that the section is told from.

    ``issued``: issued_at, zones, model, trained_to and sources of the day's forecasts, each once. ``last``: rows of
    ``congestion_forecast`` of the day's last poll. ``compared``: forecasts of the day whose poll came, with its count
    ``came`` [aircraft]. ``held``: zones, horizon, forecasts, coverage, mae, vs_persistence of them. ``simulations``: as
    ``congestion_views.simulations``, by kind of zones.
    """

    day: date
    issued: pl.DataFrame
    last: pl.DataFrame
    compared: pl.DataFrame
    held: pl.DataFrame
    simulations: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def learned(self) -> list[str]:
        """Kinds of zones that an LSTM was published for."""
        return _kinds(self.issued.filter(pl.col("model") == LSTM))


def congestion_section(
    of: CongestionDay, t: ForecastTexts, sector_names: Mapping[str, str]
) -> dict[str, Any] | None:
    """What the template shows; None where nothing was issued on the day.

    Parameters
    ----------
    sector_names
        Names by id of the sectors in this language.
    """
    if of.issued.is_empty():
        return None
    sources = sorted(set(of.issued["sources"].explode().drop_nulls()))
    return {
        "polls": of.issued["issued_at"].n_unique(),
        "sources": sources,
        "simulated": "simulate" in sources,
        "models": _models(of.issued),
        "trained": _trained(of.issued),
        "held": held_rows(of),
        "came_picture": came_picture(of, t),
        "simulation_picture": simulation_picture(of, t),
        "learned": bool(of.learned),
        **marked(of, t, sector_names),
    }


def held_rows(of: CongestionDay) -> list[dict[str, Any]]:
    """``held`` in the order of ``KINDS``, with the time ahead [min] and the share that each model has said."""
    if of.held.is_empty():
        return []
    ahead = (pl.col("target_at") - pl.col("issued_at")).dt.total_seconds() / 60
    minutes = of.compared.group_by("zones", "horizon").agg(minutes=ahead.median())
    said = of.compared.group_by("zones", "horizon", "basis").len()
    shares: dict[tuple[str, int], list[tuple[str, float]]] = {}
    for zones, horizon, basis, count in said.sort("len", "basis", descending=[True, False]).iter_rows():
        shares.setdefault((zones, horizon), []).append((basis, count))
    rows = of.held.join(minutes, on=["zones", "horizon"], how="left").sort(_order(), "horizon")
    return [
        row
        | {
            "said_by": [
                (basis, count / row["forecasts"]) for basis, count in shares[row["zones"], row["horizon"]]
            ]
        }
        for row in rows.iter_rows(named=True)
    ]


def marked(of: CongestionDay, t: ForecastTexts, sector_names: Mapping[str, str]) -> dict[str, Any]:
    """What the day's last poll marks: the largest expected changes first, and how many there are."""
    at = of.last["issued_at"].max()
    far = of.last.filter(pl.col("direction").is_not_null())
    came = of.compared.filter(pl.col("issued_at") == at).select(*_KEY, "came")
    # Baselines, published where no model beats them, call no change.
    silent = far.filter(pl.col("model") != LSTM, ~pl.col("significant"))
    change = (pl.col("mean") - pl.col("aircraft")).abs()
    rows = (
        far.filter("significant")
        .join(came, on=_KEY, how="left")
        .sort(change, _order(), "zone", descending=[True, False, False])
    )
    return {
        "last_poll": at,
        "far_minutes": _minutes(far),
        "far_zones": far.height,
        "silent_zones": silent.height,
        "up": rows.filter(pl.col("direction") == "up").height,
        "down": rows.filter(pl.col("direction") == "down").height,
        "marked": [
            row | {"name": _name(row, t, sector_names)}
            for row in rows.head(MOST_MARKED).iter_rows(named=True)
        ],
        "more_marked": max(rows.height - MOST_MARKED, 0),
    }


def came_picture(of: CongestionDay, t: ForecastTexts) -> str:
    """The forecasts of the busiest zone of each kind and what came, a panel a horizon, as a data URL; or empty."""
    if of.compared.is_empty():
        return ""
    drawn = (
        of_busiest(of.compared)
        .select("zones", "zone", "horizon", "target_at", "mean", "lower", "upper", "came")
        .with_columns(pl.col("mean", "lower", "upper", "came").cast(pl.Float64))
        .sort(_order(), "horizon", "target_at")
    )
    drawn = _broken(drawn).with_columns(zone=_labelled(t))
    return _url(expected_and_came_chart(drawn, "", _words(t), PAGE))


def _broken(drawn: pl.DataFrame) -> pl.DataFrame:
    """With a row of nulls in each gap between polls, so that no line is drawn over it."""
    stepped = drawn.with_columns(step=pl.col("target_at").diff().over(_KEY))
    gaps = stepped.filter(pl.col("step") > _GAP_STEPS * pl.col("step").median().over(_KEY))
    nothing = gaps.select(*_KEY, target_at=pl.col("target_at") - pl.col("step") / 2)
    both = pl.concat([drawn, nothing.cast({"target_at": drawn.schema["target_at"]})], how="diagonal")
    return both.sort(_order(), "horizon", "target_at")


def simulation_picture(of: CongestionDay, t: ForecastTexts) -> str:
    """The simulations of the busiest zone of each kind beside what happened, as a data URL; or empty."""
    shown = [
        rows.filter(pl.col("zone") == rows["zone"][0]).with_columns(zones=pl.lit(kind))
        for kind, rows in of.simulations.items()
        if rows.height
    ]
    if not shown:
        return ""
    drawn = pl.concat(shown).sort(_order(), "issued_at", "at").with_columns(zone=_labelled(t))
    return _url(simulations_chart(drawn, "", _words(t), PAGE))


def _models(issued: pl.DataFrame) -> list[tuple[str, list[str]]]:
    """By kind of zones, what was published, in the order of ``_NAMES``."""
    told = {kind: set(issued.filter(pl.col("zones") == kind)["model"]) for kind in _kinds(issued)}
    return [(kind, sorted(names, key=_NAMES.index)) for kind, names in told.items()]


def _trained(issued: pl.DataFrame) -> list[tuple[datetime, list[str]]]:
    """Last polls that models had learned from, and of which kinds of zones they are; the newest first."""
    told = issued.drop_nulls("trained_to")
    return [
        (at, _kinds(told.filter(pl.col("trained_to") == at)))
        for at in told["trained_to"].unique().sort(descending=True)
    ]


def _minutes(far: pl.DataFrame) -> int:
    """Time from issue to target. [min]"""
    return round((far["target_at"] - far["issued_at"]).dt.total_seconds().median() / 60) if far.height else 0


def _kinds(rows: pl.DataFrame) -> list[str]:
    there = set(rows["zones"].unique())
    return [kind for kind in KINDS if kind in there]


def _order() -> pl.Expr:
    return pl.col("zones").replace_strict(
        {kind: at for at, kind in enumerate(KINDS)}, default=len(KINDS), return_dtype=pl.Int32
    )


def _name(row: Mapping[str, Any], t: ForecastTexts, sector_names: Mapping[str, str]) -> str:
    name = sector_names.get(row["zone"], row["zone"]) if row["zones"] == "sectors" else row["zone"]
    return f"{t['zone_' + row['zones']]} {name}"


def _labelled(t: ForecastTexts) -> pl.Expr:
    """The zone with its kind, in the singular."""
    kinds = {kind: t[f"zone_{kind}"] for kind in KINDS}
    return pl.format("{} {}", pl.col("zones").replace(kinds), "zone")


def _words(t: ForecastTexts) -> dict[str, str]:
    return {name: t[f"chart_{name}"] for name in WORDS}


def _url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
