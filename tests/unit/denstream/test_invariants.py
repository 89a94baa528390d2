"""What a change of origin, axes, units, batches or storage must not change, and what the paper promises."""

import pytest

from airtraffic.denstream import DenStream
from tests.unit.denstream.invariants import INVARIANTS


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda invariant: invariant.__name__)
def test_it_holds_that(invariant):
    invariant(DenStream)
