"""Season, growth, saturation ahead, what-if and the forecast report, on a real lake."""

import re
from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pyarrow as pa
import pytest

from airtraffic.demand_tables import DAILY_DEMAND, DEMAND_CHAMPIONS, DEMAND_FORECAST, FORECAST_ACCURACY
from airtraffic.errors import AirTrafficError
from airtraffic.route_tables import AIRLINE_MONTHLY
from airtraffic.sector_finding_tables import PEAK_HOURS
from airtraffic.sector_tables import SECTOR_CAPACITY, SECTOR_SATURATION
from airtraffic.table import Table
from assets import forecast_report, saturation_forecast, seasonal, what_if
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.resources.reports import ReportsResource
from tests.assets.mlflow_samples import mlflow_below
from tests.assets.ticks import Ticks
from tests.unit.forecast_report_samples import (
    DAY,
    accuracy,
    champions,
    filled,
    forecasts,
    history,
    named,
)

SECTOR = "CO-BOG-MDE"
KEY = DAY.isoformat()


def write(lake: LakeResource, table: Table, rows: pl.DataFrame) -> None:
    lake.append(table.name, filled(table, rows).to_arrow().cast(table.schema))


def sector_rows(days: list[date]) -> dict[Table, pl.DataFrame]:
    """Capacity and peak hours of the day of issue, and the saturation of the weeks before it."""
    hours = [
        (SECTOR, weekday, hour, 2.0 if hour == 12 else 1.0 if 6 <= hour < 20 else 0.0, DAY)
        for weekday in range(7)
        for hour in range(24)
    ]
    seen = [(SECTOR, "observed", 1.2 * 400 * 2 / 15, 400.0, False, ["file"], day, day) for day in days]
    return {
        PEAK_HOURS: pl.DataFrame(
            hours, schema=["sector", "weekday", "hour", "intensity", "date"], orient="row"
        ),
        SECTOR_CAPACITY: pl.DataFrame({"sector": [SECTOR], "ch_adjusted_per_h": [62.3], "date": [DAY]}),
        SECTOR_SATURATION: pl.DataFrame(
            seen,
            schema=["sector", "basis", "d_max", "entries", "coverage_marked", "sources", "day", "date"],
            orient="row",
        ),
    }


def months() -> pl.DataFrame:
    """Sixteen full months of a growing airline, and the open one."""
    rows = []
    for at in range(18):
        month = date(2023 + at // 12, at % 12 + 1, 1)
        days, full = monthrange(month.year, month.month)[1], at < 17
        rows.append(("AVA", 4000 + 120 * at + 7 * (at % 3), days if full else 3, days, full, ["file"], month))
    schema = ["airline", "flights", "days_with_data", "days", "full_month", "sources", "date"]
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("forecasts")


@pytest.fixture(scope="module")
def resources(place) -> dict:
    lake = LakeResource(root=str(place / "lake"))
    known, due = history(), accuracy(history())
    counts = named(known).with_columns(known["date"], basis=pl.lit("counts"))
    write(lake, DAILY_DEMAND, counts)
    write(lake, DEMAND_FORECAST, named(forecasts(known, DAY)))
    write(lake, FORECAST_ACCURACY, named(due).with_columns(due["target_date"].alias("date")))
    write(lake, DEMAND_CHAMPIONS, champions().with_columns(date=pl.lit(DAY)))
    for table, rows in sector_rows([DAY - timedelta(days=n) for n in range(40)]).items():
        write(lake, table, rows)
    write(lake, AIRLINE_MONTHLY, months())
    return {
        "lake": lake,
        "mlflow": mlflow_below(place / "mlflow"),
        "reports": ReportsResource(root=str(place / "reports")),
    }


def make(resources: dict, asset: dg.AssetsDefinition, key: str = KEY) -> dict[str, dict]:
    """Metadata by asset."""
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([asset], instance=instance, resources=resources, partition_key=key)
    assert done.success
    return {
        event.asset_key.to_user_string(): dict(event.materialization.metadata)
        for event in done.get_asset_materialization_events()
    }


def rows(resources: dict, name: str) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(resources["lake"].read(name)))


def runs(mlflow: MlflowResource, experiment: str) -> list:
    client = mlflow.client()
    return client.search_runs([client.get_experiment_by_name(experiment).experiment_id])


@pytest.fixture(scope="module")
def made(resources) -> dict[str, dict]:
    return {
        **make(resources, seasonal.seasonal),
        **make(resources, seasonal.airline_growth, "2024-06"),
        **make(resources, saturation_forecast.sector_saturation_forecast),
    }


def test_every_series_has_its_parts_of_a_year_and_of_the_year_to_come(resources, made):
    table = rows(resources, "seasonal_forecast")
    assert made["seasonal_forecast"]["dagster/partition_row_count"].value == table.height == 4 * 730
    parts = pl.sum_horizontal("trend", "annual", "weekly", "holiday", "recent")
    assert table.select(((pl.col("mean") - parts).abs() < 1e-6).all()).item()
    ahead = table.filter(pl.col("horizon") > 0)
    assert ahead["target_date"].min() == DAY + timedelta(days=1)
    assert ahead.select((pl.col("lower") <= pl.col("mean")).all() & pl.col("value").is_null().all()).item()
    assert table.filter(pl.col("horizon") <= 0).select(pl.col("value").is_not_null().all()).item()
    assert made["seasonal_forecast"]["largest_series"].value == "network/flights"
    assert "data:image/png" in made["seasonal_forecast"]["decomposition"].value


def test_trends_have_sign_interval_and_breaks_in_words(resources, made):
    table = rows(resources, "seasonal_trends")
    network = table.filter(pl.col("series") == "flights").row(0, named=True)
    assert (network["direction"], network["annual_identified"]) == ("rising", True)
    assert 0 < network["slope_lower"] < network["slope_per_year"] < network["slope_upper"]
    assert (network["country"], network["sources"], network["trained_to"]) == ("CO", ["simulate"], DAY)
    closed = table.filter(pl.col("series") == "SKBO").row(0, named=True)
    assert "next to no traffic from 2023-09-01 until 2023-10-31" in closed["notes"][0]
    assert made["seasonal_trends"]["rising"].value == table.filter(direction="rising").height


def test_season_and_growth_are_recorded_once_for_the_same_content(resources, made):
    mlflow, before = resources["mlflow"], rows(resources, "seasonal_trends")
    (run,) = runs(mlflow, "seasonal")
    assert run.data.tags["dagster/asset_key"] == "seasonal_trends"
    assert run.data.tags["airtraffic/data_version"] == str(resources["lake"].version("daily_demand"))
    assert run.data.params["annual_terms"] == "10"
    assert {file.path for file in mlflow.client().list_artifacts(run.info.run_id)} == {"trends.json"}
    again = make(resources, seasonal.seasonal)
    assert again["seasonal_trends"]["mlflow_run_reused"].value is True
    assert rows(resources, "seasonal_trends").equals(before)
    assert len(runs(mlflow, "seasonal")) == len(runs(mlflow, "growth")) == 1


def test_growth_counts_full_months_alone(resources, made):
    (row,) = rows(resources, "airline_growth").to_dicts()
    assert (row["airline"], row["months"], row["last_month"]) == ("AVA", 17, date(2024, 5, 1))
    assert (row["label"], row["date"]) == ("expansion", date(2024, 6, 1))
    assert row["lower"] < 120 < row["upper"]
    assert "data:image/png" in made["airline_growth"]["slopes"].value


def test_sectors_have_their_saturation_of_the_week_to_come(resources, made):
    table = rows(resources, "sector_saturation_forecast")
    assert (table["sector"].unique().to_list(), table["horizon"].to_list()) == ([SECTOR], list(range(1, 8)))
    first = table.row(0, named=True)
    assert first["peak_factor"] == pytest.approx(1.2)
    assert first["d_max"] == pytest.approx(1.2 * first["entries"] * 2 / 15)
    assert first["saturation_percent"] == pytest.approx(100 * first["d_max"] / 62.3)
    assert (first["model"], first["level_upper"]) == ("seasonal_naive", "critical")


def test_the_report_says_it_in_both_languages(resources, made, place):
    told = make(resources, forecast_report.forecast_report)["forecast_report"]
    english, spanish = (
        (place / f"reports/forecast/{KEY}/index.{language}.html").read_text() for language in ("en", "es")
    )
    assert told["page_es"].value.endswith(f"forecast/{KEY}/index.es.html")
    assert "SIMULATED TRAFFIC" in english
    assert "TRÁFICO SIMULADO" in spanish
    for words in ("expansion", "rising", "next to no traffic", 'id="strip"', "seasonal_trends "):
        assert words in english
    inside = rows(resources, "forecast_accuracy")["inside"].mean()
    assert told["coverage_of_30_days"].value == pytest.approx(inside, abs=0.01)


def test_a_forecast_brings_its_saturation_and_page_and_a_training_its_seasons():
    evaluated = [
        "demand_forecast",
        "demand_models",
        "sector_capacity",
        "sector_saturation",
        "sector_saturation_forecast",
        "seasonal_forecast",
        "seasonal_trends",
        "forecast_report",
    ]
    shown = ["sector_saturation_forecast", "forecast_report", "seasonal_forecast", "seasonal_trends"]
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(instance, shown, evaluated=evaluated)
        ticks.report("sector_capacity", "2025-06-20")
        assert ticks.settle() == [], "there is no forecast to set against it"
        ticks.report("demand_forecast", "2025-06-20", "2025-06-26")
        first, *rest = ticks.settle()
        assert first["sector_saturation_forecast"] == {"2025-06-20"}, "the 26th is not over"
        assert {key for asked in [first, *rest] for key in asked["forecast_report"]} == {"2025-06-20"}
        ticks.report("sector_saturation", "2025-06-10")
        assert ticks.settle() == [], "how peaks stand out changes by a fifty-sixth"
        ticks.report("sector_capacity", "2025-06-20")
        assert ticks.settle()[0]["sector_saturation_forecast"] == {"2025-06-20"}
        ticks.report("demand_models", "2025-06-22")
        assert ticks.settle()[0] == {
            name: {"2025-06-22"} for name in ("seasonal_forecast", "seasonal_trends")
        }


def ask(resources: dict, **asked) -> dg.ExecuteInProcessResult:
    config = {"ops": {"what_if": {"config": {"day": KEY, **asked}}}}
    return what_if.what_if_job.execute_in_process(config, resources=resources, raise_on_error=True)


def told(done: dg.ExecuteInProcessResult) -> dict:
    (event,) = [event for event in done.all_events if event.is_successful_output]
    return dict(event.step_output_data.metadata)


def test_growth_of_the_network_moves_its_forecast_and_every_sector(resources, made, place):
    versions = {
        name: resources["lake"].version(name) for name in ("demand_forecast", "sector_saturation_forecast")
    }
    numbers = told(ask(resources, growth_percent=10, language="es"))
    assert numbers["change_percent"].value == pytest.approx(10)
    champion, other = (
        numbers[f"highest_saturation_percent_{whose}"].value for whose in ("champion", "what_if")
    )
    assert other == pytest.approx(1.1 * champion)
    page = Path(numbers["page"].value)
    assert page.is_relative_to(place / "reports" / "what_if" / KEY)
    assert "Y si" in page.read_text()
    assert {name: resources["lake"].version(name) for name in versions} == versions
    (run,) = runs(resources["mlflow"], "what_if")
    assert run.data.metrics["change_percent"] == pytest.approx(10)


def test_another_forest_is_tried_out_and_stands_beside_the_champion(resources, made):
    asked = {"model": "demand_forest", "trees": 5, "rows": 500, "kind": "sector", "series": SECTOR}
    numbers = told(ask(resources, **asked))
    assert 0.3 < numbers["backtest_vs_naive"].value < 1.5
    assert abs(numbers["change_percent"].value) < 30
    assert numbers["highest_saturation_percent_what_if"].value > 0
    assert "data:image/png" in numbers["picture"].value


def test_a_series_that_was_not_published_is_continued_by_what_there_is(resources, made):
    numbers = told(ask(resources, model="seasonal_fourier", weekly_terms=2, kind="airport", series="SKBO"))
    assert numbers["champion"].value == "seasonal_naive"
    earlier = (DAY - timedelta(days=10)).isoformat()
    numbers = told(ask(resources, day=earlier, kind="airport", series="SKBO"))
    assert numbers["champion"].value == "seasonal_naive"
    assert numbers["change_percent"].value == pytest.approx(0)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (
            {"kind": "airport", "series": "SKBQ"},
            "no airport 'SKBQ' is forecast on 2024-06-30; of 1 there are SKBO",
        ),
        ({"kind": "route", "series": "A-B"}, "no series of kind 'route' is forecast"),
        ({"day": "2019-01-01"}, "daily_demand has 2023-05-28 to 2024-06-30"),
        ({"day": "2024-02-31"}, "expected a day such as 2024-06-30"),
        ({"trees": 50}, "model is 'champion', which has no trees; set model to demand_forest"),
    ],
)
def test_what_cannot_be_asked_says_what_can(resources, made, asked, error):
    with pytest.raises(AirTrafficError, match=re.escape(error)):
        ask(resources, **asked)


def test_an_empty_lake_gives_empty_tables_and_a_page_that_says_so(place, resources, tmp_path):
    bare = resources | {"lake": LakeResource(root=str(tmp_path / "lake"))}
    assert make(bare, seasonal.seasonal)["seasonal_trends"]["dagster/partition_row_count"].value == 0
    assert make(bare, saturation_forecast.sector_saturation_forecast)
    bare |= {"reports": ReportsResource(root=str(tmp_path / "reports"))}
    make(bare, forecast_report.forecast_report)
    page = (tmp_path / f"reports/forecast/{KEY}/index.en.html").read_text()
    assert "No forecast was issued on this day" in page
    assert isinstance(bare["lake"].read("seasonal_forecast"), pa.Table)
