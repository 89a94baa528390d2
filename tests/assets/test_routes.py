"""Routes on a real lake: days and months of flights with what an operator knows of them."""

import json
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pytest

from airtraffic.flight_tables import FLIGHTS, FLIGHTS_RAW
from assets import routes
from orchestration.resources.lake import LakeResource

FIRST = date(2025, 1, 30)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
MINUTE = timedelta(minutes=1)


def rows_of(day: date) -> list[dict]:
    start = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    return [
        {
            "flight_id": f"{day}-{n}", "provider_flight_id": f"{day}-{n}", "airline": "AVA", "origin": "SKBO",
            "destination": "SEQM", "scheduled_departure_at": start + 30 * n * MINUTE,
            "scheduled_arrival_at": start + (30 * n + 90) * MINUTE, "departure_at": start + 30 * n * MINUTE,
            "arrival_at": start + (30 * n + 100) * MINUTE, "cancelled": False, "source": "simulate",
            "provider": "operator", "route": "database", "routes": ["database"], "flags": [],
            "received_from": "flight_feed", "position": n, "ingested_at": start, "updated_at": start, "date": day,
            "original": json.dumps({"seats": 100, "passengers": 80 + n, "revenue": 9000.5, "cost": 8000, "currency": "USD"}),
        }
        for n in range(6)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> LakeResource:
    lake = LakeResource(root=str(tmp_path_factory.mktemp("lake")))
    rows = [row for day in DAYS for row in rows_of(day)]
    for table in (FLIGHTS, FLIGHTS_RAW):
        lake.append(table.name, pa.Table.from_pylist(rows, schema=table.schema))
    return lake


def made(lake: LakeResource, asset: dg.AssetsDefinition, first: str, last: str) -> list[dict]:
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [asset], instance=instance, resources={"lake": lake}, tags=tags, selection=[asset]
        )
    assert done.success
    return sorted(lake.read(asset.key.to_user_string()).to_pylist(), key=lambda row: (row["date"], str(row)))


def test_a_span_of_days_is_one_run_and_one_commit(lake):
    rows = made(lake, routes.route_performance, "2025-01-30", "2025-02-02")
    assert [(row["date"], row["flights"], row["on_time_share"], row["load_factor"]) for row in rows] == [
        (day, 6, 1.0, 0.825) for day in DAYS
    ]
    assert {row["revenue"] for row in rows} == {54003.0}
    assert rows[0]["sources"] == ["simulate"]
    version = lake.version("route_performance")
    made(lake, routes.route_performance, "2025-01-30", "2025-02-02")
    assert lake.version("route_performance") == version + 1


def test_a_month_is_made_of_its_flights_and_not_of_its_days(lake):
    rows = made(lake, routes.route_performance_monthly, "2025-01", "2025-02")
    assert {(row["date"], row["flights"], row["margin_share_of"]) for row in rows} == {
        (date(2025, 1, 1), 12, 12),
        (date(2025, 2, 1), 12, 12),
    }
    months = made(lake, routes.airline_monthly, "2025-01", "2025-02")
    assert {(row["date"], row["flights"], row["days_with_data"], row["full_month"]) for row in months} == {
        (date(2025, 1, 1), 12, 2, False),
        (date(2025, 2, 1), 12, 2, False),
    }


def test_a_month_with_flights_on_few_days_lists_nothing_and_says_why(lake):
    made(lake, routes.route_performance_monthly, "2025-01", "2025-01")
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [routes.route_opportunities], instance=instance, resources={"lake": lake}, partition_key="2025-01"
        )
    (event,) = done.asset_materializations_for_node("route_opportunities")
    assert event.metadata["dagster/partition_row_count"].value == 0
    assert event.metadata["not_judged"].value == "1 routes with fewer than 7 days with data"


def test_making_days_and_months_again_gives_the_same(lake):
    for asset, first, last in (
        (routes.route_performance, "2025-01-30", "2025-02-02"),
        (routes.route_performance_monthly, "2025-01", "2025-02"),
        (routes.route_opportunities, "2025-01", "2025-02"),
        (routes.flight_distances, "2025-01-30", "2025-02-02"),
    ):
        assert made(lake, asset, first, last) == made(lake, asset, first, last)
