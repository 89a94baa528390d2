"""River's conventions: its own checks, also those on data that it does not run for clusterers."""

import pickle

import pytest
from river import checks, datasets
from river.checks import common

from airtraffic.denstream import DenStream

PARAMETERS = list(DenStream._unit_test_params())
# check_predict_one_pure knows no clusterers: the invariant prediction_changes_nothing stands for it.
# check_learn_many_matches_learn_one gives no times: below.
ON_DATA = (
    common.check_learn_one,
    common.check_pickling,
    common.check_shuffle_features_no_impact,
    common.check_emerging_features,
    common.check_disappearing_features,
    common.check_radically_disappearing_features,
    common.check_predict_one_before_any_learn,
    common.check_no_state_aliasing_with_input,
    common.check_clone_is_independent,
    common.check_seeding_is_idempotent,
    common.check_bounded_memory_growth,
)


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_it_is_an_estimator(parameters):
    checks.check_estimator(DenStream(**parameters))


@pytest.mark.parametrize("dataset", [datasets.TrumpApproval, datasets.Phishing, datasets.ImageSegments])
@pytest.mark.parametrize("check", ON_DATA, ids=lambda check: check.__name__)
def test_it_keeps_rivers_rules_on_data(check, dataset):
    for parameters in PARAMETERS:
        check(DenStream(**parameters), list(dataset().take(100)))


def test_one_by_one_is_the_same_as_many_at_once():
    rows = [x for x, _ in datasets.Phishing().take(200)]
    names = sorted(rows[0])
    points = [[x[name] for name in names] for x in rows]
    one, many = DenStream(**PARAMETERS[0]), DenStream(**PARAMETERS[0])
    for x in rows:
        one.learn_one(x)
    many.learn_many(points, range(len(points)))
    assert one.to_table().drop_columns("features").equals(many.to_table().drop_columns("features"))
    assert [one.predict_one(x) for x in rows] == many.predict_many(points).tolist()


def test_a_missing_name_is_zero_and_a_new_one_a_new_dimension():
    model = DenStream(epsilon=1.0, mu=4.0, beta=0.5, half_life=50.0)
    for _ in range(6):
        model.learn_one({"x": 5.0})
    model.learn_one({"x": 5.0, "y": 9.0})
    model.learn_one({"y": 9.0, "x": 5.0})
    assert model.to_table()["centre"].to_pylist() == [[5.0, 0.0], [5.0, 9.0]]
    assert model.predict_one({"x": 5.0}) == model.predict_one({"x": 5.0, "y": 0.0}) == 0
    before = pickle.dumps(model)
    assert model.predict_one({"x": 5.0, "z": 1.9}) == 0
    assert model.predict_one({"x": 5.0, "z": 2.1}) == -1
    assert pickle.dumps(model) == before


def test_without_a_time_a_point_comes_one_after_the_latest():
    model = DenStream(epsilon=1.0, mu=4.0, beta=0.5, half_life=50.0)
    model.learn_one({0: 1.0})
    assert model.latest == 0
    model.learn_one({0: 1.0}, t=10)
    model.learn_one({0: 1.0}, t=3, w=2.0)
    model.learn_one({0: 1.0})
    assert model.latest == 11


def test_predicting_before_learning_is_noise():
    model = DenStream(epsilon=1.0, mu=4.0, beta=0.5, half_life=50.0)
    assert model.latest is None
    assert model.predict_one({"x": 1.0}) == -1
    assert model.predict_many([[1.0, 2.0]]).tolist() == [-1]
    assert model.snapshot().table.num_rows == 0
