"""The operator's topic as a feed: events into ``flights_raw``, the others into ``rejected_flights``."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from airtraffic.flight_tables import OPERATOR_EVENTS
from airtraffic.message_faults import Bounds, MessageFault
from airtraffic.operator_events import read_event
from airtraffic.received_flights import Received, received_tables
from airtraffic.settings import Topics
from orchestration.flights import days_left
from orchestration.kafka_feeds import Feed, Rows
from orchestration.kafka_reading import Piece
from orchestration.resources.kafka import Source
from orchestration.resources.lake import Filter, LakeResource


class OperatorEvents(Feed):
    """One topic; a message's place is ``received_from``, cluster, topic and partition, and ``position``."""

    rejections = "rejected_flights"
    order = ("rejected_flights", "flights_raw")
    offset = "position"

    def tables(self, topics: Topics) -> dict[str, str]:
        return {topics.operator_events: "flights_raw"}

    def rows(self, piece: Piece, topics: Topics, now: datetime, bounds: Bounds) -> Iterator[Rows]:
        places = {source.partition: source.app_id for source in piece.last}
        received = [
            _received(value, places[partition], offset, bounds)
            for value, partition, offset in zip(
                piece.values, piece.partitions.tolist(), piece.offsets.tolist(), strict=True
            )
        ]
        read = frozenset(piece.partitions.tolist())
        refused = frozenset(
            partition
            for each, partition in zip(received, piece.partitions.tolist(), strict=True)
            if each.flight is None
        )
        flights, rejected = received_tables(received, OPERATOR_EVENTS, now)
        if flights.num_rows:
            yield Rows("flights_raw", flights, read)
        if rejected.num_rows:
            yield Rows("rejected_flights", rejected, refused)

    def place(self, source: Source) -> list[Filter]:
        return [("received_from", "=", source.app_id)]


OPERATOR_EVENTS_FEED = OperatorEvents()


class Reported:
    """Until when events are reported to Dagster: kept in its instance.

    A run that is killed between its commit and its report leaves rows behind this, and the next one
    reports them.
    """

    def __init__(self, instance: dg.DagsterInstance, lake: LakeResource) -> None:
        self._cursors = instance.daemon_cursor_storage
        self._key = f"airtraffic/operator_events/{lake.root}"

    def until(self) -> datetime:
        """The last ``ingested_at`` that is reported, long past when there is none."""
        text = self._cursors.get_cursor_values({self._key}).get(self._key)
        return datetime.fromisoformat(text) if text else datetime(1970, 1, 1, tzinfo=UTC)

    def move(self, until: datetime) -> None:
        self._cursors.set_cursor_values({self._key: until.isoformat()})


def days_touched(lake: LakeResource, since: datetime) -> dict[date, int]:
    """Days of departure that events read after a time changed, and how many of them lie there.

    A flight that was moved to another day changes the day that it left, too.
    """
    where = [("route", "=", OPERATOR_EVENTS), ("ingested_at", ">", since)]
    rows = pl.DataFrame(pl.from_arrow(lake.read("flights_raw", ["date", "provider", "ingested_at"], where)))
    days = dict(rows.group_by("date").len().iter_rows())
    for (provider, ingested_at), of in rows.group_by("provider", "ingested_at"):
        for day in days_left(lake, OPERATOR_EVENTS, provider, ingested_at, of["date"].unique()):
            days.setdefault(day, 0)
    return days


def _received(value: bytes | None, place: str, offset: int, bounds: Bounds) -> Received:
    original = (value or b"").decode("utf-8", "backslashreplace")
    try:
        flight = read_event(value, bounds)
    except MessageFault as fault:
        return Received(offset, original, place, reason=str(fault))
    return Received(offset, original, place, flight)
