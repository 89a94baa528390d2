"""Polls that the lake has already, so that a second replay adds nothing."""

from deltalake import DeltaTable

from airtraffic.table_files import table_files
from airtraffic.tables import POLLS


def known_polls(lake: str) -> set[tuple[str, int]]:
    """(source, snapshot_at) of every poll in the lake, empty without a lake. [s since 1970-01-01 UTC]

    ``lake`` is a folder or ``s3://bucket/prefix``; delta-rs reads the AWS_* variables itself.
    """
    uri = f"{lake}/{POLLS.name}"
    if not DeltaTable.is_deltatable(uri):
        return set()
    polls = DeltaTable(uri).to_pyarrow_table(columns=["source", "snapshot_at"], filesystem=table_files(uri))
    seconds = polls["snapshot_at"].cast("int64").to_numpy() // 1_000_000
    return set(zip(polls["source"].to_pylist(), seconds.tolist(), strict=True))
