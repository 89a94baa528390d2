"""The forecast report of a day with forecasts of congestion, on a real lake."""

import os

import dagster as dg
import pytest

from airtraffic.congestion_tables import CONGESTION_FORECAST, CONGESTION_GRID
from assets.forecast_report import forecast_report
from orchestration.resources.lake import LakeResource
from orchestration.resources.reports import ReportsResource
from tests.assets.ticks import Ticks
from tests.unit.forecast_report_samples import DAY, congestion_counts, congestion_forecasts
from tests.unit.test_forecast_page import cells

KEY = DAY.isoformat()


@pytest.fixture(scope="module")
def resources(tmp_path_factory) -> dict:
    place = tmp_path_factory.mktemp("congestion")
    lake = LakeResource(root=str(place / "lake"))
    for table, rows in (
        (CONGESTION_GRID, congestion_counts()),
        (CONGESTION_FORECAST, congestion_forecasts()),
    ):
        lake.append(table.name, rows.to_arrow().cast(table.schema))
    return {"lake": lake, "reports": ReportsResource(root=str(place / "reports"))}


def made(resources: dict, key: str = KEY) -> tuple[dict, dict[str, str]]:
    """Metadata, and pages by language."""
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([forecast_report], instance=instance, resources=resources, partition_key=key)
    (event,) = done.get_asset_materialization_events()
    root = resources["reports"].root
    pages = {}
    for language in ("en", "es"):
        with open(os.path.join(root, f"forecast/{key}/index.{language}.html"), encoding="utf-8") as file:
            pages[language] = file.read()
    return dict(event.materialization.metadata), pages


def test_the_page_tells_of_congestion_and_is_the_same_when_made_again(resources):
    metadata, pages = made(resources)
    # Forecasts of 16 zones: all at three horizons, and of 30 min those of the first 50 polls.
    assert metadata["congestion_forecasts_compared"].value == 16 * (3 * 60 + 50)
    assert cells(pages["en"], "held")[3][:5] == ["quadrants", "30 (30 min)", "100", "0.250", "0.17"]
    assert len(cells(pages["es"], "marked")) == 12
    assert pages["en"].count('src="data:image/png') == 1
    # The forecasts name an LSTM that the lake has no more.
    assert "No simulation: the tables do not have the LSTM of these forecasts any more" in pages["en"]
    assert "congestion_grid 1" in pages["en"]
    assert made(resources)[1] == pages


def test_a_day_without_any_says_so(resources):
    _, pages = made(resources, "2024-07-02")
    assert "No forecast of congestion was issued on this day" in pages["en"]


def test_the_page_follows_congestion_of_its_day_and_does_not_wait_for_it():
    assert {"congestion_forecast"} < {
        dependency.asset_key.to_user_string()
        for dependency in forecast_report.specs_by_key[forecast_report.key].deps
    }
    names = ("forecast_report",)
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(instance, names, evaluated=("demand_forecast", "congestion_forecast", *names))
        ticks.report("congestion_forecast", "2025-06-20-09:00")
        assert ticks.settle() == [], "there is no forecast of demand of the day"
        ticks.report("demand_forecast", "2025-06-20", "2025-06-21")
        assert ticks.settle() == [{"forecast_report": {"2025-06-20", "2025-06-21"}}], (
            "with and without congestion"
        )
        ticks.report("congestion_forecast", "2025-06-21-23:00")
        assert ticks.settle() == [{"forecast_report": {"2025-06-21"}}]
