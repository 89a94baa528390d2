"""Thresholds of the route indicators: where a traffic light is green, amber or red, and why."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from pydantic import Field, model_validator

from airtraffic.declared import Declared, declared
from airtraffic.errors import ConfigurationError

INDICATORS = (
    "on_time_share",
    "delay_mean_min",
    "delay_p90_min",
    "cancelled_share",
    "block_time_ratio",
    "horizontal_efficiency",
    "load_factor",
    "margin_share",
    "rask_over_cask",
    "satisfaction",
    "complaints_per_1000",
)


RANGES = {
    "on_time_share": (0, 1),
    "delay_mean_min": (0, 1440),
    "delay_p90_min": (0, 1440),
    "cancelled_share": (0, 1),
    "block_time_ratio": (0, 10),
    "horizontal_efficiency": (1, 10),
    "load_factor": (0, 1),
    "margin_share": (-1, 1),
    "rask_over_cask": (0, 10),
    "satisfaction": (1, 5),
    "complaints_per_1000": (0, 1000),
}
"""Where an indicator's borders may lie: a share of 85 is one that was meant in per cent."""


class Threshold(Declared):
    """One indicator's borders; both belong to the better colour."""

    better: Literal["high", "low"]
    green: float
    amber: float
    at_least: int = Field(ge=1, description="Observations under which no light is shown.")
    reason: str = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> "Threshold":
        if (self.green < self.amber) if self.better == "high" else (self.green > self.amber):
            side = "at or above" if self.better == "high" else "at or below"
            raise ValueError(f"expected green {side} amber, because better is {self.better}")
        return self

    def light(self, value: pl.Expr, observations: pl.Expr) -> pl.Expr:
        """``green``, ``amber``, ``red``; null without a value or with too few observations.

        >>> border = Threshold(better="low", green=10, amber=20, at_least=2, reason="example")
        >>> frame = pl.DataFrame({"delay": [10.0, 20.0, 20.1, 5.0, None], "of": [2, 2, 2, 1, 2]})
        >>> frame.select(border.light(pl.col("delay"), pl.col("of")))["delay"].to_list()
        ['green', 'amber', 'red', None, None]
        """
        high = self.better == "high"
        green = value >= self.green if high else value <= self.green
        amber = value >= self.amber if high else value <= self.amber
        colour = (
            pl.when(green).then(pl.lit("green")).when(amber).then(pl.lit("amber")).otherwise(pl.lit("red"))
        )
        return (
            pl.when(value.is_not_null() & (observations >= self.at_least))
            .then(colour)
            .alias(value.meta.output_name())
        )


class Opportunities(Declared):
    """When a route is worth a look."""

    load_factor_above: Annotated[float, Field(gt=0, lt=1)]
    flights_per_day_below: Annotated[float, Field(gt=0)]
    delay_rise_min: Annotated[float, Field(gt=0)]
    efficiency_above_peers: Annotated[float, Field(gt=0)]
    peers_within: Annotated[float, Field(gt=0, lt=1)]
    flights_at_least: Annotated[int, Field(ge=1)]
    days_at_least: Annotated[int, Field(ge=1, le=28)]


class RouteThresholds(Declared):
    """The whole file."""

    version: str = Field(min_length=1)
    indicators: dict[str, Threshold]
    opportunities: Opportunities

    @model_validator(mode="after")
    def _all_of_them(self) -> "RouteThresholds":
        missing, unknown = set(INDICATORS) - set(self.indicators), set(self.indicators) - set(INDICATORS)
        if missing or unknown:
            raise ValueError(
                f"indicators: missing {sorted(missing) or 'none'}, unknown {sorted(unknown) or 'none'}"
            )
        return self

    @property
    def stamp(self) -> str:
        """The version with a hash of the content, which results carry."""
        content = json.dumps(self.model_dump(), sort_keys=True)
        return f"{self.version}+{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def load_route_thresholds(path: Path) -> RouteThresholds:
    """Thresholds of a file.

    Raises
    ------
    ConfigurationError
        The file is not YAML, or an indicator or a field is unknown, missing or has a value that cannot be used.
    """
    thresholds = declared(RouteThresholds, path, "version and indicators")
    outside = "; ".join(_outside(thresholds))
    if outside:
        raise ConfigurationError(f"{path}: {outside}")
    return thresholds


def _outside(thresholds: RouteThresholds) -> Iterator[str]:
    for name, threshold in thresholds.indicators.items():
        low, high = RANGES[name]
        for field in ("green", "amber"):
            value = getattr(threshold, field)
            if not low <= value <= high:
                yield f"indicators.{name}.{field} is {value:g}; expected {low} to {high}"
