"""The checks find what is wrong, and only that."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airtraffic.settings import Settings
from assets.checks import CHECKS, evaluations
from assets.silver import poll_coverage, state_vectors
from orchestration import silver
from orchestration.check_tables import (
    check_daily_completeness,
    check_flight_states,
    check_poll_coverage,
    check_state_vectors,
    check_state_vectors_daily,
)
from orchestration.partitions import hour_key
from orchestration.resources.lake import LakeResource
from tests.assets.bronze_samples import add_traffic

DAY = datetime(2025, 1, 15, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
HOURS = [NOON, NOON + timedelta(hours=1)]
AT_NOON = "date = '2025-01-15' AND hour = 12"


@pytest.fixture
def lake(tmp_path) -> LakeResource:
    """Two hours of traffic, made without a fault."""
    lake = LakeResource(root=str(tmp_path / "lake"))
    add_traffic(lake, NOON, hours=2)
    silver.make_state_vectors(lake, HOURS)
    silver.make_poll_coverage(lake, HOURS, NOON + timedelta(days=1))
    return lake


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data=tmp_path, lake=str(tmp_path / "lake"))


def failed(findings) -> set[tuple[str, int]]:
    return {(each.check, each.partition.hour) for each in findings if not each.passed}


def noon_rows(lake: LakeResource) -> pa.Table:
    return lake.read("state_vectors", where=[("hour", "=", 12)])


def test_nothing_is_found_in_what_is_right(lake, settings):
    assert failed(check_state_vectors(lake, settings, HOURS)) == set()
    assert failed(check_poll_coverage(lake, settings, HOURS)) == set()


def test_missing_rows_are_found_in_their_hour(lake, settings):
    lake.replace("state_vectors", noon_rows(lake).slice(3), AT_NOON)
    assert failed(check_state_vectors(lake, settings, HOURS)) == {("rows_conserved", 12)}


def test_a_row_swapped_for_another_is_found_although_the_number_is_right(lake, settings):
    rows = noon_rows(lake)
    names = pa.array(["ffffff", *rows["icao24"].to_pylist()[1:]])
    lake.replace("state_vectors", rows.set_column(0, rows.schema.field(0), names), AT_NOON)
    assert failed(check_state_vectors(lake, settings, HOURS)) == {("rows_conserved", 12)}


def test_an_aircraft_twice_in_a_snapshot_is_found(lake, settings):
    rows = noon_rows(lake)
    lake.replace("state_vectors", pa.concat_tables([rows, rows.slice(0, 1)]), AT_NOON)
    assert ("no_aircraft_twice_in_a_snapshot", 12) in failed(check_state_vectors(lake, settings, HOURS))


def test_a_position_outside_the_box_is_found_and_a_missing_one_is_none(lake, settings):
    add_traffic(lake, NOON, aircraft=[20], latitude=None, longitude=None)
    silver.make_state_vectors(lake, HOURS)
    assert failed(check_state_vectors(lake, settings, HOURS)) == set()
    add_traffic(lake, NOON, aircraft=[21], latitude=40.4, longitude=-3.7)
    silver.make_state_vectors(lake, HOURS)
    assert failed(check_state_vectors(lake, settings, HOURS)) == {("positions_inside_the_box", 12)}


def test_messages_that_silver_does_not_have_yet_are_found(lake, settings):
    add_traffic(lake, HOURS[1], aircraft=[9])
    assert failed(check_state_vectors(lake, settings, HOURS)) == {("rows_conserved", 13)}


@pytest.mark.parametrize(("share", "found"), [(0.85, True), (0.95, False)])
def test_thin_coverage_is_found(lake, settings, share, found):
    hour = NOON + timedelta(hours=3)
    add_traffic(lake, hour, hours=share, every_s=60)
    silver.make_poll_coverage(lake, [hour], NOON + timedelta(days=1))
    assert bool(failed(check_poll_coverage(lake, settings, [hour]))) is found


def test_an_hour_without_polls_or_without_a_row_is_found(lake, settings):
    hour = NOON + timedelta(hours=5)
    silver.make_poll_coverage(lake, [hour], NOON + timedelta(days=1))
    later = [hour, hour + timedelta(hours=1)]
    assert failed(check_poll_coverage(lake, settings, later)) == {
        ("coverage_above_threshold", 17),
        ("coverage_above_threshold", 18),
    }


def test_an_hour_that_has_only_begun_is_no_gap(lake, settings):
    hour = NOON + timedelta(hours=3)
    silver.make_poll_coverage(lake, [hour], hour + timedelta(seconds=20))
    assert failed(check_poll_coverage(lake, settings, [hour])) == set()


def test_feature_rows_that_are_not_silver_rows_are_found(lake, settings):
    from deltalake import write_deltalake

    assert failed(check_flight_states(lake, settings, HOURS)) == {
        ("rows_equal_silver", 12),
        ("rows_equal_silver", 13),
    }
    columns = lake.read("state_vectors", ["icao24", "snapshot_at", "date", "hour"])
    write_deltalake(lake.uri("flight_states"), columns, partition_by=["date", "hour"])
    assert failed(check_flight_states(lake, settings, HOURS)) == set()
    lake.replace("flight_states", columns.filter(pc.equal(columns["hour"], 12)).slice(1), AT_NOON)
    assert failed(check_flight_states(lake, settings, HOURS)) == {("rows_equal_silver", 12)}


def test_a_day_that_is_not_whole_or_not_its_hours_is_found(lake, settings):
    days = [DAY.date()]
    assert [each.passed for each in check_state_vectors_daily(lake, settings, days)] == [False]
    assert [each.passed for each in check_daily_completeness(lake, settings, days)] == [False]
    silver.make_state_vectors_daily(lake, DAY.date())
    silver.make_daily_completeness(lake, DAY.date(), 0.9)
    assert [each.passed for each in check_state_vectors_daily(lake, settings, days)] == [True]
    (finding,) = check_daily_completeness(lake, settings, days)
    assert (finding.passed, finding.description) == (False, "2 of 24 hours, 8% of the expected polls")


def test_every_partition_of_a_run_over_a_span_gets_its_evaluation(lake):
    add_traffic(lake, HOURS[1], aircraft=[22], latitude=40.4, longitude=-3.7)
    tags = {
        "dagster/asset_partition_range_start": hour_key(HOURS[0]),
        "dagster/asset_partition_range_end": hour_key(HOURS[1]),
    }
    with dg.instance_for_test() as instance:
        done = dg.materialize(
            [state_vectors, poll_coverage, *CHECKS[:2]],
            tags=tags,
            resources={"lake": lake},
            instance=instance,
        )
        assert done.success
        statuses = {}
        for definition in CHECKS[:2]:
            for key in definition.check_keys:
                for info in instance.event_log_storage.get_asset_check_partition_info([key]):
                    statuses[key.name, info.partition_key] = info.latest_execution_status.value
                    assert (
                        info.latest_target_materialization_storage_id
                        == info.latest_materialization_storage_id
                    )
        names = ["rows_conserved", "no_aircraft_twice_in_a_snapshot", "positions_inside_the_box"]
        expected = {(name, hour_key(hour)): "SUCCEEDED" for hour in HOURS for name in names}
        expected |= {("coverage_above_threshold", hour_key(hour)): "SUCCEEDED" for hour in HOURS}
        expected["positions_inside_the_box", hour_key(HOURS[1])] = "FAILED"
        assert statuses == expected


def test_faults_of_the_platform_are_errors_and_facts_about_the_traffic_warnings(lake):
    with dg.instance_for_test() as instance:
        made = list(evaluations(instance, lake, "state_vectors", HOURS[:1]))
        made += evaluations(instance, lake, "poll_coverage", HOURS[:1])
    assert {each.check_name: each.severity.value for each in made} == {
        "rows_conserved": "ERROR",
        "no_aircraft_twice_in_a_snapshot": "ERROR",
        "positions_inside_the_box": "WARN",
        "coverage_above_threshold": "WARN",
    }
