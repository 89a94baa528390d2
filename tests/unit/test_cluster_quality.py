"""Figures that say how good an hour of clusters is, and fail when it is not."""

import hashlib

import numpy as np
import pytest

from airtraffic.cluster_hour import HOUR, cluster_hour
from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.cluster_quality import (
    agreement,
    dbscan_labels,
    hour_quality,
    mutual_information,
    silhouette,
    thinned,
    variability,
)
from airtraffic.cluster_reference import AIRPORTS, VERSION, reference_positions
from airtraffic.cluster_tables import CLUSTER_QUALITY
from tests.unit.cluster_samples import START, groups, silver, simulated

USUAL = ClusterParameters()
SAO_PAULO, BRASILIA, RIO = (-23.4, -46.5, 0, 0), (-15.9, -47.9, 0, 0), (-22.8, -43.2, 0, 0)


@pytest.fixture(scope="module")
def made():
    return cluster_hour(START, simulated(2), None, USUAL)


def of(*paths, aircraft=6):
    return cluster_hour(START, groups(paths, range(0, 60), aircraft), None, USUAL)


def row(made, day_before=None, coverage=1.0) -> dict:
    table = hour_quality(made, day_before, coverage)
    assert table.schema == CLUSTER_QUALITY.schema
    (only,) = table.to_pylist()
    return only


def test_shares_are_of_all_positions_and_add_up(made):
    quality = row(made)
    sizes = np.bincount(made.label[made.label >= 0])
    assert quality["positions"] == made.members.num_rows
    assert quality["noise_share"] + sizes.sum() / quality["positions"] == pytest.approx(1)
    assert quality["biggest_share"] == pytest.approx(sizes.max() / quality["positions"])
    assert quality["clusters"] == len(sizes)
    assert quality["potential"] + quality["outliers"] == made.snapshots.num_rows
    assert quality["parameters"] == USUAL.to_json()
    assert (quality["coverage"], quality["sources"]) == (1.0, ["simulate"])


def test_the_same_hour_has_the_same_quality(made):
    assert hour_quality(made, made.snapshots, 0.9).equals(hour_quality(made, made.snapshots, 0.9))


def test_dbscan_finds_the_same_groups():
    made = of(SAO_PAULO, BRASILIA, RIO)
    quality = row(made)
    assert (quality["clusters"], quality["dbscan_clusters"]) == (3, 3)
    assert quality["ami_dbscan"] > 0.95


def test_dbscan_of_thinned_positions_has_the_density_of_all_of_them(monkeypatch):
    made = of(SAO_PAULO, BRASILIA, (-3.0, -60.0, 0, 0), aircraft=20)
    monkeypatch.setattr("airtraffic.cluster_quality._DBSCAN_POSITIONS", 500)
    chosen, labels = dbscan_labels(made)
    assert len(chosen) == 500
    assert len(set(labels.tolist()) - {-1}) == 3


def test_mutual_information_is_not_raised_by_noise_that_both_see():
    one, other = np.array([0, 0, 1, 1, 0, 1]), np.array([0, 1, 0, 1, 0, 1])
    noise = np.full(1000, -1)
    assert mutual_information(np.append(one, noise), np.append(other, noise)) == mutual_information(
        one, other
    )
    assert mutual_information(noise, noise) is None


def test_calling_what_one_clusters_noise_costs_mutual_information():
    truth = np.repeat([0, 1], 50)
    half = np.where(np.arange(100) % 2, truth, -1)
    assert mutual_information(truth, half) < 0.7


def test_a_silhouette_needs_two_clusters():
    xy = np.random.default_rng(1).normal(size=(100, 2))
    assert silhouette(xy, np.zeros(100, int)) is None
    assert silhouette(xy, np.full(100, -1)) is None
    assert silhouette(xy + np.repeat([[0, 0], [99, 0]], 50, axis=0), np.repeat([0, 1], 50)) > 0.9


def test_agreement_is_one_with_itself_and_low_with_other_places(made):
    quality = row(made, made.snapshots)
    assert (quality["agreement"], quality["reference_version"]) == (1.0, VERSION)
    here, there = of(SAO_PAULO, RIO), of(BRASILIA)
    assert agreement(here, there.snapshots) < 0.1
    assert 0.1 < agreement(here, of(SAO_PAULO, BRASILIA).snapshots) < 1


def test_agreement_needs_the_day_before_and_a_cluster(made):
    assert agreement(made, None) is None
    assert agreement(made, made.snapshots.slice(0, 0)) is None
    nothing = of(SAO_PAULO, aircraft=1)
    assert nothing.snapshots.num_rows
    assert agreement(nothing, nothing.snapshots) is None
    assert agreement(made, nothing.snapshots) == 0.0


def test_agreement_sees_other_parameters_on_their_own_plane(made):
    shifted = cluster_hour(START, simulated(2), None, ClusterParameters(centre=(-20.0, -55.0)))
    assert 0.8 < agreement(made, shifted.snapshots) <= 1


def test_the_reference_positions_are_those_of_their_version():
    positions = reference_positions()
    assert len(AIRPORTS) == len(set(AIRPORTS)) == 19
    assert positions.shape == (5061, 2)
    digest = hashlib.sha256((positions.round(2) * 100).round().astype("<i4").tobytes()).hexdigest()
    assert (VERSION, digest[:16]) == (1, "3f446aa1198e6c33")


def test_traffic_that_stays_the_same_has_no_variability():
    made = of(SAO_PAULO)
    assert row(made)["traffic_variability"] == 0.0
    assert variability(made.members["snapshot_at"].slice(0, 1)) is None


def test_an_hour_without_traffic_has_no_shares():
    made = cluster_hour(START, silver(minute=[0]).clear(), None, USUAL)
    quality = row(made, coverage=None)
    assert quality["positions"] == quality["clusters"] == quality["potential"] == 0
    nulls = ("noise_share", "biggest_share", "silhouette", "ami_dbscan", "agreement", "coverage")
    assert [quality[name] for name in nulls] == [None] * 6
    assert agreement(made, of(SAO_PAULO, RIO).snapshots) is None


def test_an_hour_after_the_last_traffic_has_a_quality_too():
    rows = groups([SAO_PAULO], range(0, 60), aircraft=30)
    first = cluster_hour(START, rows, None, USUAL)
    second = cluster_hour(START + HOUR, rows, first.snapshots, USUAL)
    quality = row(second)
    assert (quality["positions"], quality["clusters"], quality["noise_share"]) == (0, 1, None)
    assert quality["sources"] == ["simulate"]


@pytest.mark.parametrize(("count", "most"), [(0, 5), (5, 5), (6, 5), (1000, 7)])
def test_thinning_keeps_order_and_takes_none_twice(count, most):
    kept = thinned(count, most)
    assert len(kept) == min(count, most)
    assert (np.diff(kept) > 0).all()
