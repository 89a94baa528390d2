"""What tests of every kind share: where real recordings are, and that a skip is never silent."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of real recordings, which no licence lets the project ship: ``AIRTRAFFIC_RECORDINGS``."""
    folder = os.environ.get("AIRTRAFFIC_RECORDINGS")
    if not folder:
        pytest.skip("real recordings: set AIRTRAFFIC_RECORDINGS to a folder that holds them")
    assert (Path(folder) / "states").is_dir(), (
        f"AIRTRAFFIC_RECORDINGS is {folder!r}, which has no folder states"
    )
    return Path(folder)


def pytest_terminal_summary(terminalreporter, config) -> None:
    """What this machine could not run, by name, with what to install."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    by_reason: dict[str, list[str]] = {}
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        by_reason.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    terminalreporter.section("not run on this machine")
    for reason, names in by_reason.items():
        terminalreporter.line(reason)
        for name in names:
            terminalreporter.line(f"    {name}")
    if os.environ.get("CI"):
        terminalreporter.line("CI is set: a test that was not run is a failure.", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
