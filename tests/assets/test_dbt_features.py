"""Features made by dbt from silver in a lake."""

import math
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context

import pytest
from deltalake import DeltaTable

from airtraffic.recordings import read_polls
from orchestration.dbt import FEATURES, FeatureError, build_features
from orchestration.resources.lake import LakeResource
from tests.assets.dbt_silver import one_row, random_polls, write_silver

MIDNIGHT = datetime(2025, 1, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def gold(lake: LakeResource, name: str) -> list[dict]:
    """A table as a plain Delta reader sees it."""
    return DeltaTable(f"{lake.root}/{name}").to_pyarrow_table().to_pylist()


def snapshot(lake: LakeResource) -> dict:
    return {name: sorted(gold(lake, name), key=str) for name in FEATURES}


def test_a_run_makes_the_hours_it_was_asked_for_and_no_others(lake):
    write_silver(lake, random_polls(1, MIDNIGHT, 180))
    made = build_features(lake, [MIDNIGHT, MIDNIGHT + 2 * HOUR])
    assert made.rows["flight_states"] == {MIDNIGHT: 2400, MIDNIGHT + 2 * HOUR: 2400}
    for name in FEATURES:
        assert {(row["date"], row["hour"]) for row in gold(lake, name)} == {
            (date(2025, 1, 15), 0), (date(2025, 1, 15), 2)
        }  # fmt: skip
    assert made.tests
    assert all(test.passed for test in made.tests)


def test_a_run_repeated_changes_nothing(lake):
    hours = write_silver(lake, random_polls(2, MIDNIGHT, 90))
    build_features(lake, hours)
    before = snapshot(lake)
    build_features(lake, hours)
    assert snapshot(lake) == before


def test_hours_made_one_by_one_equal_hours_made_at_once(lake, tmp_path):
    polls = random_polls(3, MIDNIGHT + 22 * HOUR, 150)
    together, apart = lake, LakeResource(root=str(tmp_path / "apart"))
    for each in (together, apart):
        hours = write_silver(each, polls)
    assert len(hours) == 3
    build_features(together, hours[:2])
    build_features(together, hours[2:])
    for hour in reversed(hours):
        build_features(apart, [hour])
    assert snapshot(together) == snapshot(apart)


def test_an_hour_that_lost_its_traffic_is_emptied(lake):
    write_silver(lake, random_polls(4, MIDNIGHT, 100))
    build_features(lake, [MIDNIGHT, MIDNIGHT + HOUR])
    empty = lake.read("state_vectors").slice(0, 0)
    lake.replace("state_vectors", empty, "date = '2025-01-15' and hour = 1")
    made = build_features(lake, [MIDNIGHT + HOUR])
    assert {name: rows[MIDNIGHT + HOUR] for name, rows in made.rows.items()} == dict.fromkeys(FEATURES, 0)
    assert {row["hour"] for row in gold(lake, "flight_states")} == {0}


def test_a_lake_without_silver_gives_empty_tables_with_comments(lake):
    build_features(lake, [MIDNIGHT])
    for name in FEATURES:
        table = DeltaTable(f"{lake.root}/{name}")
        assert table.to_pyarrow_table().num_rows == 0
        assert "One row per" in table.metadata().description
        assert all(field.metadata["comment"] for field in table.schema().fields)
        assert table.metadata().partition_columns == ["date", "hour"]


def test_the_vertical_rate_looks_back_over_midnight(lake):
    polls = [
        one_row(MIDNIGHT - timedelta(seconds=30), baro_altitude=10_000.0, vertical_rate=None),
        one_row(MIDNIGHT + timedelta(seconds=30), baro_altitude=10_600.0, vertical_rate=None),
    ]
    write_silver(lake, polls)
    build_features(lake, [MIDNIGHT])
    (row,) = gold(lake, "flight_states")
    assert row["vertical_rate_used"] == 10.0
    assert row["flight_phase"] == "climb"


def test_a_model_made_alone_reads_the_others_from_the_lake(lake):
    hours = write_silver(lake, random_polls(5, MIDNIGHT, 90))
    build_features(lake, hours)
    before = snapshot(lake)
    for name in FEATURES:
        made = build_features(lake, hours, [name])
        assert set(made.rows) == {name}
    assert snapshot(lake) == before


def test_hours_of_two_days_are_refused(lake):
    with pytest.raises(FeatureError, match=r"hours of 2 days.*2025-01-14.*2025-01-15"):
        build_features(lake, [MIDNIGHT - HOUR, MIDNIGHT])


def test_an_unknown_model_is_named(lake):
    with pytest.raises(FeatureError, match="nonsense"):
        build_features(lake, [MIDNIGHT], ["nonsense"])


def test_a_broken_invariant_is_named_and_stops_what_would_be_built_on_it(lake):
    write_silver(lake, [one_row(MIDNIGHT)])
    row = lake.read("state_vectors")
    lake.append("state_vectors", row)
    with pytest.raises(FeatureError, match=r"hourly_traffic.*flight_states_one_row_per_aircraft") as caught:
        build_features(lake, [MIDNIGHT])
    broken = {test.name: test.failures for test in caught.value.result.tests if not test.passed}
    assert broken["flight_states_one_row_per_aircraft_and_snapshot"] == 1


def test_the_dense_threshold_and_the_box_are_variables(lake):
    write_silver(lake, [one_row(MIDNIGHT)])
    build_features(lake, [MIDNIGHT], variables={"dense_cell_aircraft": 0, "box": [0, 1, 0, 1]})
    (row,) = gold(lake, "flight_states")
    assert row["density_congested"]
    assert row["quadrant"] == "outside"


def test_features_equal_the_rules_written_out_in_python(lake):
    hours = write_silver(lake, random_polls(6, MIDNIGHT + HOUR, 60, aircraft=60))
    build_features(lake, hours)
    silver = {(row["icao24"], row["snapshot_at"]): row for row in lake.read("state_vectors").to_pylist()}
    rows = gold(lake, "flight_states")
    assert len(rows) == len(silver) == 3600
    in_cell = Counter((row["snapshot_at"], expected_cell(row)) for row in silver.values() if counted(row))
    for row in rows:
        source = silver[row["icao24"], row["snapshot_at"]]
        assert {name: row[name] for name in source} == source
        assert {name: row[name] for name in expected(source, row, in_cell)} == expected(source, row, in_cell)
    density = {(row["snapshot_at"], row["cell_id"]): row["aircraft"] for row in gold(lake, "traffic_density")}
    assert {key: count for key, count in density.items() if count} == in_cell
    assert max(in_cell.values()) > 5


def expected(silver: dict, row: dict, in_cell: Counter) -> dict:
    altitude, speed = silver["baro_altitude"], silver["velocity"]
    feet = None if altitude is None else round(altitude / 0.3048)
    kmh = None if speed is None else speed * 3.6
    rate = row["vertical_rate_used"] if silver["vertical_rate"] is None else silver["vertical_rate"]
    reasons = {
        "emergency_squawk": silver["squawk"] in ("7500", "7600", "7700"),
        "spi": silver["spi"],
        "extreme_vertical_rate": rate is not None and abs(rate) > 25.4,
        "low_and_fast": None not in (feet, speed) and feet < 10_000 and speed * 1.943844 > 300,
        "high_and_slow": None not in (feet, speed) and feet > 25_000 and kmh < 300,
        "altitude_out_of_range": feet is not None and not -500 <= feet <= 45_000,
    }
    count = in_cell[silver["snapshot_at"], expected_cell(silver)] if counted(silver) else None
    return {
        "altitude_ft": feet,
        "speed_kmh": kmh,
        "flight_state": state(silver["on_ground"], kmh, feet),
        "congestion_band": None not in (kmh, feet)
        and not silver["on_ground"] and 300 <= kmh <= 450 and 5_000 <= feet <= 15_000,
        "quadrant": quadrant(silver["latitude"], silver["longitude"]),
        "vertical_rate_used": rate,
        "critical_reasons": sorted(name for name, holds in reasons.items() if holds),
        "is_critical": any(reasons.values()),
        "cell_id": expected_cell(silver) if count else None,
        "aircraft_in_cell": count,
        "density_congested": None if count is None else count > 5,
        "minute": silver["snapshot_at"].replace(second=0),
        "day_of_week": silver["snapshot_at"].weekday(),
    }  # fmt: skip


def state(on_ground: bool, kmh: float | None, feet: int | None) -> str:
    if on_ground:
        return "ground"
    if kmh is None or (kmh >= 300 and feet is None):
        return "unknown"
    if kmh < 300:
        return "manoeuvre"
    return "cruise" if feet > 15_000 else "climb_descent_hold"


def quadrant(latitude: float | None, longitude: float | None) -> str:
    if latitude is None or longitude is None:
        return "outside"
    return ("N" if latitude >= -22.5 else "S") + ("E" if longitude >= -60 else "W")


def counted(silver: dict) -> bool:
    age = silver["position_age_s"]
    return not silver["on_ground"] and expected_cell(silver) is not None and age is not None and age <= 60


def expected_cell(silver: dict) -> str | None:
    if silver["latitude"] is None or silver["longitude"] is None:
        return None
    row = math.floor(3440.065 * math.radians(silver["latitude"]) / 10)
    middle = math.cos((row + 0.5) * 10 / 3440.065)
    return f"{row}_{math.floor(3440.065 * math.radians(silver['longitude']) * middle / 10)}"


def build(root: str, hour: datetime) -> dict:
    return build_features(LakeResource(root=root), [hour]).rows


@pytest.mark.slow
def test_runs_at_once_in_several_processes_all_land(lake):
    """Two of the three make the same hour; the one that loses the race makes it again."""
    hours = write_silver(lake, random_polls(7, MIDNIGHT, 90))
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as processes:
        runs = [processes.submit(build, lake.root, hour) for hour in (*hours, hours[0])]
        made = [run.result()["flight_states"] for run in runs]
    assert made == [{hours[0]: 2400}, {hours[1]: 1200}, {hours[0]: 2400}]
    assert Counter(row["hour"] for row in gold(lake, "flight_states")) == {0: 2400, 1: 1200}


GOLDEN = {
    "sa_60s_20250625T1636Z": {
        "flight_state": {"cruise": 14868, "climb_descent_hold": 4637, "manoeuvre": 3735, "ground": 2120, "unknown": 12},
        "congestion_band": 1393,
        "quadrant": {"SE": 8938, "NE": 8705, "NW": 6746, "SW": 983},
    },
    "sa_60s_20250621T2325Z": {
        "flight_state": {"cruise": 14061, "climb_descent_hold": 3503, "manoeuvre": 1348, "ground": 675, "unknown": 2},
        "congestion_band": 546,
        "quadrant": {"SE": 8283, "NE": 6514, "NW": 3854, "SW": 938},
    },
}  # fmt: skip


@pytest.mark.recordings
@pytest.mark.parametrize("name", GOLDEN)
def test_recorded_traffic_gives_the_known_counts(lake, recordings, name):
    polls = [(poll.snapshot_at, poll.table) for poll in read_polls(recordings / "states" / f"{name}.parquet")]
    hours = write_silver(lake, polls)
    for day in sorted({hour.date() for hour in hours}):
        build_features(lake, [hour for hour in hours if hour.date() == day])
    rows = gold(lake, "flight_states")
    assert Counter(row["flight_state"] for row in rows) == GOLDEN[name]["flight_state"]
    assert sum(row["congestion_band"] for row in rows) == GOLDEN[name]["congestion_band"]
    assert Counter(row["quadrant"] for row in rows) == GOLDEN[name]["quadrant"]
    hourly = gold(lake, "hourly_traffic")
    assert sum(row["rows"] for row in hourly) == len(rows)
