"""What a table of the lake says about itself: name, layer, grain, columns with units, partitions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import polars as pl

TIMESTAMP = pa.timestamp("us", tz="UTC")


def column(name: str, type_: pa.DataType, description: str, unit: str | None = None) -> pa.Field:
    """A column with what it means and its unit."""
    metadata = {"description": description} | ({"unit": unit} if unit else {})
    return pa.field(name, type_, metadata=metadata)


@dataclass(frozen=True)
class Table:
    """One table of the lake: a folder of this name holding a Delta table."""

    name: str
    layer: str
    grain: str
    schema: pa.Schema
    partition_by: tuple[str, ...]

    def of(self, rows: "pl.DataFrame") -> pa.Table:
        """Rows as this table has them: its columns in its order, of its types; further columns are left out."""
        return rows.select(self.schema.names).to_arrow().cast(self.schema)
