"""What every asset tells about itself: description, owner, kinds, columns with units, freshness."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import dagster as dg
import pyarrow as pa

from airtraffic.tables import Table

OWNERS = ["team:data-platform"]

LIVE = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=2), fail_window=timedelta(hours=24))
"""For what every hour of traffic renews."""
NIGHTLY = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=26), fail_window=timedelta(hours=50))
"""For what a schedule renews once a day."""

WEEKLY = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=8), fail_window=timedelta(days=15))
"""For what is made when models are trained."""

MONTHLY_FRESH = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=3), fail_window=timedelta(days=35))
"""For what grows with the open month."""

RARE = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=180), fail_window=timedelta(days=366))
"""For what is best never renewed."""


def described(
    table: Table,
    partitions: dg.PartitionsDefinition,
    kinds: set[str],
    freshness: dg.FreshnessPolicy,
    purpose: str,
) -> dict[str, Any]:
    """Arguments of the asset that is a table of ``airtraffic.tables``, for ``@asset`` and ``AssetSpec``."""
    return {
        "description": f"{purpose} {table.grain}.",
        "group_name": table.layer,
        "owners": OWNERS,
        "kinds": {"delta", *kinds},
        "partitions_def": partitions,
        "freshness_policy": freshness,
        "metadata": {
            "dagster/column_schema": column_schema(table.schema),
            "dagster/table_name": table.name,
            "partition_expr": ", ".join(table.partition_by),
        },
    }


def column_schema(schema: pa.Schema) -> dg.TableSchema:
    """Columns with description and unit."""
    return dg.TableSchema([dg.TableColumn(f.name, str(f.type), _description(f)) for f in schema])


def picture(png: bytes, what: str) -> dg.MetadataValue:
    """A picture as metadata that the UI shows; some 100 KB of it stay in the event log."""
    return dg.MetadataValue.md(f"![{what}](data:image/png;base64,{b64encode(png).decode()})")


def _description(field: pa.Field) -> str:
    metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    unit = metadata.get("unit")
    return metadata.get("description", "") + (f" [{unit}]" if unit else "")
