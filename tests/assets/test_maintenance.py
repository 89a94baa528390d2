"""Upkeep loses nothing, beside writers too."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from assets.maintenance import lake_maintenance
from orchestration import silver
from orchestration.upkeep import tidy
from tests.assets.bronze_samples import add_traffic

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from orchestration import silver
from orchestration.resources.lake import LakeResource
from tests.assets.bronze_samples import add_traffic
lake, hour = LakeResource(root=sys.argv[1]), datetime(2025, 1, 15, 12, tzinfo=UTC)
print("ready", flush=True)
for n in range(25):
    add_traffic(lake, hour + timedelta(seconds=n), aircraft=[n])
    silver.make_state_vectors(lake, [hour])
"""


def test_many_small_files_become_few_and_the_rows_stay(lake):
    for n in range(8):
        add_traffic(lake, NOON, aircraft=[n])
    before = lake.read("state_vectors_raw").sort_by("kafka_offset")
    with dg.instance_for_test() as instance:
        assert dg.materialize([lake_maintenance], resources={"lake": lake}, instance=instance).success
        event = instance.get_latest_materialization_event(dg.AssetKey("lake_maintenance"))
        metadata = event.asset_materialization.metadata
    assert (metadata["files_before"].value, metadata["files_after"].value) == (16, 2)
    assert metadata["bytes_after"].value < metadata["bytes_before"].value
    assert lake.read("state_vectors_raw").sort_by("kafka_offset").equals(before)


def test_offsets_that_are_stored_with_the_rows_survive(lake):
    add_traffic(lake, NOON)
    rows = lake.read("state_vectors_raw")
    lake.append("state_vectors_raw", rows.slice(0, 0), transactions={"cluster/topic/0": 41})
    # Every log entry that a checkpoint makes superfluous goes at once.
    lake.delta("state_vectors_raw").alter.set_table_properties(
        {"delta.logRetentionDuration": "interval 0 days"}
    )
    for n in range(12):
        add_traffic(lake, NOON, aircraft=[n])
        tidy(lake, "state_vectors_raw")
    assert lake.delta("state_vectors_raw").transaction_version("cluster/topic/0") == 41
    assert lake.read("state_vectors_raw").num_rows == 17 * 12
    log = Path(lake.uri("state_vectors_raw")) / "_delta_log"
    assert not (log / f"{1:020}.json").exists()


def test_files_of_the_last_week_are_kept_for_those_who_still_read_them(lake):
    for _ in range(3):
        add_traffic(lake, NOON)
    reader = lake.delta("state_vectors_raw")
    done = tidy(lake, "state_vectors_raw")
    assert (done.files_before, done.files_after, done.files_vacuumed) == (3, 1, 0)
    assert reader.to_pyarrow_table().num_rows == 3 * 60


def test_a_table_without_rows_is_looked_after_too(lake):
    assert tidy(lake, "polls").files_after == 0


def test_beside_a_writer_nothing_is_lost_and_what_was_put_off_is_said(lake):
    add_traffic(lake, NOON, aircraft=[99])
    silver.make_state_vectors(lake, [NOON])
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, lake.root], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "ready\n"
        rounds = 0
        while writer.poll() is None:
            for name in ("state_vectors_raw", "state_vectors"):
                done = tidy(lake, name)
                assert all(reason.startswith(("compaction: ", "vacuum: ")) for reason in done.skipped)
            rounds += 1
    assert writer.returncode == 0
    assert rounds > 1
    raw = lake.read("state_vectors_raw", ["icao24", "snapshot_at"])
    assert raw.num_rows == raw.group_by(["icao24", "snapshot_at"]).aggregate([]).num_rows == 26 * 12
    # The writer's last word stands.
    assert lake.read("state_vectors", ["icao24"]).num_rows == 26 * 12
    assert max(lake.read("state_vectors")["snapshot_at"].to_pylist()) < NOON + timedelta(hours=1)
