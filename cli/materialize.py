"""Partitions made by Dagster runs in this process: upstream grids first, with a progress bar.

Hours are made a day at a time; days and months in one run, because a run of each would spend most of
its time on starting.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.runs import Outcome, open_instance, range_tags, run_job
from orchestration.partitions import DAILY, DAY_KEY, HOURLY, MONTH_KEY, MONTHLY, hour_key

_ORDER = [HOURLY, DAILY, MONTHLY, None]


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

    grid: dg.PartitionsDefinition | None
    assets: list[dg.AssetKey]
    partitions: list[str]

    @property
    def label(self) -> str:
        return self.partitions[0] if self.partitions else ""

    @property
    def one_by_one(self) -> bool:
        """Whether a failure may concern one of several days or months."""
        return len(self.partitions) > 1 and self.grid != HOURLY

    @property
    def size(self) -> int:
        return len(self.assets) * max(len(self.partitions), 1)


def materialize(
    defs: dg.Definitions,
    keys: Iterable[dg.AssetKey],
    hours: Iterable[datetime],
    console: Console,
    label: str,
    run_config: dict | None = None,
) -> Tally:
    """Make the partitions that hold ``hours``; one day's failure leaves the others alone.

    A run over many days that fails is made again day by day.

    Parameters
    ----------
    keys
        Assets that can be executed.
    hours
        Starts of hours, UTC; hours outside a grid are left out of it.
    run_config
        Of every run; it must fit all of ``keys``.
    """
    tally = Tally()
    steps = list(_steps(defs.resolve_asset_graph(), set(keys), sorted(set(hours))))
    for step in steps:
        for key in step.assets:
            name = key.to_user_string()
            tally.wanted[name] = tally.wanted.get(name, 0) + max(len(step.partitions), 1)
    job = defs.resolve_implicit_global_asset_job_def()
    tags = {"airtraffic/backfill": uuid.uuid4().hex[:8]}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("partitions"))
    with (
        open_instance() as instance,
        Progress(*columns, TimeElapsedColumn(), console=console) as progress,
    ):
        bar = progress.add_task(label, total=sum(tally.wanted.values()))
        before = 0

        def run(step: _Step, done: int) -> Outcome:
            progress.update(bar, description=f"{label} {step.label}")
            return run_job(
                job,
                instance,
                assets=step.assets,
                run_config=run_config,
                tags=tags | (range_tags(step.partitions[0], step.partitions[-1]) if step.partitions else {}),
                on_progress=lambda made: progress.update(bar, completed=done + made),
            )

        for step in steps:
            for part, outcome in _outcomes(step, lambda part, done=before: run(part, done)):
                _count(tally, part, outcome)
            before += step.size
            progress.update(bar, completed=before)
        progress.update(bar, description=label)
    return tally


def _outcomes(step: _Step, run: Callable[[_Step], Outcome]) -> Iterator[tuple[_Step, Outcome]]:
    outcome = run(step)
    if outcome.success or not step.one_by_one:
        yield step, outcome
        return
    for partition in step.partitions:
        one = replace(step, partitions=[partition])
        yield one, run(one)


def _count(tally: Tally, step: _Step, outcome: Outcome) -> None:
    for asset, _ in outcome.made:
        tally.made[asset] = tally.made.get(asset, 0) + 1
    if not outcome.success:
        last = step.partitions[-1] if step.partitions else outcome.run_id
        tally.failed.append(f"{step.label or 'run'} to {last}: {outcome.error}")
    tally.warnings.extend(outcome.failed_checks)


def _steps(graph, keys: set[dg.AssetKey], hours: list[datetime]) -> Iterator[_Step]:
    by_grid: dict = {}
    for key in graph.toposorted_asset_keys:
        if key in keys:
            by_grid.setdefault(graph.get(key).partitions_def, []).append(key)
    for grid, assets in sorted(by_grid.items(), key=lambda item: _ORDER.index(item[0])):
        if grid is None:
            yield _Step(grid, assets, [])
            continue
        for run in _unbroken(hours) if grid == HOURLY else _spans(hours, grid):
            inside = [key for key in run if grid.has_partition_key(key)]
            if inside:
                yield _Step(grid, assets, inside)


def _spans(hours: Iterable[datetime], grid: dg.TimeWindowPartitionsDefinition) -> Iterator[list[str]]:
    """Runs of consecutive days or months.

    >>> hours = [datetime(2024, 12, 31), datetime(2025, 1, 1), datetime(2025, 1, 2), datetime(2025, 1, 4)]
    >>> [len(run) for run in _spans(hours, DAILY)]
    [3, 1]
    """
    months = grid == MONTHLY
    starts = sorted({hour.strftime(MONTH_KEY if months else DAY_KEY): hour for hour in hours}.items())
    numbered = (
        (key, (12 * start.year + start.month if months else start.toordinal()) - place)
        for place, (key, start) in enumerate(starts)
    )
    for _, run in groupby(numbered, key=lambda item: item[1]):
        yield [key for key, _ in run]


def _unbroken(hours: Iterable[datetime]) -> Iterator[list[str]]:
    """Runs of consecutive hours, cut at midnight.

    >>> from datetime import UTC
    >>> [len(run) for run in _unbroken(datetime(2025, 1, 15 + h // 24, h % 24, tzinfo=UTC) for h in (22, 23, 24, 26))]
    [2, 1, 1]
    """
    run: list[datetime] = []
    for hour in hours:
        if run and (hour - run[-1] != timedelta(hours=1) or hour.date() != run[-1].date()):
            yield [hour_key(each) for each in run]
            run = []
        run.append(hour)
    if run:
        yield [hour_key(each) for each in run]
