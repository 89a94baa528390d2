"""Indicators of routes, what is worth a look, airlines by month, and the way flown."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from airtraffic.airline_monthly import airline_monthly
from airtraffic.errors import ConfigurationError
from airtraffic.flight_distances import flight_distances
from airtraffic.flight_tables import FLIGHTS
from airtraffic.route_opportunities import days_with_data, route_opportunities
from airtraffic.route_performance import RESULTS_SCHEMA, route_performance
from airtraffic.route_tables import FLIGHT_DISTANCES, ROUTE_PERFORMANCE_MONTHLY
from airtraffic.route_thresholds import load_route_thresholds

CONFIG = Path(__file__).parents[2] / "config" / "routes.yaml"
DAY = date(2025, 1, 15)
NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def thresholds():
    return load_route_thresholds(CONFIG)


def frame(table, rows: list[dict]) -> pl.DataFrame:
    schema = pl.DataFrame(pl.from_arrow(table.schema.empty_table())).schema
    return pl.DataFrame(rows, schema_overrides=dict(schema.items())).pipe(
        lambda given: pl.concat([pl.DataFrame(schema=schema), given], how="diagonal")
    )


def flight(number: int, delay_min: float | None = 0, **other) -> dict:
    """A flight of an hour and a half from Bogotá to Quito."""
    planned = NOON + number * timedelta(minutes=30)
    delay = None if delay_min is None else timedelta(minutes=delay_min)
    return {
        "flight_id": f"f{number}",
        "origin": "SKBO",
        "destination": "SEQM",
        "airline": "AVA",
        "scheduled_departure_at": planned,
        "scheduled_arrival_at": planned + 90 * MINUTE,
        "departure_at": None if delay is None else planned + delay / 2,
        "arrival_at": None if delay is None else planned + 90 * MINUTE + delay,
        "cancelled": False,
        "source": "file",
        "routes": ["files"],
        "flags": [],
        "date": DAY,
        **other,
    }


def performance(flights, thresholds, results=(), distances=()) -> dict:
    made = route_performance(
        DAY,
        frame(FLIGHTS, flights),
        frame(FLIGHT_DISTANCES, list(distances)),
        pl.DataFrame(list(results), schema=RESULTS_SCHEMA),
        thresholds,
    )
    (row,) = made.to_pylist()
    return row


def result(**other) -> dict:
    return {
        "origin": "SKBO", "destination": "SEQM", "airline": "AVA", "seats": 150, "passengers": 120,
        "revenue": 12_000.0, "cost": 11_000.0, "currency": "USD", "satisfaction": 4.0, "answers": 10,
        "complaints": 1, "source": "simulate", **other,
    }  # fmt: skip


def test_an_arrival_fifteen_minutes_late_is_on_time_and_one_at_sixteen_is_not(thresholds):
    row = performance([flight(n, delay) for n, delay in enumerate([0, 15, 16, -20])], thresholds)
    assert (row["on_time_share"], row["on_time_share_of"]) == (0.75, 4)
    assert row["delay_mean_min"] == pytest.approx(31 / 4), "an early arrival makes up for nothing"


def test_cancelled_flights_count_where_cancellations_are_counted_only(thresholds):
    flights = [flight(n) for n in range(9)] + [flight(9, None, cancelled=True, flags=["cancelled"])]
    row = performance(flights, thresholds)
    assert (row["flights"], row["cancelled"], row["cancelled_share"], row["cancelled_share_of"]) == (
        9,
        1,
        0.1,
        10,
    )
    assert row["cancelled_share_light"] == "red"
    assert row["on_time_share_of"] == 9


def test_too_few_observations_give_a_value_and_no_light(thresholds):
    row = performance([flight(n, 60) for n in range(4)], thresholds)
    assert row["on_time_share"] == 0.0
    assert row["on_time_share_light"] is None


def test_block_time_is_compared_with_the_plan_of_the_same_flights(thresholds):
    row = performance(
        [flight(n, 18) for n in range(5)] + [flight(5, 0, scheduled_arrival_at=None)], thresholds
    )
    assert row["block_time_ratio"] == pytest.approx(99 / 90)
    assert row["block_time_ratio_of"] == 5
    assert row["block_time_min"] == pytest.approx((5 * 99 + 90) / 6)


def test_money_is_summed_and_set_against_seat_kilometres(thresholds):
    row = performance([flight(n) for n in range(5)], thresholds, results=[result() for _ in range(5)])
    assert (row["seats"], row["passengers"], row["load_factor"]) == (750, 600, 0.8)
    assert (row["revenue"], row["margin"], row["currency"]) == (60_000, 5_000, "USD")
    assert row["great_circle_km"] == pytest.approx(712, rel=0.001)
    assert row["rask"] == pytest.approx(60_000 / (750 * row["great_circle_km"]))
    assert row["rask_over_cask"] == pytest.approx(12 / 11)
    assert (row["satisfaction"], row["satisfaction_of"]) == (4.0, 50)
    assert row["complaints_per_1000"] == pytest.approx(5 / 0.6)
    assert row["sources"] == ["file", "simulate"]


def test_a_flight_without_seats_adds_nothing_to_what_a_seat_earns(thresholds):
    flights, known = [flight(n) for n in range(5)], [result() for _ in range(4)]
    row = performance(flights, thresholds, results=[*known, result(seats=None), result(seats=0)])
    alone = performance(flights, thresholds, results=known)
    assert (row["rask"], row["cask"]) == (alone["rask"], alone["cask"])
    assert (row["revenue"], row["margin_share_of"]) == (72_000, 6)
    assert row["margin_share_light"] == "green"
    assert row["rask_over_cask_light"] is None, "four flights are too few"


def test_a_cancelled_flight_s_seats_and_money_count_nowhere(thresholds):
    flights, known = [flight(n) for n in range(5)], [result() for _ in range(5)]
    cancelled = [result(cancelled=True, passengers=0), result(cancelled=True, answers=100, satisfaction=1.0)]
    assert performance(flights, thresholds, results=known + cancelled) == performance(
        flights, thresholds, results=known
    )


def test_several_currencies_are_not_summed(thresholds):
    results = [result(), result(currency="COP", revenue=48e6)]
    row = performance([flight(0)], thresholds, results=results)
    assert row["currency"] is row["revenue"] is row["rask"] is row["margin_share"] is None
    assert row["load_factor"] == 0.8


def test_an_operator_that_knows_no_seats_has_no_load_factor(thresholds):
    row = performance(
        [flight(0)], thresholds, results=[result(seats=None, passengers=None, answers=None, complaints=None)]
    )
    assert row["load_factor"] is row["rask"] is row["satisfaction"] is row["complaints_per_1000"] is None
    assert row["revenue"] == 12_000


def test_a_day_without_flights_is_an_empty_table(thresholds):
    made = route_performance(
        DAY, frame(FLIGHTS, []), frame(FLIGHT_DISTANCES, []), pl.DataFrame(schema=RESULTS_SCHEMA), thresholds
    )
    assert made.num_rows == 0


def test_the_order_of_the_rows_changes_nothing(thresholds):
    flights = [flight(n, n * 3.7) for n in range(30)]
    results = [result(revenue=10_000 + n / 7) for n in range(30)]
    forth = performance(flights, thresholds, results)
    back = performance(flights[::-1], thresholds, results[::-1])
    assert forth == back


def month(month: int, **other) -> dict:
    return {
        "origin": "SKBO", "destination": "SEQM", "airline": "AVA", "flights": 60, "load_factor": 0.7,
        "delay_mean_min": 10.0, "on_time_share_of": 60, "horizontal_efficiency": 1.04,
        "horizontal_efficiency_of": 10, "great_circle_km": 732.0, "sources": ["file"],
        "date": date(2025, month, 1), **other,
    }  # fmt: skip


def opportunities(routes, before, thresholds, days=30) -> list[dict]:
    table = ROUTE_PERFORMANCE_MONTHLY
    known = [flight(n, date=date(2025, 4, 1 + n), sources=["file", "opensky"]) for n in range(days)]
    return route_opportunities(
        date(2025, 4, 1),
        frame(table, routes),
        frame(table, before),
        days_with_data(frame(FLIGHTS, known)),
        thresholds,
    ).to_pylist()


def test_a_full_route_that_goes_seldom_is_worth_a_look(thresholds):
    seldom = month(4, load_factor=0.91, flights=30)
    often = month(4, load_factor=0.91, flights=300, destination="SPJC")
    (row,) = opportunities([seldom, often, month(4, destination="SCEL")], [], thresholds)
    assert (row["rank"], row["destination"], row["reasons"]) == (1, "SEQM", ["seldom_and_full"])
    assert row["not_assessed"] == ["delay_rising"], "there are no months before"
    assert row["score"] == pytest.approx(0.4 + 2 / 3)


def test_how_often_a_route_flies_counts_the_days_with_data_only(thresholds):
    often = month(4, load_factor=0.91, flights=40)
    (row,) = opportunities([often], [], thresholds)
    assert (row["flights_per_day"], row["days_with_data"]) == (pytest.approx(40 / 30), 30)
    assert opportunities([often], [], thresholds, days=10) == [], "four a day on ten days is not seldom"
    assert opportunities([month(4, load_factor=0.91, flights=10)], [], thresholds, days=6) == []
    assert opportunities([month(4, load_factor=0.91, flights=10)], [], thresholds, days=7)
    assert opportunities([month(4, load_factor=0.91, sources=["operator"])], [], thresholds) == []


def test_a_delay_that_rises_over_the_months_before_is_worth_a_look(thresholds):
    before = [month(3, delay_mean_min=10.0), month(2, delay_mean_min=4.0, on_time_share_of=20)]
    (row,) = opportunities([month(4, delay_mean_min=18.0)], before, thresholds)
    assert row["reasons"] == ["delay_rising"]
    assert row["delay_before_min"] == pytest.approx((10 * 60 + 4 * 20) / 80)


def test_a_route_longer_than_its_peers_is_worth_a_look_and_ranks_by_how_much(thresholds):
    routes = [month(4, destination=code, horizontal_efficiency=value) for code, value in
              [("SEQM", 1.04), ("SPJC", 1.03), ("SKCL", 1.05), ("SKRG", 1.12), ("SKCG", 1.20)]]  # fmt: skip
    rows = opportunities(routes, [], thresholds)
    assert [row["destination"] for row in rows] == ["SKCG", "SKRG"]
    assert rows[0]["reasons"] == ["longer_than_peers"]
    assert rows[0]["peers"] == 4


def test_an_airline_s_month_is_full_when_every_day_has_data():
    days = [date(2025, 2, 1) + timedelta(days=n) for n in range(28)]
    flights = [flight(n, date=day) for n, day in enumerate(days)] + [
        flight(99, None, cancelled=True, airline=None, date=days[0])
    ]
    full = airline_monthly(date(2025, 2, 1), frame(FLIGHTS, flights)).to_pylist()
    assert [(row["airline"], row["flights"], row["cancelled"], row["full_month"]) for row in full] == [
        ("AVA", 28, 0, True),
        (None, 0, 1, True),
    ]
    short = airline_monthly(date(2025, 2, 1), frame(FLIGHTS, flights[1:-1])).to_pylist()
    assert [row["full_month"] for row in short] == [False]


def track(bulge_deg: float, every_min: int = 1, dropped: range = range(0)) -> pl.DataFrame:
    """Positions between Bogotá and Quito, bulging to the west in the middle."""
    minutes = np.array([m for m in range(0, 91, every_min) if m not in dropped])
    part = minutes / 90
    return pl.DataFrame(
        {
            "icao24": "0d0001",
            "snapshot_at": [NOON + int(m) * MINUTE for m in minutes],
            "latitude": 4.7016 + part * (-0.1292 - 4.7016),
            "longitude": -74.1469 + part * (-78.3575 + 74.1469) - bulge_deg * np.sin(np.pi * part),
            "on_ground": False,
            "is_repeat": False,
            "source": "simulate",
        }
    ).with_columns(pl.col("snapshot_at").cast(pl.Datetime("us", "UTC")))


TRACKED = flight(0, 0, icao24="0d0001", routes=["tracks"])


def test_a_straight_track_is_as_long_as_the_great_circle_and_a_detour_is_longer():
    (straight,) = flight_distances(frame(FLIGHTS, [TRACKED]), track(0)).to_pylist()
    (detour,) = flight_distances(frame(FLIGHTS, [TRACKED]), track(1.0)).to_pylist()
    assert straight["flown_km"] == pytest.approx(straight["great_circle_km"], rel=0.005)
    assert detour["flown_km"] > 1.03 * detour["great_circle_km"]
    assert (straight["positions"], straight["longest_gap_min"]) == (91, 1.0)


def test_a_track_with_a_hole_gives_no_distance():
    assert flight_distances(frame(FLIGHTS, [TRACKED]), track(0, dropped=range(20, 35))).num_rows == 0
    unseen = {**TRACKED, "flags": ["departure_unobserved"]}
    assert flight_distances(frame(FLIGHTS, [unseen]), track(0)).num_rows == 0


def test_two_flights_of_one_aircraft_keep_their_positions_apart():
    back = flight(10, 0, icao24="0d0001", routes=["tracks"], origin="SEQM", destination="SKBO")
    there, again = (
        track(0),
        track(0).with_columns(
            pl.col("snapshot_at") + timedelta(minutes=300), pl.col("latitude", "longitude").reverse()
        ),
    )
    made = flight_distances(frame(FLIGHTS, [TRACKED, back]), pl.concat([again, there])).to_pylist()
    assert [row["positions"] for row in made] == [91, 91]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("green: 0.85", "green: 0.70"), "indicators.on_time_share"),
        (("on_time_share:", "punctuality:"), "missing \\['on_time_share'\\]"),
        (("at_least: 5", "at_least: 0"), "at_least is 0:"),
        (("green: 0.85", "green: 85"), "indicators.on_time_share.green is 85; expected 0 to 1"),
        (("amber: 0.75", "amber: -0.1"), "indicators.on_time_share.amber is -0.1; expected 0 to 1"),
        (("green: 0.85", "green: .inf"), "indicators.on_time_share.green is inf:"),
        (("amber: 0.75", "amber: .nan"), "indicators.on_time_share.amber is nan:"),
        (("delay_rise_min: 5", "delay_rise_min: .inf"), "opportunities.delay_rise_min is inf:"),
    ],
)
def test_a_fault_in_the_thresholds_names_the_indicator_and_the_value(change, said, tmp_path):
    faulty = tmp_path / "routes.yaml"
    faulty.write_text(CONFIG.read_text().replace(*change, 1))
    with pytest.raises(ConfigurationError, match=said):
        load_route_thresholds(faulty)
