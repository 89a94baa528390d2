"""``./run export``: a span of days of a table as a file."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.progress import Progress

from airtraffic.errors import AirTrafficError
from airtraffic.export import FORMATS, About, Column
from airtraffic.settings import Settings
from cli.environment import check_lake, prepare


def run_export(
    settings: Settings, table: str, first: date, last: date, kind: str, output: Path | None
) -> None:
    """Write the rows of a table whose ``date`` lies in a span, both ends included; without rows, its columns.

    Raises
    ------
    AirTrafficError
        There is no such table, the span ends before it begins, or the rows do not fit the format.
    """
    if last < first:
        raise AirTrafficError(f"--from {first} lies after --to {last}; swap them")
    check_lake(settings)
    prepare(settings)
    from orchestration.definitions import defs
    from orchestration.resources.lake import LakeResource

    lake = LakeResource(root=settings.lake)
    described = {
        spec.key.to_user_string(): spec
        for spec in defs.resolve_all_asset_specs()
        if "dagster/table_name" in spec.metadata
    }
    if table not in described:
        raise AirTrafficError(f"no table {table!r}; there are {', '.join(sorted(described))}")
    if not lake.exists(table):
        raise AirTrafficError(f"{table} is not in the lake {settings.lake} yet: it has not been made")
    delta = lake.delta(table)
    days = _days(delta, first, last)
    # A span without rows is written as a file without rows: its columns, and what was asked for.
    start, end = (days[0], days[-1]) if days else (first, last)
    spec = described[table]
    about = About(
        table=table,
        description=spec.description or "",
        first_day=str(start),
        last_day=str(end),
        version=delta.version(),
        exported_at=datetime.now(UTC).isoformat(timespec="seconds"),
        columns=[
            Column(column.name, column.type, column.description or "")
            for column in spec.metadata["dagster/column_schema"].columns
        ],
    )
    path = output or settings.data / "exports" / f"{table}_{start}_{end}.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    console = Console()
    try:
        with Progress(console=console, transient=True) as progress:
            bar = progress.track(days, description=f"writing {path.name}")
            schema = lake.dataset(delta).schema
            rows = FORMATS[kind](_batches(lake, delta, bar), schema, about, part)
        part.replace(path)
        beside = part.with_name(part.name + ".about.json")
        if beside.exists():
            beside.replace(path.with_name(path.name + ".about.json"))
    finally:
        part.unlink(missing_ok=True)
    console.print(f"{rows:,} rows of {table}, {start} to {end}: {path}", highlight=False, soft_wrap=True)
    if not rows:
        console.print(f"{table} has no rows between {first} and {last}{_span(delta)}.", soft_wrap=True)


def _days(delta, first: date, last: date) -> list[date]:
    """Days of the span that have files."""
    found = {date.fromisoformat(partition["date"]) for partition in delta.partitions()}
    return sorted(day for day in found if first <= day <= last)


def _span(delta) -> str:
    found = sorted(partition["date"] for partition in delta.partitions())
    return f"; it has {found[0]} to {found[-1]}" if found else "; it is empty"


def _batches(lake, delta, days) -> Iterator[pa.Table]:
    """A day at a time, so that memory stays flat."""
    for day in days:
        dataset = lake.dataset(delta, [("date", "=", day)])
        yield dataset.to_table(filter=pc.field("date") == pa.scalar(day))
