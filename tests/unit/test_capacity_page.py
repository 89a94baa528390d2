"""The page that a flow manager signs says what the tables say, in both languages."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from airtraffic.flight_tables import FLIGHTS
from airtraffic.monitoring import sector_alerts
from airtraffic.overloads import overload_segments
from airtraffic.peak_hours import hourly_entries, peak_hours
from airtraffic.report.capacity_page import SECTOR_DAY_TABLES, capacity_page, overview_page, sector_days
from airtraffic.saturation import observed_saturation, saturation_table
from airtraffic.saturation_forecast import DEMAND_COLUMNS, saturation_forecast
from airtraffic.sector_adjustments import sector_adjustments
from airtraffic.sector_capacity import daily_times, sector_capacity_days
from airtraffic.sector_counts import sector_entries, sector_occupancy
from airtraffic.sector_coverage import count_basis
from airtraffic.sector_flights import connectivity_flights
from airtraffic.sector_tables import SECTOR_SATURATION
from airtraffic.sectors import read_sectors

DAY = date(2025, 1, 15)
NINE = datetime(2025, 1, 15, 9, tzinfo=UTC)
SECTORS = Path(__file__).parents[2] / "config" / "sectors.yaml"


def frame(table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))


def flights(count: int) -> pl.DataFrame:
    """So many departures from Bogotá to Medellín between nine and ten, each of 42 minutes."""
    start = pl.lit(NINE).cast(pl.Datetime("us", "UTC"))
    rows = pl.DataFrame({"n": range(count)}).select(
        flight_id=pl.format("f{}", "n"),
        callsign=pl.format("<script>{}", "n"),
        origin=pl.lit("SKBO"),
        destination=pl.lit("SKRG"),
        departure_at=start + pl.duration(seconds=pl.col("n") * 3600 // count),
        arrival_at=start + pl.duration(seconds=pl.col("n") * 3600 // count + 2520),
        cancelled=pl.lit(False),
        source=pl.lit("simulate"),
        provider=pl.lit("tracks"),
        routes=pl.lit(["tracks"]),
        date=pl.lit(DAY),
    )
    return pl.concat([frame(FLIGHTS.schema.empty_table()), rows], how="diagonal")


def ahead(entries: pl.DataFrame, capacity: pl.DataFrame, sectors) -> pl.DataFrame:
    """As many entries as on the day, the day after and a week later: only of the latter's weekday is known when."""
    days = {1: 60.0, 7: 70.0}
    demand = pl.DataFrame(
        [
            (DAY, "CO-BOG-MDE", DAY + timedelta(days=n), n, mean, 0.8 * mean, 1.2 * mean, "blend", "", 0.94, DAY, ["file"])
            for n, mean in days.items()
        ],
        schema=list(DEMAND_COLUMNS),
        orient="row",
    )  # fmt: skip
    profile = frame(peak_hours(hourly_entries(entries), sectors, [DAY]))
    seen = frame(SECTOR_SATURATION.schema.empty_table())
    return saturation_forecast(demand, profile, seen, capacity, sectors, [DAY])


@pytest.fixture(scope="module")
def of_day():
    sectors = read_sectors(SECTORS.read_text())
    flown, days = flights(70), [DAY]
    polls = pl.DataFrame(
        {"date": [DAY], "completeness": [0.5], "sources": [["simulate"]], "polls_seen": [720]}
    )
    basis = count_basis(flown, polls, 0.9)
    passages = connectivity_flights(flown, sectors)
    entries = frame(sector_entries(passages, sectors, days, basis))
    occupancy = frame(sector_occupancy(passages, sectors, days, basis))
    capacity = frame(sector_capacity_days(daily_times(passages), sectors, days))
    around = capacity
    tables = {
        "sector_saturation": saturation_table(
            observed_saturation(entries, occupancy, capacity, sectors, days)
        ),
        "sector_capacity": capacity,
        "sector_entries": entries,
        "overload_segments": overload_segments(entries, around, passages, days),
        "sector_alerts": sector_alerts(occupancy, capacity, sectors, days, entries),
        "peak_hours": peak_hours(hourly_entries(entries), sectors, days),
        "sector_adjustments": sector_adjustments(entries, capacity, passages, sectors, days),
        "sector_flights": passages,
        "sector_saturation_forecast": ahead(entries, capacity, sectors),
    }
    assert set(tables) == set(SECTOR_DAY_TABLES)
    tables = {name: rows if isinstance(rows, pl.DataFrame) else frame(rows) for name, rows in tables.items()}
    return {one.sector.id: one for one in sector_days(sectors.on(DAY), tables)}


def test_windows_under_poor_coverage_are_grey_and_counted(of_day):
    one = of_day["CO-BOG-MDE"]
    seen = one.entries.with_columns(coverage_marked=pl.col("window_start").dt.hour() == 18)
    page = capacity_page(DAY, replace(one, entries=seen), "en", {})
    assert page.count('class="poor"') == 4
    assert "under poor coverage: 4." in page


def text_of(page: str, id_: str) -> str:
    return re.search(rf'id="{id_}">(.*?)</b>', page)[1]


@pytest.mark.parametrize(("language", "expected"), [("en", "112.3 %"), ("es", "112,3 %")])
def test_the_figures_of_the_tables_stand_on_the_page(of_day, language, expected):
    page = capacity_page(DAY, of_day["CO-BOG-MDE"], language, {"sector_entries": 3})
    assert text_of(page, "is") == expected
    assert text_of(page, "d_max") == "70"
    assert text_of(page, "entries") == "70"
    assert 'class="chip critical"' in page


def test_the_formula_has_the_sector_s_numbers_in_it_and_says_that_tps_cancels(of_day):
    page = capacity_page(DAY, of_day["CO-BOG-MDE"], "en", {})
    assert "TFC = 10 + 16 + 8 + 6 = 40 s" in page
    assert "SCV = TPS / (TFC · β) = 2,520.0 / (40 · 1.30) = 48.46" in page
    assert "CH = 3600 · SCV / TPS = 69.23" in page
    assert "CHadj = CH · R = 69.23 · 0.90 = 62.31" in page
    assert "IS = 70 / 62.31 · 100 = 112.3 %" in page
    assert "TPS cancels out" in page


def test_a_formula_with_rounding_and_the_cap_can_be_followed(of_day):
    one = of_day["CO-BOG-MDE"]
    made = one.capacity | {"scv": 48.0, "ch_per_h": 40.0, "ch_adjusted_per_h": 36.0}
    page = capacity_page(DAY, replace(one, capacity=made | {"notes": ["cap_applied", "rounded"]}), "en", {})
    assert "2,520.0 / (40 · 1.30) = 48.46 → 48<" in page
    assert "CH = 3600 · SCV / TPS = 3600 · 48 / 2,520.0 = 68.57<" in page
    assert "CH = min(68.57, 40) = 40.00<" in page
    assert "CHadj = CH · R = 40.00 · 0.90 = 36.00<" in page
    assert "TPS cancels out" not in page


def test_the_week_to_come_stands_on_the_page_with_its_interval_and_its_upper_level(of_day):
    page = capacity_page(DAY, of_day["CO-BOG-MDE"], "en", {})
    (table,) = re.findall(r'id="ahead">(.*?)</table>', page, re.S)
    *unknown, row = re.findall(r"<tr><td.*?</tr>", table, re.S)
    days = [f"2025-01-{day}" for day in range(16, 22)]
    assert all(
        day in each and "no forecast of this day" in each for day, each in zip(days, unknown, strict=True)
    )
    assert "2025-01-22" in row
    assert "70 <small>(56 - 84)" in row
    assert "112 % <small>(90 - 135)" in row
    assert "(AutoETS)" not in page
    assert "mean of forest and AutoETS, trained on days up to 2025-01-15" in page
    assert "94.00 %" in page
    assert "the peak is a lower bound" in page
    assert 'id="ahead"' not in capacity_page(DAY, of_day["MX-MEX-MTY"], "es", {})


def test_an_overload_lists_the_flights_behind_it_and_callsigns_are_text(of_day):
    page = capacity_page(DAY, of_day["CO-BOG-MDE"], "en", {})
    (table,) = re.findall(r'id="overloads">(.*?)</table>', page, re.S)
    assert table.count("&lt;script&gt;") == 70
    assert page.count("&lt;script&gt;") == 140, "the entries of the day list them too"
    assert "<script" not in page


def test_what_qualifies_the_numbers_stands_on_the_page(of_day):
    page = capacity_page(DAY, of_day["CO-BOG-MDE"], "en", {"sector_entries": 3})
    assert "SIMULATED TRAFFIC" in page
    assert "Poor coverage: 50.00 %" in page
    assert "2024-10-18 to 2025-01-15" in page, "the window of TPS"
    assert "sector_entries 3<" in page
    assert of_day["CO-BOG-MDE"].definition in page
    assert "Circular 006" in page


def test_a_sector_without_data_says_so_and_is_not_called_normal(of_day):
    page = capacity_page(DAY, of_day["MX-MEX-MTY"], "en", {})
    assert "There is no data of this day" in page
    assert 'class="chip normal"' not in page


def test_the_overview_has_the_fullest_sector_first_and_links_to_those_with_data(of_day):
    page = overview_page(DAY, list(of_day.values()), "en")
    linked = re.findall(r'href="([A-Z][\w-]+)\.en\.html"', page)
    assert linked[0] == "CO-BOG-MDE"
    assert set(linked) == {one.sector.id for one in of_day.values() if one.observed}
    assert all(one.sector.name in page for one in of_day.values())


def test_the_overview_says_what_qualifies_its_numbers_and_how_full_sectors_were_at_once(of_day):
    crowded = of_day["CO-BOG-MDE"]
    busy = crowded.observed | {"level": "normal", "occupancy_level": "critical", "occupancy_percent": 125.0}
    page = overview_page(DAY, [replace(crowded, observed=busy)], "en")
    assert "SIMULATED TRAFFIC" in page
    assert 'class="chip normal"' in page
    assert 'class="chip critical"' in page
    assert "125.0 %" in page
    assert "50.00 % *" in page


def test_no_text_is_missing_in_either_language(of_day):
    for language in ("en", "es"):
        for one in of_day.values():
            page = capacity_page(DAY, one, language, {})
            assert f'<html lang="{language}">' in page
    spanish = capacity_page(DAY, of_day["CO-BOG-MDE"], "es", {})
    assert "TRÁFICO SIMULADO" in spanish
    assert "Sobrecargas" in spanish


def test_the_same_tables_give_the_same_page(of_day):
    one = of_day["CO-BOG-MDE"]
    assert capacity_page(DAY, one, "es", {}) == capacity_page(DAY, one, "es", {})
    assert one.passages["entry_at"].is_sorted()
    assert one.entries["window_start"].max() == NINE.replace(hour=23, minute=45)
    assert one.observed["window_start"] == NINE
    assert one.overloads[0]["end"] - one.overloads[0]["start"] >= timedelta(hours=1)
