"""The capacity report from a dropped file to the page in a browser, and on paper."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets import sectors
from assets.capacity_report import capacity_report
from assets.flights import flights
from cli.pdf import find_chromium, print_page
from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource
from orchestration.resources.reports import ReportsResource
from tests.assets.flight_files import drop
from tests.integration.file_readers import read_files

pytestmark = pytest.mark.browser
TEN = datetime(2022, 7, 1, 10)
MADE = [
    flights,
    sectors.sector_flights,
    sectors.sector_entries,
    sectors.sector_occupancy,
    sectors.sector_capacity,
    sectors.peak_hours,
    sectors.sector_saturation,
    sectors.overload_segments,
    sectors.sector_alerts,
    sectors.sector_adjustments,
    capacity_report,
]
WAVE = [TEN + timedelta(seconds=50 * n) for n in range(90)]
"""Departures from Congonhas to Santos Dumont for 75 minutes, 72 an hour where 62 are the capacity."""
SINGLE = [TEN.replace(hour=hour, minute=37) for hour in (1, 7, 18, 23)]
DEPARTURES = sorted(WAVE + SINGLE)
MINUTES = [40 + n % 7 for n in range(len(DEPARTURES))]


def entries_from(start: datetime) -> list[datetime]:
    return [at for at in DEPARTURES if start <= at < start + timedelta(hours=1)]


QUARTERS = [TEN.replace(hour=0) + timedelta(minutes=15 * n) for n in range(96)]
D_MAX = max(len(entries_from(start)) for start in QUARTERS)
CAPACITY = 3600 / ((10 + 16 + 8 + 6) * 1.3) * 0.9
OVER = [start for start in QUARTERS if len(entries_from(start)) > CAPACITY]
OVERLOADED = [at for at in DEPARTURES if OVER[0] <= at < OVER[-1] + timedelta(hours=1)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """The folder of the day's pages, made of one dropped file."""
    folder = tmp_path_factory.mktemp("capacity")
    lake, inbox = LakeResource(root=str(folder / "lake")), InboxResource(root=str(folder / "in"), settled_s=0)
    rows = pl.DataFrame(
        {
            "flightid": [f"<script>{n}</script>" for n in range(len(DEPARTURES))],
            "origin": "SBSP",
            "destination": "SBRJ",
            "dep_utc": DEPARTURES,
            "arr_utc": [at + timedelta(minutes=m) for at, m in zip(DEPARTURES, MINUTES, strict=True)],
            "file_day": [TEN.date()] * len(DEPARTURES),
        }
    )
    drop(Path(inbox.root), "bimtra", "july.csv", rows)
    read_files(lake, inbox)
    resources = {"lake": lake, "reports": ReportsResource(root=str(folder / "reports"))}
    assert dg.materialize(MADE, partition_key=f"{TEN:%Y-%m-%d}", resources=resources).success
    return folder / "reports" / "capacity" / f"{TEN:%Y-%m-%d}"


def test_the_sample_is_an_overload():
    assert (D_MAX, len(OVER), len(OVERLOADED)) == (72, 2, 90)


@pytest.mark.parametrize(
    ("language", "level", "number"),
    [
        ("en", "critical", lambda value, digits: f"{value:.{digits}f}"),
        ("es", "crítica", lambda value, digits: f"{value:.{digits}f}".replace(".", ",")),
    ],
)
def test_the_page_shows_what_the_file_comes_to(pages, page, language, level, number):
    page.goto((pages / f"BR-SAO-RIO.{language}.html").as_uri())
    tiles = {name: page.inner_text(f"#{name}") for name in ("is", "d_max", "capacity", "entries")}
    assert tiles == {
        "is": f"{number(D_MAX / CAPACITY * 100, 1)} %",
        "d_max": str(D_MAX),
        "capacity": number(CAPACITY, 2),
        "entries": str(len(DEPARTURES)),
    }
    assert page.locator(".verdict .chip").inner_text() == level
    tps = sum(MINUTES) / len(MINUTES) * 60
    assert f"TPS = {tps:,.1f}".translate(str.maketrans(",.", ".,") if language == "es" else {}) in (
        page.inner_text(".formula")
    )
    overload = page.locator("#overloads tbody").inner_text()
    assert [f"{OVER[0]:%H:%M}", f"{OVER[-1] + timedelta(hours=1):%H:%M}"] == overload.split()[:2]
    assert re.findall(r"(\d\d:\d\d) SBSP-SBRJ", overload) == [f"{at:%H:%M}" for at in OVERLOADED]
    assert page.locator("details tr").count() == 1 + len(DEPARTURES)
    assert page.locator("script").count() == 0, "what a file says is text"


@pytest.mark.parametrize("name", ["BR-SAO-RIO.en", "BR-SAO-RIO.es", "index.es"])
@pytest.mark.parametrize("width", [1280, 400])
def test_no_page_is_wider_than_its_window(pages, page, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((pages / f"{name}.html").as_uri())
    page.evaluate("for (const hidden of document.querySelectorAll('details')) hidden.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_prints(chromium, pages, tmp_path):
    pdf = tmp_path / "page.pdf"
    print_page(find_chromium(), pages / "BR-SAO-RIO.en.html", pdf)
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) in (2, 3)
