"""The demo as a person runs it; its tables are read with a plain Delta reader and none of the project's code."""

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable

ROOT = Path(__file__).parents[2]
JANUARY, JUNE = 1, 6
FIRST_RECORDED = date(2025, 1, 1)
TABLES = (
    "state_vectors_raw",
    "state_vectors",
    "flight_states",
    "traffic_density",
    "hourly_traffic",
    "flights_raw",
    "flights",
    "flights_quality",
    "sector_entries",
    "sector_saturation",
    "route_performance",
    "daily_demand",
)
WHEN_MADE = ("ingested_at", "kafka_cluster", "data_version")
OF_COUNTS = (
    "daily_counts",
    "demand_champions",
    "demand_forecast",
    "seasonal_trends",
    "sector_saturation_forecast",
)


def demo(data: Path, *arguments: str, in_memory: bool = False) -> str:
    environment = {
        **os.environ,
        "AIRTRAFFIC_DATA": str(data),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "160",
    }
    environment.pop("AIRTRAFFIC_LAKE", None)
    if in_memory:
        environment.pop("KAFKA_HOME", None)
        environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "demo", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


def unwrapped(said: str) -> str:
    """The terminal's table without its lines."""
    return " ".join(said.replace("│", " ").split())


def table(data: Path, name: str):
    return DeltaTable(str(data / "lake" / name)).to_pyarrow_table()


def contents(data: Path, month: int, names: tuple[str, ...] = TABLES) -> dict[str, list]:
    """Every row of every table in a month, as far as it does not say when it was made."""
    made = {}
    for name in names:
        rows = table(data, name)
        rows = rows.filter(pc.equal(pc.month(rows["date"]), month))
        keep = [column for column in rows.column_names if column not in WHEN_MADE]
        made[name] = sorted(map(repr, rows.select(keep).to_pylist()))
    return made


JUNE_25 = {
    "rows": 25_372,
    "snapshots": 111,
    "aircraft": 872,
    "hours": {16: 5_297, 17: 13_665, 18: 6_410},
    "states": {
        "cruise": 14_868,
        "climb_descent_hold": 4_637,
        "manoeuvre": 3_735,
        "ground": 2_120,
        "unknown": 12,
    },
    "congestion_band": 1_393,
    "quadrants": {"SE": 8_938, "NE": 8_705, "NW": 6_746, "SW": 983},
    "repeats": 5_473,
    "older_than_60_s": 5_856,
}
JUNE_21 = {
    "rows": 19_589,
    "snapshots": 213,
    "aircraft": 514,
    "states": {
        "cruise": 14_061,
        "climb_descent_hold": 3_503,
        "manoeuvre": 1_348,
        "ground": 675,
        "unknown": 2,
    },
    "congestion_band": 546,
    "repeats": 3_943,
    "older_than_60_s": 4_210,
}
RECORDED = {
    "sa_60s_20250621T2325Z.parquet": (JUNE_21, (date(2025, 6, 21), date(2025, 6, 22))),
    "sa_60s_20250625T1636Z.parquet": (JUNE_25, (date(2025, 6, 25),)),
}


@pytest.mark.recordings
@pytest.mark.slow
def test_recordings_give_their_golden_figures_and_nothing_of_them_changes_the_second_time(
    recordings, tmp_path
):
    """One demo of both and a second one that brings malformed files along: each takes half a minute."""
    files = [recordings / "states" / name for name in RECORDED]
    said = demo(tmp_path, "--source", "replay", *inputs(files))
    for golden, days in RECORDED.values():
        figures_are(golden, tmp_path, days)
    assert not (tmp_path / "operator.db").exists()
    assert not (tmp_path / "lake" / "daily_counts").exists()
    told = unwrapped(said)
    assert re.search(
        r" flights [0-9,]+ that left on [a-z0-9 ]+: replay: [0-9,]+ by tracks; both airports", told
    )
    assert "(marked: demand is understated)" in told
    assert set(table(tmp_path, "flights")["source"].to_pylist()) == {"replay"}
    before = contents(tmp_path, JUNE)
    odd = [*(recordings / "malformed").glob("*.json"), *(recordings / "raw_api").glob("*.json*")]
    said = demo(tmp_path, "--source", "replay", *inputs([files[1], *sorted(odd)]))
    assert "the lake has them already" in said
    assert contents(tmp_path, JUNE) == before
    malformed_and_raw_answers_lose_no_good_row_and_keep_every_bad_one(tmp_path, said)


def inputs(files: list[Path]) -> list[str]:
    return [part for file in files for part in ("--input", str(file))]


def figures_are(golden: dict, data: Path, days: tuple[date, ...]) -> None:
    def of_the_days(name: str):
        rows = table(data, name)
        return rows.filter(pc.is_in(rows["date"], pa.array(days)))

    assert of_the_days("state_vectors_raw").num_rows == golden["rows"]
    silver = of_the_days("state_vectors")
    assert silver.num_rows == golden["rows"]
    assert len(set(silver["snapshot_at"].to_pylist())) == golden["snapshots"]
    assert len(set(silver["icao24"].to_pylist())) == golden["aircraft"]
    assert sum(silver["is_repeat"].to_pylist()) == golden["repeats"]
    ages = silver["position_age_s"].to_pylist()
    assert sum(age is not None and age > 60 for age in ages) == golden["older_than_60_s"]
    gold = of_the_days("flight_states")
    assert Counter(gold["flight_state"].to_pylist()) == golden["states"]
    assert sum(gold["congestion_band"].to_pylist()) == golden["congestion_band"]
    for name, column in (("hours", "hour"), ("quadrants", "quadrant")):
        if name in golden:
            assert Counter(gold[column].to_pylist()) == golden[name]


def malformed_and_raw_answers_lose_no_good_row_and_keep_every_bad_one(data: Path, said: str) -> None:
    assert "18 rejected" in said
    rejected = table(data, "rejected_messages")
    assert rejected.num_rows == 18
    assert all(rejected["reason"].to_pylist())
    assert all(b"ac96b8" in original or b"123" in original for original in rejected["original"].to_pylist())
    silver = table(data, "state_vectors")
    silver = silver.filter(pc.less(silver["date"], FIRST_RECORDED))
    assert silver.num_rows == 5_520
    assert silver["longitude"].null_count == 101
    polls = table(data, "polls").to_pylist()
    assert sum(poll["rows"] == 0 and poll["rejected"] == 0 for poll in polls) == 1


@pytest.mark.slow
def test_simulated_traffic_on_the_in_memory_broker_twice_is_the_same_lake(tmp_path):
    arguments = ("--hours", "2", "--aircraft", "60")
    said = demo(tmp_path, *arguments, in_memory=True)
    assert "in-memory" in said
    assert "simulated: nothing here was observed" in said
    before = contents(tmp_path, JANUARY, TABLES + OF_COUNTS)
    gold = table(tmp_path, "flight_states")
    assert gold.num_rows == table(tmp_path, "state_vectors").num_rows > 4_000
    assert set(gold["source"].to_pylist()) == {"simulate"}
    assert set(gold["hour"].to_pylist()) == {0, 1}
    assert all(
        (tmp_path / "reports" / f"{page}.{language}.html").exists()
        for page in ("traffic_2025-01-15", "capacity/2025-01-15/index", "forecast/2025-01-15/index")
        for language in ("en", "es")
    )
    flights = table(tmp_path, "flights")
    assert set(flights["source"].to_pylist()) == {"simulate"}
    routes = Counter(map(tuple, flights["routes"].to_pylist()))
    assert min(routes[known] for known in [("database",), ("tracks",), ("database", "tracks")]) > 5
    assert any(table(tmp_path, "route_performance")["revenue"].to_pylist())
    assert f"{routes['database', 'tracks']} by database and tracks" in unwrapped(said)
    assert re.search(r" sectors fullest [A-Z-]+ with \d+ entries", unwrapped(said))
    told = unwrapped(said)
    assert "forecast of network flights, issued 2025-01-15" in told
    assert re.search(r"Thu 16 Jan [0-9,]+ [0-9,]+ [0-9,]+ +├─*●─*┤", told)
    assert re.search(r"model [a-z_]+, learned from days up to 2025-01-15\. Backtest: off by \d", told)
    assert set(table(tmp_path, "daily_counts")["source"].to_pylist()) == {"simulate"}
    operator = (tmp_path / "operator.db").read_bytes()
    said = demo(tmp_path, *arguments, in_memory=True)
    assert "skipped" in said
    assert "has the simulated flights of airlines already" in said
    assert "the lake has the simulated daily counts already" in said
    assert contents(tmp_path, JANUARY, TABLES + OF_COUNTS) == before
    assert (tmp_path / "operator.db").read_bytes() == operator


def test_wrong_arguments_are_one_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--source", "replay"],
        cwd=ROOT,
        env={**os.environ, "AIRTRAFFIC_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--input FILE" in done.stderr
    assert "Traceback" not in done.stderr
