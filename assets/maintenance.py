"""Upkeep of the lake's tables, once a day."""

from dataclasses import asdict

import dagster as dg

from airtraffic.tables import TABLES
from orchestration.dbt import FEATURES
from orchestration.described import NIGHTLY, OWNERS
from orchestration.resources.lake import LakeResource
from orchestration.upkeep import RETENTION_H, tidy

_COLUMNS = dg.TableSchema(
    [
        dg.TableColumn("table", "string", "Table of the lake"),
        dg.TableColumn("files_before", "int", "Files that the table named before [files]"),
        dg.TableColumn("bytes_before", "int", "Their size [bytes]"),
        dg.TableColumn("files_after", "int", "Files that the table names now [files]"),
        dg.TableColumn("bytes_after", "int", "Their size [bytes]"),
        dg.TableColumn(
            "files_vacuumed", "int", "Files removed that no version of the last days names [files]"
        ),
        dg.TableColumn("skipped", "string", "What a writer was faster than, left for the next time"),
    ]
)


@dg.asset(
    description=(
        f"Compaction, vacuum ({RETENTION_H // 24} days are kept), checkpoints and expired logs of the lake's tables; "
        "safe beside running writers. One row per table."
    ),
    group_name="maintenance",
    owners=OWNERS,
    kinds={"delta"},
    metadata={"dagster/column_schema": _COLUMNS},
    freshness_policy=NIGHTLY,
)
def lake_maintenance(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
    done = []
    for name in [name for name in (*TABLES, *FEATURES) if lake.exists(name)]:
        upkeep = tidy(lake, name)
        for skipped in upkeep.skipped:
            context.log.warning(f"{name}: {skipped}")
        done.append(asdict(upkeep) | {"skipped": "; ".join(upkeep.skipped)})
    context.add_output_metadata(
        {
            "dagster/row_count": len(done),
            "files_before": sum(each["files_before"] for each in done),
            "files_after": sum(each["files_after"] for each in done),
            "bytes_before": sum(each["bytes_before"] for each in done),
            "bytes_after": sum(each["bytes_after"] for each in done),
            "tables": dg.MetadataValue.table([dg.TableRecord(each) for each in done], _COLUMNS),
        }
    )
