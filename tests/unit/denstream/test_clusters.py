"""Clusters that are known: shapes that DBSCAN finds, and labelled blobs that move."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score

from airtraffic.denstream import DenStream
from tests.unit.denstream.streams import moving_blobs, uniform_shapes

SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_fading_it_agrees_with_dbscan_on_uniform_shapes(seed):
    points = uniform_shapes(seed)
    model = DenStream(epsilon=1.0, mu=4.0, beta=0.5, half_life=1e12)
    model.learn_many(points, np.arange(len(points)))
    expected = DBSCAN(eps=1.0, min_samples=5).fit_predict(points)
    assert expected.max() == 4
    assert adjusted_rand_score(expected, model.predict_many(points)) >= 0.99


def last_half_life(seed, **parameters):
    """Agreement with the labels of what came in the last half-life, predicted at the end."""
    points, t, label = moving_blobs(seed)
    model = DenStream(mu=10.0, beta=0.4, half_life=30.0, **parameters)
    model.learn_many(points, t)
    recent = t > t[-1] - 30
    return adjusted_rand_score(label[recent], model.predict_many(points[recent]))


@pytest.mark.parametrize(("epsilon", "least"), [(12.0, 0.95), (5.0, 0.90)])
@pytest.mark.parametrize("seed", SEEDS)
def test_moving_blobs_in_noise_are_found(seed, epsilon, least):
    assert last_half_life(seed, epsilon=epsilon) >= least


def test_the_papers_link_fragments_what_the_ball_link_finds():
    assert last_half_life(0, epsilon=5.0, link="paper") < 0.5
