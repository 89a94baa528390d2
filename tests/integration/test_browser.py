"""What a person sees in a real browser."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cli.apache_kafka import free_port
from cli.child import Child

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A data folder after a small demo."""
    folder = tmp_path_factory.mktemp("data")
    environment = {**os.environ, "AIRTRAFFIC_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    for name in ("KAFKA_HOME", "KAFKA_BOOTSTRAP_SERVERS", "AIRTRAFFIC_LAKE"):
        environment.pop(name, None)
    subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--hours", "2", "--aircraft", "40"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def dagster_ui(data) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "AIRTRAFFIC_DATA": str(data),
        "DAGSTER_HOME": str(data / "dagster"),
        "PYTHONPATH": str(ROOT),
    }
    command = [str(Path(sys.executable).parent / "dagster-webserver"), "-w", "workspace.yaml"]
    server = Child(
        "dagster-webserver", [*command, "-h", "127.0.0.1", "-p", str(port)], data / "ui.log", environment
    )
    try:
        deadline = time.monotonic() + 90
        while not answers(url):
            server.check()
            assert time.monotonic() < deadline, server.failure("did not answer")
            time.sleep(0.5)
        yield url
    finally:
        server.stop()


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}/server_info", timeout=2).status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def test_the_asset_graph_is_shown(page, dagster_ui):
    groups = ",".join(f"global@global:{name}" for name in ("bronze", "silver", "features", "reports"))
    # The graph draws only what is in view.
    page.set_viewport_size({"width": 4000, "height": 4300})
    page.goto(f"{dagster_ui}/asset-groups/?expanded={groups}")
    for name in ("state_vectors", "poll_coverage", "flight_states", "hourly_traffic", "daily_report"):
        page.get_by_text(name, exact=True).first.wait_for(timeout=60_000)
    page.set_viewport_size({"width": 1500, "height": 900})


def test_a_materialized_partition_is_shown_with_its_metadata(page, dagster_ui):
    page.goto(f"{dagster_ui}/assets/flight_states?view=partitions&partition=2025-01-15-01%3A00")
    page.get_by_text("2025-01-15-01:00").first.wait_for(timeout=60_000)
    page.get_by_text("Materialized").first.wait_for(timeout=60_000)


@pytest.mark.parametrize(("language", "words"), [("en", "SIMULATED TRAFFIC"), ("es", "TRÁFICO SIMULADO")])
def test_the_report_page_shows_its_figures_and_pictures(page, data, language, words):
    page.goto((data / "reports" / f"traffic_2025-01-15.{language}.html").as_uri())
    assert words in page.inner_text("body")
    assert page.locator("svg").count() == 4
    assert page.evaluate("document.querySelector('img').naturalWidth") > 800
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
