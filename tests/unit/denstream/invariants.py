"""What holds for every correct DenStream. Each takes the class, so that a broken one can be handed in."""

import math
import pickle
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.denstream.literal import LiteralDenStream
from tests.unit.denstream.streams import random_stream

PLAIN = {"epsilon": 1.0, "mu": 4.0, "beta": 0.5, "half_life": 10.0}
HUGE = {"epsilon": 1e3, "mu": 1.000001, "beta": 1.0, "half_life": 10.0}
"""One micro-cluster takes everything, and 20 half-lives pass between prunings."""


def learned(model_class, points, t, weights=None, **parameters):
    model = model_class(**parameters)
    return model, model.learn_many(points, t, weights)


def streams(dimensions=(2, 3), seeds=(0, 4, 14)):
    return [random_stream(seed, d) for d in dimensions for seed in seeds]


def assert_same_table(a: pa.Table, b: pa.Table) -> None:
    assert a.to_pydict() == b.to_pydict()


def every_point_goes_where_the_paper_puts_it(model_class):
    for farthest in (None, math.inf):
        for points, t, weights, parameters in streams((1, 2, 3, 4), (10, 11)):
            literal = LiteralDenStream(**parameters, max_merge_distance=farthest)
            expected = [literal.learn(*given) for given in zip(points.tolist(), t, weights, strict=True)]
            model, joined = learned(
                model_class, points, t, weights, **parameters, max_merge_distance=farthest
            )
            assert joined.tolist() == expected
            table = model.snapshot().table
            living = sorted(literal.micro_clusters, key=lambda c: c.id)
            assert table["id"].to_pylist() == [c.id for c in living]
            assert table["kind"].to_pylist() == ["p" if c.potential else "o" for c in living]
            np.testing.assert_allclose(table["weight"], [c.w for c in living], rtol=1e-9)
            np.testing.assert_allclose(table["radius"], [c.radius for c in living], rtol=0, atol=1e-5)


def translation_changes_nothing(model_class):
    for points, t, weights, parameters in streams():
        model, joined = learned(model_class, points, t, weights, **parameters)
        moved, joined_there = learned(model_class, points + 1024.0, t, weights, **parameters)
        assert (joined == joined_there).all()
        assert (model.predict_many(points) == moved.predict_many(points + 1024.0)).all()


def rotation_changes_nothing(model_class):
    for points, t, weights, parameters in streams():
        rng = np.random.default_rng(1)
        turn = np.linalg.qr(rng.normal(size=(points.shape[1],) * 2))[0]
        model, joined = learned(model_class, points, t, weights, **parameters)
        turned, joined_there = learned(model_class, points @ turn, t, weights, **parameters)
        assert (joined == joined_there).all()
        assert (model.predict_many(points) == turned.predict_many(points @ turn)).all()


def shifted_time_changes_nothing(model_class):
    for points, t, weights, parameters in streams():
        t = np.round(t * 1024) / 1024
        model, joined = learned(model_class, points, t, weights, **parameters)
        later, joined_then = learned(model_class, points, t + 2.0**24, weights, **parameters)
        assert (joined == joined_then).all()
        np.testing.assert_allclose(model.snapshot().table["weight"], later.snapshot().table["weight"])


def units_change_nothing(model_class):
    for points, t, weights, parameters in streams():
        model, joined = learned(model_class, points, t, weights, **parameters)
        other = parameters | {
            "epsilon": parameters["epsilon"] * 1852,
            "half_life": parameters["half_life"] * 60,
        }
        metres, joined_there = learned(model_class, points * 1852, t * 60, weights, **other)
        assert (joined == joined_there).all()
        assert (model.predict_many(points) == metres.predict_many(points * 1852)).all()


def weight_halves_after_one_half_life(model_class):
    points, t, weights, parameters = random_stream(3, 2)
    model, _ = learned(model_class, points, t, weights, **parameters)
    now = model.snapshot().table["weight"].to_numpy()
    then = model.snapshot(model.latest + parameters["half_life"]).table["weight"].to_numpy()
    np.testing.assert_allclose(then, now / 2, rtol=1e-12)


def cluster_features_add_up(model_class):
    """Whatever the order, W, c and S are those of all the points with their ages."""
    points, _, weights, _ = random_stream(6, 3, 60)
    t = np.random.default_rng(0).uniform(-50, 0, 60)
    own = weights * 2 ** (t / HUGE["half_life"])
    centre = own @ points / own.sum()
    squares = own @ ((points - centre) ** 2).sum(axis=1)
    for order in (np.arange(60), np.argsort(t), np.argsort(-t)):
        model, _ = learned(model_class, points[order], t[order], weights[order], **HUGE)
        table = model.snapshot(0.0).table
        assert table.num_rows == 1
        np.testing.assert_allclose(table["weight"], [own.sum()], rtol=1e-12)
        np.testing.assert_allclose(table["centre"][0].as_py(), centre, rtol=1e-12)
        np.testing.assert_allclose(table["radius"], [math.sqrt(squares / own.sum())], rtol=1e-12)


def late_points_promote_by_what_they_weigh_now(model_class):
    """At the age of two half-lives twelve points weigh three, no more than beta mu."""
    model = model_class(**PLAIN | {"beta": 0.75})
    model.learn_many([[50.0, 50.0]], [20.0])
    model.learn_many(np.zeros((12, 2)), np.zeros(12))
    assert model.snapshot().table["kind"].to_pylist() == ["o", "o"]
    model.learn_many(np.zeros((1, 2)), [0.0])
    assert model.snapshot().table["kind"].to_pylist() == ["o", "p"]


def potential_ones_are_few_right_after_pruning(model_class):
    prunings = 0
    for points, t, weights, parameters in streams((2,), (20, 21, 22)):
        model, due = model_class(**parameters), math.inf
        for i in range(len(points)):
            model.learn_many(points[i : i + 1], t[i : i + 1], weights[i : i + 1])
            table = model.to_table()
            if table["next_pruning"][0].as_py() > due:
                age = np.maximum(model.latest - t[: i + 1], 0)
                age[:-1] = np.maximum(due - t[:i], 0)
                everything = weights[: i + 1] @ 2 ** (-age / parameters["half_life"])
                potential = table["kind"].to_pylist().count("p")
                assert potential <= everything / (parameters["beta"] * parameters["mu"]) + 1e-9
                prunings += 1
            due = table["next_pruning"][0].as_py()
    assert prunings > 10


def prediction_changes_nothing(model_class):
    points, t, weights, parameters = random_stream(14, 2)
    model, _ = learned(model_class, points, t, weights, **parameters)
    before, table = pickle.dumps(model), model.to_table()
    model.predict_many(points)
    model.predict_one({0: 1.0, "unknown": 2.0})
    model.snapshot(model.latest + 100)
    assert pickle.dumps(model) == before
    assert_same_table(model.to_table(), table)


def batches_change_nothing(model_class):
    for points, t, weights, parameters in streams():
        whole, joined = learned(model_class, points, t, weights, **parameters)
        parts = model_class(**parameters)
        cuts = [0, 1, 1, 2, 7, len(points) // 2, len(points) - 1, len(points)]
        ids = [parts.learn_many(points[a:b], t[a:b], weights[a:b]) for a, b in pairwise(cuts)]
        assert (np.concatenate(ids) == joined).all()
        assert_same_table(parts.to_table(), whole.to_table())


def a_model_comes_back_bit_for_bit(model_class):
    """Through Parquet and through a pickle, in the middle of a stream."""
    for points, t, weights, parameters in streams():
        half = len(points) // 2
        whole, joined = learned(model_class, points, t, weights, **parameters)
        first, _ = learned(model_class, points[:half], t[:half], weights[:half], **parameters)
        sink = pa.BufferOutputStream()
        pq.write_table(first.to_table().replace_schema_metadata(), sink)
        stored = pq.read_table(pa.BufferReader(sink.getvalue()))
        for again in (model_class.from_table(stored), pickle.loads(pickle.dumps(first))):
            assert_same_table(again.to_table(), first.to_table())
            assert (again.learn_many(points[half:], t[half:], weights[half:]) == joined[half:]).all()
            assert_same_table(again.to_table(), whole.to_table())


def placed(model_class, centres, radii, weights, **parameters):
    """A model with just these p-micro-clusters."""
    rows = len(centres)
    weights = np.broadcast_to(np.asarray(weights, float), rows)
    every_row = {"t": 0.0, "next_pruning": 1.0, "next_id": rows, "features": "[0, 1]", "kind": "p"}
    every_row |= {"updated_at": 0.0, "created_at": 0.0, "max_merge_distance": None, "link": "ball"}
    columns = {name: [value] * rows for name, value in (every_row | PLAIN | parameters).items()}
    columns |= {"id": range(rows), "weight": weights, "squares": np.square(radii) * weights}
    columns["centre"] = np.asarray(centres, float).tolist()
    return model_class.from_table(pa.table(columns))


def a_chain_of_tangent_micro_clusters_is_one_cluster(model_class):
    """30 in a line, in any order, each touching the next; two further ones just do not."""
    for link, reach in (("ball", 0.5 * math.sqrt(2.0)), ("paper", 0.5)):
        x = 2 * reach * (1 - 1e-9) * np.random.default_rng(0).permutation(30)
        x = np.append(x, [2 * reach * 40, 2 * reach * 41 * (1 + 1e-6)])
        model = placed(model_class, np.column_stack([x, x * 0]), np.full(32, 0.5), 5.0, link=link)
        assert model.snapshot().table["cluster"].to_pylist() == [0] * 30 + [1, 2]


def only_what_weighs_more_than_mu_is_a_core(model_class):
    """A lighter one belongs to the nearer of the cores that it touches; without one it is noise."""
    x, radii = [0, 2.6, 1.2, 9, 20, 30, 31], [0.5, 0.5, 0.9, 0.9, 0.5, 0.9, 0.9]
    weights = [5, 5, 3, 3, 4, 3, 3]
    model = placed(model_class, np.column_stack([x, np.zeros(7)]), radii, weights)
    assert model.snapshot().table["cluster"].to_pylist() == [0, 1, 0, -1, -1, -1, -1]
    x[2] = 1.4
    model = placed(model_class, np.column_stack([x, np.zeros(7)]), radii, weights)
    assert model.snapshot().table["cluster"].to_pylist() == [0, 1, 1, -1, -1, -1, -1]


def a_micro_cluster_that_is_no_core_joins_cores_only(model_class):
    """Two such ones, nearer to each other than to the core; and one that touches nothing else."""
    x, radii = [0, 1.5, 1.6, 20, 21.5, 23.9], [0.5, 0.9, 0.9, 0.5, 0.9, 0.9]
    model = placed(model_class, np.column_stack([x, np.zeros(6)]), radii, [5, 3, 3, 5, 3, 3])
    assert model.snapshot().table["cluster"].to_pylist() == [0, 0, 0, 1, 1, -1]


def a_cluster_fades_below_mu_in_a_later_snapshot(model_class):
    model, _ = learned(model_class, np.zeros((6, 2)), np.zeros(6), **PLAIN)
    assert model.snapshot().table["cluster"].to_pylist() == [0]
    assert model.snapshot(model.latest + PLAIN["half_life"]).table["cluster"].to_pylist() == [-1]


def a_point_joins_nothing_further_than_the_greatest_distance(model_class):
    _, joined = learned(model_class, [[0.0], [0.5], [0.76]], np.zeros(3), **PLAIN, max_merge_distance=0.5)
    assert joined.tolist() == [0, 0, 1]


def of_two_as_near_the_older_takes_the_point(model_class):
    """The older one moved to another cell of the grid after the younger one was opened."""
    _, joined = learned(model_class, [[-0.25], [3.25], [0.75], [1.75]], np.zeros(4), **PLAIN)
    assert joined.tolist() == [0, 1, 0, 0]


def a_point_at_a_pruning_comes_before_it(model_class):
    """T_p is the half-life when beta mu is 2: at its second end the first point would be too light."""
    points, t, weights = [[0.0], [0.0], [0.0]], [0.0, 20.0, 20.5], [4.0, 1.0, 1.0]
    literal = LiteralDenStream(**PLAIN)
    assert literal.t_p == PLAIN["half_life"]
    expected = [literal.learn(*given) for given in zip(points, t, weights, strict=True)]
    assert learned(model_class, points, t, weights, **PLAIN)[1].tolist() == expected == [0, 0, 0]


def a_point_by_name_weighs_what_it_is_given(model_class):
    model = model_class(**PLAIN)
    model.learn_one({"x": 1.0}, t=0.0, w=2.5)
    assert model.snapshot().table["weight"].to_pylist() == [2.5]


def a_point_far_from_every_cluster_is_noise(model_class):
    model, _ = learned(model_class, np.zeros((9, 2)), np.arange(9.0), **PLAIN)
    inside, outside = [[0.0, 1.9999], [-2.0, 0.0]], [[2.0001, 0.0], [1.5, 1.5], [-50.0, 7.0]]
    assert model.predict_many(inside).tolist() == [0, 0]
    assert model.predict_many(outside).tolist() == [-1, -1, -1]


def a_single_point_is_no_cluster_whatever_it_weighs(model_class):
    model, _ = learned(model_class, np.zeros((1, 2)), [0.0], [100.0], **PLAIN)
    assert model.snapshot().table["kind"].to_pylist() == ["o"]
    assert model.predict_many(np.zeros((1, 2))).tolist() == [-1]


def ids_are_never_given_twice(model_class):
    model = model_class(**PLAIN)
    far_apart = np.arange(40.0)[:, None] * 100
    ids = [model.learn_many(far_apart[i : i + 1], [i * 5.0])[0] for i in range(40)]
    assert ids == list(range(40))
    assert model.to_table().num_rows < 10


INVARIANTS = (
    weight_halves_after_one_half_life,
    a_chain_of_tangent_micro_clusters_is_one_cluster,
    only_what_weighs_more_than_mu_is_a_core,
    a_micro_cluster_that_is_no_core_joins_cores_only,
    a_cluster_fades_below_mu_in_a_later_snapshot,
    a_point_joins_nothing_further_than_the_greatest_distance,
    of_two_as_near_the_older_takes_the_point,
    a_point_at_a_pruning_comes_before_it,
    a_point_by_name_weighs_what_it_is_given,
    a_point_far_from_every_cluster_is_noise,
    a_single_point_is_no_cluster_whatever_it_weighs,
    ids_are_never_given_twice,
    prediction_changes_nothing,
    every_point_goes_where_the_paper_puts_it,
    late_points_promote_by_what_they_weigh_now,
    cluster_features_add_up,
    potential_ones_are_few_right_after_pruning,
    batches_change_nothing,
    a_model_comes_back_bit_for_bit,
    translation_changes_nothing,
    rotation_changes_nothing,
    shifted_time_changes_nothing,
    units_change_nothing,
)
