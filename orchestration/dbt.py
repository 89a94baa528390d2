"""The dbt project from Dagster: its manifest, and one run of its feature models over hours of one day.

dbt runs inside this process: its import takes 2 s, which a subprocess would pay again for every day of a
backfill and every refresh of the open hour, and a process with other ``--vars`` parses the whole project
anew (6 s in all, measured), where the stored manifest makes a run of 0.6 s.
"""

import hashlib
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from orchestration.resources.lake import LakeResource

PROJECT = Path(__file__).parents[1] / "dbt_project"
MANIFEST = PROJECT / "target" / "manifest.json"
FEATURES = ("flight_states", "traffic_density", "hourly_traffic")

_PARSED = "partial_parse.msgpack"
_FINGERPRINT = "fingerprint"
_TRIES = 10
_settings = Settings.from_env(os.environ)
# dbt keeps its flags, adapters and connection in module globals: one run at a time in a process.
_one_at_a_time = threading.Lock()
_quiet = logging.getLogger(__name__)


class FeatureError(AirTrafficError):
    """Feature models that were not built; ``result`` has what was."""

    def __init__(self, message: str, result: "FeatureResult | None" = None):
        super().__init__(message)
        self.result = result


@dataclass(frozen=True)
class DataTest:
    """Outcome of one dbt data test over the window of a run."""

    name: str
    model: str
    passed: bool
    severity: str
    """``error`` or ``warn``"""
    failures: int
    """Rows that break the rule. [rows]"""
    message: str | None


@dataclass(frozen=True)
class FeatureResult:
    """What one run has made."""

    hours: tuple[datetime, ...]
    rows: Mapping[str, Mapping[datetime, int]] = field(default_factory=dict)
    """By model and hour; an hour without traffic has 0. [rows]"""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By model, from its SQL to its Delta commit. [s]"""
    tests: tuple[DataTest, ...] = ()
    wall_s: float = 0.0
    """The whole run, dbt's start included. [s]"""


def ensure_manifest() -> Path:
    """Parse the dbt project when its manifest is missing or was made from other files or by another dbt.

    Returns
    -------
    Path
        The manifest. Takes about 5 s when it must be made, some milliseconds when not.
    """
    folder, fingerprint = MANIFEST.parent, _fingerprint()
    made = [folder / name for name in (_PARSED, MANIFEST.name, _FINGERPRINT)]
    if all(path.exists() for path in made) and made[-1].read_text() == fingerprint:
        return MANIFEST
    with tempfile.TemporaryDirectory() as target:
        run_dbt(["parse", "--no-partial-parse"], Path(target), {}, manifest=None)
        (Path(target) / _FINGERPRINT).write_text(fingerprint)
        folder.mkdir(exist_ok=True)
        for path in made:
            # copied beside its place and then moved, so that a reader sees the old file or the new one
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            shutil.copyfile(Path(target) / path.name, beside)
            os.replace(beside, path)
    return MANIFEST


def read_manifest() -> dict[str, Any]:
    """The manifest as it was made at set-up; made now only when there is none."""
    if not MANIFEST.exists():
        ensure_manifest()
    return json.loads(MANIFEST.read_bytes())


def parsed_manifest() -> bytes:
    """The parsed project for ``run_dbt``, current."""
    return (ensure_manifest().parent / _PARSED).read_bytes()


def build_features(
    lake: LakeResource,
    hours: Sequence[datetime],
    select: Sequence[str] | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    log: logging.Logger = _quiet,
) -> FeatureResult:
    """Make hours of one day of the feature tables from silver, and test them.

    Each table's hours are replaced in one commit. Models that ``select`` leaves out are read from the lake
    where a selected one needs them. A test that fails stops the models built on its own; one on which
    nothing is built is only among ``tests``, so look there.

    Parameters
    ----------
    hours
        Starts of the hours, UTC, all of one day: longer ranges go day by day, so that memory stays flat.
    select
        Models to make; by default all of ``FEATURES``.
    variables
        dbt variables that differ from the settings' and the project's.

    Raises
    ------
    FeatureError
        A model was not built, because its SQL failed or a test of what it reads did; the message says why.
    """
    days = {hour.astimezone(UTC).date() for hour in hours}
    if len(days) != 1:
        raise FeatureError(f"hours of {len(days)} days: {sorted(map(str, days))}; expected hours of one day")
    window = {
        "date": days.pop().isoformat(),
        "hours": sorted({hour.astimezone(UTC).hour for hour in hours}),
        "lake": lake.root if "://" in lake.root else str(Path(lake.root).absolute()),
        "box": list(_settings.box),
        "dense_cell_aircraft": _settings.dense_cell_aircraft,
    }
    models = list(select or FEATURES)
    started = time.monotonic()
    for left in reversed(range(_TRIES)):
        results = _build(models, window | dict(variables or {}))
        if not left or not _lost_a_race(results):
            break
        log.info("another run wrote some of these hours; computing them again")
        time.sleep(random.uniform(0.1, 1.0))
    result = _result(results, tuple(sorted(hours)), time.monotonic() - started)
    for model, rows in result.rows.items():
        log.info("%s: %d rows in %.2f s", model, sum(rows.values()), result.seconds[model])
    _raise_for_unbuilt(results, models, result)
    return result


def _build(models: list[str], variables: Mapping[str, Any]) -> list:
    # buildable: a test that compares two models needs both, or the other one upstream
    choice = ["--select", "path:models/staging", *models, "--indirect-selection", "buildable"]
    command = ["build", *choice, "--exclude-resource-type", "unit_test", "--no-write-json"]
    with tempfile.TemporaryDirectory() as target:
        return run_dbt(command, Path(target), variables, parsed_manifest())


def _lost_a_race(results: list) -> bool:
    from airtraffic_delta import CONFLICT

    return any(CONFLICT in (result.message or "") for result in results)


def _fingerprint() -> str:
    """Hash of dbt's version and of what it parses; file times say nothing after a checkout."""
    digest = hashlib.sha256(version("dbt-core").encode())
    folders = [PROJECT / name for name in ("models", "macros", "tests")]
    files = [PROJECT / "dbt_project.yml", PROJECT / "profiles.yml"]
    files += [path for folder in folders for path in folder.rglob("*.*")]
    for path in sorted(files):
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def run_dbt(command: list[str], target: Path, variables: Mapping[str, Any], manifest: bytes | None) -> list:
    """Run dbt in this process; its results."""
    handlers = [*logging.getLogger().handlers]
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    # one of dbt's imports hangs a handler on the root logger
    logging.getLogger().handlers = handlers
    plugins = str(PROJECT / "plugins")
    if plugins not in sys.path:
        sys.path.append(plugins)
    parsed = Manifest.from_msgpack(manifest) if manifest else None
    if parsed:
        parsed.build_flat_graph()
    folders = {"project-dir": PROJECT, "profiles-dir": PROJECT, "target-path": target, "log-path": target}
    with _one_at_a_time:
        # dbt-duckdb keeps its in-memory database for the next run of the process
        DuckDBConnectionManager.close_all_connections()
        try:
            outcome = dbtRunner(manifest=parsed).invoke(
                ["--quiet", "--log-level", "none", "--log-level-file", "none", *command]
                + [part for name, folder in folders.items() for part in (f"--{name}", str(folder))]
                + ["--vars", json.dumps(dict(variables))]
            )
        finally:
            DuckDBConnectionManager.close_all_connections()
    if outcome.exception:
        raise FeatureError(f"dbt {command[0]} failed: {outcome.exception}") from outcome.exception
    return getattr(outcome.result, "results", [])


def _result(results: list, hours: tuple[datetime, ...], wall_s: float) -> FeatureResult:
    rows, seconds, tests = {}, {}, []
    for result in results:
        node = result.node
        if node.resource_type == "test" and result.status != "skipped":
            tests.append(
                DataTest(
                    name=node.name,
                    model=node.attached_node.rsplit(".", 1)[-1],
                    passed=result.status == "pass",
                    severity=node.config.severity.lower(),
                    failures=result.failures or 0,
                    message=result.message,
                )
            )
        elif node.resource_type == "model" and result.status == "success" and node.name in FEATURES:
            # the materialization's answer: rows by hour, where there are any
            made = json.loads(result.adapter_response["code"])
            rows[node.name] = {hour: made.get(str(hour.astimezone(UTC).hour), 0) for hour in hours}
            seconds[node.name] = result.execution_time
    return FeatureResult(hours, rows, seconds, tuple(tests), wall_s)


def _raise_for_unbuilt(results: list, models: list[str], result: FeatureResult) -> None:
    unbuilt = [model for model in models if model not in result.rows]
    if not unbuilt:
        return
    reasons = [
        f"{each.node.name}: {each.message}"
        for each in results
        if each.status in ("error", "fail", "runtime error")
    ]
    raise FeatureError(
        f"not built for {result.hours[0]:%Y-%m-%d}, hours {[hour.hour for hour in result.hours]}: {unbuilt}; "
        + ("; ".join(reasons) or "dbt knows no such model"),
        result,
    )


if __name__ == "__main__":
    print(ensure_manifest())
