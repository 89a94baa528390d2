"""A day of clusters from its hours, and the score of a sweep."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from airtraffic.cluster_day import day_of_clusters, digest
from airtraffic.cluster_score import MOST_IN_ONE, MOST_NOISE, cluster_score, within_bounds

DAY = date(2025, 6, 25)


def hours(*rows: dict) -> pl.DataFrame:
    """Rows of ``cluster_quality``, an hour each."""
    usual = {
        "clusters": 10,
        "potential": 40,
        "outliers": 30,
        "noise_share": 0.5,
        "biggest_share": 0.1,
        "agreement": 0.6,
        "positions": 100,
        "coverage": 1.0,
        "parameters": "{}",
        "sources": ["simulate"],
    }
    start = datetime(2025, 6, 25, tzinfo=UTC)
    return pl.DataFrame(
        [usual | {"hour_start": start + n * timedelta(hours=1)} | row for n, row in enumerate(rows)]
    )


def test_shares_of_a_day_are_means_of_its_hours_and_the_biggest_cluster_is_the_worst_hour():
    quality = hours(
        {"clusters": 4, "noise_share": 0.8, "biggest_share": 0.05, "positions": 100},
        {"clusters": 12, "noise_share": 0.4, "biggest_share": 0.2, "positions": 300, "parameters": "last"},
    )
    row = day_of_clusters(DAY, quality.reverse())
    assert (row["hours"], row["clusters_mean"], row["clusters_min"], row["clusters_max"]) == (2, 8, 4, 12)
    assert row["noise_share"] == pytest.approx(0.6)
    assert (row["biggest_share"], row["positions"], row["parameters"]) == (0.2, 400, "last")
    assert row["traffic_variability"] == pytest.approx(0.7071, abs=1e-4)


def test_what_is_not_known_of_an_hour_is_left_out_of_the_day_and_never_counted_as_0():
    quality = hours(
        {"agreement": None, "noise_share": None, "coverage": None, "positions": 0, "sources": []},
        {"sources": ["opensky", "replay"]},
    )
    row = day_of_clusters(DAY, quality)
    assert (row["agreement"], row["noise_share"], row["coverage"]) == (0.6, 0.5, 1.0)
    assert row["sources"] == ["opensky", "replay"]
    alone = day_of_clusters(DAY, hours({"agreement": None}).cast({"agreement": pl.Float64}))
    assert (alone["agreement"], alone["traffic_variability"]) == (None, None)


def test_hours_that_nobody_polled_are_no_hours_of_the_day():
    polled = [{"positions": 90}, {"positions": 110}]
    gap = {"clusters": 0, "potential": 0, "outliers": 0, "positions": 0, "noise_share": None, "coverage": 0.0}
    unpolled = [gap | {"biggest_share": None, "agreement": None, "parameters": "of nothing"}] * 2
    assert day_of_clusters(DAY, hours(*polled, *unpolled)) == day_of_clusters(DAY, hours(*polled))


def test_the_digest_changes_with_any_value_and_not_with_the_order_of_rows_or_columns():
    rows = hours({}, {"clusters": 11})
    assert digest(rows) == digest(rows.reverse().select(sorted(rows.columns, reverse=True)))
    assert digest(rows) != digest(rows.with_columns(pl.col("noise_share") + 1e-12))
    assert digest(rows, rows) != digest(rows)


def test_the_score_falls_with_noise_chaining_disagreement_and_flicker():
    good = cluster_score(0.4, 0.15, 0.7, 0.7)
    assert 0 < good < 1
    for worse in ((0.6, 0.15, 0.7, 0.7), (0.4, 0.3, 0.7, 0.7), (0.4, 0.15, 0.5, 0.7), (0.4, 0.15, 0.7, 0.5)):
        assert cluster_score(*worse) < good
    assert cluster_score(0.4, 0.15, -0.1, 0.7) == cluster_score(None, None, 1.0, 1.0) == 0.0
    assert cluster_score(0.4, 0.6, 1.0, 1.0) == 0.0


def test_bounds_include_their_ends():
    assert within_bounds(MOST_NOISE, MOST_IN_ONE)
    assert not within_bounds(MOST_NOISE + 0.01, 0.1)
    assert not within_bounds(0.5, MOST_IN_ONE + 0.01)
