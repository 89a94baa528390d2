"""Ids that last, and what happened to those that do not."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airtraffic.cluster_identity import NEW, cluster_ids, match, overlap

HOUR = datetime(2025, 6, 25, 16, tzinfo=UTC)


def matched(*rows):
    """Rows are old clusters, columns new ones; the last of each is noise."""
    return match(np.array(rows, dtype=np.float64))


def test_a_cluster_that_grew_out_of_noise_keeps_its_id():
    assert matched([6, 0], [30, 9]).predecessor.tolist() == [0]


def test_a_cluster_that_mostly_faded_to_noise_keeps_its_id():
    assert matched([6, 30], [0, 9]).predecessor.tolist() == [0]


def test_a_small_share_of_both_is_another_cluster():
    result = matched([4, 10], [10, 9])
    assert (result.predecessor.tolist(), result.born, result.died) == ([NEW], [0], [0])


def test_two_that_become_one_are_a_merger_and_the_heavier_goes_on():
    result = matched([3, 0], [8, 0], [0, 0])
    assert result.predecessor.tolist() == [1]
    assert result.merged == {0: [0]}
    assert (result.born, result.died, result.split) == ([], [], {})


def test_one_that_becomes_two_is_a_split_and_the_heavier_goes_on():
    result = matched([3, 8, 0], [0, 0, 0])
    assert result.predecessor.tolist() == [NEW, 0]
    assert result.split == {0: [0]}
    assert (result.born, result.died, result.merged) == ([], [], {})


def test_a_piece_that_goes_over_to_a_neighbour_ends_no_id():
    result = matched([10, 5, 0], [0, 4, 0], [0, 0, 0])
    assert result.predecessor.tolist() == [0, 1]
    assert (result.born, result.died, result.merged, result.split) == ([], [], {}, {})


def test_ids_are_the_hour_and_a_number_by_weight():
    result = matched([9, 0, 0, 0, 0], [0, 0, 0, 0, 0])
    ids = cluster_ids(HOUR, result, ["2025-06-25T09-02"], np.array([1.0, 2.0, 7.0, 7.0]))
    assert ids == ["2025-06-25T09-02", "2025-06-25T16-03", "2025-06-25T16-01", "2025-06-25T16-02"]


def test_an_id_given_before_names_nothing_else_and_does_not_replace_one_that_is_handed_on():
    result = matched([9, 0, 0, 0], [0, 0, 0, 0])
    before = np.array([[8, 0, 0, 0], [0, 7, 0, 0], [0, 0, 1, 9], [0, 0, 9, 0]], np.float64)
    ids = cluster_ids(
        HOUR,
        result,
        ["2025-06-25T09-02"],
        np.array([9.0, 8.0, 7.0]),
        earlier=before,
        earlier_ids=["2025-06-25T16-01", "2025-06-25T16-02", "2025-06-25T16-05"],
        taken={"2025-06-25T16-06", "2025-06-25T17-30"},
    )
    assert ids == ["2025-06-25T09-02", "2025-06-25T16-02", "2025-06-25T16-07"]


def test_noise_is_the_last_row_and_column():
    common = overlap(np.array([-1, 0, 1]), np.array([0, -1, 0]), np.ones(3), (2, 1))
    assert common.tolist() == [[0, 1], [1, 0], [1, 0]]


sizes = st.integers(0, 5)


@given(st.data(), sizes, sizes)
def test_every_cluster_is_explained_once(data, olds, news):
    common = data.draw(arrays(np.int64, (olds + 1, news + 1), elements=st.integers(0, 6))).astype(np.float64)
    result = match(common)
    kept = [old for old in result.predecessor.tolist() if old != NEW]
    merged = [old for ended in result.merged.values() for old in ended]
    split = [new for parts in result.split.values() for new in parts]
    surviving = [new for new, old in enumerate(result.predecessor.tolist()) if old != NEW]
    assert sorted(kept + merged + result.died) == list(range(olds))
    assert sorted(surviving + split + result.born) == list(range(news))
    assert set(result.merged) <= set(surviving)
    assert set(result.split) <= set(kept)


@pytest.mark.parametrize("seed", range(3))
def test_numbers_of_the_clusters_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    common = rng.random((5, 4)) ** 4
    rows, columns = rng.permutation(4), rng.permutation(3)
    shuffled = match(common[np.append(rows, 4)][:, np.append(columns, 3)]).predecessor
    back = [NEW if old == NEW else rows[old] for old in shuffled[np.argsort(columns)]]
    assert back == match(common).predecessor.tolist()
