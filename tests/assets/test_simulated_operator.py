"""The demo's operator: its embedded database, filled once, through the relational route to the route indicators."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
import sqlalchemy as sa

from airtraffic.simulation.simulator import Simulation
from assets.flights import flights
from assets.operator_database import ingest_operator_database
from assets.routes import route_performance
from orchestration.resources.lake import LakeResource
from orchestration.resources.operator_database import OperatorDatabaseResource
from orchestration.resources.operator_tables import FLIGHTS, create_embedded
from orchestration.simulated_operator import OwnDatabaseError, fill_embedded

DAY = date(2025, 1, 15)
WORLD = Simulation(seed=7, start=datetime(2025, 1, 15, tzinfo=UTC), hours=1, aircraft=12)
NOW = datetime(2025, 2, 1, 12, tzinfo=UTC)
TABLES = ("flights", "flight_results", "flight_satisfaction")


def contents(path: Path) -> dict[str, list[tuple]]:
    with sqlite3.connect(path) as connection:
        return {name: connection.execute(f"select * from {name}").fetchall() for name in TABLES}


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "new" / "operator.db"
    assert fill_embedded(path, WORLD, [DAY], NOW)[DAY] > 50
    return path


def test_a_day_filled_twice_is_the_same_day_and_another_day_is_added(database, tmp_path):
    before = contents(database)
    assert fill_embedded(database, WORLD, [DAY], NOW + timedelta(hours=1)) == {}
    assert contents(database) == before
    copy = tmp_path / "operator.db"
    copy.write_bytes(database.read_bytes())
    after = DAY + timedelta(days=1)
    assert set(fill_embedded(copy, WORLD, [DAY, after], NOW)) == {after}
    assert set(contents(copy)["flights"]) > set(before["flights"])


def test_a_database_with_flights_of_an_operator_is_not_written_to(tmp_path):
    path = tmp_path / "operator.db"
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    create_embedded(engine)
    row = {"flight_id": "1", "source": "operator", "status": "arrived"}
    times = {"scheduled_departure_at": NOW, "updated_at": NOW}
    with engine.begin() as connection:
        connection.execute(sa.insert(FLIGHTS), row | times)
    before = path.read_bytes()
    with pytest.raises(OwnDatabaseError, match="holds flights of the source 'operator'"):
        fill_embedded(path, WORLD, [DAY], NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "table", ["create table journeys (id text)", "create table flights (id text primary key)"]
)
def test_a_database_with_tables_of_its_own_is_not_written_to(tmp_path, table):
    path = tmp_path / "operator.db"
    with sqlite3.connect(path) as connection:
        connection.execute(table)
    before = path.read_bytes()
    with pytest.raises(OwnDatabaseError, match="of its own"):
        fill_embedded(path, WORLD, [DAY], NOW)
    assert path.read_bytes() == before


def test_its_flights_go_through_the_relational_route_to_the_indicators_of_routes(database, tmp_path):
    lake = LakeResource(root=str(tmp_path / "lake"))
    resources = {
        "lake": lake,
        "operator_database": OperatorDatabaseResource(url=f"sqlite:///{database}"),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            assert ingest_operator_database.execute_in_process(resources=resources, instance=instance).success
        for asset in (flights, route_performance):
            made = dg.materialize(
                [asset],
                instance=instance,
                resources={"lake": lake},
                partition_key=str(DAY),
                selection=[asset],
            )
            assert made.success
    written = contents(database)
    raw = lake.read("flights_raw")
    assert raw.num_rows == len(written["flights"])
    assert set(raw["route"].to_pylist()) == {"database"}
    assert set(raw["source"].to_pylist()) == {"simulate"}
    assert lake.read("flights").num_rows == len(written["flights"])
    routes = pl.DataFrame(pl.from_arrow(lake.read("route_performance")))
    assert routes["flights"].sum() == len(written["flight_results"])
    flown = routes.filter(pl.col("flights") > 0)
    for known in (
        "load_factor",
        "revenue",
        "cost",
        "margin_share",
        "rask",
        "satisfaction",
        "complaints_per_1000",
    ):
        assert flown[known].null_count() == 0, known
    assert set(flown["sources"].explode()) == {"simulate"}
    with sqlite3.connect(database) as connection:
        revenue, passengers = connection.execute(
            "select sum(revenue), sum(passengers) from flight_results"
        ).fetchone()
    assert flown["revenue"].sum() == pytest.approx(revenue)
    assert flown["passengers"].sum() == passengers
