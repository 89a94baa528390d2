"""The compiled model does what the paper says, point for point."""

import math

import numpy as np
import pytest

from airtraffic.denstream import DenStream
from tests.unit.denstream.literal import LiteralDenStream
from tests.unit.denstream.streams import random_stream

STREAMS = 300


def assert_same(model: DenStream, literal: LiteralDenStream) -> None:
    """The same micro-clusters, to the rounding of CF2 / w - |c|^2."""
    table = model.snapshot().table.to_pydict()
    expected = sorted(literal.micro_clusters, key=lambda c: c.id)
    assert table["id"] == [c.id for c in expected]
    assert table["kind"] == ["p" if c.potential else "o" for c in expected]
    assert table["created_at"] == [c.t_o for c in expected]
    np.testing.assert_allclose(table["weight"], [c.w for c in expected], rtol=1e-9)
    np.testing.assert_allclose(table["centre"], [c.centre for c in expected], rtol=0, atol=1e-9)
    np.testing.assert_allclose(table["radius"], [c.radius for c in expected], rtol=0, atol=1e-5)


@pytest.mark.parametrize("max_merge_distance", [None, math.inf])
@pytest.mark.parametrize("dimensions", [1, 2, 3, 4])
def test_every_point_goes_where_the_paper_puts_it(dimensions, max_merge_distance):
    for seed in range(STREAMS // 4):
        points, t, weights, parameters = random_stream(seed, dimensions)
        parameters["max_merge_distance"] = max_merge_distance
        model, literal = DenStream(**parameters), LiteralDenStream(**parameters)
        expected = [
            literal.learn(*given) for given in zip(points.tolist(), t.tolist(), weights.tolist(), strict=True)
        ]
        assert model.learn_many(points, t, weights).tolist() == expected, f"stream {seed}"
        assert_same(model, literal)


def test_the_streams_have_everything_that_can_happen():
    kinds, pruned, late, twice = set(), 0, 0, 0
    for seed in range(STREAMS // 4):
        points, t, weights, parameters = random_stream(seed, 2)
        model = DenStream(**parameters)
        model.learn_many(points, t, weights)
        table = model.to_table()
        kinds |= set(table["kind"].to_pylist())
        pruned += table["next_id"][0].as_py() - table.num_rows
        late += (np.diff(t) < 0).sum()
        twice += len(points) - len(np.unique(points, axis=0))
    assert kinds == {"p", "o"}
    assert min(pruned, late, twice) > 100
