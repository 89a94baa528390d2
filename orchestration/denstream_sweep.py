"""A grid of parameters tried on hours of one day: an MLflow run for the grid, one in it for each combination."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
from pydantic import Field

from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.cluster_score import RULE, cluster_score, within_bounds
from airtraffic.errors import ConfigurationError
from orchestration.cluster_day import learning_rate
from orchestration.clusters import of_hours
from orchestration.mlflow_runs import new_run
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource, mlflow_errors

EXPERIMENT = "denstream_sweep"
QUALITY = ("clusters", "noise_share", "biggest_share", "silhouette", "ami_dbscan", "agreement")
SWEPT = ("epsilon_nm", "half_life_min", "aircraft_in_core", "potential_weight_min")
_WARM_UP_H = 4
_DEFAULT = ClusterParameters()
HOUR = timedelta(hours=1)


class SweepConfig(dg.Config):
    """Which hours, and which values of each parameter; every value is tried with every other."""

    day: str = Field(pattern=r"^\d{4}-\d\d-\d\d$", description="The day, such as 2025-06-25. [UTC]")
    first_hour: int = Field(0, ge=0, le=23, description="First hour of it; the model warms up before. [h]")
    last_hour: int = Field(23, ge=0, le=23, description="Last hour of it, included. [h]")
    epsilon_nm: list[float] = Field(
        [10.0, 20.0, 30.0],
        min_length=1,
        description="Greatest radius of a micro-cluster, .1 to 500 each. [NM]",
    )
    half_life_min: list[float] = Field(
        [_DEFAULT.half_life_min], min_length=1, description="Half-life of a position, 1 to 1,440 each. [min]"
    )
    aircraft_in_core: list[float] = Field(
        [0.5, 1.0, 2.0],
        min_length=1,
        description="Aircraft that a core micro-cluster holds at once, .01 to 1,000 each. [aircraft]",
    )
    potential_weight_min: list[float] = Field(
        [_DEFAULT.potential_weight_min],
        min_length=1,
        description="Weight from which a micro-cluster lasts, above 1 each. [aircraft-minutes]",
    )
    max_combinations: int = Field(
        64,
        ge=1,
        le=1000,
        description="A grid with more is refused; each takes about .2 s an hour of 10,000 positions. [1]",
    )

    def hours(self) -> list[datetime]:
        """Starts of the hours.

        Raises
        ------
        ConfigurationError
            The day does not exist or the last hour is before the first.
        """
        try:
            day = datetime.strptime(self.day, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise ConfigurationError(f"day is {self.day!r}; expected a day such as 2025-06-25") from error
        if self.last_hour < self.first_hour:
            raise ConfigurationError(
                f"last_hour is {self.last_hour}, before first_hour {self.first_hour}; expected {self.first_hour} to 23"
            )
        return [day + n * HOUR for n in range(self.first_hour, self.last_hour + 1)]

    def combinations(self, centre: tuple[float, float]) -> list[ClusterParameters]:
        """The grid, each combination once, on the plane around ``centre`` (latitude and longitude). [deg]

        Raises
        ------
        ConfigurationError
            There are too many, or one is not possible.
        """
        values = [dict.fromkeys(getattr(self, name)) for name in SWEPT]
        grid = [dict(zip(SWEPT, each, strict=True)) for each in itertools.product(*values)]
        if len(grid) > self.max_combinations:
            raise ConfigurationError(
                f"the grid has {len(grid)} combinations; expected at most max_combinations, {self.max_combinations}"
            )
        return [ClusterParameters(**each, centre=centre) for each in grid]


@dataclass(frozen=True)
class Tried:
    """One combination."""

    parameters: ClusterParameters
    run_id: str
    quality: Mapping[str, float | None]
    """Means of the hours."""
    points: int
    duration_s: float
    points_per_s: float | None

    @property
    def score(self) -> float:
        """By the rule of ``airtraffic.cluster_score``; the agreement is that of hours next to each other."""
        quality = self.quality
        return cluster_score(
            quality["noise_share"], quality["biggest_share"], quality["ami_dbscan"], quality["agreement"]
        )

    @property
    def within_bounds(self) -> bool:
        """Neither nearly all noise nor chained into one."""
        return within_bounds(self.quality["noise_share"], self.quality["biggest_share"])

    def numbers(self) -> Iterator[tuple[str, float]]:
        """What was measured, by name; what is unknown is left out."""
        measured: dict[str, Any] = {
            **self.quality,
            "score": self.score,
            "within_bounds": self.within_bounds,
            "points": self.points,
            "duration_s": self.duration_s,
            "points_per_s": self.points_per_s,
        }
        # What quality calls agreement is one of hours next to each other here, not of days.
        measured["stability"] = measured.pop("agreement")
        yield from ((name, float(value)) for name, value in measured.items() if value is not None)


@dataclass(frozen=True)
class Swept:
    """The whole grid, in its own order."""

    experiment_id: str
    run_id: str
    tried: Sequence[Tried]

    @property
    def best(self) -> Tried:
        """By ``airtraffic.cluster_score.RULE``, the first of equals."""
        return self.ranked[0]

    @property
    def ranked(self) -> list[Tried]:
        """The best first."""
        return sorted(self.tried, key=lambda each: (each.within_bounds, each.score), reverse=True)


def sweep(
    lake: LakeResource,
    mlflow: MlflowResource,
    config: SweepConfig,
    centre: tuple[float, float],
    tags: Mapping[str, str],
    on_tried: Callable[[Tried], None] = lambda _: None,
) -> Swept:
    """Try every combination and log it; nothing is written to the lake.

    Parameters
    ----------
    centre
        Latitude and longitude of the middle of the plane. [deg]
    tags
        Further tags of the runs.
    on_tried
        Called with each combination when it is logged.

    Raises
    ------
    ConfigurationError
        The grid or the hours are not possible, or the lake has no positions in them.
    MlflowError
        MLflow failed.
    """
    hours, grid = config.hours(), config.combinations(centre)
    rows = _silver(lake, hours)
    if not rows.filter(pl.col("snapshot_at") >= hours[0]).height:
        raise ConfigurationError(
            f"no rows of state_vectors from {hours[0]:%Y-%m-%d %H:%M} to {hours[-1] + HOUR:%H:%M} UTC to try it on"
        )
    with mlflow_errors(mlflow.tracking_uri):
        client = mlflow.client()
        experiment = mlflow.experiment(client, EXPERIMENT)
        span = f"{config.day} {config.first_hour:02}-{config.last_hour:02} UTC"
        with new_run(client, experiment, f"{span}, {len(grid)} combinations", {**tags, "hours": span}) as run:
            tried = []
            for parameters in grid:
                tried.append(_try(client, experiment, run, rows, hours, parameters, tags))
                on_tried(tried[-1])
            swept = Swept(experiment, run, tried)
            _log_best(client, swept)
    return swept


def _silver(lake: LakeResource, hours: Sequence[datetime]) -> pl.DataFrame:
    from airtraffic.cluster_hour import COLUMNS

    before = _WARM_UP_H * HOUR + (hours[-1] - hours[0])
    return pl.DataFrame(
        pl.from_arrow(of_hours(lake, "state_vectors", hours[-1], before=before, columns=COLUMNS))
    )


def _try(client, experiment: str, parent: str, rows, hours, parameters: ClusterParameters, tags) -> Tried:
    name = f"epsilon {parameters.epsilon_nm:g} NM, half-life {parameters.half_life_min:g} min, " + (
        f"{parameters.aircraft_in_core:g} aircraft, {parameters.potential_weight_min:g} min"
    )
    with new_run(client, experiment, name, {**tags, "mlflow.parentRunId": parent}) as run_id:
        began = time.monotonic()
        points, quality = chained(rows, hours, parameters)
        duration_s = time.monotonic() - began
        tried = Tried(
            parameters=parameters,
            run_id=run_id,
            quality={name: _mean(quality[name]) for name in QUALITY},
            points=sum(len(xy) for xy, _, _ in points),
            duration_s=duration_s,
            points_per_s=learning_rate(
                *(np.concatenate(part) for part in zip(*points, strict=True)), parameters
            ),
        )
        _log(client, tried)
    return tried


def chained(
    rows: pl.DataFrame, hours: Sequence[datetime], parameters: ClusterParameters
) -> tuple[list[tuple[np.ndarray, np.ndarray, np.ndarray]], pl.DataFrame]:
    """Hours of clusters in memory, the first one warmed up.

    Returns
    -------
    list, pl.DataFrame
        Of each hour its positions (n, 2) [NM], times (n,) [min] and weights (n,) [aircraft-minutes]; and
        its row of quality, whose agreement is that with the hour before instead of the day before.
    """
    from airtraffic.cluster_hour import cluster_hour
    from airtraffic.cluster_quality import hour_quality

    points, quality, previous = [], [], None
    for hour in hours:
        made = cluster_hour(hour, rows, previous, parameters)
        quality.append(pl.DataFrame(pl.from_arrow(hour_quality(made, previous, None))))
        points.append((made.xy, made.t, made.weight))
        previous = made.snapshots
    return points, pl.concat(quality)


def _mean(column: pl.Series) -> float | None:
    values = column.drop_nulls().to_list()
    return statistics.fmean(values) if values else None


def _log(client, tried: Tried) -> None:
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    parameters = {name: getattr(tried.parameters, name) for name in tried.parameters.__dataclass_fields__}
    client.log_batch(
        tried.run_id,
        params=[Param(name, str(value)) for name, value in parameters.items()],
        metrics=[Metric(name, value, now, 0) for name, value in tried.numbers()],
    )


def _log_best(client, swept: Swept) -> None:
    best = swept.best
    client.set_tag(best.run_id, "best", "true")
    client.set_tag(swept.run_id, "best_run_id", best.run_id)
    client.set_tag(swept.run_id, "rule", RULE)
    client.log_metric(swept.run_id, "best_score", best.score)
    for name in SWEPT:
        client.log_param(swept.run_id, f"best_{name}", getattr(best.parameters, name))
