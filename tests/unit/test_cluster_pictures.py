"""Clusters and hotspots of a day in figures, and their pictures."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

from airtraffic.cluster_tables import CLUSTER_DAY, HOTSPOTS
from airtraffic.report.cluster_days import cluster_days
from airtraffic.report.cluster_map import cluster_map
from airtraffic.report.cluster_summary import ClusterTables
from airtraffic.report.places import coordinates, place
from airtraffic.report.texts import LANGUAGES, Texts
from tests.unit.report_samples import BOGOTA, NOON, SAO_PAULO, clusters_of_day, frame, hotspot, no_clusters

ONE = NOON + timedelta(hours=1)


@pytest.fixture(scope="module")
def day() -> ClusterTables:
    return clusters_of_day()


@pytest.fixture(scope="module")
def hour(day) -> tuple[pl.DataFrame, pl.DataFrame]:
    of_hour = pl.col("hour_start") == ONE
    return day.snapshots.filter(of_hour), day.hotspots.filter(of_hour)


def test_the_busiest_hour_has_most_positions(day):
    assert day.busiest_hour == ONE


def test_a_cluster_is_told_once_at_its_biggest_as_aircraft_that_stay(day):
    first, second = day.biggest()
    assert (first.cluster_id, first.hour_start, first.hours) == ("2025-01-15T12-00", ONE, 2)
    assert first.aircraft == pytest.approx(2)
    assert (first.latitude, first.longitude) == pytest.approx((-23.3, -46.8))
    assert (second.cluster_id, second.hours) == ("2025-01-15T12-01", 1)


def test_a_place_is_told_once_in_its_busiest_hour(day):
    first, second = day.places("all")
    assert (first.row["aircraft_at_a_time"], first.hours, first.is_new) == (8.0, 2, False)
    assert first.trend_percent == pytest.approx(25)
    assert (second.hours, second.trend_percent, second.is_new) == (1, None, True)


def test_places_of_congestion_are_ordered_by_what_is_congested_per_poll():
    often = hotspot(
        SAO_PAULO, kind="congestion", band_rows=30, dense_cells=0, aircraft_at_a_time=3.0, polls=20
    )
    seldom = hotspot(BOGOTA, kind="congestion", band_rows=40, dense_cells=0, aircraft_at_a_time=9.0)
    empty = no_clusters()
    tables = ClusterTables(empty.snapshots, empty.quality, frame(HOTSPOTS, [seldom, often]))
    assert [spot.row["band_rows"] for spot in tables.places("congestion")] == [30, 40]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_hour_is_the_same_picture(hour, language):
    picture = cluster_map(*hour, Texts(language))
    assert picture.startswith(b"\x89PNG\r\n")
    assert b"tIME" not in picture
    assert b"Matplotlib" not in picture
    shuffled = (rows.sample(fraction=1, shuffle=True, seed=1) for rows in hour)
    assert picture == cluster_map(*shuffled, Texts(language))


def test_an_hour_without_clusters_or_hotspots_has_a_picture(hour):
    snapshots, hotspots = hour
    texts = Texts("en")
    noise = snapshots.filter(pl.col("cluster_id").is_null())
    assert cluster_map(noise, hotspots.clear(), texts).startswith(b"\x89PNG")
    assert cluster_map(snapshots.clear(), hotspots.clear(), texts).startswith(b"\x89PNG")


def labels(monkeypatch, *tables) -> set[str]:
    """The texts of the legend of a map."""
    from matplotlib.figure import Figure

    found: set[str] = set()
    legend = Figure.legend

    def spied(figure, *, handles, **options):
        found.update(handle.get_label() for handle in handles)
        return legend(figure, handles=handles, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Figure, "legend", spied)
        cluster_map(*tables, Texts("en"))
    return found


def test_the_legend_names_what_is_drawn_and_nothing_else(hour, monkeypatch):
    snapshots, hotspots = hour
    spots = {kind: hotspots.filter(pl.col("kind") == kind) for kind in ("all", "congestion")}
    assert labels(monkeypatch, snapshots.clear(), hotspots.clear()) == set()
    assert labels(monkeypatch, snapshots.clear(), spots["all"]) == {"hotspot, all traffic"}
    assert labels(monkeypatch, snapshots.clear(), spots["congestion"]) == {"hotspot, congestion"}
    whole = labels(monkeypatch, snapshots, hotspots)
    assert whole > {"hotspot, all traffic", "hotspot, congestion"}
    assert not any("hotspot" in label for label in labels(monkeypatch, snapshots, hotspots.clear()))


def test_an_outline_of_several_parts_is_drawn(hour):
    square = json.loads(hotspot(SAO_PAULO)["polygon"])["coordinates"]
    other = json.loads(hotspot(BOGOTA)["polygon"])["coordinates"]
    parts = json.dumps({"type": "MultiPolygon", "coordinates": [square, other]})
    apart = frame(HOTSPOTS, [hotspot(SAO_PAULO, polygon=parts)])
    snapshots = hour[0].clear()
    texts = Texts("en")
    assert cluster_map(snapshots, apart, texts) != cluster_map(
        snapshots, frame(HOTSPOTS, [hotspot(SAO_PAULO)]), texts
    )


def test_a_place_is_an_airport_or_coordinates_in_the_language():
    english, spanish = Texts("en"), Texts("es")
    assert place(4.7, -74.14, english) == "Bogota (SKBO)"
    assert place(5.1, -74.14, spanish) == "a 24 NM de Bogota (SKBO)"
    assert place(-45.0, -30.0, spanish) == coordinates(-45.0, -30.0, spanish) == "45,00° S, 30,00° O"
    assert coordinates(4.5, 7.25, english) == "4.50° N, 7.25° E"


def of_day(day: date, **changed) -> dict:
    row = {
        "date": day,
        "hours": 24,
        "clusters_mean": 9.5,
        "clusters_min": 7,
        "clusters_max": 12,
        "noise_share": 0.6,
        "biggest_share": 0.2,
        "agreement": 0.7,
        "traffic_variability": 0.3,
        "coverage": 1.0,
    }
    return row | changed


def test_thirty_days_are_compared_and_others_do_not_show():
    until = date(2025, 6, 30)
    days = [of_day(until - timedelta(days=n), agreement=None if n == 3 else 0.7) for n in range(29)]
    days[5] |= {"coverage": 0.4, "clusters_mean": None}
    rows = frame(CLUSTER_DAY, days)
    picture = cluster_days(rows, until, Texts("en"))
    assert picture.startswith(b"\x89PNG\r\n")
    others = frame(CLUSTER_DAY, [of_day(until + timedelta(days=1)), of_day(until - timedelta(days=30))])
    assert picture == cluster_days(pl.concat([others, rows[::-1]]), until, Texts("en"))
    assert picture != cluster_days(rows, until, Texts("es"))


def test_a_day_of_which_a_few_hours_were_polled_is_hollow_like_one_with_few_polls_in_each_hour():
    day = date(2025, 6, 30)
    pictures = [
        cluster_days(frame(CLUSTER_DAY, [of_day(day, **changed)]), day, Texts("en"))
        for changed in ({}, {"hours": 3}, {"coverage": 0.5})
    ]
    assert pictures[0] != pictures[1] == pictures[2]


def test_a_first_day_has_a_picture():
    rows = frame(CLUSTER_DAY, [of_day(date(2025, 6, 1), agreement=None, coverage=None)])
    assert cluster_days(rows, date(2025, 6, 1), Texts("es")).startswith(b"\x89PNG")
    assert cluster_days(rows.clear(), date(2025, 6, 1), Texts("es")).startswith(b"\x89PNG")
