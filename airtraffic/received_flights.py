"""Single flights as a route received them, on their way to ``flights_raw`` and ``rejected_flights``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from airtraffic.flight_tables import FLIGHTS_RAW, REJECTED_FLIGHTS


@dataclass(frozen=True)
class Received:
    """One flight, or what was meant as one, with its place in what it came from."""

    position: int
    """Number of the row or offset of the message."""
    original: str
    """As it was received, JSON."""
    received_from: str
    flight: Mapping[str, Any] | None = None
    """Columns of ``flights_raw``, ``provider`` and ``source`` among them."""
    reason: str | None = None
    """Why it is no flight."""
    provider: str | None = None
    source: str | None = None
    """Of one that is no flight, where they can be read."""


def received_tables(
    received: Sequence[Received], route: str, ingested_at: datetime
) -> tuple[pa.Table, pa.Table]:
    """Rows of ``flights_raw`` and of ``rejected_flights``.

    A flight's date is the day of its departure, or where that is null of the planned one.
    """
    common = {"route": route, "ingested_at": ingested_at}
    flights = [
        common
        | dict(each.flight)
        | {
            "position": each.position,
            "original": each.original,
            "received_from": each.received_from,
            "date": (each.flight.get("departure_at") or each.flight["scheduled_departure_at"]).date(),
        }
        for each in received
        if each.flight is not None
    ]
    rejected = [
        common
        | {
            "position": each.position,
            "original": each.original,
            "received_from": each.received_from,
            "reason": each.reason,
            "provider": each.provider,
            "source": each.source,
            "date": ingested_at.date(),
        }
        for each in received
        if each.flight is None
    ]
    return (
        pa.Table.from_pylist(flights, schema=FLIGHTS_RAW.schema),
        pa.Table.from_pylist(rejected, schema=REJECTED_FLIGHTS.schema),
    )
