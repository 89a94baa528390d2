"""The forecast report says what the tables say, in both languages."""

import re
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from airtraffic.report.forecast_page import file_name, forecast_page
from airtraffic.report.forecast_pictures import spark
from airtraffic.report.forecast_summary import accuracy, growth_month, week_ends
from airtraffic.report.forecast_texts import ForecastTexts
from airtraffic.report.sector_outlook import sector_outlook
from airtraffic.report.what_if_page import WhatIfTexts
from tests.unit.forecast_report_samples import DAY, empty_day, forecast_day

NAMES = {"BR-SAO-RIO": "São Paulo to <Rio>"}


@pytest.fixture(scope="module")
def of_day():
    return forecast_day()


@pytest.fixture(scope="module")
def pages(of_day) -> dict[str, str]:
    versions = {"demand_forecast": 3, "airline_growth": None}
    return {language: forecast_page(of_day, language, versions, NAMES) for language in ("en", "es")}


def cells(page: str, id_: str) -> list[list[str]]:
    """Texts of a table's rows, without markup."""
    table = re.search(rf'id="{id_}">(.*?)</table>', page, re.S)[1]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.S)
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, re.S)]
        for row in rows[1:]
    ]


def tile(page: str, id_: str) -> str:
    return re.search(rf'id="{id_}">(.*?)</b>', page)[1]


def test_it_begins_with_the_network_and_its_interval(of_day, pages):
    first = of_day.ahead("network", "flights").row(0, named=True)
    assert tile(pages["en"], "first") == f"{first['mean']:,.0f}"
    assert f"(95 %: {first['lower']:,.0f} to {first['upper']:,.0f})" in pages["en"]
    assert "All flights: " in pages["en"]
    assert "Todos los vuelos: " in pages["es"]
    assert len(cells(pages["es"], "days")) == 7
    assert cells(pages["es"], "days")[0][0] == "lun 2024-07-01"


def test_numbers_have_the_language_s_separators(of_day, pages):
    coverage = 100 * of_day.forecast_accuracy["inside"].mean()
    assert tile(pages["en"], "coverage") == f"{coverage:.1f} %"
    assert tile(pages["es"], "coverage") == f"{coverage:.1f} %".replace(".", ",")


def test_accuracy_is_told_by_kind_and_days_ahead(of_day, pages):
    table = cells(pages["en"], "accuracy")
    assert [row[:2] for row in table[:4]] == [
        ["network", ahead] for ahead in ("1", "2 - 7", "8 - 30", "1 - 30")
    ]
    rows = of_day.forecast_accuracy.filter((pl.col("kind") == "network") & (pl.col("horizon") == 1))
    mape = (rows["error"].abs() / rows["actual"]).mean()
    assert table[0][2:4] == [str(rows.height), f"{100 * mape:.1f} %"]
    assert accuracy(rows.clear()) == []


def test_a_sector_s_cell_has_its_level_its_interval_and_a_bar_for_the_upper_end(of_day, pages):
    outlook = sector_outlook(of_day.sector_saturation_forecast, of_day.demand_forecast, DAY, NAMES)
    assert [week.sector for week in outlook.weeks] == ["BR-SAO-RIO", "CO-BOG-MDE", "CO-BOG-TMA"]
    assert len(outlook.full) == 2
    table = cells(pages["en"], "strip")
    assert table[0][0].startswith("São Paulo to &lt;Rio&gt; 62.3/h")
    assert table[0][1:8] == [
        "66 % 56 - 79", "72 % 61 - 86", "78 % 66 - 94", "84 % 71 - 101", "90 % 76 - 108", "96 % 82 - 115",
        "102 % 87 - 122",
    ]  # fmt: skip
    assert pages["en"].count('class="alert to_critical"') == 3
    assert pages["en"].count('class="critical"') == 1
    assert table[2][1] == "- -", "without a capacity there is no level"
    assert tile(pages["en"], "sectors") == "2"
    assert "forecast but without a capacity, so without a level: 1" in pages["en"]


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_what_is_not_forecast_of_the_declared_sectors_is_said_and_shown_as_a_gap(of_day):
    first, whole = pl.col("target_date") == DAY + timedelta(days=1), pl.col("sector") == "BR-SAO-RIO"
    thin = of_day.sector_saturation_forecast.filter(first & (pl.col("sector") != "CO-BOG-TMA"))
    known = of_day.sector_saturation_forecast.filter(whole)
    declared = {f"CO-{number:02}": f"Sector {number}" for number in range(13)} | {"CO-BOG-MDE": "Medellín"}
    few = {"en": forecast_page(replace(of_day, sector_saturation_forecast=thin), "en", {}, declared | NAMES)}
    few["es"] = forecast_page(replace(of_day, sector_saturation_forecast=thin), "es", {}, declared | NAMES)
    for language, words in {
        "en": ("2 of the 15 sectors forecast; 1 of 7 days", "declared sectors that have no forecast: 13"),
        "es": ("2 de los 15 sectores con previsión; 1 de 7 días", "sectores declarados sin previsión: 13"),
    }.items():
        told = plain(few[language])
        assert all(told.lower().count(each) == 2 for each in words), "in the tile and above the table"
    table = cells(few["en"], "strip")
    assert len(table) == 15
    assert table[0][1:] == ["66 % 56 - 79", *["no forecast"] * 6, "1.20"]
    assert table[2] == ["Sector 0", "no forecast: its demand is not forecast", "-"]
    assert 'title="demand is forecast, but the weekday has no hourly profile"' in few["en"]
    ragged = replace(of_day, sector_saturation_forecast=pl.concat([known, thin.filter(~whole)]))
    assert "8 of 105 sector-days" in forecast_page(ragged, "en", {}, declared | NAMES)


def test_no_forecast_of_any_sector_is_not_a_zero(of_day):
    none = replace(of_day, sector_saturation_forecast=of_day.sector_saturation_forecast.clear())
    for language, words in {"en": "no forecast", "es": "sin previsión"}.items():
        page = forecast_page(none, language, {}, NAMES)
        assert tile(page, "sectors") == words
        assert 'id="strip"' not in page
    unjudged = of_day.sector_saturation_forecast.filter(pl.col("sector") == "CO-BOG-TMA")
    page = forecast_page(replace(of_day, sector_saturation_forecast=unjudged), "en", {}, NAMES)
    assert tile(page, "sectors") == "not known"


def test_a_value_without_a_peak_factor_is_a_lower_bound(of_day):
    low = of_day.sector_saturation_forecast.filter(pl.col("horizon") == 1).with_columns(
        peak_days=pl.lit(0, pl.Int32), peak_factor=pl.lit(1.0)
    )
    for language, words in {"en": "lower bound", "es": "cota inferior"}.items():
        page = forecast_page(replace(of_day, sector_saturation_forecast=low), language, {}, NAMES)
        row = cells(page, "strip")[0]
        assert (row[1], row[-1]) == ("≥ 66 % 56 - 79", words)
        assert tile(page, "sectors") == "≥ 0"


def test_a_mean_of_seven_days_has_the_ends_of_its_days_and_no_interval(of_day, pages):
    lower, upper = week_ends(of_day.ahead("network", "flights"))
    assert f"their daily 95 % intervals reach from {lower:,.0f} to {upper:,.0f}" in pages["en"]
    assert "A mean of 7 days and its change have no interval" in pages["en"]
    assert "Una media de 7 días y su cambio no tienen intervalo" in pages["es"]


def test_growth_names_the_last_full_month_that_counts(of_day, pages):
    assert "Growth of airlines, up to 2024-05" in pages["en"]
    none = of_day.airline_growth.clear()
    assert growth_month(none, date(2024, 7, 30)) == date(2024, 6, 30)
    assert growth_month(none, date(2024, 7, 31)) == date(2024, 7, 31)
    page = forecast_page(replace(of_day, day=date(2024, 7, 10), airline_growth=none), "es", {}, NAMES)
    assert "Crecimiento de las aerolíneas, hasta 2024-06" in page


def test_trends_breaks_and_growth_are_said_in_words_of_the_language(pages):
    trend = cells(pages["es"], "trends")[0]
    assert trend[:2] == ["todos los vuelos", "creciente"]
    assert re.fullmatch(r"\+\d+,\d / \+\d+,\d", trend[3])
    assert re.fullmatch(r"\d,\d\d|-", trend[5])
    assert "la tendencia y la época del año apenas se distinguen" in trend[6]
    assert "casi sin tráfico del 2023-09-01 al 2023-10-31" in pages["es"]
    assert "next to no traffic" not in pages["es"]
    growth = {row[0]: row for row in cells(pages["es"], "growth")}
    assert [growth[name][1] for name in ("AVA", "LAN", "GLO", "NEW")] == [
        "expansión",
        "contracción",
        "estable",
        "sin dato",
    ]
    assert growth["NEW"][-1] == "3 meses completos son pocos: hacen falta 6"


def test_every_model_has_its_reason(pages):
    assert "0.72 of the naive&#39;s error, 52 weekly origins" in pages["en"]
    assert "no model beats the naive by 5 %, 52 weekly origins" in pages["en"]
    assert "0,72 del error del ingenuo, 52 orígenes semanales" in pages["es"]


def test_what_qualifies_the_numbers_stands_on_the_page(of_day, pages):
    assert "SIMULATED TRAFFIC is behind these forecasts: all series" in pages["en"]
    assert "TRÁFICO SIMULADO" in pages["es"]
    assert "demand_forecast 3<" in pages["en"]
    assert "airline_growth" not in pages["en"].split('class="end"')[1]
    assert "Of past forecasts up to a year ahead" in pages["en"]
    flown = pl.col("sources").list.eval(pl.element().replace("simulate", "file"))
    assert replace(of_day, demand_forecast=of_day.demand_forecast.with_columns(flown)).simulated() == []


def test_a_day_without_anything_says_so():
    for language in ("en", "es"):
        page = forecast_page(empty_day(), language, {}, {})
        assert ForecastTexts(language)["no_forecast"] in page
        assert "<table id" not in page


def test_pages_are_named_by_day_and_language_and_link_to_each_other(pages):
    assert file_name(DAY, "es") == "forecast/2024-06-30/index.es.html"
    assert 'href="index.es.html"' in pages["en"]
    assert 'href="../../capacity/2024-06-30/index.en.html"' in pages["en"]
    assert "<script" not in pages["en"]


def test_the_same_tables_give_the_same_page(of_day, pages):
    assert forecast_page(of_day, "es", {"demand_forecast": 3, "airline_growth": None}, NAMES) == pages["es"]


def test_a_small_curve_leaves_gaps_out_and_fills_its_box():
    drawn = spark([1.0, None, 3.0], [(2.0, 1.0, 3.0)])
    assert re.search(r'polyline points="0.0,29.0 100.0,2.0"', drawn)


def test_why_a_model_was_chosen_is_said_in_words_of_the_language():
    t = ForecastTexts("es")
    reason = "MAE 0.83 of seasonal naive's over 52 weekly origins, next blend with 0.9"
    assert (
        t.note(reason)
        == "MAE 0,83 del ingenuo estacional en 52 orígenes semanales; el siguiente, media de bosque y AutoETS, con 0,90"
    )
    assert t.note("something new") == "something new"
    english = "MAE 0.83 of seasonal naive's over 52 weekly origins, next mean of forest and AutoETS with 0.90"
    assert ForecastTexts("en").note(reason) == english


def test_no_text_of_a_what_if_is_missing_in_either_language():
    names = ("what_if_title", "trees", "champion", "demand_forest", "expansion")
    assert [WhatIfTexts("es")[name] for name in names][2:] == ["campeón", "bosque aleatorio", "expansión"]
