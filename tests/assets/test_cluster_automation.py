"""Late data remakes clusters in order and not further than it reaches; a new predecessor, what it precedes."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.automation import CLUSTERS_EAGER, HOTSPOTS_EAGER, WITH_CLUSTERS
from orchestration.clusters import CLUSTER_HOUR_TABLES
from orchestration.definitions import defs
from orchestration.partitions import HOURLY, hour_key
from tests.assets.ticks import NOW, Asked, Ticks

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SILVER = ("state_vectors", "flight_states")


def hours(*offsets: int) -> list[datetime]:
    return [NOON + offset * HOUR for offset in offsets]


def asked(*offsets: int) -> Asked:
    return {asset: {hour_key(hour) for hour in hours(*offsets)} for asset in CLUSTER_HOUR_TABLES}


@pytest.fixture
def lake_of():
    """Makes an instance in which hours have been there for long, clusters included."""
    with dg.DagsterInstance.ephemeral() as instance:

        def make(
            offsets: Iterable[int] = (), assets: Iterable[str] = (*SILVER, *CLUSTER_HOUR_TABLES)
        ) -> Ticks:
            for asset in ("state_vectors_raw", "polls", *assets):
                for hour in hours(*offsets):
                    instance.report_runless_asset_event(
                        dg.AssetMaterialization(asset, partition=hour_key(hour))
                    )
            return Ticks(instance, CLUSTER_HOUR_TABLES, evaluated=(*SILVER, *CLUSTER_HOUR_TABLES, "hotspots"))

        yield make


def made(ticks: Ticks, *offsets: int, assets: Iterable[str] = CLUSTER_HOUR_TABLES) -> None:
    for asset in assets:
        ticks.report(asset, *(hour_key(hour) for hour in hours(*offsets)))


def test_clusters_of_new_traffic_are_made_once_its_silver_is_there(lake_of):
    ticks = lake_of()
    ticks.traffic(*hours(0, 1, 2))
    assert ticks.tick() == {}
    made(ticks, 0, 1, 2, assets=SILVER)
    assert ticks.tick() == asked(0, 1, 2)


def test_late_rows_in_an_hour_remake_it_and_the_four_after_it_and_nothing_later(lake_of):
    ticks = lake_of(range(-3, 12))
    ticks.traffic(NOON)
    assert ticks.settle() == [asked(0, 1, 2, 3, 4)]
    assert ticks.settle() == []


def test_late_rows_in_hours_next_to_each_other_reach_four_hours_beyond_the_last(lake_of):
    ticks = lake_of(range(-3, 12))
    ticks.traffic(*hours(0, 1))
    assert ticks.settle() == [asked(0, 1, 2, 3, 4, 5)]


def test_silver_of_the_next_hour_that_follows_later_carries_late_rows_no_further(lake_of):
    """Across midnight silver is made again by two runs."""
    ticks = lake_of(range(-3, 12))
    ticks.traffic(NOON)
    assert ticks.tick() == {}
    made(ticks, 0, assets=SILVER)
    ticks.made(ticks.tick())
    assert ticks.tick() == {}
    made(ticks, 1, assets=SILVER)
    assert ticks.settle() == [asked(1, 2, 3, 4)]


def test_rows_of_its_own_that_come_before_silver_follows_reach_all_the_way(lake_of):
    ticks = lake_of(range(-3, 12))
    ticks.traffic(NOON)
    assert ticks.tick() == {}
    made(ticks, 0, assets=SILVER)
    ticks.made(ticks.tick())
    ticks.traffic(NOON + HOUR)
    assert ticks.tick() == {}
    made(ticks, 1, 2, assets=SILVER)
    assert ticks.settle() == [asked(1, 2, 3, 4, 5)]


def test_silver_of_hours_next_to_each_other_made_by_hand_reaches_four_hours_beyond_the_last(lake_of):
    ticks = lake_of(range(-3, 12))
    made(ticks, 0, 1, assets=SILVER[:1])
    assert ticks.settle() == [asked(0, 1, 2, 3, 4, 5)]


def test_silver_made_again_by_hand_reaches_four_hours_too(lake_of):
    ticks = lake_of(range(-3, 12))
    ticks.report("state_vectors", hour_key(NOON))
    assert ticks.settle() == [asked(0, 1, 2, 3, 4)]


def test_late_rows_before_midnight_reach_into_the_next_day(lake_of):
    ticks = lake_of(range(8, 20))
    ticks.traffic(NOON + 11 * HOUR)
    assert ticks.settle() == [asked(11, 12, 13, 14, 15)]


def test_hours_without_traffic_are_not_brought_into_being(lake_of):
    ticks = lake_of((0, 1, 3))
    ticks.traffic(NOON)
    assert ticks.settle() == [asked(0, 1, 3)]


def test_clusters_do_not_run_on_to_the_present(lake_of):
    ticks = lake_of(range(12), SILVER)
    made(ticks, 0)
    made(ticks, 5)
    made(ticks, 11)
    assert ticks.settle() == []


def test_a_predecessor_that_appears_remakes_the_hour_that_was_warmed_up_and_only_that(lake_of):
    ticks = lake_of((0, 2, 3, 4))
    made(ticks, 1)
    assert ticks.settle() == [asked(2)]
    assert ticks.settle() == []


def test_a_predecessor_made_again_remakes_nothing(lake_of):
    ticks = lake_of(range(6))
    made(ticks, 1)
    assert ticks.settle() == []


def test_hours_made_in_one_run_are_no_predecessors_that_appear(lake_of):
    ticks = lake_of(range(12), SILVER)
    made(ticks, *range(6))
    assert ticks.settle() == []
    made(ticks, *range(6, 12))
    assert ticks.settle() == []


def test_nothing_is_asked_for_at_the_first_tick_on_a_lake_without_clusters(lake_of):
    assert lake_of(range(48), SILVER).settle() == []


def test_the_open_hour_is_not_asked_for_until_it_has_closed(lake_of):
    open_hour = NOW.replace(minute=0)
    ticks = lake_of()
    ticks.traffic(open_hour)
    for asset in SILVER:
        ticks.report(asset, hour_key(open_hour))
    assert ticks.settle() == []
    ticks.now = open_hour + HOUR
    assert ticks.settle() == [{asset: {hour_key(open_hour)} for asset in CLUSTER_HOUR_TABLES}]


def run_by_automation(ticks: Ticks, *offsets: int, meanwhile: Callable[[], None]) -> None:
    """A run of ``cluster_snapshots`` over a range, as the automation sensor starts it."""

    @dg.asset(partitions_def=HOURLY, backfill_policy=dg.BackfillPolicy.single_run())
    def cluster_snapshots() -> None:
        meanwhile()

    range_ = [hour_key(hour) for hour in hours(min(offsets), max(offsets))]
    tags = {
        "dagster/from_automation_condition": "true",
        "dagster/asset_partition_range_start": range_[0],
        "dagster/asset_partition_range_end": range_[1],
    }
    assert dg.materialize([cluster_snapshots], instance=ticks.instance, tags=tags).success


def test_rows_that_come_while_clusters_are_made_are_not_forgotten_and_wait_their_turn(lake_of):
    ticks = lake_of(range(-3, 12))
    ticks.report("state_vectors", hour_key(NOON))
    assert ticks.tick() == asked(0, 1, 2, 3, 4)

    def meanwhile() -> None:
        ticks.report("state_vectors", hour_key(NOON + 2 * HOUR))
        assert ticks.tick() == {}
        assert ticks.tick() == {}

    run_by_automation(ticks, 0, 4, meanwhile=meanwhile)
    made(ticks, 0, 1, 2, 3, 4, assets=CLUSTER_HOUR_TABLES[1:])
    assert ticks.tick() == asked(2, 3, 4, 5, 6)


def test_a_run_that_was_asked_for_and_failed_is_not_asked_for_again_and_again(lake_of):
    ticks = lake_of(range(-3, 12))
    ticks.report("state_vectors", hour_key(NOON))
    assert ticks.tick() == asked(0, 1, 2, 3, 4)
    assert ticks.tick() == ticks.tick() == {}


def test_hotspots_follow_the_features_of_their_hour_and_not_the_days_before(lake_of):
    ticks = lake_of(range(-24, 2), (*SILVER, "traffic_density", "hotspots"))
    ticks.shown = {"hotspots"}
    ticks.report("traffic_density", hour_key(NOON - 24 * HOUR))
    assert ticks.settle() == []
    ticks.report("flight_states", hour_key(NOON))
    assert ticks.settle() == [{"hotspots": {hour_key(NOON)}}]


def test_the_job_of_the_closed_hour_makes_its_clusters_and_hotspots():
    job = defs.resolve_job_def("hours")
    made = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert {*CLUSTER_HOUR_TABLES, "hotspots"} <= made


@pytest.mark.parametrize("condition", [CLUSTERS_EAGER, WITH_CLUSTERS, HOTSPOTS_EAGER])
def test_the_daemon_can_evaluate_it_without_this_code(condition):
    assert condition.is_serializable


def test_the_memory_of_each_part_of_the_condition_is_its_own():
    seen: dict[str, str] = {}

    def walk(condition, parent, index):
        name = condition.get_node_unique_id(parent_unique_id=parent, index=index, target_key=None)
        if condition.requires_cursor and condition.name in ("SINCE", "NEWLY_TRUE"):
            described = repr(condition)
            assert seen.setdefault(name, described) == described
        for i, child in enumerate(condition.children):
            walk(child, name, i)

    walk(CLUSTERS_EAGER, None, None)
    assert len(seen) == 6
