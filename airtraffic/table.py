"""What a table of the lake says about itself: name, layer, grain, columns with units, partitions."""

from dataclasses import dataclass

import pyarrow as pa

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
