"""Dagster runs in this process, recorded in the instance, with their progress taken from its event log."""

import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dagster as dg
import sqlalchemy
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from cli.event_log import EVENTS_AT_ONCE, with_open_event_log

_POLL_S = 0.5
INTERRUPTED = "DagsterExecutionInterruptedError"


@dataclass(frozen=True)
class Outcome:
    """What one run left in the instance."""

    run_id: str
    success: bool
    made: frozenset[tuple[str, str | None]]
    """Asset and partition."""
    failed_checks: tuple[str, ...]
    error: str | None


def open_instance() -> dg.DagsterInstance:
    """The instance of ``DAGSTER_HOME``, without capture of what runs print.

    The capture's helper processes would answer a Ctrl-C with tracebacks of their own.
    """
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", _lean_sqlite)
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(EVENTS_AT_ONCE))
    quiet = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
    home = os.environ["DAGSTER_HOME"]
    ref = InstanceRef.from_dir(home, overrides={"compute_logs": quiet})
    return dg.DagsterInstance.from_ref(with_open_event_log(ref))


def _lean_sqlite(connection, _) -> None:
    """No wait for the disk after every event: with its write-ahead log SQLite stays whole if a process dies.

    273 days of an asset are as many events; half of such a run went into waiting.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=NORMAL")


def range_tags(first: str, last: str) -> dict[str, str]:
    """The tags that make a run take a range of partitions."""
    return {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}


def run_job(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    *,
    assets: Sequence[dg.AssetKey] | None = None,
    run_config: dict | None = None,
    tags: dict[str, str] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Run a job to its end.

    Parameters
    ----------
    assets
        The part of an asset job to run; all of it when None.
    on_progress
        Called now and then with the number of partitions made so far.
    """
    run_id = str(uuid.uuid4())
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_S):
            on_progress(len(_materializations(instance, run_id)))

    watcher = threading.Thread(target=watch, daemon=True) if on_progress else None
    if watcher:
        watcher.start()
    try:
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            asset_selection=list(assets) if assets else None,
            run_config={**(run_config or {}), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags=tags,
            raise_on_error=False,
        )
    finally:
        done.set()
        if watcher:
            watcher.join()
    if any(INTERRUPTED in str(event.event_specific_data) for event in result.all_events if event.is_failure):
        raise KeyboardInterrupt
    failures = [event for event in result.all_events if event.is_failure and event.is_step_event]
    return Outcome(
        run_id=run_id,
        success=result.success,
        made=frozenset(
            (event.asset_key.to_user_string(), event.partition)
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION
        ),
        failed_checks=tuple(
            f"{evaluation.asset_key.to_user_string()}.{evaluation.check_name}"
            + (f" [{evaluation.partition}]" if evaluation.partition else "")
            for evaluation in (
                event.asset_check_evaluation_data
                for event in result.all_events
                if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            )
            if not evaluation.passed
        ),
        error=_cause(failures[0]) if failures else None,
    )


def _cause(event: dg.DagsterEvent) -> str:
    """The innermost error of a failed step, in one line."""
    error = event.event_specific_data.error
    while error and error.cause:
        error = error.cause
    return f"{event.step_key}: {error.message.strip()}" if error else str(event.message)


def _materializations(instance: dg.DagsterInstance, run_id: str) -> list:
    return instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
