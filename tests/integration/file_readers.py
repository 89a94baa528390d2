"""What tests kill: processes that read dropped files into the lake."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from airtraffic.providers import load_providers
from orchestration.flight_files import PROVIDERS, FileRead, ingest_files
from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource
from tests.killed import mortal_lake

EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)


def read_files(lake: LakeResource, inbox: InboxResource) -> list[FileRead]:
    """What one run reads."""
    now = datetime.now(UTC)
    return list(ingest_files(lake, inbox, load_providers(PROVIDERS), now=now, earliest=EARLIEST))


def read_files_forever(lake_root: str, inbox_root: str, environment: Mapping[str, str]) -> None:
    """Run after run, as fast as it goes."""
    os.environ.update(environment)
    while True:
        read_files(LakeResource(root=lake_root), InboxResource(root=inbox_root, settled_s=0))


def read_until_commit(lake_root: str, inbox_root: str, commits: int) -> None:
    """Die by SIGKILL right after so many commits."""
    read_files(mortal_lake(lake_root, commits), InboxResource(root=inbox_root, settled_s=0))
