"""Messages on their way to one commit of each table: decoded, with where they came from beside them."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import replace

import pyarrow as pa

from airtraffic.tables import TABLES
from orchestration.kafka_feeds import Rows
from orchestration.kafka_reading import Piece
from orchestration.resources.kafka import Source


class Batch:
    """Rows for the tables of a feed, and how far each partition is read with them.

    Parameters
    ----------
    tables
        The table that takes a topic's good messages, by topic.
    rejections
        The table that takes the others.
    rows
        Makes the rows of a piece.
    """

    def __init__(self, tables: Mapping[str, str], rejections: str, rows: Callable[[Piece], Iterable[Rows]]):
        self.messages = 0
        self.last: dict[Source, int] = {}
        """Last offset that is read, by partition."""
        self._tables = tables
        self._rejections = rejections
        self._read = rows
        self._rows: dict[str, list[pa.Table]] = {}
        self._refusing: set[tuple[str, int]] = set()

    def add(self, piece: Piece, settled: Mapping[int, Set[int]]) -> None:
        """Decode a piece; messages at ``settled`` offsets, by partition, are in the lake already."""
        self.messages += len(piece.values)
        self.last |= piece.last
        if settled:
            piece = _without(piece, settled)
        if not piece.values:
            return
        for made in self._read(piece):
            self._rows.setdefault(made.table, []).append(made.rows)
            if made.table == self._rejections:
                self._refusing |= {(piece.topic, number) for number in made.partitions}

    def rows(self, name: str) -> pa.Table:
        """The rows for one table."""
        return pa.concat_tables(self._rows.get(name) or [TABLES[name].schema.empty_table()])

    def moved(self, name: str) -> dict[Source, int]:
        """The partitions whose progress belongs into one table's commit."""
        return {
            source: last
            for source, last in self.last.items()
            if self._tables[source.topic] == name
            or (name == self._rejections and (source.topic, source.partition) in self._refusing)
        }


def _without(piece: Piece, settled: Mapping[int, Set[int]]) -> Piece:
    places = zip(piece.partitions.tolist(), piece.offsets.tolist(), strict=True)
    new = [index for index, (number, offset) in enumerate(places) if offset not in settled.get(number, ())]
    values = [piece.values[index] for index in new]
    return replace(piece, values=values, partitions=piece.partitions[new], offsets=piece.offsets[new])
