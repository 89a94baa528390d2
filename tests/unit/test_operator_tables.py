"""The simulated operator's tables: of a seed, simulated in every row, and in agreement with themselves."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from airtraffic.simulation.operator_events import simulated_events
from airtraffic.simulation.operator_tables import AIRLINES, OperatorTables, operator_tables, tables_of
from airtraffic.simulation.simulator import Simulation

DAY = date(2025, 1, 15)
START = datetime(2025, 1, 15, tzinfo=UTC)


def world(seed: int = 7, aircraft: int = 12) -> Simulation:
    return Simulation(seed=seed, start=START, hours=1, aircraft=aircraft)


@pytest.fixture(scope="module")
def made() -> OperatorTables:
    return operator_tables(world(), DAY)


def late_min(flights: pl.DataFrame) -> pl.Series:
    return (flights["arrival_at"] - flights["scheduled_arrival_at"]).dt.total_seconds() / 60


def test_a_seed_has_its_rows_and_another_seed_has_others(made):
    again = operator_tables(world(), DAY)
    assert made.flights.height > 50
    assert made.flights.equals(again.flights)
    assert made.flight_results.equals(again.flight_results)
    assert made.flight_satisfaction.equals(again.flight_satisfaction)
    assert not made.flights.equals(operator_tables(world(seed=8), DAY).flights)


def test_every_flight_says_that_it_is_simulated_and_left_on_the_day(made):
    assert set(made.flights["source"]) == {"simulate"}
    assert set(made.flights["airline"]) <= set(AIRLINES)
    left = made.flights.select(pl.coalesce("departure_at", "scheduled_departure_at").dt.date()).to_series()
    assert set(left) == {DAY}
    assert made.flights["flight_id"].is_unique().all()


def test_days_share_no_flight_and_leave_none_out(made):
    after = operator_tables(world(), DAY + timedelta(days=1))
    assert not set(made.flights["flight_id"]) & set(after.flights["flight_id"])
    events = list(simulated_events(world(), AIRLINES, START, START + timedelta(days=2)))
    departed = {event["flight_id"] for event in events if event["operation"] == "departed"}
    assert departed <= {*made.flights["flight_id"], *after.flights["flight_id"]}


def test_results_and_answers_are_of_flights_that_arrived_and_fit_them(made):
    flown = made.flights.filter(pl.col("status") == "arrived")
    assert set(made.flights["status"]) <= {"arrived", "cancelled"}
    assert flown["arrival_at"].null_count() == 0
    assert (flown["arrival_at"] > flown["departure_at"]).all()
    assert set(made.flight_results["flight_id"]) == set(flown["flight_id"])
    assert set(made.flight_satisfaction["flight_id"]) <= set(flown["flight_id"])
    results = made.flight_results
    assert results["passengers"].is_between(0, results["seats"]).all()
    assert (results.select("revenue", "cost").to_numpy() > 0).all()
    asked = made.flight_satisfaction.join(results, on="flight_id")
    assert (asked["answers"] <= asked["passengers"]).all()
    assert asked["satisfaction"].is_between(1, 5).all()


def test_who_arrives_late_is_less_content_and_complains_more():
    flights = operator_tables(world(aircraft=60), DAY)
    both = flights.flight_satisfaction.join(flights.flights, on="flight_id")
    late = both.filter(late_min(both) > 45)
    on_time = both.filter(late_min(both) < 5)
    assert late.height > 20
    assert late["satisfaction"].mean() < on_time["satisfaction"].mean() - 0.4
    assert late["complaints"].mean() > on_time["complaints"].mean() + 0.8


def test_a_cancelled_flight_has_no_times_and_no_results():
    (event,) = list(simulated_events(world(), AIRLINES, START, START + timedelta(days=1)))[:1]
    cancelled = event | {"operation": "cancelled", "departure_at": None, "arrival_at": None}
    made = tables_of([cancelled | {"scheduled_departure_at": int(START.timestamp()) + 60}], DAY)
    assert made.flights.select("status", "departure_at").rows() == [("cancelled", None)]
    assert made.flight_results.is_empty()
    assert made.flight_satisfaction.is_empty()
