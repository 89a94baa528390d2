"""The forecast report says how the day's forecasts of congestion did, and what the last poll has marked."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from airtraffic.report.congestion_section import CongestionDay, congestion_section, held_rows
from airtraffic.report.forecast_page import forecast_page
from airtraffic.report.forecast_texts import ForecastTexts
from orchestration.check_congestion import held
from tests.unit.forecast_report_samples import (
    DAY,
    FIRST_POLL,
    congestion_counts,
    congestion_forecasts,
    empty_day,
)
from tests.unit.test_forecast_page import NAMES, cells, plain

MEDELLIN = {"CO-BOG-MDE": "Medellín"}


def told(issued: pl.DataFrame, **more) -> CongestionDay:
    came = congestion_counts().select("zones", "zone", target_at="snapshot_at", came="aircraft")
    compared = issued.join(came, on=["zones", "zone", "target_at"])
    said = issued.select("issued_at", "zones", "model", "trained_to", "sources").unique()
    last = issued.filter(pl.col("issued_at") == pl.col("issued_at").max())
    return CongestionDay(DAY, said, last, compared, held(compared), **more)


@pytest.fixture(scope="module")
def congestion() -> CongestionDay:
    rows = {
        "zone": ["NW"] * 4,
        "issued_at": [FIRST_POLL] * 4,
        "at": [FIRST_POLL + timedelta(minutes=minute) for minute in range(4)],
        "simulated": [40.0, 40.5, 41.0, 41.5],
        "came": [40.0] * 4,
    }
    return told(congestion_forecasts(), simulations={"quadrants": pl.DataFrame(rows)})


@pytest.fixture(scope="module")
def pages(congestion) -> dict[str, str]:
    return {
        language: forecast_page(empty_day(), language, {}, NAMES | MEDELLIN, congestion)
        for language in ("en", "es")
    }


def test_errors_are_told_by_kind_of_zone_and_time_ahead(pages):
    table = cells(pages["en"], "held")
    assert [row[:2] for row in table[:4]] == [
        ["quadrants", ahead] for ahead in ("1 (1 min)", "2 (2 min)", "3 (3 min)", "30 (30 min)")
    ]
    assert [row[0] for row in table[4::4]] == ["sectors", "cells"]
    # The south-east grows by one in a tenth of the minutes; what is said of 30 min is 0.5 short, in 50 of 60 polls.
    assert table[0][2:] == ["120", "0.050", "1.00", "95.0 %", "last count"]
    assert table[3][2:] == ["100", "0.250", "0.17", "100.0 %", "LSTM"]
    assert table[4][2:4] == ["120", "0.100"]
    spanish = cells(pages["es"], "held")
    assert spanish[3] == ["cuadrantes", "30 (30 min)", "100", "0,250", "0,17", "100,0 %", "LSTM"]


def test_the_last_poll_s_marks_are_the_largest_changes_with_their_interval_and_threshold(pages, congestion):
    assert "Marked at the last poll, 2024-06-30 10:59 UTC: 15 zones that fill and 0 that empty" in pages["en"]
    table = cells(pages["en"], "marked")
    assert len(table) == 12
    assert "3 more in the table congestion_forecast" in pages["en"]
    assert table[0] == ["quadrant SE", "▲ fills", "25", "27.5", "26.9 - 28.1", "2.0", "-"]
    assert table[1][0] == "sector Medellín"
    assert cells(pages["es"], "marked")[0][1:5] == ["▲ se llena", "25", "27,5", "26,9 - 28,1"]
    falls = pl.col("zone") == "CO-CLO"
    falling = congestion_forecasts("lstm").with_columns(
        mean=pl.when(falls).then(pl.lit(0.0, pl.Float32)).otherwise("mean"),
        direction=pl.when(falls, pl.col("horizon") == 30).then(pl.lit("down")).otherwise("direction"),
    )
    section = congestion_section(told(falling), ForecastTexts("es"), {})
    assert (section["up"], section["down"], section["more_marked"]) == (14, 1, 3)
    assert [row["name"] for row in section["marked"][:2]] == ["sector CO-CLO", "cuadrante SE"]


def test_what_came_since_stands_beside_a_mark():
    made = congestion_forecasts()
    early = made.filter(pl.col("issued_at") <= FIRST_POLL)
    section = congestion_section(told(early), ForecastTexts("en"), {})
    assert [(row["came"], row["aircraft"]) for row in section["marked"][:1]] == [(23, 20)]


def test_models_their_training_and_simulated_positions_are_named(pages):
    models = "quadrants - LSTM; sectors - last count; cells - last count. Trained on polls up to 2024-06-29 10:00 UTC."
    assert models in plain(pages["en"])
    assert "celdas - último recuento. Entrenados con consultas hasta 2024-06-29 10:00 UTC." in plain(
        pages["es"]
    )
    assert "SIMULATED TRAFFIC is behind this section" in pages["en"]
    assert "Hay TRÁFICO SIMULADO detrás de esta sección" in pages["es"]


def test_a_day_that_is_simulated_in_part_says_so():
    early = pl.col("issued_at") == FIRST_POLL
    flown = pl.when(early).then(pl.lit(["opensky"])).otherwise("sources").alias("sources")
    page = forecast_page(empty_day(), "en", {}, {}, told(congestion_forecasts().with_columns(flown)))
    assert "SIMULATED TRAFFIC is behind a part of this section" in page


def test_pictures_are_in_the_page_and_it_stays_small(pages):
    for page in pages.values():
        section = page.split('id="congestion"')[1]
        assert section.count('src="data:image/png;base64,') == 2
        assert len(page) < 1_500_000
    assert "30 min simulados consulta a consulta" in pages["es"]


def test_nothing_is_drawn_over_a_gap_between_polls(congestion):
    missing = pl.col("target_at").is_between(FIRST_POLL, FIRST_POLL + timedelta(minutes=20))
    gap = replace(congestion, compared=congestion.compared.filter(~missing))
    whole, broken = (
        congestion_section(of, ForecastTexts("en"), {})["came_picture"] for of in (congestion, gap)
    )
    assert whole != broken


def test_a_day_without_congestion_says_so_and_a_platform_without_any_is_silent(congestion):
    nothing = told(congestion_forecasts().clear())
    for language, words in {
        "en": "No forecast of congestion was issued on this day.",
        "es": "No se emitió ninguna previsión de congestión este día.",
    }.items():
        page = forecast_page(empty_day(), language, {}, {}, nothing)
        assert words in page
        assert 'id="held"' not in page
        assert 'id="congestion"' not in forecast_page(empty_day(), language, {}, {})


def test_without_an_lstm_no_mark_and_no_later_poll_each_is_said_in_a_line(congestion):
    made = congestion_forecasts().filter(pl.col("zone") == "NW")
    without = made.with_columns(model=pl.lit("persistence"), trained_to=None)
    late = replace(
        congestion, compared=congestion.compared.clear(), held=congestion.held.clear(), simulations={}
    )
    for language in ("en", "es"):
        t = ForecastTexts(language)
        at = {"at": "2024-06-30 10:59", "minutes": 30}
        assert t["none_marked"].format(**at) in forecast_page(empty_day(), language, {}, {}, told(made))
        page = forecast_page(empty_day(), language, {}, {}, told(without))
        assert t["none_called"].format(**at) in page, "a baseline calls no change: that is not calm"
        assert t["no_simulation"] in page
        assert t["congestion_untrained"] in page
        page = forecast_page(empty_day(), language, {}, {}, late)
        assert t["congestion_nothing_came"] in page
        assert t["simulation_not_possible"] in page
        assert held_rows(late) == []


def test_the_same_rows_give_the_same_page_in_any_order(congestion, pages):
    rows = congestion_forecasts().sample(fraction=1, shuffle=True, seed=1)
    shuffled = told(rows, simulations=congestion.simulations)
    assert forecast_page(empty_day(), "es", {}, NAMES | MEDELLIN, shuffled) == pages["es"]


def test_zones_of_which_no_change_is_called_are_counted(pages):
    silent = (pl.col("zones") == "cells") & (pl.col("horizon") == 30)
    flat = {"direction": pl.lit("flat"), "significant": pl.lit(False)}
    made = congestion_forecasts().with_columns(
        pl.when(silent).then(value).otherwise(name).alias(name) for name, value in flat.items()
    )
    assert "For 12 of the 16 zones no change is called" in forecast_page(
        empty_day(), "en", {}, {}, told(made)
    )
    assert "no change is called" not in pages["en"]
