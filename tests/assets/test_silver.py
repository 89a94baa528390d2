"""Silver tables on a real lake."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from assets.silver import daily_completeness, poll_coverage, state_vectors, state_vectors_daily
from orchestration import silver
from orchestration.partitions import hour_key
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from tests.assets.bronze_samples import add_traffic

DAY = datetime(2025, 1, 15, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
HOURLY = [state_vectors, poll_coverage]
DAILY = [state_vectors_daily, daily_completeness]


def make(lake, assets, first, last=None, instance=None) -> dg.ExecuteInProcessResult:
    """One run over a span of partitions, as a backfill makes it."""
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last or first}
    done = dg.materialize(assets, tags=tags, resources={"lake": lake}, instance=instance)
    assert done.success
    return done


def hours(lake, first: datetime, last: datetime | None = None, **options):
    return make(lake, HOURLY, hour_key(first), hour_key(last or first), **options)


def files(lake: LakeResource, name: str) -> dict[str, pa.Table]:
    """Rows of each file in the order they are written, by partition."""
    delta = lake.delta(name)
    actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    found: dict[str, pa.Table] = {}
    for action in actions:
        folder = action["path"].rsplit("/", 1)[0]
        assert folder not in found, f"{folder} has several files"
        found[folder] = pq.read_table(f"{lake.uri(name)}/{action['path']}", partitioning=None)
    return found


def test_an_hour_is_made_from_bronze(lake):
    add_traffic(lake, NOON)
    hours(lake, NOON)
    rows = lake.read("state_vectors")
    assert rows.num_rows == 12 * 5
    assert set(rows["callsign"].to_pylist()) == {f"TAM{n}" for n in range(5)}
    assert sum(rows["is_repeat"].to_pylist()) == 30
    (coverage,) = lake.read("poll_coverage").to_pylist()
    assert (coverage["polls_seen"], coverage["polls_expected"], coverage["coverage"]) == (12, 12, 1.0)


def test_made_twice_the_data_is_the_same_to_the_byte_and_nothing_is_doubled(lake):
    add_traffic(lake, NOON, hours=3)
    hours(lake, NOON, NOON + timedelta(hours=2))
    before = files(lake, "state_vectors")
    hours(lake, NOON, NOON + timedelta(hours=2))
    after = files(lake, "state_vectors")
    assert after == before
    assert len(after) == 3
    for table in after.values():
        keys = list(zip(table["icao24"].to_pylist(), table["snapshot_at"].to_pylist(), strict=True))
        assert keys == sorted(keys)


def test_an_hour_made_alone_is_the_hour_made_with_its_day(lake, tmp_path):
    other = LakeResource(root=str(tmp_path / "other"))
    for each in (lake, other):
        add_traffic(each, NOON, hours=3)
    hours(lake, NOON, NOON + timedelta(hours=2))
    for hour in (2, 0, 1):
        hours(other, NOON + timedelta(hours=hour))
    assert files(other, "state_vectors") == files(lake, "state_vectors")


def test_midnight_is_no_border_for_the_previous_row(lake):
    add_traffic(lake, DAY - timedelta(hours=1), hours=2, every_s=1800, time_position=1)
    hours(lake, DAY)
    assert lake.read("state_vectors", ["is_repeat"])["is_repeat"].to_pylist() == [True] * 10


def test_late_rows_change_their_hour_and_the_one_after(lake):
    add_traffic(lake, NOON + timedelta(hours=1), every_s=1800, time_position=7)
    hours(lake, NOON, NOON + timedelta(hours=1))
    assert sum(lake.read("state_vectors", ["is_repeat"])["is_repeat"].to_pylist()) == 5
    add_traffic(lake, NOON, every_s=1800, time_position=7, read_at=NOON + timedelta(days=1))
    hours(lake, NOON, NOON + timedelta(hours=1))
    rows = lake.read("state_vectors", ["is_repeat", "hour"]).to_pylist()
    repeats = [(row["hour"], row["is_repeat"]) for row in rows]
    assert sorted(set(repeats)) == [(12, False), (12, True), (13, True)]
    assert len(repeats) == 20


def test_a_message_sent_twice_is_one_row(lake):
    add_traffic(lake, NOON)
    add_traffic(lake, NOON, read_at=NOON + timedelta(days=1), callsign="LATER")
    hours(lake, NOON)
    rows = lake.read("state_vectors", ["callsign"])
    assert rows.num_rows == 60
    assert set(rows["callsign"].to_pylist()) == {"LATER"}
    assert lake.read("poll_coverage")["polls_seen"].to_pylist() == [12]


def test_an_hour_without_polls_is_a_row_with_a_gap_of_an_hour(lake):
    hours(lake, NOON)
    (row,) = lake.read("poll_coverage").to_pylist()
    assert (row["polls_seen"], row["gap_s"], row["polls_expected"]) == (0, 3600.0, None)
    assert lake.read("state_vectors").num_rows == 0


def test_rows_that_came_while_an_hour_was_made_are_never_put_back_out(lake):
    add_traffic(lake, NOON)
    calls = []

    def rows():
        raw = lake.read("state_vectors_raw", where=silver.with_hour_before([NOON]))
        calls.append(raw.num_rows)
        if len(calls) == 1:
            # Late rows arrive, and another run is faster.
            add_traffic(lake, NOON, aircraft=range(10, 13))
            silver.make_state_vectors(lake, [NOON])
        import polars as pl

        from airtraffic.snapshots import snapshots, state_vectors_table

        return state_vectors_table(snapshots(pl.from_arrow(raw), [NOON]))

    replace_from_newest(lake, "state_vectors", rows, silver.hours_predicate([NOON]))
    assert calls == [60, 96]
    assert lake.read("state_vectors").num_rows == 96


def test_each_partition_of_a_run_over_a_span_reports_its_rows(lake):
    add_traffic(lake, NOON, hours=2)
    with dg.instance_for_test() as instance:
        hours(lake, NOON, NOON + timedelta(hours=1), instance=instance)
        for asset, rows in (("state_vectors", 60), ("poll_coverage", 1)):
            for hour in (NOON, NOON + timedelta(hours=1)):
                (record,) = instance.fetch_materializations(
                    dg.AssetRecordsFilter(dg.AssetKey(asset), asset_partitions=[hour_key(hour)]), limit=5
                ).records
                metadata = record.asset_materialization.metadata
                assert metadata["dagster/partition_row_count"].value == rows


def test_a_day_is_one_sorted_file_and_complete(lake):
    add_traffic(lake, DAY, hours=24)
    hours(lake, DAY, DAY + timedelta(hours=23))
    make(lake, DAILY, "2025-01-15")
    ((folder, table),) = files(lake, "state_vectors_daily").items()
    assert folder == "date=2025-01-15"
    keys = list(zip(table["icao24"].to_pylist(), table["snapshot_at"].to_pylist(), strict=True))
    assert len(keys) == 24 * 60
    assert keys == sorted(keys)
    (row,) = lake.read("daily_completeness").to_pylist()
    assert (row["rows"], row["complete"], row["hours_missing"]) == (1440, True, [])


def test_a_day_with_missing_hours_is_made_and_says_so(lake):
    add_traffic(lake, DAY, hours=20)
    hours(lake, DAY, DAY + timedelta(hours=19))
    make(lake, DAILY, "2025-01-15")
    assert lake.read("state_vectors_daily", ["hour"]).num_rows == 1200
    (row,) = lake.read("daily_completeness").to_pylist()
    assert (row["complete"], row["hours_present"], row["hours_missing"]) == (False, 20, [20, 21, 22, 23])


def test_an_hour_that_was_never_made_is_missing_from_its_day(lake):
    add_traffic(lake, DAY, hours=24)
    hours(lake, DAY, DAY + timedelta(hours=23))
    lake.replace("state_vectors", lake.read("state_vectors").slice(0, 0), "date = '2025-01-15' AND hour = 5")
    make(lake, DAILY, "2025-01-15")
    (row,) = lake.read("daily_completeness").to_pylist()
    assert (row["complete"], row["hours_missing"]) == (False, [5])


def test_three_days_of_hours_are_made_in_one_run_and_the_days_in_another(lake):
    add_traffic(lake, DAY, hours=3 * 24, every_s=900, aircraft=range(3))
    end = DAY + timedelta(hours=3 * 24 - 1)
    with dg.instance_for_test() as instance:
        hours(lake, DAY, end, instance=instance)
        make(lake, DAILY, "2025-01-15", "2025-01-17", instance=instance)
        for asset in ("state_vectors", "poll_coverage"):
            assert len(instance.get_materialized_partitions(dg.AssetKey(asset))) == 3 * 24
        assert len(instance.get_materialized_partitions(dg.AssetKey("state_vectors_daily"))) == 3
    assert lake.read("state_vectors", ["hour"]).num_rows == 3 * 24 * 12
    assert len(files(lake, "state_vectors")) == 3 * 24
    # A commit for each day, not one for each hour.
    assert lake.delta("state_vectors").version() == 3
    assert lake.read("daily_completeness")["complete"].to_pylist() == [True] * 3
    assert sorted(lake.read("daily_completeness")["date"].to_pylist())[0] == date(2025, 1, 15)
