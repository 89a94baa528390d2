"""Daily demand: what counts, and which days of a history are known, zero or gaps."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from airtraffic.daily_demand import COUNT_COLUMNS, ENTRY_COLUMNS, FLIGHT_COLUMNS, daily_demand
from airtraffic.demand import HISTORY_COLUMNS, chosen, history, key_of, split_key
from airtraffic.demand_tables import DAILY_COUNTS, DAILY_DEMAND
from airtraffic.errors import ConfigurationError
from airtraffic.flight_tables import FLIGHTS
from airtraffic.forecast_settings import ForecastSettings, load_forecast_settings
from airtraffic.sector_tables import SECTOR_ENTRIES
from airtraffic.tables import DAILY_COMPLETENESS

MONDAY = date(2025, 3, 3)
DAY = timedelta(days=1)
COUNTRIES = {"airport": {"SKBO": "CO", "SKRG": "CO", "SEQM": "EC"}, "sector": {"CO-X": "CO"}}
SETTINGS = ForecastSettings(
    kinds=("network", "airport", "route"),
    least_per_day=1.0,
    over_last_days=56,
    least_known_days=28,
    known_within_days=28,
    most_series_per_kind=2,
    countries={"network": "BR", "network/flights": "CO"},
)


def rows_of(table, columns, rows: list[dict]) -> pl.DataFrame:
    schema = pl.DataFrame(pl.from_arrow(table.schema.empty_table())).schema
    return pl.DataFrame(rows, schema={name: schema[name] for name in columns})


def flights(*rows: dict) -> pl.DataFrame:
    usual = {
        "date": MONDAY, "airline": "AVA", "origin": "SKBO", "destination": "SKRG", "cancelled": False,
        "source": "operator", "provider": "operator", "routes": ["database"],
    }  # fmt: skip
    return rows_of(FLIGHTS, FLIGHT_COLUMNS, [usual | row for row in rows])


def counts(*rows: dict) -> pl.DataFrame:
    usual = {
        "date": MONDAY, "kind": "network", "series": "flights", "value": 100.0, "source": "file",
        "provider": "decea", "ingested_at": datetime(2025, 4, 1, tzinfo=UTC), "file": "a.csv", "file_sha256": "a",
    }  # fmt: skip
    return rows_of(DAILY_COUNTS, COUNT_COLUMNS, [usual | row for row in rows])


def made(
    flown: pl.DataFrame | None = None,
    published: pl.DataFrame | None = None,
    entries: list[dict] | None = None,
    completeness: float | None = None,
    days: tuple[date, ...] = (MONDAY,),
) -> dict[str, dict]:
    polls = [{"date": day, "completeness": completeness} for day in days] if completeness is not None else []
    table = daily_demand(
        flights() if flown is None else flown,
        rows_of(DAILY_COMPLETENESS, ("date", "completeness"), polls),
        rows_of(SECTOR_ENTRIES, ENTRY_COLUMNS, entries or []),
        counts() if published is None else published,
        COUNTRIES,
        days,
    )
    assert table.schema.names == DAILY_DEMAND.schema.names
    return {key_of(row["kind"], row["series"]): row for row in table.to_pylist()}


def demand(day: int, value: float, **more) -> dict:
    usual = {
        "kind": "network", "series": "flights", "country": None, "basis": "flights", "coverage": None,
        "providers": ["operator"], "sources": ["operator"],
    }  # fmt: skip
    return usual | {"date": MONDAY + day * DAY, "value": value} | more


def known(rows: list[dict], until: date = MONDAY + 60 * DAY, least_coverage: float = 0.9) -> dict[str, dict]:
    found = history(rows_of(DAILY_DEMAND, HISTORY_COLUMNS, rows), until, least_coverage)
    return {
        key: {(day - MONDAY).days: value for day, value in part.select("date", "value").iter_rows()}
        for (key,), part in found.partition_by("series", as_dict=True).items()
    }


def test_flights_are_counted_for_the_network_both_airports_the_route_and_the_airline():
    rows = made(flights({}, {"destination": "SEQM", "airline": None}, {"cancelled": True}))
    assert {key: (row["value"], row["country"]) for key, row in rows.items()} == {
        "network/flights": (2.0, None),
        "airport/SKBO": (2.0, "CO"),
        "airport/SKRG": (1.0, "CO"),
        "airport/SEQM": (1.0, "EC"),
        "route/SKBO-SKRG": (1.0, "CO"),
        "route/SKBO-SEQM": (1.0, None),
        "airline/AVA": (1.0, None),
    }
    assert {row["basis"] for row in rows.values()} == {"flights"}
    assert rows["network/flights"]["providers"] == ["operator"]


def test_an_arrival_after_midnight_counts_for_the_day_on_which_it_lands():
    late = {"date": MONDAY - DAY, "arrival_at": datetime(2025, 3, 3, 0, 20, tzinfo=UTC)}
    rows = made(flights(late, {"origin": "SKRG", "destination": "SKBO"}))
    assert rows["airport/SKRG"]["value"] == 2.0
    assert rows["network/flights"]["value"] == 1.0
    assert made(flights(late)) == {}, "of Monday itself nothing is known"


def test_of_files_that_one_run_read_the_one_changed_last_counts():
    older = {"value": 120.0, "file": "z_old.csv", "file_modified_at": datetime(2025, 3, 30, tzinfo=UTC)}
    newer = {"value": 100.0, "file": "a_corr.csv", "file_modified_at": datetime(2025, 3, 31, tzinfo=UTC)}
    before_the_column = {"value": 90.0, "file": "zz.csv"}
    for order in ((older, newer, before_the_column), (before_the_column, newer, older)):
        assert made(published=counts(*order))["network/flights"]["value"] == 100.0
    read_later = older | {"ingested_at": datetime(2025, 4, 2, tzinfo=UTC)}
    assert made(published=counts(newer, read_later))["network/flights"]["value"] == 120.0


def test_a_published_count_is_preferred_to_counted_flights_and_of_two_the_one_read_last():
    later = {"value": 120.0, "ingested_at": datetime(2025, 4, 2, tzinfo=UTC), "file": "0.csv"}
    empty = {"value": None, "ingested_at": datetime(2025, 4, 3, tzinfo=UTC), "file": "1.csv"}
    rows = made(flights({}), counts({}, later, empty))
    row = rows["network/flights"]
    assert (row["value"], row["basis"], row["sources"], row["providers"]) == (
        120.0,
        "counts",
        ["file"],
        ["decea"],
    )
    assert rows["airline/AVA"]["basis"] == "flights"


def test_what_happened_is_preferred_to_what_was_simulated():
    simulated = {"source": "simulate", "provider": "simulated_counts", "value": 7.0}
    later = simulated | {"ingested_at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert made(published=counts({}, later))["network/flights"]["value"] == 100.0
    assert made(flights({}), counts(later))["network/flights"]["value"] == 1.0
    assert made(flights({"source": "simulate"}), counts(later))["network/flights"]["value"] == 7.0


def test_what_was_counted_from_positions_alone_has_the_coverage_of_the_day():
    tracked = {"provider": "tracks", "source": "opensky", "routes": ["tracks"], "airline": "LAN"}
    rows = made(flights({}, tracked), completeness=0.8)
    assert rows["airline/LAN"]["coverage"] == 0.8
    assert rows["network/flights"]["coverage"] == 0.8
    assert rows["airline/AVA"]["coverage"] is None
    assert made(flights(tracked))["airline/LAN"]["coverage"] == 0.0


def test_a_sector_is_the_sum_of_its_quarter_hours():
    start = datetime(2025, 3, 3, tzinfo=UTC)
    entries = [
        {
            "date": MONDAY, "sector": "CO-X", "window_start": start + n * timedelta(minutes=15), "entries_15min": n % 3,
            "coverage": 0.5 if n < 48 else 1.0, "coverage_marked": False, "coverage_basis": "operator, polls",
            "sources": ["opensky"],
        }
        for n in range(96)
    ]  # fmt: skip
    row = made(entries=entries)["sector/CO-X"]
    assert (row["value"], row["coverage"], row["country"]) == (96.0, 0.75, "CO")
    assert row["providers"] == ["operator", "polls"]


def test_a_day_on_which_the_provider_reported_and_a_series_had_nothing_is_a_zero():
    rows = [demand(day, 10.0) for day in (0, 1, 2, 4)]
    rows += [demand(day, 1.0, kind="route", series="A-B") for day in (1, 4)]
    assert known(rows)["route/A-B"] == {1: 1.0, 2: 0.0, 4: 1.0}


def test_a_day_that_only_another_provider_reported_is_a_gap():
    rows = [demand(0, 10.0), demand(1, 10.0, providers=["bimtra"], sources=["file"]), demand(2, 10.0)]
    rows += [demand(0, 1.0, kind="airline", series="AVA")]
    assert known(rows)["airline/AVA"] == {0: 1.0, 2: 0.0}


def test_a_day_with_too_few_polls_is_a_gap_for_what_is_counted_and_for_what_is_zero():
    tracks = {"providers": ["tracks"], "sources": ["opensky"]}
    rows = [
        demand(day, 10.0, coverage=coverage, **tracks) for day, coverage in ((0, 1.0), (1, 0.5), (2, 0.9))
    ]
    rows += [demand(0, 3.0, kind="airport", series="SKBO", coverage=1.0, **tracks)]
    assert known(rows) == {"network/flights": {0: 10.0, 2: 10.0}, "airport/SKBO": {0: 3.0, 2: 0.0}}


def test_a_published_series_is_its_published_counts_alone():
    rows = [demand(0, 100.0, basis="counts", providers=["decea"]), demand(1, 4.0)]
    assert known(rows) == {"network/flights": {0: 100.0}}


def test_a_history_is_real_or_simulated_and_never_both():
    simulated = {"sources": ["simulate"], "providers": ["simulated_counts"], "basis": "counts"}
    rows = [demand(day, 500.0, **simulated) for day in (0, 1, 2)] + [demand(3, 40.0, sources=["opensky"])]
    assert known(rows, MONDAY + 2 * DAY) == {"network/flights": {0: 500.0, 1: 500.0, 2: 500.0}}
    assert known(rows) == {"network/flights": {3: 40.0}}


def test_nothing_after_the_day_is_seen():
    rows = [demand(day, float(day)) for day in range(10)]
    rows += [demand(8, 1.0, kind="route", series="A-B", country="CO")]
    assert known(rows, MONDAY + 7 * DAY) == {"network/flights": {day: float(day) for day in range(8)}}


def test_the_busiest_series_that_are_known_well_enough_are_forecast():
    until = MONDAY + 59 * DAY
    rows = [demand(day, 9.0) for day in range(60)]
    for series, per_day, days in (
        ("A", 5.0, range(60)),
        ("B", 6.0, range(60)),
        ("C", 7.0, range(60)),
        ("D", 0.9, range(60)),
        ("E", 50.0, range(33, 60)),
        ("F", 50.0, range(31)),
    ):
        rows += [demand(d, per_day, kind="airport", series=series, basis="counts") for d in days]
    rows += [demand(day, 9.0, kind="airline", series="AVA") for day in range(60)]
    found = chosen(history(rows_of(DAILY_DEMAND, HISTORY_COLUMNS, rows), until, 0.9), until, SETTINGS)
    assert found["series"].unique().sort().to_list() == ["airport/B", "airport/C", "network/flights"]
    by_series = dict(found.select("series", "country").unique().iter_rows())
    assert by_series == {"airport/B": None, "airport/C": None, "network/flights": "CO"}


def test_no_rows_have_no_history():
    assert known([]) == {}


@pytest.mark.parametrize("key", ["network/flights", "country/ED/total", "route/SKBO-SKRG"])
def test_a_key_splits_into_what_it_was_made_of(key):
    assert key_of(*split_key(key)) == key


def test_the_settings_of_the_checkout_can_be_read():
    path = Path(__file__).parents[2] / "config" / "forecasts.yaml"
    assert load_forecast_settings(path).least_known_days == 28


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kinds: [a", "is not YAML"),
        ("- 1", "holds list"),
        ("kinds: [network]", "least_per_day"),
        ("kinds: [network, moon]", "kinds.1 is 'moon'"),
        ("least_known_days: 3", "greater than or equal to 28"),
        ("countries: {network: colombia}", "countries.network is 'colombia'"),
        ("countries: {all: CO}", "countries.all"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path, text, said):
    path = tmp_path / "forecasts.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        load_forecast_settings(path)
