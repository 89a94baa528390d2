"""Dagster's event log with its files kept open: the same log, for whoever reads it."""

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from cli.event_log import OpenEventLog
from cli.runs import open_instance, range_tags, run_job


@dg.op(out={})
def twenty():
    yield from (dg.AssetMaterialization("table", partition=str(n)) for n in range(20))


@dg.job(executor_def=dg.in_process_executor)
def twenty_partitions():
    twenty()


DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-21")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def days(context: dg.AssetExecutionContext) -> None:
    for key in context.partition_keys:
        context.add_asset_metadata({"rows": int(key[-2:])}, partition_key=key)


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def test_what_runs_leave_is_read_by_an_instance_without_it_while_they_are_open_and_after(home):
    with open_instance() as instance:
        assert isinstance(instance.event_log_storage, OpenEventLog)
        outcome = run_job(twenty_partitions, instance)
        assert outcome.success
        assert len(outcome.made) == 20
        _is_told(outcome.run_id)
    _is_told(outcome.run_id)


def _is_told(run_id: str) -> None:
    with dg.DagsterInstance.get() as plain:
        assert isinstance(plain.event_log_storage, SqliteEventLogStorage)
        assert not isinstance(plain.event_log_storage, OpenEventLog)
        assert plain.get_run_by_id(run_id).is_success
        assert len(plain.get_materialized_partitions(dg.AssetKey("table"))) == 20
        materialized = dg.DagsterEventType.ASSET_MATERIALIZATION
        assert len(plain.get_records_for_run(run_id, of_type=materialized).records) == 20


def test_a_range_of_partitions_is_told_at_once_and_as_if_one_by_one(home):
    job = dg.Definitions([days]).resolve_implicit_global_asset_job_def()
    tags = range_tags("2024-01-01", "2024-01-20")
    with open_instance() as instance:
        batches, store = [], instance.event_log_storage.store_event_batch
        instance.event_log_storage.store_event_batch = lambda events: (
            batches.append(len(events)),
            store(events),
        )
        outcome = run_job(job, instance, tags=tags)
    assert 20 in batches
    assert len(outcome.made) == 20
    with dg.DagsterInstance.get() as plain:
        key, materialized = dg.AssetKey("days"), dg.DagsterEventType.ASSET_MATERIALIZATION
        assert len(plain.get_materialized_partitions(key)) == 20
        records = plain.get_records_for_run(outcome.run_id, of_type=materialized).records
        told = [record.event_log_entry.asset_materialization for record in records]
        assert [(each.partition[-2:], each.metadata["rows"].value) for each in told] == [
            (f"{day:02}", day) for day in range(1, 21)
        ]
        assert plain.get_latest_materialization_event(key).asset_materialization.partition == "2024-01-20"


def test_many_runs_do_not_hold_many_files(home, monkeypatch):
    monkeypatch.setattr("cli.event_log.KEPT_OPEN", 2)
    with open_instance() as instance:
        runs = [run_job(twenty_partitions, instance).run_id for _ in range(2)]
        assert all(len(instance.all_logs(run)) > 20 for run in runs)
        assert len(instance.event_log_storage._engines) == 2
    assert not list(home.rglob("*.db-wal"))


def test_an_instance_that_keeps_its_log_elsewhere_keeps_it_there(home):
    with (home / "dagster.yaml").open("a") as file:
        file.write(
            "event_log_storage:\n  module: dagster._core.storage.event_log\n"
            f"  class: ConsolidatedSqliteEventLogStorage\n  config: {{base_dir: {home / 'events'}}}\n"
        )
    with open_instance() as instance:
        assert not isinstance(instance.event_log_storage, OpenEventLog)
        assert run_job(twenty_partitions, instance).success
    assert list((home / "events").glob("*.db"))
