"""Upkeep of a Delta table beside running writers: fewer files, no expired ones, a short way to its state."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from orchestration.resources.lake import LakeResource

RETENTION_H = 7 * 24
"""Files that the table no longer names are kept as long, for readers and runs that began before. [h]"""
_TRIES = 3


@dataclass
class Upkeep:
    """What was done for one table."""

    table: str
    files_before: int
    bytes_before: int
    files_after: int = 0
    bytes_after: int = 0
    files_vacuumed: int = 0
    skipped: list[str] = field(default_factory=list)
    """What a writer was faster than, and is left for the next time."""


def tidy(lake: LakeResource, name: str) -> Upkeep:
    """Compact, vacuum, checkpoint and drop expired log entries of one table.

    Compaction changes no row, so it and the appends of an ingesting run do not disturb each other. A run
    that replaces a partition meanwhile wins: the compaction is refused, tried again on what is there then,
    and left for the next time when it loses again.
    """
    done = Upkeep(name, *_size(lake.delta(name)))
    _attempt(done, "compaction", lambda: lake.delta(name).optimize.compact())
    done.files_vacuumed = len(
        _attempt(done, "vacuum", lambda: lake.delta(name).vacuum(retention_hours=RETENTION_H, dry_run=False))
        or ()
    )
    delta = lake.delta(name)
    delta.create_checkpoint()
    delta.cleanup_metadata()
    done.files_after, done.bytes_after = _size(delta)
    return done


def _attempt(done: Upkeep, what: str, act: Callable[[], object]):
    for _ in range(_TRIES):
        try:
            return act()
        except CommitFailedError as error:
            reason = str(error).splitlines()[0]
    done.skipped.append(f"{what}: {reason}")
    return None


def _size(delta: DeltaTable) -> tuple[int, int]:
    files = pa.table(delta.get_add_actions(flatten=True))
    return files.num_rows, pc.sum(files["size_bytes"]).as_py() or 0
