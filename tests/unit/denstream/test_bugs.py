"""The invariants find what is wrong: each deliberate bug breaks at least one of them."""

import pytest

from tests.unit.denstream.bugs import BUGS, model_with
from tests.unit.denstream.invariants import INVARIANTS


def broken_invariants(model_class):
    """Names of the invariants that do not hold."""
    for invariant in INVARIANTS:
        try:
            invariant(model_class)
        except AssertionError:
            yield invariant.__name__


def test_the_uncompiled_source_without_a_bug_breaks_nothing(monkeypatch):
    assert list(broken_invariants(model_with(None, monkeypatch))) == []


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_breaks_an_invariant(bug, monkeypatch):
    assert next(broken_invariants(model_with(bug, monkeypatch)), None) is not None
