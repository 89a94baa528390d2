"""What became of the files of the inbox, one line each."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from airtraffic.flight_files import sha256_of
from airtraffic.flights import ROW_COLUMNS
from orchestration.demand_history import small_days
from orchestration.flight_files import received_from
from orchestration.resources.inbox import ARCHIVE, UNREADABLE, Dropped, FileChangedError, InboxResource
from orchestration.resources.lake import LakeResource

_OF_THE_ROW = ("received_from", "position", "ingested_at", "updated_at", "flags")
_OF_COUNTS = ("kind", "series", "date", "value", "ingested_at", "provider", "file_sha256")
_THERE = "; the lake had them already"
_REASONS_SHOWN = 3


@dataclass(frozen=True)
class Line:
    """What is said of a file; ``failed`` when nothing of it came into the lake."""

    text: str
    failed: bool = False


def hashed(inbox: InboxResource, waiting: Sequence[Dropped]) -> dict[Dropped, str]:
    """SHA-256 of each file that waits, taken before they are put away."""
    found = {}
    for file in waiting:
        try:
            with inbox.opened(file) as path:
                found[file] = sha256_of(path)
        except (FileChangedError, FileNotFoundError):
            continue
    return found


def report_files(
    lake: LakeResource, inbox: InboxResource, files: Mapping[Dropped, str], began: datetime
) -> Iterator[Line]:
    """A line for each file that a run was to read.

    Parameters
    ----------
    files
        :func:`hashed`, of files of declared providers.
    began
        Before the run; rows that are older were there. (UTC)
    """
    of_counts = small_days(lake, "daily_counts", _OF_COUNTS, pl.lit(True))
    for file, sha256 in files.items():
        mine = received_from(file.provider, sha256)
        rejected = pl.DataFrame(
            pl.from_arrow(lake.read("rejected_flights", ["reason", "position", "original"], mine))
        )
        columns = [name for name in ROW_COLUMNS if name not in _OF_THE_ROW]
        rows = pl.DataFrame(pl.from_arrow(lake.read("flights_raw", [*columns, "ingested_at"], mine)))
        counts = of_counts.filter(provider=file.provider, file_sha256=sha256)
        whole = rejected.filter(pl.all_horizontal(pl.col("position", "original").is_null()))
        if whole.height and not rows.height and not counts.height:
            kept = inbox.uri(f"{UNREADABLE}/{file.kept_as(sha256)}")
            yield Line(f"{file}: unreadable: {whole['reason'][0]}; it lies in {kept}", failed=True)
        elif counts.height:
            there = counts["ingested_at"].max() < began
            yield Line(
                f"{file}: {counts.height:,} counts of {counts.n_unique(subset=['kind', 'series']):,} series, "
                f"{counts['date'].min()} to {counts['date'].max()}{_empty(counts)}, {rejected.height:,} rows rejected"
                + (_THERE if there else "")
                + _reasons(rejected, lake)
            )
        elif not rows.height and not rejected.height:
            read = inbox.has(ARCHIVE, file.provider, sha256)
            why = (
                "it has a header and no rows"
                if read
                else "left for the next run, because it changed meanwhile"
            )
            yield Line(f"{file}: {why}")
        else:
            duplicates = rows.height - rows.n_unique(subset=columns)
            there = rows.height > 0 and rows["ingested_at"].max() < began
            yield Line(
                f"{file}: {rows.height:,} rows, {duplicates:,} duplicates among them, {rejected.height:,} rejected"
                + (_THERE if there else "")
                + _reasons(rejected, lake)
            )


def _empty(counts: pl.DataFrame) -> str:
    """How many counts have no value, and of how many days nothing is said by that."""
    empty = counts.filter(pl.col("value").is_null())
    days = empty["date"].n_unique()
    said = f", {empty.height:,} of them empty: it says nothing of {days:,} day{'s' * (days != 1)}"
    return said + f" of {empty.n_unique(subset=['kind', 'series']):,} series" if empty.height else ""


def _reasons(rejected: pl.DataFrame, lake: LakeResource) -> str:
    if not rejected.height:
        return ""
    counted = rejected["reason"].value_counts(sort=True).sort("count", "reason", descending=[True, False])
    shown = "; ".join(f"{count:,} x {reason}" for reason, count in counted.head(_REASONS_SHOWN).iter_rows())
    more = f"; {counted.height - _REASONS_SHOWN:,} other reasons" if counted.height > _REASONS_SHOWN else ""
    return f" ({shown}{more}: all in {lake.uri('rejected_flights')})"


def report_unread(
    waiting: Sequence[Dropped], strays: Sequence[str], providers: Collection[str], root: str
) -> Iterator[Line]:
    """A line for each file that no run reads: in the folder of no declared provider, or in no folder."""
    known = ", ".join(sorted(providers))
    expected = (
        f"expected {root.rstrip('/')}/<provider>/<file>, with a provider of config/providers.yaml: {known}"
    )
    for file in waiting:
        if file.provider not in providers:
            yield Line(
                f"{file}: not read, {file.provider!r} is no declared provider; {expected}", failed=True
            )
    for name in strays:
        yield Line(f"{name}: not read, it lies in no provider's folder; {expected}", failed=True)
