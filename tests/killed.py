"""What tests use to end a run between two commits to the lake."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orchestration.resources.lake import LakeResource


class KilledError(Exception):
    """Stands for the end of a run, where the process has to go on."""


@contextmanager
def killed_before(monkeypatch: pytest.MonkeyPatch, table: str) -> Iterator[None]:
    """What is read inside ends with the first append to a table, before it."""
    append = LakeResource.append

    def dying(self, name, *arguments, **keywords):
        if name == table:
            raise KilledError
        append(self, name, *arguments, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr(LakeResource, "append", dying)
        with pytest.raises(KilledError):
            yield


def mortal_lake(root: str, commits: int) -> LakeResource:
    """A lake whose process dies by SIGKILL right after so many appends."""
    left = commits

    class Mortal(LakeResource):
        def append(self, *arguments, **options) -> None:
            nonlocal left
            super().append(*arguments, **options)
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return Mortal(root=root)
