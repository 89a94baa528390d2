"""Which hours wait to be made again: read from the lake and kept in Dagster's instance, not in a process."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl
import pyarrow.compute as pc

from orchestration.partitions import hour_key, hour_of, with_next
from orchestration.resources.lake import LakeResource

BRONZE = ("state_vectors_raw", "polls")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Progress:
    """How far Dagster's record of a lake has come."""

    reported_until_us: int = 0
    """What was read from Kafka until then is reported. A run that is killed between its commit and its
    report leaves rows behind this, and the next one reports them. [us since 1970-01-01 UTC]"""
    seen: int = 0
    """Id of the last event of bronze whose hours were refreshed, or left to automation."""
    refreshed_at_s: float = 0.0
    """When a refresh was last begun. [s since 1970-01-01 UTC]"""

    @classmethod
    def load(cls, instance: dg.DagsterInstance, lake: LakeResource) -> "Progress":
        key = _key(lake)
        text = instance.daemon_cursor_storage.get_cursor_values({key}).get(key)
        return cls(**json.loads(text)) if text else cls()

    def save(self, instance: dg.DagsterInstance, lake: LakeResource, **changes) -> "Progress":
        changed = replace(self, **changes)
        instance.daemon_cursor_storage.set_cursor_values({_key(lake): json.dumps(asdict(changed))})
        return changed

    @property
    def reported_until(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.reported_until_us)

    def due(self, now: datetime, refresh_s: float) -> bool:
        """Whether the last refresh was begun ``refresh_s`` ago or earlier."""
        return now.timestamp() - self.refreshed_at_s >= refresh_s

    def waiting(self, instance: dg.DagsterInstance) -> bool:
        """Whether bronze has changed since what was last refreshed."""
        return last_event(instance) > self.seen


def microseconds(moment: datetime) -> int:
    """The moment without the rounding of a float. [us since 1970-01-01 UTC]"""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _key(lake: LakeResource) -> str:
    return f"airtraffic/progress/{lake.root}"


def last_event(instance: dg.DagsterInstance) -> int:
    """Id of the last materialization of bronze, 0 when there is none."""
    records = instance.get_asset_records([dg.AssetKey(name) for name in BRONZE])
    return max((record.asset_entry.last_materialization_storage_id or 0 for record in records), default=0)


def stale_hours(instance: dg.DagsterInstance, outputs: Sequence[str], after: int) -> list[datetime]:
    """Hours with traffic of which an output is older than its input, in order.

    Looks at the hours of bronze's events after ``after``, and at the hour after each: an hour's
    input is its own bronze and that of the hour before.

    Parameters
    ----------
    outputs
        Assets with hourly partitions that a refresh makes.
    after
        Id of an event.
    """
    changed = {hour_of(key) for name in BRONZE for key in _events(instance, name, after=after)}
    candidates = with_next(changed)
    hours = candidates | {hour - HOUR for hour in candidates}
    bronze = [_events(instance, name, hours) for name in BRONZE]
    inputs = {hour: max(ids.get(hour_key(hour), 0) for ids in bronze) for hour in hours}
    made = [_events(instance, name, candidates) for name in outputs]
    return sorted(
        hour
        for hour in candidates
        if inputs[hour]
        and min(ids.get(hour_key(hour), 0) for ids in made) < max(inputs[hour], inputs[hour - HOUR])
    )


def _events(
    instance: dg.DagsterInstance,
    name: str,
    hours: Collection[datetime] | None = None,
    after: int | None = None,
) -> dict[str, int]:
    if hours is not None and not hours:
        return {}
    return dict(
        instance.event_log_storage.get_latest_storage_id_by_partition(
            dg.AssetKey(name),
            dg.DagsterEventType.ASSET_MATERIALIZATION,
            partitions={hour_key(hour) for hour in hours} if hours else None,
            after_cursor=after,
        )
    )


@dataclass(frozen=True)
class Rows:
    """Rows of one partition of bronze."""

    all: int
    added: int
    """Those that Dagster was not told of yet."""


def rows_added(
    lake: LakeResource,
    name: str,
    since_us: int,
    also: Collection[datetime] = (),
    *,
    column: str = "snapshot_at",
    span: timedelta = HOUR,
) -> dict[datetime, Rows]:
    """Rows by ``span`` of ``column``, where rows were read from Kafka after ``since_us``, and of ``also``.

    Two columns are read in batches: of the files that may hold new rows first, then of the days that
    the new rows belong to.
    """
    since = _EPOCH + timedelta(microseconds=since_us)
    touched = set(also) | set(_counted(lake, name, pc.field("ingested_at") > since, since, column, span))
    if not touched:
        return {}
    days = sorted({start.date() for start in touched})
    inside = (pc.field(column) >= min(touched)) & (pc.field(column) < max(touched) + span)
    counted = _counted(lake, name, pc.field("date").isin(days) & inside, since, column, span)
    return {start: counted.get(start, Rows(0, 0)) for start in sorted(touched)}


def _counted(
    lake: LakeResource, name: str, condition: pc.Expression, since: datetime, column: str, span: timedelta
) -> dict[datetime, Rows]:
    counts: dict[datetime, Rows] = {}
    columns = list({column, "ingested_at"})
    for batch in lake.dataset(lake.delta(name)).to_batches(columns=columns, filter=condition):
        part = (
            pl.DataFrame(pl.from_arrow(batch))
            .group_by(pl.col(column).dt.truncate(span).alias("start"))
            .agg(pl.len().alias("all"), (pl.col("ingested_at") > since).sum().alias("added"))
        )
        for start, total, added in part.select("start", "all", "added").iter_rows():
            before = counts.get(start, Rows(0, 0))
            counts[start] = Rows(before.all + total, before.added + added)
    return counts
