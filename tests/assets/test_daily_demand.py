"""Daily demand on a real lake: a span in one run, the same again, and its history."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pytest

from airtraffic.demand_tables import DAILY_COUNTS, DAILY_DEMAND
from airtraffic.flight_tables import FLIGHTS
from assets.daily_demand import daily_demand
from orchestration.check_demand import check_daily_demand
from orchestration.demand_history import read_history
from orchestration.resources.lake import LakeResource
from tests.assets.ticks import Ticks

FIRST = date(2025, 1, 20)
DAYS = [FIRST + timedelta(days=n) for n in range(40)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> LakeResource:
    lake = LakeResource(root=str(tmp_path_factory.mktemp("lake")))
    flown = {
        "airline": "AVA", "origin": "SKBO", "destination": "SKRG", "cancelled": False, "source": "operator",
        "provider": "operator", "routes": ["database"],
    }  # fmt: skip
    flights = [
        flown | {"flight_id": f"{day} {n}", "date": day} for day in DAYS for n in range(1 + day.weekday())
    ]
    counts = [
        {
            "kind": "network", "series": "brazil", "country": "BR", "value": 1000.0 + n, "provider": "brazil_network",
            "source": "file", "ingested_at": datetime(2025, 3, 1, tzinfo=UTC), "date": day,
        }
        for n, day in enumerate(DAYS)
    ]  # fmt: skip
    lake.append("flights", pa.Table.from_pylist(flights, schema=FLIGHTS.schema))
    lake.append("daily_counts", pa.Table.from_pylist(counts, schema=DAILY_COUNTS.schema))
    return lake


def made(lake: LakeResource) -> list[dict]:
    tags = {
        "dagster/asset_partition_range_start": str(DAYS[0]),
        "dagster/asset_partition_range_end": str(DAYS[-1]),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [daily_demand], instance=instance, resources={"lake": lake}, tags=tags, selection=[daily_demand]
        )
    assert done.success
    events = done.asset_materializations_for_node("daily_demand")
    assert {event.metadata["dagster/partition_row_count"].value for event in events} == {6}
    assert len(events) == len(DAYS)
    return (
        lake.read("daily_demand")
        .sort_by([(name, "ascending") for name in ("date", "kind", "series")])
        .to_pylist()
    )


def test_a_span_is_one_run_and_one_commit_and_the_same_when_made_again(lake):
    rows = made(lake)
    assert len(rows) == 6 * len(DAYS)
    version = lake.version("daily_demand")
    assert made(lake) == rows
    assert lake.version("daily_demand") == version + 1


def test_the_history_is_what_is_forecast_and_ends_on_the_day_that_is_asked_for(lake):
    made(lake)
    until = DAYS[30]
    history = read_history(lake, until)
    assert set(history["series"]) == {
        "network/flights", "network/brazil", "airport/SKBO", "airport/SKRG", "route/SKBO-SKRG", "airline/AVA",
    }  # fmt: skip
    assert (history["date"].min(), history["date"].max()) == (FIRST, until)
    assert history.columns == ["series", "kind", "country", "date", "value", "simulated"]
    assert set(history.select("series", "country").unique().iter_rows()) >= {
        ("network/brazil", "BR"),
        ("airport/SKBO", "CO"),
        ("airline/AVA", None),
    }
    assert read_history(lake, FIRST).is_empty(), "a day is no history"


def test_what_is_not_what_was_counted_is_found(lake):
    made(lake)
    assert [finding.passed for finding in check_daily_demand(lake, DAYS)] == [True] * len(DAYS)
    day = DAYS[0]
    rows = lake.read("daily_demand", where=[("date", "=", day)]).to_pylist()
    for row in rows:
        row["value"] += 1
    wrong = pa.Table.from_pylist(
        [*rows, rows[0], rows[1] | {"series": "XXX", "value": -1.0}], schema=DAILY_DEMAND.schema
    )
    lake.replace("daily_demand", wrong, f"date = '{day}'")
    (found,) = check_daily_demand(lake, [day])
    assert not found.passed
    assert found.metadata == {
        "series_twice": 2,
        "negative": 1,
        "flights_missing": 1,
        "counts_without_file": 1,
    }
    assert (
        found.description == "8 series; 2 series twice; 1 negative; 1 flights missing; 1 counts without file"
    )


def test_an_empty_lake_has_no_history(tmp_path):
    assert read_history(LakeResource(root=str(tmp_path)), FIRST).is_empty()


def test_published_counts_and_flights_make_their_days_and_bring_no_other_into_being():
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(instance, evaluated=["daily_demand"])
        published = {str(date(2023, 1, 1) + timedelta(days=n)) for n in range(400)}
        ticks.report("daily_counts", *published)
        assert ticks.tick() == {"daily_demand": published}
        ticks.report("flights", str(FIRST))
        assert ticks.tick() == {}, "its sectors are not counted yet"
        ticks.report("sector_entries", str(FIRST))
        assert ticks.tick() == {"daily_demand": {str(FIRST)}}
        ticks.report("sector_entries", "2025-06-26")
        assert ticks.tick() == {}, "the day is open"
