"""Rows of files of daily counts: which are series, which are faults, and what was declared."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from airtraffic.count_providers import CountsProvider, load_count_providers
from airtraffic.daily_counts import read_counts
from airtraffic.declared_files import UnreadableFileError
from airtraffic.demand_tables import DAILY_COUNTS
from airtraffic.errors import ConfigurationError
from airtraffic.flight_tables import REJECTED_FLIGHTS
from airtraffic.providers import load_file_providers, load_providers

SHIPPED = load_count_providers(Path(__file__).parents[2] / "config" / "providers.yaml")
NOW = datetime(2025, 1, 3, 12, tzinfo=UTC)
CHANGED = datetime(2025, 1, 3, 11, 30, tzinfo=UTC)


def read(provider: str | CountsProvider, rows: pl.DataFrame) -> tuple[list[dict], list[dict]]:
    name = provider if isinstance(provider, str) else "mine"
    good, bad = read_counts(
        rows,
        SHIPPED[provider] if isinstance(provider, str) else provider,
        name=name,
        file="a.csv",
        sha256="abc",
        ingested_at=NOW,
        modified_at=CHANGED,
        earliest=date(2010, 1, 1),
        latest=NOW.date(),
    )
    assert good.schema == DAILY_COUNTS.schema
    assert bad.schema == REJECTED_FLIGHTS.schema
    return good.to_pylist(), bad.to_pylist()


def text(**columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def counted(rows: list[dict]) -> list[tuple]:
    return [(row["kind"], row["series"], str(row["date"]), row["value"]) for row in rows]


@pytest.mark.parametrize("typed", [True, False])
def test_a_network_is_one_series(typed):
    rows = pl.DataFrame({"date": [date(2025, 1, 1), date(2025, 1, 2)], "flights": [3281, 4786]})
    good, bad = read("brazil_network", rows if typed else rows.cast(pl.String))
    assert counted(good) == [
        ("network", "brazil", "2025-01-01", 3281.0),
        ("network", "brazil", "2025-01-02", 4786.0),
    ]
    assert bad == []
    assert {row["file_modified_at"] for row in good} == {CHANGED}
    assert {key: good[1][key] for key in ("country", "provider", "source", "file", "file_sha256", "file_row")} == {
        "country": "BR", "provider": "brazil_network", "source": "file", "file": "a.csv", "file_sha256": "abc",
        "file_row": 2,
    }  # fmt: skip


def test_columns_are_added_up_and_a_missing_one_says_nothing():
    good, bad = read(
        "brazil_airports",
        text(icao=["SBBR", "SBGR"], date=["2025-01-01"] * 2, arrivals=["191", ""], departures=["196", "5"]),
    )
    assert counted(good) == [
        ("airport", "SBBR", "2025-01-01", 387.0),
        ("airport", "SBGR", "2025-01-01", None),
    ]
    assert bad == []


@pytest.mark.parametrize(
    ("kind", "series", "kept"),
    [
        ("airport", "sbgr", "SBGR"),
        ("airport", "sbgr/departures", "SBGR/departures"),
        ("route", "sbgr-SBRJ", "SBGR-SBRJ"),
        ("Airline", "glo", "GLO"),
        ("network", "simulated", "simulated"),
        ("country", "ED/total", "ED/total"),
    ],
)
def test_codes_are_written_large_so_that_a_series_is_one(kind, series, kept):
    rows = text(date=["2025-01-01"], country=["BR"], kind=[kind], series=[series], flights=["7"])
    good, bad = read("simulated_counts", rows)
    assert (counted(good), bad) == ([(kind.lower(), kept, "2025-01-01", 7.0)], [])


def daio(**more) -> dict:
    usual = {
        "cc": "ED", "date": "2025-01-01", "total": "9", "overflights": "4", "internal": "2", "departures": "2",
        "arrivals": "1",
    }  # fmt: skip
    return usual | more


def test_a_row_gives_several_series_and_a_wrong_one_leaves_the_others_alone():
    good, bad = read(
        "europe_daio", pl.DataFrame([daio(), daio(date="2025-01-02", overflights="-9", arrivals="x")])
    )
    assert counted(good)[:5] == [
        ("country", "ED/total", "2025-01-01", 9.0),
        ("country", "ED/departures", "2025-01-01", 2.0),
        ("country", "ED/arrivals", "2025-01-01", 1.0),
        ("country", "ED/internal", "2025-01-01", 2.0),
        ("country", "ED/overflights", "2025-01-01", 4.0),
    ]
    assert [row["series"] for row in good[5:]] == ["ED/total", "ED/departures", "ED/internal"]
    assert {row["country"] for row in good} == {"DE"}
    (row,) = bad
    assert row["reason"] == (
        "arrivals is 'x'; expected a whole count of 0 or more; overflights is '-9'; expected a whole count of 0 or more"
    )
    assert (row["route"], row["provider"], row["position"], row["received_from"]) == (
        "files",
        "europe_daio",
        1,
        "europe_daio abc a.csv",
    )
    assert '"overflights":"-9"' in row["original"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"date": ""}, "date is ''; expected a date, %Y-%m-%d"),
        ({"date": "1/2/2025"}, "date is '1/2/2025'; expected a date, %Y-%m-%d"),
        (
            {"date": "2009-12-31"},
            "date is '2009-12-31'; expected a day from 2010-01-01 on and not in the future",
        ),
        (
            {"date": "2025-01-04"},
            "date is '2025-01-04'; expected a day from 2010-01-01 on and not in the future",
        ),
        (
            {"kind": "moon"},
            "kind is 'moon'; expected one of network, country, airport, sector, route, airline",
        ),
        ({"kind": ""}, "kind is ''; expected a value, kind is {kind}"),
        ({"series": " "}, "series is ''; expected a value, series is {series}"),
        ({"country": "Brasil"}, "country is 'Brasil'; expected an ISO 3166 code such as BR, or nothing"),
        ({"flights": "inf"}, "flights is 'inf'; expected a whole count of 0 or more"),
        ({"flights": "12.5"}, "flights is '12.5'; expected a whole count of 0 or more"),
        ({"flights": "many"}, "flights is 'many'; expected a whole count of 0 or more"),
    ],
)
def test_a_row_that_cannot_be_read_has_a_reason(more, reason):
    row = {"kind": "airport", "series": "SKBO", "country": "CO", "date": "2025-01-01", "flights": "7"}
    good, bad = read("simulated_counts", pl.DataFrame([row | more, row]))
    assert [each["reason"] for each in bad] == [reason]
    assert counted(good) == [("airport", "SKBO", "2025-01-01", 7.0)]
    assert good[0]["source"] == "simulate"


def test_a_day_that_stands_there_twice_counts_once_and_not_at_all_when_it_differs():
    days = ["2025-01-01", "2025-01-02", "2025-01-01", "2025-01-02"]
    good, bad = read("brazil_network", text(date=days, flights=["1", "5", "1", "6"]))
    assert counted(good) == [("network", "brazil", "2025-01-01", 1.0)]
    assert [(row["position"], row["reason"]) for row in bad] == [
        (1, "network/brazil has 2025-01-02 twice, with different counts; expected one"),
        (2, "network/brazil has 2025-01-01 twice; the first counts"),
        (3, "network/brazil has 2025-01-02 twice, with different counts; expected one"),
    ]


def test_numbers_and_nans_of_parquet_are_read_and_dates_are_no_counts():
    good, bad = read(
        "brazil_network",
        pl.DataFrame({"date": [date(2025, 1, 1), date(2025, 1, 2)], "flights": [float("nan"), 4.0]}),
    )
    assert [row["value"] for row in good] == [None, 4.0]
    assert bad == []
    _, bad = read("brazil_network", pl.DataFrame({"date": [date(2025, 1, 1)], "flights": [date(2025, 1, 1)]}))
    assert [row["reason"] for row in bad] == ["flights is '2025-01-01'; expected a whole count of 0 or more"]


def test_a_file_without_rows_has_no_counts():
    assert read("brazil_network", text(date=[], flights=[])) == ([], [])


def test_a_column_that_is_not_there_makes_the_file_unreadable():
    with pytest.raises(UnreadableFileError, match=r"columns flights are missing; brazil_network is declared"):
        read("brazil_network", text(date=["2025-01-01"]))
    with pytest.raises(UnreadableFileError, match="is the delimiter ';'"):
        read("brazil_network", pl.DataFrame({"date;flights": ["2025-01-01;7"]}))


def test_providers_of_flights_and_of_counts_lie_in_one_file():
    path = Path(__file__).parents[2] / "config" / "providers.yaml"
    assert set(load_file_providers(path)) == {*SHIPPED, *load_providers(path)}
    assert not set(SHIPPED) & set(load_providers(path))


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("{date: d, series: []}", "providers.mine.counts.series"),
        (
            "{date: d, series: [{kind: moon, series: a, value: b}]}",
            "expected kind as a column in braces or one of",
        ),
        ("{date: d, series: [{kind: network, series: '{a', value: b}]}", "expected columns in braces"),
        ("{date: d, series: [{kind: network, series: '{}', value: b}]}", "expected columns in braces"),
        ("{date: d, series: [{kind: network, series: '{a:>3}', value: b}]}", "expected columns in braces"),
        (
            "{date: d, series: [{kind: network, series: a, value: []}]}",
            "expected value as a column or several",
        ),
        ("{date: d, countries: {B: Brazil}, series: [{kind: network, series: a, value: b}]}", "'Brazil'"),
        ("{date: d, rows: 1, series: [{kind: network, series: a, value: b}]}", "counts.rows"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_named(tmp_path, declared, said):
    path = tmp_path / "providers.yaml"
    path.write_text(f"providers:\n  mine:\n    counts: {declared}\n")
    with pytest.raises(ConfigurationError) as raised:
        load_file_providers(path)
    assert said in str(raised.value)
