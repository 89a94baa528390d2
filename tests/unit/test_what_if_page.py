"""The page of a what-if says what its numbers are worth: lower bounds, days without a forecast."""

from datetime import timedelta

import polars as pl
import pytest

from airtraffic.forecasting.what_if import beside, grown
from airtraffic.report.what_if_page import what_if_page
from orchestration.what_if import WhatIf
from tests.unit.forecast_report_samples import DAY, forecasts, history, saturation
from tests.unit.test_forecast_page import cells

NAMES = {"BR-SAO-RIO": "São Paulo to <Rio>", "CO-BOG-MDE": "Bogotá", "CO-BOG-TMA": "TMA", "CO-CLO": "Cali"}


def page(kind: str, series: str, rows: pl.DataFrame, language: str = "en", model: str = "champion") -> str:
    key = f"{kind}/{series}"
    known = history().filter(series=key)
    champion = forecasts(known, DAY)
    other = rows.with_columns(pl.col("^saturation.*percent$") * 2.5)
    both = [rows.with_columns(whose=pl.lit("champion")), other.with_columns(whose=pl.lit("other"))]
    made = WhatIf(
        DAY,
        known.tail(56).select("date", "value"),
        champion,
        beside(champion, grown(champion, 150.0)),
        None,
        pl.concat(both),
        [],
        DAY,
    )
    return what_if_page(made, kind, series, {"model": model, "growth_percent": 150.0}, language, NAMES)


@pytest.mark.parametrize(
    ("language", "bound", "gap"),
    [
        ("en", "lower bound", "no forecast of this day"),
        ("es", "cota inferior", "sin previsión de este día"),
    ],
)
def test_a_sector_without_a_peak_factor_is_known_from_below_and_days_without_a_forecast_are_told(
    language, bound, gap
):
    one = saturation().filter(sector="CO-BOG-MDE", horizon=2).with_columns(peak_days=0)
    shown = page("sector", "CO-BOG-MDE", one, language)
    table = cells(shown, "saturation")
    assert [row[1].split()[1] for row in table] == [str(DAY + timedelta(days=n)) for n in range(1, 8)]
    assert [row[2:] for row in table if len(row) == 3] == [[gap]] * 6
    (forecast,) = [row for row in table if len(row) > 3]
    assert forecast[2].startswith("≥ 42 % (")
    assert forecast[4].startswith("≥ 105 % (")
    assert all(level.endswith(bound) for level in (forecast[3], forecast[5]))
    assert "≥) and its interval are lower bounds" in shown or "≥) y su intervalo son cotas" in shown


def test_with_a_peak_factor_it_is_no_bound():
    (*_, table) = [cells(page("sector", "CO-BOG-MDE", saturation()), "saturation")]
    assert not any("≥" in cell or "bound" in cell for row in table for cell in row)
    assert [len(row) for row in table] == [6] * 21, "seven days of three sectors"
    assert table[14][2:5:2] == ["-", "-"], "no capacity, no share of it"


def test_what_moves_the_sectors_of_a_network_is_said():
    known = saturation().filter(pl.col("sector") != "CO-BOG-TMA")
    english = page("network", "flights", known, model="demand_forest")
    assert "The other model changes nothing in the sectors here" in english
    assert "only the growth of demand (+150 %) is applied" in english
    assert "2 of 4 sectors have no forecast of any of these days" in english
    spanish = page("network", "flights", known, "es", model="demand_forest")
    assert "El otro modelo no cambia nada en los sectores aquí" in spanish
    assert "changes nothing in the sectors" not in page("network", "flights", known)
