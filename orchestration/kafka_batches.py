"""Messages on their way to one commit of each table: decoded, with where they came from beside them."""

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow as pa

from airtraffic.decoding import Decoded, decode_polls, decode_rejected, decode_state_vectors
from airtraffic.message_faults import Bounds
from airtraffic.settings import Topics
from airtraffic.tables import REJECTED_MESSAGES, TABLES
from orchestration.kafka_ranges import tables_by_topic
from orchestration.kafka_reading import Piece
from orchestration.resources.kafka import Source

TABLES_IN_ORDER = ("rejected_messages", "state_vectors_raw", "polls")
"""Rejections first, and a poll after the rows that it announces."""


class Batch:
    """Rows for the three tables, and how far each partition is read with them.

    Parameters
    ----------
    now
        Written as ``ingested_at``. (UTC)
    bounds
        Event times that are believed.
    """

    def __init__(self, topics: Topics, now: datetime, bounds: Bounds):
        self.messages = 0
        self.last: dict[Source, int] = {}
        """Last offset that is read, by partition."""
        self._now = now
        self._tables = tables_by_topic(topics)
        self._decoders: dict[str, Callable[[list[bytes | None]], Decoded]] = {
            topics.state_vectors: lambda values: decode_state_vectors(values, bounds),
            topics.polls: lambda values: decode_polls(values, bounds),
            topics.rejected: decode_rejected,
        }
        self._rows: dict[str, list[pa.Table]] = {name: [] for name in TABLES_IN_ORDER}
        self._refusing: set[tuple[str, int]] = set()

    def add(self, piece: Piece, settled: Mapping[int, Set[int]]) -> None:
        """Decode a piece; messages at ``settled`` offsets, by partition, are in the lake already."""
        self.messages += len(piece.values)
        self.last |= piece.last
        if settled:
            piece = _without(piece, settled)
        if not piece.values:
            return
        name = self._tables[piece.topic]
        decoded = self._decoders[piece.topic](piece.values)
        if decoded.table.num_rows:
            self._rows[name].append(self._located(name, decoded, piece))
        if decoded.rejected:
            self._rows["rejected_messages"].append(self._refused(decoded, piece))

    def rows(self, name: str) -> pa.Table:
        """The rows for one table."""
        return pa.concat_tables(self._rows[name] or [TABLES[name].schema.empty_table()])

    def moved(self, name: str) -> dict[Source, int]:
        """The partitions whose progress belongs into one table's commit."""
        return {
            source: last
            for source, last in self.last.items()
            if self._tables[source.topic] == name
            or (name == "rejected_messages" and (source.topic, source.partition) in self._refusing)
        }

    def _located(self, name: str, decoded: Decoded, piece: Piece) -> pa.Table:
        columns = {column: decoded.table[column] for column in decoded.table.column_names}
        if name == "rejected_messages":
            columns["stage"] = pa.repeat("collector", decoded.table.num_rows)
        return self._table(name, columns, piece, decoded.indices)

    def _refused(self, decoded: Decoded, piece: Piece) -> pa.Table:
        indices, reasons = zip(*decoded.rejected, strict=True)
        originals = [piece.values[index] or b"" for index in indices]
        columns = {
            "reason": pa.array(reasons, pa.string()),
            "stage": pa.repeat("ingest", len(reasons)),
            "original": pa.array(originals, pa.binary()),
            "original_size": pa.array(map(len, originals), pa.int64()),
        }
        places = np.array(indices)
        self._refusing |= {(piece.topic, number) for number in piece.partitions[places].tolist()}
        return self._table("rejected_messages", columns, piece, places)

    def _table(self, name: str, columns: dict, piece: Piece, indices: np.ndarray) -> pa.Table:
        rows, schema = len(indices), TABLES[name].schema
        columns |= {
            "kafka_cluster": pa.repeat(next(iter(piece.last)).cluster, rows),
            "kafka_topic": pa.repeat(piece.topic, rows),
            "kafka_partition": pa.array(piece.partitions[indices]),
            "kafka_offset": pa.array(piece.offsets[indices]),
            "ingested_at": pa.repeat(pa.scalar(self._now, schema.field("ingested_at").type), rows),
        }
        if schema is REJECTED_MESSAGES.schema:
            columns["date"] = columns["ingested_at"].cast(pa.date32())
        missing = {field.name: pa.nulls(rows, field.type) for field in schema if field.name not in columns}
        return pa.table({column: (columns | missing)[column] for column in schema.names}, schema=schema)


def _without(piece: Piece, settled: Mapping[int, Set[int]]) -> Piece:
    places = zip(piece.partitions.tolist(), piece.offsets.tolist(), strict=True)
    new = [index for index, (number, offset) in enumerate(places) if offset not in settled.get(number, ())]
    values = [piece.values[index] for index in new]
    return replace(piece, values=values, partitions=piece.partitions[new], offsets=piece.offsets[new])
