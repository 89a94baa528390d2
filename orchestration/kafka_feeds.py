"""Feeds: topics that are read together, and how their messages become rows of the lake."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
import pyarrow as pa

from airtraffic.decoding import Decoded, decode_polls, decode_rejected, decode_state_vectors
from airtraffic.message_faults import Bounds
from airtraffic.settings import Topics
from airtraffic.tables import REJECTED_MESSAGES, TABLES
from orchestration.kafka_reading import Piece
from orchestration.resources.kafka import Source
from orchestration.resources.lake import Filter, LakeResource


@dataclass(frozen=True)
class Rows:
    """Rows for one table, from one piece."""

    table: str
    rows: pa.Table
    partitions: frozenset[int]
    """Partitions of the topic that they came from."""


class Feed(ABC):
    """What a run reads: which topics, into which tables, and what becomes of a message."""

    rejections: str
    """Table for messages that cannot be read."""
    order: tuple[str, ...]
    """Every table in the order of its commits. Rejections first: a run that dies in between finds them."""

    @abstractmethod
    def tables(self, topics: Topics) -> dict[str, str]:
        """The table that takes a topic's good messages, and with them how far the topic is read."""

    @abstractmethod
    def rows(self, piece: Piece, topics: Topics, now: datetime, bounds: Bounds) -> Iterator[Rows]:
        """The rows of a piece, good ones and rejections."""

    @abstractmethod
    def place(self, source: Source) -> list[Filter]:
        """Which rows of the rejections came from a partition."""

    offset: str = "kafka_offset"
    """Column of the rejections that holds the offset."""

    def rejected_already(self, lake: LakeResource, source: Source, first: int, last: int) -> set[int]:
        """Offsets of a partition, from ``first`` to ``last``, that stand in the rejections."""
        where = [*self.place(source), (self.offset, ">=", first), (self.offset, "<=", last)]
        return set(lake.read(self.rejections, [self.offset], where)[self.offset].to_pylist())


class StateVectors(Feed):
    """The collector's three topics."""

    rejections = "rejected_messages"
    # A poll after the rows that it announces.
    order = ("rejected_messages", "state_vectors_raw", "polls")

    def tables(self, topics: Topics) -> dict[str, str]:
        return {
            topics.state_vectors: "state_vectors_raw",
            topics.polls: "polls",
            topics.rejected: "rejected_messages",
        }

    def rows(self, piece: Piece, topics: Topics, now: datetime, bounds: Bounds) -> Iterator[Rows]:
        decoders = {
            topics.state_vectors: partial(decode_state_vectors, bounds=bounds),
            topics.polls: partial(decode_polls, bounds=bounds),
            topics.rejected: decode_rejected,
        }
        decoded: Decoded = decoders[piece.topic](piece.values)
        if decoded.table.num_rows:
            name = self.tables(topics)[piece.topic]
            columns = {column: decoded.table[column] for column in decoded.table.column_names}
            if name == "rejected_messages":
                columns["stage"] = pa.repeat("collector", decoded.table.num_rows)
            yield _located(name, columns, piece, decoded.indices, now)
        if decoded.rejected:
            indices, reasons = zip(*decoded.rejected, strict=True)
            originals = [piece.values[index] or b"" for index in indices]
            columns = {
                "reason": pa.array(reasons, pa.string()),
                "stage": pa.repeat("ingest", len(reasons)),
                "original": pa.array(originals, pa.binary()),
                "original_size": pa.array(map(len, originals), pa.int64()),
            }
            yield _located("rejected_messages", columns, piece, np.array(indices), now)

    def place(self, source: Source) -> list[Filter]:
        return [
            ("kafka_cluster", "=", source.cluster),
            ("kafka_topic", "=", source.topic),
            ("kafka_partition", "=", source.partition),
        ]


def _located(name: str, columns: dict, piece: Piece, indices: np.ndarray, now: datetime) -> Rows:
    rows, schema = len(indices), TABLES[name].schema
    columns |= {
        "kafka_cluster": pa.repeat(next(iter(piece.last)).cluster, rows),
        "kafka_topic": pa.repeat(piece.topic, rows),
        "kafka_partition": pa.array(piece.partitions[indices]),
        "kafka_offset": pa.array(piece.offsets[indices]),
        "ingested_at": pa.repeat(pa.scalar(now, schema.field("ingested_at").type), rows),
    }
    if schema is REJECTED_MESSAGES.schema:
        columns["date"] = columns["ingested_at"].cast(pa.date32())
    missing = {field.name: pa.nulls(rows, field.type) for field in schema if field.name not in columns}
    table = pa.table({column: (columns | missing)[column] for column in schema.names}, schema=schema)
    return Rows(name, table, frozenset(piece.partitions[indices].tolist()))


STATE_VECTORS = StateVectors()
