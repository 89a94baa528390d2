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
    """Write the rows of a table whose ``date`` lies in a span, both ends included.

    Raises
    ------
    AirTrafficError
        There is no such table or no such day in it, or the rows do not fit the format.
    """
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
    if not days:
        raise AirTrafficError(f"{table} has no rows between {first} and {last}{_span(delta)}")
    spec = described[table]
    about = About(
        table=table,
        description=spec.description or "",
        first_day=str(days[0]),
        last_day=str(days[-1]),
        version=delta.version(),
        exported_at=datetime.now(UTC).isoformat(timespec="seconds"),
        columns=[
            Column(column.name, column.type, column.description or "")
            for column in spec.metadata["dagster/column_schema"].columns
        ],
    )
    path = output or settings.data / "exports" / f"{table}_{days[0]}_{days[-1]}.{kind}"
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
    console.print(
        f"{rows:,} rows of {table}, {days[0]} to {days[-1]}: {path}", highlight=False, soft_wrap=True
    )


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
