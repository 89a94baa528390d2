"""Late data remakes what hangs on it, and nothing else is ever asked for."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration import clock
from orchestration.definitions import defs
from orchestration.partitions import hour_key
from tests.assets.ticks import NOW, Ticks

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
CHAIN = {"state_vectors", "poll_coverage", "flight_states", "traffic_density", "hourly_traffic"}
DAILY = {"state_vectors_daily", "daily_completeness", "daily_report"}
HOUR = timedelta(hours=1)


@pytest.fixture
def ticks():
    with dg.DagsterInstance.ephemeral() as instance:
        yield Ticks(instance, evaluated=CHAIN | DAILY)


def each(assets: set[str], *partitions: str) -> dict[str, set[str]]:
    return {asset: set(partitions) for asset in assets}


def keys(*hours: datetime) -> set[str]:
    return {hour_key(hour) for hour in hours}


def test_nothing_is_asked_for_without_a_change(ticks):
    assert ticks.tick() == {}


def test_nothing_is_asked_for_at_the_first_tick_on_a_lake_that_is_full():
    with dg.DagsterInstance.ephemeral() as instance:
        for asset in ("state_vectors_raw", "polls"):
            for n in range(48):
                instance.report_runless_asset_event(
                    dg.AssetMaterialization(asset, partition=hour_key(NOON + n * HOUR))
                )
        ticks = Ticks(instance)
        assert ticks.tick() == {}


def test_the_first_hour_of_traffic_is_made_with_its_chain_and_its_day(ticks):
    ticks.traffic(NOON)
    first, second = ticks.settle()
    assert first == each(CHAIN, *keys(NOON))
    assert second == each(DAILY, "2025-01-15")


def test_late_rows_remake_their_hour_and_the_one_after_that_is_there(ticks):
    ticks.traffic(NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR)
    ticks.settle()
    ticks.traffic(NOON + HOUR)
    first, second = ticks.settle()
    assert first == each(CHAIN, *keys(NOON + HOUR, NOON + 2 * HOUR))
    assert second == each(DAILY, "2025-01-15")


def test_late_rows_of_the_last_hour_of_a_day_remake_the_next_day_too(ticks):
    last = NOON.replace(hour=23)
    ticks.traffic(last, last + HOUR)
    ticks.settle()
    ticks.traffic(last)
    _, second = ticks.settle()
    assert second == each(DAILY, "2025-01-15", "2025-01-16")


def test_hours_apart_are_asked_for_in_one_tick(ticks):
    long_ago = datetime(2018, 3, 4, 5, tzinfo=UTC)
    ticks.traffic(long_ago, NOON, NOON + 5 * HOUR)
    first = ticks.tick()
    assert first == each(CHAIN, *keys(long_ago, NOON, NOON + 5 * HOUR))


def test_the_open_hour_belongs_to_the_ingest_job(ticks):
    ticks.traffic(NOW.replace(minute=0))
    assert ticks.settle() == []


def test_the_open_day_belongs_to_its_schedule(ticks):
    ticks.traffic(NOW.replace(minute=0) - 2 * HOUR)
    assert ticks.settle() == [each(CHAIN, *keys(NOW.replace(minute=0) - 2 * HOUR))]


def test_what_the_ingest_job_has_made_itself_is_not_asked_for_again(ticks):
    ticks.traffic(NOON)
    for asset in sorted(CHAIN):
        ticks.report(asset, hour_key(NOON))
    assert ticks.settle() == [each(DAILY, "2025-01-15")]


def test_a_day_made_again_alone_is_followed_by_its_completeness(ticks):
    ticks.traffic(NOON)
    ticks.settle()
    ticks.report("state_vectors_daily", "2025-01-15")
    assert ticks.settle() == [{"daily_completeness": {"2025-01-15"}}]


@pytest.fixture
def instance():
    with dg.instance_for_test() as instance:
        yield instance


def scheduled(schedule: dg.ScheduleDefinition, instance: dg.DagsterInstance, at: datetime):
    context = dg.build_schedule_context(
        instance, scheduled_execution_time=at, repository_def=defs.get_repository_def()
    )
    return schedule.evaluate_tick(context)


def report(instance, asset: str, *hours: datetime) -> None:
    for hour in hours:
        instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=hour_key(hour)))


def test_an_hour_is_made_once_more_when_it_has_closed(instance):
    report(instance, "polls", NOON)
    tick = scheduled(clock.closed_hour, instance, NOON + HOUR + timedelta(minutes=2))
    (request,) = tick.run_requests
    assert (request.partition_key, request.asset_selection) == (hour_key(NOON), None)


def test_the_gap_of_a_silent_hour_is_noted_also_when_nobody_was_there(instance):
    report(instance, "polls", NOON)
    report(instance, "poll_coverage", NOON, NOON + HOUR)
    tick = scheduled(clock.closed_hour, instance, NOON + 4 * HOUR + timedelta(minutes=2))
    assert [(one.partition_key, one.asset_selection) for one in tick.run_requests] == [
        (hour_key(NOON + n * HOUR), [dg.AssetKey("poll_coverage")]) for n in (2, 3)
    ]


def test_without_any_traffic_there_is_nothing_to_close(instance):
    report(instance, "polls", NOON - 48 * HOUR)
    tick = scheduled(clock.closed_hour, instance, NOON + timedelta(minutes=2))
    assert tick.run_requests == []
    assert "no traffic in the last 24 hours" in tick.skip_message


def test_a_day_is_made_after_midnight_when_it_had_traffic(instance):
    report(instance, "state_vectors_raw", NOON)
    midnight = datetime(2025, 1, 16, 0, 15, tzinfo=UTC)
    (request,) = scheduled(clock.closed_day, instance, midnight).run_requests
    assert request.partition_key == "2025-01-15"
    tick = scheduled(clock.closed_day, instance, midnight + timedelta(days=1))
    assert tick.skip_message == "no traffic on 2025-01-16"
