"""The starting values on real traffic, and on simulated traffic where there is none."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from airtraffic.cluster_hour import HourOfClusters, cluster_hour
from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.cluster_quality import hour_quality
from airtraffic.recordings import read_polls
from tests.unit.cluster_samples import silver_of, simulated

DAY, NIGHT = "sa_60s_20250625T1636Z", "sa_60s_20250621T2325Z"
TOO_SMALL = ClusterParameters(epsilon_nm=5.0)
TOO_COARSE = ClusterParameters(epsilon_nm=30.0, aircraft_in_core=0.5)


def hours(rows: pl.DataFrame, parameters: ClusterParameters | None = None) -> list[HourOfClusters]:
    made: list[HourOfClusters] = []
    for hour in rows["snapshot_at"].dt.truncate("1h").unique().sort().to_list():
        previous = made[-1].snapshots if made else None
        made.append(cluster_hour(hour, rows, previous, parameters or ClusterParameters()))
    return made


def at_the_end(made: HourOfClusters) -> tuple[int, float, float]:
    """Clusters of the last snapshot; shares of the last poll's aircraft in none, and in the biggest."""
    last = pl.Series(made.members["snapshot_at"]) == made.snapshot_at
    label = made.label[last.to_numpy()]
    sizes = np.bincount(label[label >= 0], minlength=1)
    clusters = len(made.snapshots["cluster_id"].drop_null().unique())
    return clusters, float((label < 0).mean()), float(sizes.max() / len(label))


def of_the_hours(made: list[HourOfClusters]) -> list[tuple[int, float, float]]:
    rows = [hour_quality(hour, None, None).to_pylist()[0] for hour in made]
    return [(row["clusters"], row["noise_share"], row["biggest_share"]) for row in rows]


@pytest.fixture(scope="module")
def real(recordings) -> dict[str, pl.DataFrame]:
    return {
        name: silver_of(
            (poll.snapshot_at, poll.table)
            for poll in read_polls(recordings / "states" / f"{name}.parquet")
            if poll.snapshot_at
        )
        for name in (DAY, NIGHT)
    }


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "aircraft", "end", "by_hour"),
    [
        (DAY, 164, (13, 0.55, 0.12), [(5, 0.585, 0.242), (12, 0.412, 0.243), (13, 0.483, 0.118)]),
        (
            NIGHT,
            71,
            (5, 0.74, 0.17),
            [(4, 0.674, 0.209), (4, 0.600, 0.206), (7, 0.653, 0.104), (5, 0.709, 0.181)],
        ),
    ],
)
def test_the_starting_values_give_neither_one_cluster_nor_all_noise(real, name, aircraft, end, by_hour):
    made = hours(real[name])
    positions = sum(hour.members.num_rows for hour in made)
    assert positions / real[name]["snapshot_at"].n_unique() == pytest.approx(aircraft, abs=1)
    for found, expected in zip([at_the_end(made[-1]), *of_the_hours(made)], [end, *by_hour], strict=True):
        assert found[0] == pytest.approx(expected[0], abs=1)
        assert found[1:] == pytest.approx(expected[1:], abs=0.02)


@pytest.mark.recordings
def test_a_smaller_epsilon_leaves_noise_and_a_greater_one_chains_traffic_into_one(real):
    assert at_the_end(hours(real[DAY], TOO_SMALL)[-1])[1] == pytest.approx(0.89, abs=0.01)
    assert at_the_end(hours(real[NIGHT], TOO_SMALL)[-1])[1] == 1.0
    assert at_the_end(hours(real[DAY], TOO_COARSE)[-1])[2] == pytest.approx(0.28, abs=0.01)


@pytest.fixture(scope="module")
def simulated_hours() -> list[HourOfClusters]:
    return hours(simulated(7))


def test_simulated_traffic_has_clusters_and_noise_as_the_real_one(simulated_hours):
    for clusters, noise, biggest in of_the_hours(simulated_hours):
        assert 5 <= clusters <= 40
        assert 0.3 <= noise <= 0.8
        assert biggest <= 0.3


def test_clusters_of_an_hour_are_mostly_those_of_the_hour_before(simulated_hours):
    for before, after in pairwise(simulated_hours):
        old, new = (set(hour.snapshots["cluster_id"].drop_null().to_pylist()) for hour in (before, after))
        assert len(old & new) >= 0.4 * len(old)


def test_with_a_small_epsilon_simulated_traffic_is_noise_too(simulated_hours):
    hour = cluster_hour(simulated_hours[1].hour, simulated(7), None, TOO_SMALL)
    assert (hour.label < 0).mean() > 0.75
