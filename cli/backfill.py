"""``./run backfill``: partitions of a selection made again, a day at a time, recorded in Dagster's instance."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from cli.environment import prepare
from cli.runs import range_tags, run_job


@dataclass
class Tally:
    """What a backfill did, by asset."""

    wanted: dict[str, int] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def run_backfill(settings: Settings, selection: str, start: datetime, end: datetime) -> bool:
    """Make the selected partitions of a span again and print what was made; True when something failed.

    Parameters
    ----------
    start, end
        First and last hour, UTC; an ``end`` at midnight means that whole day.
    """
    prepare(settings)
    from orchestration.definitions import defs

    console = Console()
    graph = defs.resolve_asset_graph()
    try:
        keys = dg.AssetSelection.from_string(selection).resolve(graph)
    except (dg.DagsterError, ValueError) as error:
        raise AirTrafficError(f"{selection!r} is not an asset selection: {error}") from error
    start, end = start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
    if end.hour == end.minute == 0:
        end += timedelta(hours=23)
    if end < start:
        raise AirTrafficError(f"--to {end:%Y-%m-%d %H:%M} is before --from {start:%Y-%m-%d %H:%M}")
    skipped = sorted(key.to_user_string() for key in keys if not graph.get(key).is_executable)
    keys = {key for key in keys if graph.get(key).is_executable}
    if not keys:
        why = f"; {', '.join(skipped)} can only be filled by ingestion from Kafka" if skipped else ""
        raise AirTrafficError(f"{selection!r} selects no asset that can be made{why}")

    tally = materialize_span(keys, start, end, console)
    _show(console, tally, skipped)
    return bool(tally.failed)


def materialize_span(
    keys: set[dg.AssetKey], start: datetime, end: datetime, console: Console, label: str = "backfill"
) -> Tally:
    """Materialize assets over a span of hours, one run per day and partition grid, in order of the graph.

    A day's failure leaves the other days alone.
    """
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    job = defs.resolve_implicit_global_asset_job_def()
    tally = Tally()
    steps = []
    for grid, assets in _by_grid(graph, keys):
        for first, last, count in _chunks(grid, start, end):
            steps.append((grid, assets, first, last, count))
            for key in assets:
                tally.wanted[key.to_user_string()] = tally.wanted.get(key.to_user_string(), 0) + count
    if not steps:
        raise AirTrafficError(
            f"no partition of the selection lies between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M}"
        )
    backfill_tag = {"airtraffic/backfill": uuid.uuid4().hex[:8]}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("partitions"),
        TimeElapsedColumn(),
    )
    with dg.DagsterInstance.get() as instance, Progress(*columns, console=console) as progress:
        bar = progress.add_task(label, total=sum(tally.wanted.values()))
        before = 0
        for grid, assets, first, last, count in steps:
            progress.update(bar, description=f"{label} {first or ''}")
            tags = range_tags(first, last) if grid else {}
            outcome = run_job(
                job,
                instance,
                assets=assets,
                tags={**tags, **backfill_tag},
                on_progress=lambda made, before=before: progress.update(bar, completed=before + made),
            )
            for asset, _ in outcome.made:
                tally.made[asset] = tally.made.get(asset, 0) + 1
            if not outcome.success:
                tally.failed.append(f"{first or 'run'} to {last or outcome.run_id}: {outcome.error}")
            tally.warnings.extend(outcome.failed_checks)
            before += count * len(assets)
            progress.update(bar, completed=before)
    return tally


def _by_grid(graph, keys: set[dg.AssetKey]):
    """Assets of one partition grid after another, upstream grids first: hours, days, then what has none."""
    order: dict = {}
    for key in graph.toposorted_asset_keys:
        if key in keys:
            order.setdefault(graph.get(key).partitions_def, []).append(key)
    rank = {dg.HourlyPartitionsDefinition: 0, dg.DailyPartitionsDefinition: 1}
    return sorted(order.items(), key=lambda item: rank.get(type(item[0]), 2))


def _chunks(grid, start: datetime, end: datetime):
    """First key, last key and number of partitions, a day at a time."""
    if grid is None:
        yield None, None, 1
        return
    keys = grid.get_partition_keys_in_time_window(
        dg.TimeWindow(
            grid.time_window_for_partition_key(grid.get_partition_key_for_timestamp(start.timestamp())).start,
            end + timedelta(hours=1),
        )
    )
    by_day: dict[str, list[str]] = {}
    for key in keys:
        by_day.setdefault(key[:10], []).append(key)
    for day in by_day.values():
        yield day[0], day[-1], len(day)


def _show(console: Console, tally: Tally, skipped: list[str]) -> None:
    from rich.table import Table

    table = Table("asset", "made", "failed or not reached", title="Partitions", title_justify="left")
    for asset, wanted in tally.wanted.items():
        made = tally.made.get(asset, 0)
        table.add_row(asset, f"{made:,}", f"{wanted - made:,}")
    console.print(table)
    if skipped:
        console.print(f"skipped, filled by ingestion from Kafka only: {', '.join(skipped)}")
    for line in tally.failed:
        console.print(f"[red]failed[/] {line}")
    if tally.warnings:
        shown = "\n  ".join(tally.warnings[:10])
        more = f"\n  and {len(tally.warnings) - 10} more" if len(tally.warnings) > 10 else ""
        console.print(f"{len(tally.warnings)} checks did not pass:\n  {shown}{more}")
