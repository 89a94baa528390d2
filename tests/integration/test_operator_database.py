"""The operator's database, PostgreSQL and the embedded one: every version of a row once, and nothing written."""

import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import psycopg
import pytest
import sqlalchemy as sa

from airtraffic.errors import AirTrafficError, ConfigurationError
from airtraffic.flights import ROW_COLUMNS, VERSION_COLUMNS, flights_of_days
from assets.operator_database import ingest_operator_database
from orchestration.operator_database import waiting
from orchestration.resources.lake import LakeResource
from orchestration.resources.operator_database import OperatorDatabaseError, OperatorDatabaseResource
from orchestration.resources.operator_tables import FEED, FLIGHT_RESULTS, FLIGHTS, create_embedded
from sensors.operator_database import operator_rows
from tests.integration.operator_readers import read, read_until_commit

DDL = Path(__file__).parents[2] / "docs" / "operator_database.sql"
NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECRET = "hush@hush/"


@dataclass
class Operator:
    """An operator's database, seen by its owner and by us."""

    owner: sa.Engine
    ours: OperatorDatabaseResource

    def add(self, *numbers: int, at: datetime = NOON, **fields) -> None:
        """Flights, each with its number for a name, written at a given time."""
        rows = [
            {
                "flight_id": f"AV{number}",
                "source": "operator",
                "airline": "AVA",
                "flight_number": str(number),
                "origin": "SKBO",
                "destination": "SKRG",
                "scheduled_departure_at": NOON + number * MINUTE,
                "departure_at": NOON + (number + 5) * MINUTE,
                "arrival_at": NOON + (number + 55) * MINUTE,
                "status": "arrived",
                "cruise_fl": 210,
                "updated_at": at,
            }
            | fields
            for number in numbers
        ]
        with self.owner.begin() as connection:
            connection.execute(sa.insert(FLIGHTS), rows)

    def change(self, number: int, at: datetime, **fields) -> None:
        """Write a flight anew at a given time, past the trigger that would set the clock's."""
        with self.owner.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("set local session_replication_role = replica"))
            connection.execute(
                sa.update(FLIGHTS).where(FLIGHTS.c.flight_id == f"AV{number}").values(updated_at=at, **fields)
            )


@pytest.fixture
def embedded(tmp_path) -> Operator:
    path = tmp_path / "operator.db"
    owner = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    create_embedded(owner)
    return Operator(owner, OperatorDatabaseResource(url=f"sqlite:///{path}"))


@pytest.fixture
def postgres(postgres_url, request) -> Iterator[Operator]:
    name = f"operator_{request.node.name[:20]}_{id(request)}".replace("[", "_").lower()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    url = sa.make_url(postgres_url).set(database=name)
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute(DDL.read_text())
        connection.execute(f"alter role airtraffic_reader password '{SECRET}'")
    owner = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        connect_args={"options": "-c search_path=airtraffic"},
    )
    reader = url.set(username="airtraffic_reader", password=SECRET)
    return Operator(owner, OperatorDatabaseResource(url=reader.render_as_string(hide_password=False)))


@pytest.fixture(params=["embedded", pytest.param("postgres", marks=pytest.mark.postgres)])
def operator(request) -> Operator:
    return request.getfixturevalue(request.param)


@pytest.fixture
def lake(local_lake) -> LakeResource:
    return local_lake


def now(minutes: float = 60) -> datetime:
    return NOON + minutes * MINUTE


def ids(lake: LakeResource) -> list[str]:
    return sorted(lake.read("flights_raw", ["provider_flight_id"])["provider_flight_id"].to_pylist())


def flights(lake: LakeResource) -> list[dict]:
    rows = pl.DataFrame(pl.from_arrow(lake.read("flights_raw")))
    made = flights_of_days(rows.select(ROW_COLUMNS), rows.select(VERSION_COLUMNS), [NOON.date()], {})
    return made.flights.to_pylist()


def test_rows_are_read_once_and_say_what_the_database_says(operator, lake):
    operator.add(*range(50))
    done = read(lake, operator.ours, now())
    assert (done.rows, done.rejected, done.watermark) == (50, 0, NOON)
    version = lake.version("flights_raw")
    assert read(lake, operator.ours, now(120)).rows == 0
    assert lake.version("flights_raw") == version
    row = lake.read("flights_raw").sort_by("position").to_pylist()[0]
    assert (row["route"], row["provider"], row["source"]) == ("database", "operator", "operator")
    assert (row["airline"], row["flight_number"], row["origin"], row["cruise_fl"]) == (
        "AVA",
        "0",
        "SKBO",
        210,
    )
    assert (row["departure_at"], row["updated_at"], row["cancelled"]) == (NOON + 5 * MINUTE, NOON, False)
    assert len(flights(lake)) == 50


def test_only_the_last_version_of_a_flight_counts_and_each_is_kept(operator, lake):
    operator.add(1, 2, status="departed", arrival_at=None)
    read(lake, operator.ours, now())
    operator.change(1, at=NOON + 50 * MINUTE, status="arrived", arrival_at=NOON + 49 * MINUTE)
    operator.change(2, at=NOON + 50 * MINUTE, status="cancelled", departure_at=None)
    assert read(lake, operator.ours, now(61)).rows == 2
    assert ids(lake) == ["AV1", "AV1", "AV2", "AV2"]
    one, two = sorted(flights(lake), key=lambda flight: flight["flight_number"])
    assert (one["arrival_at"], one["flags"]) == (NOON + 49 * MINUTE, [])
    assert (two["cancelled"], two["flags"]) == (True, ["cancelled"])


def test_what_becomes_known_of_a_flight_later_is_a_version_with_its_figures(operator, lake):
    operator.add(1)
    read(lake, operator.ours, now())
    known = {"seats": 120, "passengers": 96, "revenue": 10500.25, "cost": 9000.5, "currency": "USD"}
    with operator.owner.begin() as connection:
        connection.execute(
            sa.insert(FLIGHT_RESULTS).values(flight_id="AV1", updated_at=NOON + 90 * MINUTE, **known)
        )
    assert read(lake, operator.ours, now(100)).rows == 1
    last = lake.read("flights_raw", ["original", "updated_at"]).sort_by("updated_at").to_pylist()[-1]
    assert last["updated_at"] == NOON + 90 * MINUTE
    for part in ('"seats":120', '"passengers":96', '"revenue":10500.25', '"cost":9000.5', '"currency":"USD"'):
        assert part in last["original"]
    assert len(flights(lake)) == 1


def test_rows_that_share_the_last_time_are_found_when_they_come_later(operator, lake):
    operator.add(1, 2)
    read(lake, operator.ours, now())
    operator.add(3, 4)
    operator.change(1, at=NOON, cruise_fl=190)
    assert waiting(lake, operator.ours) == 3
    assert read(lake, operator.ours, now(61)).rows == 3
    assert ids(lake) == ["AV1", "AV1", "AV2", "AV3", "AV4"]
    assert {flight["flight_number"]: flight["cruise_fl"] for flight in flights(lake)}["1"] == 190


def test_rows_that_are_dated_back_are_found_within_the_overlap_and_by_reading_everything(operator, lake):
    operator.add(1, at=NOON)
    read(lake, operator.ours, now())
    operator.add(2, at=NOON - 59 * MINUTE)
    operator.add(3, at=NOON - 61 * MINUTE)
    read(lake, operator.ours, now(61))
    assert ids(lake) == ["AV1", "AV2"]
    done = read(lake, operator.ours, now(62), everything=True)
    assert (done.rows, done.seen, done.watermark) == (1, 3, NOON)
    assert ids(lake) == ["AV1", "AV2", "AV3"]


@pytest.mark.postgres
def test_a_transaction_that_commits_after_a_later_one_is_not_lost(postgres, lake):
    operator = postgres
    slow = operator.owner.connect()
    values = {"flight_id": "slow", "status": "arrived", "scheduled_departure_at": NOON, "airline": "AVA"}
    text = "insert into flights (flight_id, status, scheduled_departure_at, airline) values (:flight_id, :status, :scheduled_departure_at, :airline)"
    slow.execute(sa.text(text), values)
    with operator.owner.begin() as quick:
        quick.execute(sa.text(text), values | {"flight_id": "quick"})
    read(lake, operator.ours, datetime.now(UTC))
    assert ids(lake) == ["quick"]
    slow.commit()
    slow.close()
    for _ in range(2):
        read(lake, operator.ours, datetime.now(UTC))
    assert ids(lake) == ["quick", "slow"]


def test_a_clock_that_runs_ahead_does_not_carry_the_reading_away(operator, lake):
    ahead = datetime.now(UTC) + timedelta(days=3)
    operator.add(1, at=ahead)
    done = read(lake, operator.ours, now())
    assert done.watermark < ahead
    operator.add(2, at=datetime.now(UTC))
    assert read(lake, operator.ours, now(61)).rows == 1
    assert ids(lake) == ["AV1", "AV2"]


def test_a_bad_row_is_rejected_once_with_its_reason(operator, lake):
    operator.add(1, origin="BOGOTA")
    operator.add(2, scheduled_departure_at=NOON.replace(year=1999), departure_at=None)
    operator.add(3)
    for _ in range(2):
        read(lake, operator.ours, now())
    rejected = lake.read("rejected_flights").to_pylist()
    assert sorted(row["reason"] for row in rejected) == [
        "departure is '1999-01-15 12:00'; expected a time from 2010-01-01 on and not in the future",
        "origin is 'BOGOTA'; expected an ICAO code such as SBGR",
    ]
    assert {row["route"] for row in rejected} == {"database"}
    assert ids(lake) == ["AV3"]
    assert waiting(lake, operator.ours) == 0


@pytest.mark.parametrize("commits", [1, 3])
def test_a_killed_reader_neither_loses_nor_doubles_a_row(operator, lake, commits):
    operator.add(*range(20), origin="nowhere")
    operator.add(*range(20, 100))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.operator_readers"])
    dead = context.Process(
        target=read_until_commit, args=(lake.root, operator.ours.url, now(), commits, 30), daemon=True
    )
    dead.start()
    dead.join(60)
    assert dead.exitcode == -signal.SIGKILL
    read(lake, operator.ours, now(61), batch=30)
    assert ids(lake) == sorted(f"AV{number}" for number in range(20, 100))
    assert lake.read("rejected_flights").num_rows == 20


def test_of_two_readers_at_once_the_second_reads_anew(operator, lake):
    operator.add(*range(100))
    stopped = []

    def meanwhile() -> bool:
        if not stopped:
            stopped.append(read(lake, operator.ours, now(), batch=10))
        return False

    read(lake, operator.ours, now(1), batch=10, stop=meanwhile)
    assert ids(lake) == sorted(f"AV{number}" for number in range(100))


def test_the_job_reports_the_days_and_the_day_that_a_flight_left(operator, lake):
    operator.add(1, 2)
    planned = NOON.replace(year=datetime.now(UTC).year + 1)
    operator.add(3, scheduled_departure_at=planned, departure_at=None, arrival_at=None, status="scheduled")
    resources = {"lake": lake, "operator_database": operator.ours}
    for day in (set(), {"2025-01-18"}):
        with dg.DagsterInstance.ephemeral() as instance:
            ingest_operator_database.execute_in_process(instance=instance, resources=resources)
            found = instance.get_materialized_partitions(dg.AssetKey("flights_raw"))
        assert found == {"2025-01-15"} | day
        operator.change(1, at=NOON + MINUTE, departure_at=NOON + timedelta(days=3))


def test_the_sensor_asks_until_the_rows_are_in_the_lake(operator, lake):
    def tick() -> dg.RunRequest | dg.SkipReason:
        resources = {"lake": lake, "operator_database": operator.ours}
        return operator_rows(dg.build_sensor_context(instance=instance, resources=resources))

    with dg.DagsterInstance.ephemeral() as instance:
        assert "has nothing that the lake has not" in tick().skip_message
        operator.add(1, 2)
        for _ in range(2):
            assert tick().tags == {"airtraffic/rows": "2"}
        read(lake, operator.ours, now())
        assert "has nothing that the lake has not" in tick().skip_message


def test_an_embedded_database_that_is_not_there_is_a_reason_and_is_not_made(lake, tmp_path):
    absent = OperatorDatabaseResource(url=f"sqlite:///{tmp_path / 'none.db'}")
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {"lake": lake, "operator_database": absent}
        skipped = operator_rows(dg.build_sensor_context(instance=instance, resources=resources))
    assert "there is no sqlite none.db; set AIRTRAFFIC_OPERATOR_DATABASE" in skipped.skip_message
    with pytest.raises(OperatorDatabaseError, match="unable to open"):
        read(lake, absent, now())
    assert not (tmp_path / "none.db").exists()


def test_we_cannot_write(operator):
    with pytest.raises(OperatorDatabaseError), operator.ours._reading() as connection:
        connection.execute(sa.delete(FLIGHTS))


@pytest.mark.postgres
def test_the_reading_role_sees_the_view_and_nothing_else(postgres):
    url = sa.make_url(postgres.ours.url)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        assert connection.execute("select count(*) from flight_feed").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from flights")
        connection.execute("set default_transaction_read_only = off")
        for statement in ("create table mine (x int)", "delete from flights"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.postgres
def test_the_documented_schema_and_the_embedded_one_have_the_same_columns(postgres, embedded):
    columns = [
        [column["name"] for column in sa.inspect(operator.owner).get_columns("flight_feed")]
        for operator in (postgres, embedded)
    ]
    assert columns[0] == columns[1] == FEED.columns.keys()
    for table in ("flights", "flight_results", "flight_satisfaction"):
        one, two = (sa.inspect(operator.owner).get_columns(table) for operator in (postgres, embedded))
        assert [(c["name"], c["nullable"]) for c in one] == [(c["name"], c["nullable"]) for c in two]


@pytest.mark.postgres
def test_an_operators_own_view_needs_the_marked_columns_only(postgres, lake):
    postgres.add(1)
    with postgres.owner.begin() as connection:
        for statement in (
            "alter view flight_feed rename to whole",
            "create view flight_feed as select {} from whole".format(
                ", ".join(column.name for column in FLIGHTS.columns)
            ),
            "grant select on flight_feed to airtraffic_reader",
        ):
            connection.execute(sa.text(statement))
    assert read(lake, postgres.ours, now()).rows == 1
    with postgres.owner.begin() as connection:
        connection.execute(sa.text("alter view flight_feed rename column updated_at to changed"))
    with pytest.raises(OperatorDatabaseError, match="has no column updated_at; see docs"):
        read(lake, postgres.ours, now())


@pytest.mark.postgres
def test_the_secret_is_never_shown(postgres, lake, capfd, caplog):
    url = sa.make_url(postgres.ours.url)
    wrong = OperatorDatabaseResource(url=url.set(password="not-it").render_as_string(hide_password=False))
    with dg.DagsterInstance.ephemeral() as instance:
        postgres.add(1)
        for database, works in ((postgres.ours, True), (wrong, False)):
            resources = {"lake": lake, "operator_database": database}
            done = ingest_operator_database.execute_in_process(
                instance=instance, resources=resources, raise_on_error=False
            )
            assert done.success is works
        logged = "".join(str(record) for record in instance.all_logs(done.run_id))
    said = "".join([*capfd.readouterr(), caplog.text, logged, repr(postgres.ours), repr(wrong)])
    assert "password authentication failed" in said
    assert not any(secret in said for secret in (SECRET, "hush%40hush%2F", "not-it"))


def test_a_database_that_does_not_answer_is_one_sentence(lake):
    nobody = OperatorDatabaseResource(url="postgresql://someone:secret@127.0.0.1:1/operator")
    with pytest.raises(AirTrafficError) as raised:
        read(lake, nobody, now())
    assert str(raised.value).startswith("the operator's database, postgresql 127.0.0.1:1/operator: ")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "said"), [("no url", "is no database URL"), ("mysql://a:b@c/d", "begins with 'mysql'")]
)
def test_another_kind_of_url_is_refused_by_name(url, said):
    with pytest.raises(ConfigurationError, match=f"AIRTRAFFIC_OPERATOR_DATABASE {said}"):
        _ = OperatorDatabaseResource(url=url).name
