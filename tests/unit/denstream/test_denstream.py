"""What DenStream refuses, what it keeps, and the corners of its grid and of its arithmetic."""

import math
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from airtraffic.denstream import DenStream
from airtraffic.micro_clusters import assign
from tests.unit.denstream.literal import LiteralDenStream
from tests.unit.denstream.streams import random_stream

PLAIN = {"epsilon": 1.0, "mu": 4.0, "beta": 0.5, "half_life": 10.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"epsilon": 0.0},
        {"epsilon": math.nan},
        {"mu": -1.0},
        {"mu": math.inf},
        {"beta": 0.0},
        {"beta": 1.1},
        {"beta": 0.25},
        {"half_life": 0},
        {"half_life": math.inf},
        {"max_merge_distance": 0.0},
        {"max_merge_distance": math.nan},
        {"link": "chain"},
        {"half_life": "10"},
        {"half_life": None},
        {"epsilon": np.array([1.0])},
        {"beta": None},
        {"max_merge_distance": "inf"},
        {"link": ["ball"]},
    ],
    ids=str,
)
def test_a_parameter_out_of_bounds_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DenStream(**PLAIN | wrong)


@pytest.mark.parametrize(
    ("points", "t", "weights"),
    [
        (np.zeros((3, 3)), np.zeros(3), None),
        (np.zeros(3), np.zeros(3), None),
        (np.zeros((3, 2)), np.zeros(2), None),
        (np.zeros((3, 2)), np.zeros(3), np.ones(2)),
        (np.full((3, 2), np.nan), np.zeros(3), None),
        (np.zeros((3, 2)), np.full(3, np.inf), None),
        (np.zeros((3, 2)), np.zeros(3), np.array([1.0, 0.0, 1.0])),
        (np.zeros((3, 2)), np.zeros(3), np.array([1.0, np.nan, 1.0])),
        (np.zeros((3, 2)), np.zeros(3), np.full(3, 1e308)),
        (None, np.zeros(3), None),
        (np.zeros((3, 2)), None, None),
        (np.zeros((3, 2)), np.array(["2025-01-15T12:00"] * 3, "M8[s]"), None),
        (np.zeros((3, 2)), [datetime(2025, 1, 15)] * 3, None),
        (np.zeros((3, 2)), np.array([60] * 3, "m8[s]"), None),
        (np.ma.array(np.zeros((3, 2)), mask=np.eye(3, 2)), np.zeros(3), None),
        (np.zeros((3, 2), complex), np.zeros(3), None),
        ([["a", "b"]], [0.0], None),
    ],
)
def test_a_wrong_batch_is_refused_whole(points, t, weights):
    model = DenStream(**PLAIN)
    model.learn_many([[0.0, 0.0]], [0.0])
    before = model.to_table()
    with pytest.raises(ValueError, match=r"points|times|weights"):
        model.learn_many(points, t, weights)
    assert model.to_table().equals(before)


def test_points_of_other_dimensions_are_not_predicted():
    model = DenStream(**PLAIN)
    model.learn_many([[0.0, 0.0]], [0.0])
    with pytest.raises(ValueError, match="expected"):
        model.predict_many([[1.0]])


@pytest.mark.parametrize("learned", [0, 9])
@pytest.mark.parametrize("value", [math.nan, math.inf, None, "a"])
def test_a_place_that_is_no_number_has_no_cluster_and_is_no_noise(value, learned):
    model = DenStream(**PLAIN)
    model.learn_many(np.zeros((learned, 2)), np.zeros(learned))
    with pytest.raises(ValueError, match="points"):
        model.predict_many([[value, 0.0]])
    with pytest.raises(ValueError, match="points"):
        model.predict_one({0: value})


def test_names_that_a_table_cannot_hold_are_learned_and_refused_when_it_is_made():
    model = DenStream(**PLAIN)
    model.learn_one({"a": 1.0, 2: 1.0, 2.5: 1.0, None: 0.0})
    assert DenStream.from_table(model.to_table())._features == model._features
    for name in (("a", 1), np.int64(3), datetime(2025, 1, 15)):
        model = DenStream(**PLAIN)
        model.learn_one({name: 1.0})
        with pytest.raises(ValueError, match="cannot be stored"):
            model.to_table()


def test_a_snapshot_does_not_look_back():
    model = DenStream(**PLAIN)
    model.learn_many([[0.0, 0.0]], [5.0])
    with pytest.raises(ValueError, match="before the latest point"):
        model.snapshot(4.9)


def test_a_stored_snapshot_predicts_like_the_model():
    points, t, weights, parameters = random_stream(14, 2)
    model = DenStream(**parameters)
    model.learn_many(points, t, weights)
    snapshot = model.snapshot()
    assert snapshot.table.column_names == [
        "id",
        "kind",
        "centre",
        "radius",
        "weight",
        "created_at",
        "cluster",
    ]
    expected = model.predict_many(points)
    assert set(expected) > {-1}
    assert (snapshot.assign(points) == expected).all()
    shuffled = snapshot.table.take(np.random.default_rng(0).permutation(snapshot.table.num_rows))
    assert (assign(shuffled, points, parameters["epsilon"]) == expected).all()
    assert assign(snapshot.table[:0], points, 1.0).tolist() == [-1] * len(points)


def test_a_table_of_other_parameters_is_refused():
    model = DenStream(**PLAIN)
    model.learn_many([[0.0, 0.0]], [0.0])
    table = model.to_table()
    again = DenStream.from_table(table, **PLAIN, max_merge_distance=None, link="ball")
    assert again.to_table().equals(table)
    with pytest.raises(ValueError, match=r"'mu': 4\.0.*'mu': 5\.0"):
        DenStream.from_table(table, **PLAIN | {"mu": 5.0})
    with pytest.raises(TypeError, match="no parameter foo"):
        DenStream.from_table(table, foo=1)


def test_an_empty_table_needs_the_parameters():
    table = DenStream(**PLAIN).to_table()
    assert table.num_rows == 0
    assert DenStream.from_table(table, **PLAIN).to_table().equals(table)
    with pytest.raises(ValueError, match="give beta, epsilon, half_life, mu"):
        DenStream.from_table(table)


def test_further_columns_large_lists_and_another_order_do_not_matter():
    points, t, weights, parameters = random_stream(1, 3)
    model = DenStream(**parameters)
    model.learn_many(points, t, weights)
    table = model.to_table()
    other = table.set_column(2, "centre", table["centre"].cast(pa.large_list(pa.float64())))
    other = other.append_column("date", pa.array(["2025-01-15"] * table.num_rows))[::-1]
    assert DenStream.from_table(other).to_table().equals(table)


def test_read_only_and_strided_arrays_are_learned_alike():
    points, t, weights, parameters = random_stream(2, 2)
    expected = DenStream(**parameters).learn_many(points, t, weights)
    frozen = np.asfortranarray(points)
    frozen.flags.writeable = False
    twice = np.repeat(t, 2)[::2]
    assert (DenStream(**parameters).learn_many(frozen, twice, pa.array(weights)) == expected).all()


def test_after_thousands_of_half_lives_only_the_new_is_there():
    model = DenStream(**PLAIN)
    model.learn_many(np.zeros((9, 2)), np.zeros(9))
    model.learn_many([[0.5, 0.0]], [1e6])
    assert model.snapshot().table.to_pydict() == {
        "id": [1], "kind": ["o"], "centre": [[0.5, 0.0]], "radius": [0.0], "weight": [1.0],
        "created_at": [1e6], "cluster": [-1],
    }  # fmt: skip
    model.learn_many(np.zeros((9, 2)), np.zeros(9))
    assert np.isfinite(model.snapshot().table["radius"]).all()


@pytest.mark.parametrize("mu", [1.0 + 1e-12, 1e9, 1e30])
def test_the_shortest_and_longest_pruning_periods_work(mu):
    model = DenStream(**PLAIN | {"mu": mu, "beta": 1.0})
    assert 0 < model.pruning_period < 1e3
    model.learn_many(np.arange(20.0)[:, None] % 2 * 9, np.arange(20.0) * 1e5)
    assert model.to_table().num_rows == 1


@pytest.mark.parametrize(
    ("dimensions", "wide"),
    [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (2, [0, 1]), (2, [1, 0]), (5, [0, 0, 0, 1, 1])],
    ids=str,
)
def test_the_grid_finds_what_is_near_however_the_points_lie(dimensions, wide):
    """Hundreds of micro-clusters in a line, a plane, a box, and in what the grid does not divide."""
    rng = np.random.default_rng(dimensions)
    side = 1000.0 ** (1 / sum(wide))
    points = rng.uniform(-side, side, (600, dimensions)) * wide
    parameters = PLAIN | {"half_life": 1e6}
    literal = LiteralDenStream(**parameters)
    expected = [literal.learn(p, t) for t, p in enumerate(points.tolist())]
    model = DenStream(**parameters)
    assert model.learn_many(points, np.arange(600.0)).tolist() == expected
    assert model.to_table().num_rows > 150


@pytest.mark.parametrize("far", [2.0**20, 2.0**45, 1e300])
def test_points_far_from_the_origin_are_learned(far):
    rng = np.random.default_rng(0)
    points = np.round(rng.uniform(0, 30, (300, 2)) * 32) / 32
    here = DenStream(**PLAIN).learn_many(points, np.arange(300.0))
    there = DenStream(**PLAIN).learn_many(points + far, np.arange(300.0))
    if far < 1e100:
        assert (here == there).mean() > 0.95
    assert len(there) == 300
