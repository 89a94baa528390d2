"""The demo's forecast: daily counts of the simulated traffic through the inbox, and what is forecast of them."""

import os
import time
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import dagster as dg
import polars as pl
from rich.console import Console

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from collector.open_source import Choice

JOB = "ingest_files"
PROVIDER = "simulated_counts"
HISTORY = "daily_demand"
TRAINED = (
    "demand_models",
    "demand_champions",
    "forecast_backtests",
    "seasonal_forecast",
    "seasonal_trends",
)
"""What is learned on the last day when its demand is there; once, as long as no other counts are read."""
OF_LAST_DAY = ("demand_forecast", "forecast_accuracy", "sector_saturation_forecast", "forecast_report")
FAST = {"ops": {"train_demand_models": {"config": {"refit_days": 364, "trees": 25}}}}
"""A small forest, and a backtest that learns once: 10 s of CPU for the demo's 8 series instead of 50."""
OF_LAST_HOUR = ("congestion_forecast",)
WITH_FORECASTS = ("capacity_report",)
"""What shows forecasts beside other things: made of every day, after them."""
_SETTLED_S = 3600


def drop_counts(
    settings: Settings,
    choice: Choice,
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    days: Sequence[date],
    console: Console,
) -> set[date]:
    """Publish two years of daily counts of the simulated traffic, and read them like any other file; days read.

    Raises
    ------
    AirTrafficError
        The run failed.
    """
    if settings.inbox.startswith("s3://"):
        console.print("AIRTRAFFIC_INBOX is a bucket: no daily counts are simulated, and nothing is forecast.")
        return set()
    from airtraffic.simulation.daily_counts import simulated_counts
    from airtraffic.simulation.simulator import Simulation
    from cli.runs import run_job
    from collector.sources.simulate import DEFAULT_SEED
    from orchestration.sectors import load_sectors

    simulation = Simulation(
        seed=DEFAULT_SEED if choice.seed is None else choice.seed,
        start=choice.start,
        hours=choice.hours,
        aircraft=choice.aircraft,
        box=settings.box,
    )
    counts = simulated_counts(simulation, days, load_sectors())
    path = _dropped(Path(settings.inbox) / PROVIDER, counts)
    outcome = run_job(defs.resolve_job_def(JOB), instance)
    if not outcome.success:
        raise AirTrafficError(f"the simulated daily counts were not read: {outcome.error}")
    read = {date.fromisoformat(day) for table, day in outcome.made if table == "daily_counts"}
    console.print(
        f"{counts.height:,} simulated daily counts of {counts.n_unique(['kind', 'series'])} series, "
        f"{counts['date'].min()} to {counts['date'].max()}, dropped as {path} and read from it"
        if read
        else "the lake has the simulated daily counts already",
        highlight=False,
        soft_wrap=True,
    )
    return read


def _dropped(folder: Path, counts: pl.DataFrame) -> Path:
    """A file that is whole when it appears, and old enough to be read at once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{counts['date'].min()}_{counts['date'].max()}.csv"
    unfinished = path.with_suffix(".part")
    counts.write_csv(unfinished)
    settled = time.time() - _SETTLED_S
    os.utime(unfinished, (settled, settled))
    return unfinished.replace(path)


def forecast(
    settings: Settings, defs: dg.Definitions, hours: Collection[datetime], read: set[date], console: Console
) -> None:
    """Make the history of demand, and for the last simulated day its models, forecasts and report.

    Parameters
    ----------
    hours
        The simulated ones; what is made of each of their days is there. (UTC)
    read
        Days of which counts were read.

    Raises
    ------
    AirTrafficError
        Some partitions were not made.
    """
    from airtraffic.simulation.daily_counts import PAST_DAYS
    from cli.materialize import materialize
    from orchestration.resources.lake import LakeResource
    from orchestration.sectors import days_with_rows

    lake, last, days = LakeResource(root=settings.lake), max(hours), {hour.date() for hour in hours}
    span = [last.date() - timedelta(n) for n in range(PAST_DAYS + len(days))]
    without = days_with_rows(lake, "daily_counts", span) - days_with_rows(lake, HISTORY, span)
    known = (read | without) - days
    of_day = {hour for hour in hours if hour.date() == last.date()}
    learned = not read and bool(days_with_rows(lake, TRAINED[0], [last.date()]))
    for names, when, label, config in (
        (OF_LAST_HOUR, {last}, "congestion of the last hour", None),
        (
            (HISTORY,),
            {datetime.combine(day, clock(), UTC) for day in known},
            "demand of the days before",
            None,
        ),
        (OF_LAST_DAY, of_day, "forecasts", None)
        if learned
        else (TRAINED + OF_LAST_DAY, of_day, "models (small, for the demo) and forecasts", FAST),
        (WITH_FORECASTS, set(hours), "pages with forecasts", None),
    ):
        keys = present(defs, names)
        if keys and when:
            made = materialize(defs, keys, when, console, label, config)
            if made.failed:
                raise AirTrafficError("some forecasts were not made: " + "; ".join(made.failed))


def present(defs: dg.Definitions, names: Collection[str]) -> set[dg.AssetKey]:
    """Keys of those of some assets that are there and can be executed."""
    graph = defs.resolve_asset_graph()
    known = graph.get_all_asset_keys()
    keys = {dg.AssetKey(name) for name in names}
    return {key for key in keys if key in known and graph.get(key).is_executable}
