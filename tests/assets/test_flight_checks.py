"""Checks and automation of flights."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pyarrow.compute as pc
import pytest

from airtraffic.settings import Settings
from orchestration.check_flights import check_flights, check_flights_quality
from orchestration.flights import make_flights
from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource
from tests.assets.flight_files import FIRST, bimtra, drop, with_faults
from tests.assets.ticks import Ticks
from tests.integration.file_readers import read_files

DAYS = [FIRST + timedelta(days=n) for n in range(2)]
SETTINGS = Settings.from_env({})
MADE = {"flights", "flights_quality"}


@pytest.fixture
def lake(tmp_path) -> LakeResource:
    lake = LakeResource(root=str(tmp_path / "lake"))
    drop(tmp_path / "inbox", "bimtra", "june.parquet", with_faults(bimtra(days=2)))
    read_files(lake, InboxResource(root=str(tmp_path / "inbox"), settled_s=0))
    make_flights(lake, DAYS, {})
    return lake


def passed(check, lake) -> list[bool]:
    return [finding.passed for finding in check(lake, SETTINGS, DAYS)]


def test_what_is_made_passes_its_checks(lake):
    assert passed(check_flights, lake) == passed(check_flights_quality, lake) == [True, True]


def test_a_flight_that_stands_twice_is_found(lake):
    rows = lake.read("flights", where=[("date", "=", DAYS[0])])
    lake.append("flights", rows.slice(0, 1))
    assert passed(check_flights, lake) == [False, True]


def test_rows_that_nobody_accounts_for_are_found(lake):
    rows = lake.read("flights_raw")
    lake.append("flights_raw", rows.filter(pc.equal(rows["date"], DAYS[1])).slice(0, 3))
    assert passed(check_flights_quality, lake) == [True, False]


def days(first: date, count: int) -> set[str]:
    return {str(first + timedelta(days=n)) for n in range(count)}


def test_a_dropped_file_makes_its_days_and_the_days_beside_them_in_one_tick():
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(instance, MADE)
        ticks.report("flights_raw", *sorted(days(FIRST, 40)))
        first, *more = ticks.settle()
    assert first == dict.fromkeys(MADE, days(FIRST - timedelta(days=1), 42))
    assert more == []


def test_tracks_make_their_day_again():
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(instance, MADE)
        ticks.report("track_flights", "2025-01-15")
        assert ticks.settle() == [dict.fromkeys(MADE, days(date(2025, 1, 14), 3))]


def test_the_inbox_of_a_demo_is_beside_its_lake():
    assert SETTINGS.inbox == str(Path(".data").absolute() / "inbox")
