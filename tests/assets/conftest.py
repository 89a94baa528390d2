"""A lake, an inbox and an instance of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource


@pytest.fixture
def lake(tmp_path) -> LakeResource:
    return LakeResource(root=str(tmp_path / "lake"))


@pytest.fixture
def inbox(tmp_path) -> InboxResource:
    return InboxResource(root=str(tmp_path / "inbox"), settled_s=0)


@pytest.fixture
def folder(inbox) -> Path:
    return Path(inbox.root)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance
