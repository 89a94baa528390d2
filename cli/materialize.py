"""Partitions made by Dagster runs in this process: a day at a time, upstream grids first, with a progress bar."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.runs import open_instance, range_tags, run_job
from orchestration.partitions import DAILY, HOURLY, hour_key


@dataclass
class Tally:
    """What was made of what was wanted, by asset. [partitions]"""

    wanted: dict[str, int] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Checks that did not pass."""


@dataclass(frozen=True)
class _Step:
    """One run: assets of one grid over a range of its partitions."""

    assets: list[dg.AssetKey]
    first: str | None
    last: str | None
    partitions: int


def materialize(
    defs: dg.Definitions,
    keys: Iterable[dg.AssetKey],
    hours: Iterable[datetime],
    console: Console,
    label: str,
) -> Tally:
    """Make the partitions that hold ``hours``, one run per day and grid; one day's failure leaves the others alone.

    Parameters
    ----------
    keys
        Assets that can be executed.
    hours
        Starts of hours, UTC; hours outside a grid are left out of it.
    """
    tally = Tally()
    steps = list(_steps(defs.resolve_asset_graph(), set(keys), sorted(set(hours))))
    for step in steps:
        for key in step.assets:
            name = key.to_user_string()
            tally.wanted[name] = tally.wanted.get(name, 0) + step.partitions
    job = defs.resolve_implicit_global_asset_job_def()
    tags = {"airtraffic/backfill": uuid.uuid4().hex[:8]}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("partitions"))
    with (
        open_instance() as instance,
        Progress(*columns, TimeElapsedColumn(), console=console) as progress,
    ):
        bar = progress.add_task(label, total=sum(tally.wanted.values()))
        before = 0
        for step in steps:
            progress.update(bar, description=f"{label} {step.first or ''}")
            outcome = run_job(
                job,
                instance,
                assets=step.assets,
                tags=tags | (range_tags(step.first, step.last) if step.first else {}),
                on_progress=lambda made, before=before: progress.update(bar, completed=before + made),
            )
            for asset, _ in outcome.made:
                tally.made[asset] = tally.made.get(asset, 0) + 1
            if not outcome.success:
                tally.failed.append(
                    f"{step.first or 'run'} to {step.last or outcome.run_id}: {outcome.error}"
                )
            tally.warnings.extend(outcome.failed_checks)
            before += step.partitions * len(step.assets)
            progress.update(bar, completed=before)
        progress.update(bar, description=label)
    return tally


def _steps(graph, keys: set[dg.AssetKey], hours: list[datetime]) -> Iterator[_Step]:
    by_grid: dict = {}
    for key in graph.toposorted_asset_keys:
        if key in keys:
            by_grid.setdefault(graph.get(key).partitions_def, []).append(key)
    order = [HOURLY, DAILY, None]
    for grid, assets in sorted(by_grid.items(), key=lambda item: order.index(item[0])):
        if grid is None:
            yield _Step(assets, None, None, 1)
        elif grid == HOURLY:
            for run in _unbroken(hour for hour in hours if HOURLY.has_partition_key(hour_key(hour))):
                yield _Step(assets, hour_key(run[0]), hour_key(run[-1]), len(run))
        else:
            for day in sorted({hour.date().isoformat() for hour in hours}):
                if DAILY.has_partition_key(day):
                    yield _Step(assets, day, day, 1)


def _unbroken(hours: Iterable[datetime]) -> Iterator[list[datetime]]:
    """Runs of consecutive hours, cut at midnight.

    >>> from datetime import UTC
    >>> [len(run) for run in _unbroken(datetime(2025, 1, 15 + h // 24, h % 24, tzinfo=UTC) for h in (22, 23, 24, 26))]
    [2, 1, 1]
    """
    run: list[datetime] = []
    for hour in hours:
        if run and (hour - run[-1] != timedelta(hours=1) or hour.date() != run[-1].date()):
            yield run
            run = []
        run.append(hour)
    if run:
        yield run
