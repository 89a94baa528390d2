"""The summary of a day and its page."""

import base64
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from airtraffic.report import page as report_page
from airtraffic.report.cluster_summary import ClusterTables
from airtraffic.report.page import file_name, traffic_day
from airtraffic.report.summary import expected_polls, summarise
from airtraffic.report.texts import _TEXTS, LANGUAGES, Texts
from tests.unit.report_samples import clusters_of_day, no_clusters

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)


def flight_states(rows: list[dict]) -> pl.DataFrame:
    row = {
        "icao24": "e48001",
        "snapshot_at": NOON,
        "hour": 12,
        "longitude": -46.6,
        "latitude": -23.5,
        "on_ground": False,
        "origin_country": "Brazil",
        "flight_state": "cruise",
        "quadrant": "SE",
        "aircraft_in_cell": 1,
        "congestion_band": False,
        "density_congested": False,
        "is_critical": False,
        "critical_reasons": [],
        "watch_state": False,
        "is_repeat": False,
    }
    schema = {"critical_reasons": pl.List(pl.String), "aircraft_in_cell": pl.Int32}
    return pl.DataFrame([row | changed for changed in rows] or [row], schema_overrides=schema).head(len(rows))


def density(rows: list[dict]) -> pl.DataFrame:
    row = {
        "cell_id": "1_2",
        "latitude": -23.4,
        "longitude": -46.5,
        "snapshot_at": NOON,
        "aircraft": 1,
    }
    return pl.DataFrame([row | changed for changed in rows] or [row]).head(len(rows))


def coverage(rows: list[dict]) -> pl.DataFrame:
    row = {
        "hour_start": NOON,
        "polls_seen": 60,
        "polls_expected": 60,
        "empty_polls": 0,
        "sources": ["simulate"],
        "gaps": [],
    }
    gaps = pl.List(pl.Struct({"start": pl.Datetime("us", "UTC"), "end": pl.Datetime("us", "UTC")}))
    return pl.DataFrame(
        [row | changed for changed in rows], schema_overrides={"gaps": gaps, "polls_expected": pl.Int32}
    )


def page(
    states: pl.DataFrame, cells: pl.DataFrame, hours: pl.DataFrame, clusters: ClusterTables | None = None
) -> dict[str, str]:
    return traffic_day(
        date(2025, 1, 15),
        states,
        cells,
        hours,
        clusters or no_clusters(),
        box=(-60.0, 15.0, -90.0, -30.0),
        dense_cell_aircraft=5,
        complete_from=0.9,
        versions={"flight_states": 7},
    )[1]


def test_shares_name_what_they_are_a_share_of():
    summary = summarise(
        flight_states(
            [
                {"congestion_band": True},
                {"icao24": "e48002", "on_ground": True, "flight_state": "ground", "aircraft_in_cell": None},
                {"icao24": "e48003", "density_congested": True, "aircraft_in_cell": 6},
            ]
        ),
        density([{}]),
        coverage([{}]),
    )
    assert (summary.rows, summary.aircraft, summary.snapshots) == (3, 3, 1)
    assert (summary.congestion_band.count, summary.congestion_band.of) == (1, 3)
    assert (summary.dense.count, summary.dense.of) == (1, 2)
    assert summary.states == {"cruise": 2, "climb_descent_hold": 0, "manoeuvre": 0, "ground": 1, "unknown": 0}


def test_a_gap_over_the_full_hour_is_one_gap():
    one = NOON + timedelta(hours=1)
    hours = coverage(
        [
            {"gaps": [{"start": NOON + timedelta(minutes=50), "end": one}]},
            {"hour_start": one, "gaps": [{"start": one, "end": one + timedelta(minutes=10)}]},
        ]
    )
    (gap,) = summarise(flight_states([{}]), density([]), hours).gaps
    assert gap.minutes == 20


def test_an_hour_without_polls_is_expected_like_the_fullest():
    assert expected_polls(coverage([{}, {"polls_seen": 0, "polls_expected": None}])) == 120


def test_the_busiest_cell_is_the_one_with_most_aircraft_at_once():
    cells = density(
        [
            {"aircraft": 3},
            {"aircraft": 7, "snapshot_at": NOON + timedelta(minutes=1)},
            {"cell_id": "9_9", "aircraft": 5},
        ]
    )
    first, second = summarise(flight_states([{}]), cells, coverage([{}])).cells
    assert (first.cell_id, first.aircraft, first.at.minute, first.snapshots) == ("1_2", 7, 1, 2)
    assert second.cell_id == "9_9"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_that_traffic_is_simulated_and_incomplete(simulated, language):
    html = simulated[language]
    texts = Texts(language)
    assert texts["simulated"] in html
    assert texts["incomplete"].format(seen="20", expected="60", percent=texts.percent(100 / 3)) in html
    assert html.count("<svg") == 3


def test_a_day_without_traffic_is_a_page_that_says_so():
    html = page(flight_states([]), density([]), coverage([{"polls_seen": 0}]))["en"]
    assert Texts("en")["empty"] in html


def test_the_same_day_gives_the_same_bytes(with_clusters):
    assert with_clusters == page(flight_states([{}]), density([{}]), coverage([{}]), clusters_of_day())


@pytest.fixture(scope="module")
def simulated() -> dict[str, str]:
    """A third of the polls of a simulated hour, without clusters."""
    return page(flight_states([{}]), density([{}]), coverage([{"polls_seen": 20}]))


@pytest.fixture(scope="module")
def with_clusters() -> dict[str, str]:
    return page(flight_states([{}]), density([{}]), coverage([{}]), clusters_of_day())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_without_clusters_yet_says_so(simulated, language):
    html, texts = simulated[language], Texts(language)
    assert texts["no_clusters"] in html
    assert html.count(texts["no_hotspots"]) == 2
    assert "<img" not in html


@pytest.mark.parametrize(
    ("language", "trend", "new"), [("en", "+25 % (3 d)", "new (2 d)"), ("es", "+25 % (3 d)", "nueva (2 d)")]
)
def test_clusters_and_hotspots_are_told_with_their_place_and_trend(with_clusters, language, trend, new):
    html, texts = with_clusters[language], Texts(language)
    assert texts["no_clusters"] not in html
    assert texts["no_hotspots"] not in html
    assert "2025-01-15T12-00" in html
    assert "Bogota (SKBO)" in html
    assert trend in html
    assert new in html
    assert "30 / 2" in html
    assert texts["cluster_map"].format(start="13:00", end="14:00") in html
    assert html.count("<svg") == 4


def test_the_picture_of_the_busiest_hour_is_in_the_page(with_clusters):
    (picture,) = re.findall(r'<img src="data:image/png;base64,([^"]+)"', with_clusters["en"])
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_clusters_without_hotspots_are_a_page():
    made, nothing = clusters_of_day(), no_clusters()
    html = page(
        flight_states([{}]),
        density([{}]),
        coverage([{}]),
        ClusterTables(made.snapshots, made.quality, nothing.hotspots),
    )["en"]
    assert html.count(Texts("en")["no_hotspots"]) == 2


def test_every_text_that_the_page_names_is_there():
    template = (Path(report_page.__file__).parent / "templates" / "traffic_day.html.j2").read_text()
    names = re.findall(r't\["(\w+)"\]', template)
    assert names
    assert sorted(set(names) - set(_TEXTS)) == []


def test_numbers_follow_the_language():
    assert Texts("es").number(1234.5, 1) == "1.234,5"
    assert Texts("en").number(1234.5, 1) == "1,234.5"
    assert file_name(date(2025, 1, 15), "es") == "traffic_2025-01-15.es.html"


def test_text_from_outside_is_escaped():
    html = page(
        flight_states([{"origin_country": "<script>alert(1)</script>"}]), density([]), coverage([{}])
    )["en"]
    assert "<script>" not in html
