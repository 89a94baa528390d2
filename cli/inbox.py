"""``./run inbox``: the files that wait in the inbox, of flights and of daily counts, read into the lake."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
from rich.console import Console

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from cli.environment import check_lake, prepare

if TYPE_CHECKING:
    from orchestration.resources.inbox import InboxResource

_MADE_OF = {
    "flights_raw": (("flights", "flights_quality"), "flights"),
    "daily_counts": (("daily_demand",), "demand"),
}
"""What is made of the tables that files fill, and what it is called."""


def run_inbox(settings: Settings) -> None:
    """Read every file that waits, then make the days of flights and of demand that changed.

    Raises
    ------
    AirTrafficError
        A run failed, or some files were not read: the days of the others are made.
    """
    check_lake(settings)
    prepare(settings)
    from airtraffic.providers import load_file_providers
    from cli.inbox_report import hashed, report_files, report_unread
    from cli.runs import open_instance, run_job
    from orchestration.definitions import defs
    from orchestration.flight_files import PROVIDERS
    from orchestration.resources.inbox import InboxResource
    from orchestration.resources.lake import LakeResource

    console, began, asked_at = Console(), time.monotonic(), datetime.now(UTC)
    inbox, providers = InboxResource(root=settings.inbox), load_file_providers(PROVIDERS)
    with open_instance() as instance, console.status(f"reading the files in {settings.inbox}"):
        _settle(inbox)
        waiting = inbox.dropped(datetime.now(UTC))
        mine = hashed(inbox, [file for file in waiting if file.provider in providers])
        outcome = run_job(defs.resolve_job_def("ingest_files"), instance)
    unread = list(report_unread(waiting, inbox.strays(), providers, settings.inbox))
    if not outcome.success:
        raise AirTrafficError(f"the files were not read: {outcome.error}")
    lines = [*report_files(LakeResource(root=settings.lake), inbox, mine, asked_at), *unread]
    for line in lines:
        console.print(
            line.text, style="red" if line.failed else None, soft_wrap=True, markup=False, highlight=False
        )
    failed = sum(line.failed for line in lines)
    days = {
        table: sorted(partition for asset, partition in outcome.made if asset == table) for table in _MADE_OF
    }
    if not any(days.values()) and failed:
        raise AirTrafficError(f"{failed} of {len(lines)} files were not read")
    if not any(days.values()):
        console.print(
            f"Nothing new in {settings.inbox}. A file goes to the folder of its provider "
            "(config/providers.yaml), such as inbox/bimtra/; what was read lies in archive/."
        )
        return
    for table, of in days.items():
        if of:
            _make(defs, table, of, began, console)
    if failed:
        raise AirTrafficError(
            f"{failed} of {len(lines)} files were not read; the days of the others are made"
        )


def _make(defs: dg.Definitions, table: str, days: Sequence[str], began: float, console: Console) -> None:
    """Make what is made of the days of a table that files fill, and say what hangs on it."""
    from cli.materialize import materialize
    from orchestration.partitions import DAY_KEY

    names, what = _MADE_OF[table]
    tally = materialize(
        defs,
        {dg.AssetKey(name) for name in names},
        [datetime.strptime(day, DAY_KEY).replace(tzinfo=UTC) for day in days],
        console,
        f"{what} by day",
    )
    if tally.failed:
        raise AirTrafficError("some days were not made: " + "; ".join(tally.failed))
    console.print(
        f"{len(days):,} day{'s' * (len(days) != 1)} of {what}, {days[0]} to {days[-1]}, in {time.monotonic() - began:.0f} s. "
        f"[bold]./run backfill '{names[0]}+' --from {days[0]} --to {days[-1]}[/] makes what hangs on them.",
        soft_wrap=True,
    )


def _settle(inbox: "InboxResource") -> None:
    """Wait for files so new that they may still be written to: whoever asks by hand has just dropped them."""
    now = datetime.now(UTC)
    ages = [
        (now - file.modified).total_seconds()
        for file in inbox.model_copy(update={"settled_s": 0.0}).dropped(now)
    ]
    time.sleep(max([0.0, *(inbox.settled_s - age for age in ages if 0 <= age < inbox.settled_s)]))
