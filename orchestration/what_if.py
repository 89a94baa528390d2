"""A forecast with other parameters or another demand, beside the champion's; nothing published changes."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from airtraffic.demand import key_of, split_key
from airtraffic.errors import ConfigurationError
from airtraffic.sectors import Sectors
from orchestration.demand_forecast import trained_days, trained_models
from orchestration.demand_history import read_history
from orchestration.mlflow_runs import CODE_VERSION, DATA_VERSION, new_run
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource, mlflow_errors
from orchestration.saturation_forecast import saturation_of
from orchestration.sectors import frame
from orchestration.what_if_config import WhatIfConfig

EXPERIMENT = "what_if"
_SHOWN_DAYS = 56
_NAMED = 6


@dataclass(frozen=True)
class WhatIf:
    """What came of it.

    ``known``: date and value of the last weeks. ``champion``: its forecast with model and reason. ``beside``: both
    forecasts of each day. ``saturation``: rows of ``sector_saturation_forecast`` with ``whose``, champion or other.
    """

    day: date
    known: pl.DataFrame
    champion: pl.DataFrame
    beside: pl.DataFrame
    scores: Mapping[str, Any] | None
    saturation: pl.DataFrame
    sources: list[str]
    trained_to: date | None

    @property
    def change_percent(self) -> float | None:
        """Of the mean of all days. [%]"""
        mean = self.beside["mean"].mean()
        return 100 * (self.beside["other_mean"].mean() / mean - 1) if mean else None


def what_if(lake: LakeResource, config: WhatIfConfig, sectors: Sectors) -> WhatIf:
    """Forecast a series otherwise; the lake is only read.

    Raises
    ------
    ConfigurationError
        Nothing is known up to the day, or there is no such series on it.
    ForecastError
        The history is too short for the model.
    """
    from airtraffic.forecasting.what_if import alternative, beside, grown

    day, key = config.issued_on(), key_of(config.kind, config.series)
    history = read_history(lake, day)
    _check(lake, history, config, day)
    champion = champions_say(lake, history, [key], day)
    other, judged = champion.select("target_date", "horizon", "mean", "lower", "upper"), None
    if config.model != "champion":
        made = alternative(_model(config, history, key), _learned_from(config, history, key), key, day)
        other, judged = made.forecast, made.scores
    of_series = history.filter(pl.col("series") == key).sort("date")
    return WhatIf(
        day,
        of_series.tail(_SHOWN_DAYS).select("date", "value"),
        champion,
        beside(champion, grown(other, config.growth_percent)),
        judged,
        _saturation(lake, history, config, day, champion, grown(other, config.growth_percent), sectors),
        ["simulate"] if of_series["simulated"].any() else [],
        of_series["date"].max(),
    )


def champions_say(lake: LakeResource, history: pl.DataFrame, keys: list[str], day: date) -> pl.DataFrame:
    """What was published of some series on a day; where nothing was, what the day's models say.

    series (key), target_date, horizon, mean, lower, upper, model, reason, trained_to and backtest_coverage.
    """
    from airtraffic.forecasting.publication import published, untrained

    columns = ("target_date", "horizon", "mean", "lower", "upper", "model", "reason", "trained_to")
    names = ("kind", "series", *columns, "backtest_coverage")
    rows = frame(lake, "demand_forecast", names, [("date", "=", day)])
    rows = rows.with_columns(series=pl.concat_str("kind", "series", separator="/")).drop("kind")
    found = rows.filter(pl.col("series").is_in(keys))
    if found.height:
        return found.sort("series", "target_date")
    newest = max((each for each in trained_days(lake) if each <= day), default=None)
    trained = untrained(history) if newest is None else trained_models(lake, newest)
    wanted = pl.DataFrame({"series": keys}).select(pl.lit(day).alias("origin"), "series")
    made = published(trained, history, wanted).rename({"date": "target_date"})
    return made.with_columns(
        trained_to=pl.lit(newest, pl.Date), backtest_coverage=pl.lit(None, pl.Float64)
    ).select("series", *columns, "backtest_coverage")


def log_what_if(
    mlflow: MlflowResource, config: WhatIfConfig, made: WhatIf, page: str, tags: Mapping[str, str]
) -> str:
    """Record it in MLflow; the address of the run.

    Raises
    ------
    MlflowError
        MLflow failed.
    """
    with mlflow_errors(mlflow.tracking_uri):
        client = mlflow.client()
        experiment = mlflow.experiment(client, EXPERIMENT)
        name = f"{config.kind} {config.series} {config.day}, {config.model} {config.growth_percent:+g} %"
        with new_run(client, experiment, name, tags) as run_id:
            shared = ("day", "kind", "series", "growth_percent", "model")
            for param, value in (
                {each: getattr(config, each) for each in shared} | config.parameters
            ).items():
                client.log_param(run_id, param, value)
            for metric, value in numbers(made).items():
                client.log_metric(run_id, metric, value)
            shown = made.beside.with_columns(pl.col("target_date").cast(pl.String))
            client.log_table(run_id, shown.to_dict(as_series=False), "forecast.json")
            client.log_text(run_id, page, "page.html")
    return mlflow.run_url(experiment, run_id)


def numbers(made: WhatIf) -> dict[str, float]:
    """What it comes to, by name; what is not known is left out."""
    told = {
        f"backtest_{name}": (made.scores or {}).get(name) for name in ("mae", "mape", "vs_naive", "coverage")
    }
    told |= {
        "mean_champion": made.beside["mean"].mean(),
        "mean_what_if": made.beside["other_mean"].mean(),
        "change_percent": made.change_percent,
    }
    for whose in ("champion", "other"):
        rows = made.saturation.filter(pl.col("whose") == whose)
        told[f"highest_saturation_percent_{'what_if' if whose == 'other' else whose}"] = rows[
            "saturation_percent"
        ].max()
    return {name: float(value) for name, value in told.items() if value is not None}


def file_name(config: WhatIfConfig, run_id: str) -> str:
    """``what_if/2024-06-30/airport-SKBO-1a2b3c4d.en.html``"""
    named = re.sub(r"[^A-Za-z0-9]+", "-", f"{config.kind}-{config.series}").strip("-")
    return f"what_if/{config.day}/{named}-{run_id[:8]}.{config.language}.html"


def run_tags(lake: LakeResource, code_version: str) -> dict[str, str]:
    """Versions of the data and the code, as tags."""
    return {DATA_VERSION: str(lake.version("daily_demand")), CODE_VERSION: code_version}


def _check(lake: LakeResource, history: pl.DataFrame, config: WhatIfConfig, day: date) -> None:
    if history.is_empty():
        days = [date.fromisoformat(each["date"]) for each in _partitions(lake)]
        known = f"daily_demand has {min(days)} to {max(days)}" if days else "daily_demand has no day yet"
        raise ConfigurationError(
            f"no series has enough known days up to {day} for a forecast; {known}. Choose a later day, or make "
            "daily_demand of the days before it"
        )
    names = sorted(split_key(key)[1] for key in history.filter(kind=config.kind)["series"].unique())
    if config.series in names:
        return
    if not names:
        kinds = ", ".join(history["kind"].unique().sort())
        raise ConfigurationError(f"no series of kind '{config.kind}' is forecast on {day}; there are {kinds}")
    near = difflib.get_close_matches(config.series, names, _NAMED, 0.5)
    shown = list(dict.fromkeys([*near, *names]))[:_NAMED]
    raise ConfigurationError(
        f"no {config.kind} {config.series!r} is forecast on {day}; of {len(names)} there are {', '.join(shown)}"
    )


def _partitions(lake: LakeResource) -> list[dict[str, str]]:
    return lake.delta("daily_demand").partitions() if lake.exists("daily_demand") else []


def _model(config: WhatIfConfig, history: pl.DataFrame, key: str):
    countries = history.drop_nulls("country").select("series", "country").unique("series")
    known = dict(countries.sort("series").iter_rows())
    if config.model == "demand_forest":
        from airtraffic.forecasting.forest import DemandForest

        return DemandForest(**config.parameters, countries=known)
    from airtraffic.forecasting.seasonal import SeasonalFourier

    return SeasonalFourier(**config.parameters, country=known.get(key))


def _learned_from(config: WhatIfConfig, history: pl.DataFrame, key: str) -> pl.DataFrame:
    """A forest learns from all series of the kind, a season from its own."""
    of_kind = pl.col("kind") == config.kind
    return history.filter(of_kind if config.model == "demand_forest" else pl.col("series") == key)


def _saturation(
    lake: LakeResource,
    history: pl.DataFrame,
    config: WhatIfConfig,
    day: date,
    champion: pl.DataFrame,
    other: pl.DataFrame,
    sectors: Sectors,
) -> pl.DataFrame:
    """Of the sector, or of every sector with the network's growth; nothing of other kinds."""
    from airtraffic.forecasting.what_if import grown

    if config.kind == "sector":
        told = champion.drop("mean", "lower", "upper").join(other.drop("horizon"), on="target_date")
        both = {"champion": champion, "other": told}
    elif config.kind == "network":
        keys = sorted(history.filter(kind="sector")["series"].unique())
        base = champions_say(lake, history, keys, day) if keys else champion.clear()
        both = {"champion": base, "other": grown(base, config.growth_percent)}
    else:
        both = {"champion": champion.clear()}
    parts = []
    for whose, rows in both.items():
        demand = rows.with_columns(
            sector=pl.col("series").str.strip_prefix("sector/"),
            date=pl.lit(day),
            sources=pl.lit([], pl.List(pl.String)),
        )
        parts.append(saturation_of(lake, demand, [day], sectors).with_columns(whose=pl.lit(whose)))
    return pl.concat(parts)
