"""``./run backfill``: partitions of a selection made again, recorded in Dagster's instance."""

import re
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import dagster as dg
from rich.console import Console
from rich.table import Table

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from cli.environment import check_lake, prepare

_WARNINGS_SHOWN = 10


def run_backfill(settings: Settings, selection: str, start: datetime, end: datetime) -> bool:
    """Make the selected partitions of a span again and print what was made; True when something failed.

    Parameters
    ----------
    start, end
        First and last hour, UTC; an ``end`` at midnight means that whole day.

    Raises
    ------
    AirTrafficError
        The selection or the span names nothing that can be made.
    """
    check_lake(settings)
    prepare(settings)
    from cli.materialize import materialize
    from orchestration.definitions import defs

    console, began = Console(), time.monotonic()
    hours = hours_between(start, end)
    keys, skipped = _resolve(defs, selection)
    tally = materialize(defs, keys, hours, console, "backfill")
    if not tally.wanted:
        raise AirTrafficError(
            f"no partition of {selection!r} lies between {hours[0]:%Y-%m-%d %H:%M} and {hours[-1]:%Y-%m-%d %H:%M}; "
            "partitions start at AIRTRAFFIC_HOURLY_START and AIRTRAFFIC_DAILY_START and end with the present hour"
        )
    _show(console, tally, skipped)
    console.print(f"Done in {time.monotonic() - began:.0f} s; ./run up shows the runs in the Dagster UI.")
    return bool(tally.failed)


def hours_between(start: datetime, end: datetime) -> list[datetime]:
    """Starts of the hours of a span, both ends included; an end at midnight is a whole day.

    >>> len(hours_between(datetime(2025, 1, 15), datetime(2025, 1, 15)))
    24
    >>> [hour.hour for hour in hours_between(datetime(2025, 1, 15, 3), datetime(2025, 1, 15, 4, 30))]
    [3, 4]
    """
    first = start.replace(minute=0, tzinfo=UTC)
    last = end.replace(tzinfo=UTC)
    if last.hour == last.minute == 0:
        last += timedelta(hours=23)
    if last < first:
        raise AirTrafficError(f"--to {last:%Y-%m-%d %H:%M} is before --from {first:%Y-%m-%d %H:%M}")
    return [first + timedelta(hours=hour) for hour in range(int((last - first).total_seconds() // 3600) + 1)]


def by_key(selection: str, names: Collection[str]) -> str:
    """The selection as Dagster's UI reads it: a bare name is a key, and ``+`` is everything up- or downstream.

    >>> by_key("state_vectors+ or group:reports", {"state_vectors"})
    'key:"state_vectors"+ or group:reports'
    """
    return re.sub(
        r'(?<![\w:"])[A-Za-z_]\w*(?![\w:("])',
        lambda word: f'key:"{word[0]}"' if word[0] in names else word[0],
        selection,
    )


def _resolve(defs: dg.Definitions, selection: str) -> tuple[set[dg.AssetKey], list[str]]:
    """Assets that can be made, and the names of those that only ingestion fills."""
    graph = defs.resolve_asset_graph()
    names = {key.to_user_string() for key in graph.get_all_asset_keys()}
    try:
        selected = dg.AssetSelection.from_string(by_key(selection, names)).resolve(graph)
    except (dg.DagsterError, ValueError) as error:
        raise AirTrafficError(
            f"{selection!r} is not an asset selection such as 'state_vectors+', 'group:features' or "
            f"'+flight_states and not polls'; assets: {', '.join(sorted(names))}; "
            f"groups: {', '.join(sorted({graph.get(key).group_name for key in graph.get_all_asset_keys()}))}"
        ) from error
    # What one step makes together is asked for together.
    together = {each for key in selected for each in graph.get(key).execution_set_asset_keys}
    keys = {key for key in together | selected if graph.get(key).is_executable}
    skipped = sorted(key.to_user_string() for key in selected - keys)
    if not keys:
        why = f"; {', '.join(skipped)} is filled by ingestion from Kafka only" if skipped else ""
        raise AirTrafficError(
            f"{selection!r} selects no asset that can be made{why}; assets: {', '.join(sorted(names))}"
        )
    return keys, skipped


def _show(console: Console, tally, skipped: list[str]) -> None:
    table = Table(
        "asset", "made", "skipped", "failed or not reached", title="Partitions", title_justify="left"
    )
    for asset, wanted in tally.wanted.items():
        made = tally.made.get(asset, 0)
        table.add_row(asset, f"{made:,}", "0", f"{wanted - made:,}")
    for asset in skipped:
        table.add_row(asset, "", "all: filled by ingestion from Kafka only", "")
    console.print(table)
    for line in tally.failed:
        console.print(f"[red]failed[/] {line}", highlight=False)
    show_warnings(console, tally.warnings)


def show_warnings(console: Console, warnings: list[str]) -> None:
    """The checks that did not pass, the first few of them by name."""
    if not warnings:
        return
    console.print(f"[yellow]{len(warnings)} checks did not pass[/] (details in the Dagster UI):")
    for warning in warnings[:_WARNINGS_SHOWN]:
        console.print(f"  {warning}", highlight=False, markup=False)
    if len(warnings) > _WARNINGS_SHOWN:
        console.print(f"  and {len(warnings) - _WARNINGS_SHOWN} more")
