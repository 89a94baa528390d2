import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ConfigurationError
from airtraffic.recordings import read_polls
from airtraffic.simulation.as_recording import write_recording
from airtraffic.simulation.simulator import Simulation
from airtraffic.tables import STATE_VECTOR_FIELDS, STATE_VECTORS_RAW

START = datetime(2025, 1, 15, 22, 30, tzinfo=UTC)


def small(**arguments) -> Simulation:
    return Simulation(**{"start": START, "hours": 2, "aircraft": 40} | arguments)


def digest(simulation: Simulation) -> str:
    rows = [(poll.snapshot_at, poll.table.to_pylist()) for poll in simulation.polls()]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_the_same_arguments_give_the_same_rows_in_another_process():
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_simulation as t; "
        "print(t.digest(t.small(seed=7)))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script, str(Path(__file__).parent)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert runs == [digest(small(seed=7))] * 2


def test_another_seed_is_another_world():
    assert digest(small(seed=1)) != digest(small(seed=2))


@pytest.mark.parametrize("skipped", [1, 37, 90, 119])
def test_starting_in_the_middle_gives_the_same_polls_as_skipping(skipped):
    expected = list(small().polls())[skipped:]
    late = list(small().polls(START + timedelta(minutes=skipped)))
    assert [poll.snapshot_at for poll in late] == [poll.snapshot_at for poll in expected]
    assert all(one.table.equals(other.table) for one, other in zip(late, expected, strict=True))


def test_a_poll_does_not_depend_on_when_the_simulation_began_or_how_often_it_polls():
    often = {poll.snapshot_at: poll.table for poll in small(interval_s=20).polls()}
    later = small(start=START + timedelta(minutes=30), hours=1)
    for poll in later.polls():
        assert poll.table.equals(often[poll.snapshot_at])


def test_polls_come_at_the_interval_floored_to_the_second():
    times = [poll.snapshot_at for poll in small(interval_s=60.47).polls()]
    first = int(START.timestamp())
    assert times == [int(first + number * 60.47) for number in range(len(times))]
    assert times[-1] < first + 7200 <= times[-1] + 61


def test_polls_have_the_18_fields_of_the_lake_in_their_types():
    expected = [(field.name, field.type) for field in STATE_VECTORS_RAW.schema][:18]
    for poll in small(hours=0.1).polls():
        assert [(field.name, field.type) for field in poll.table.schema] == expected
        assert tuple(poll.table.column_names) == STATE_VECTOR_FIELDS


def test_no_aircraft_is_twice_in_a_poll_and_no_time_lies_ahead_of_it():
    for poll in small(aircraft=300).polls():
        rows = pl.from_arrow(poll.table)
        assert rows["icao24"].is_unique().all()
        assert (rows["time_position"] <= rows["last_contact"]).all()
        assert (rows["last_contact"] <= poll.snapshot_at).all()
        assert (rows["last_contact"] >= poll.snapshot_at - 330).all()


def test_the_time_of_an_aircrafts_position_never_goes_back():
    latest: dict[str, int] = {}
    for poll in small(aircraft=150).polls():
        for icao24, time in zip(
            *(poll.table[name].to_pylist() for name in ("icao24", "time_position")), strict=True
        ):
            assert time >= latest.get(icao24, 0)
            latest[icao24] = time


def test_a_repeated_row_repeats_everything_but_the_last_contact():
    before: dict[str, dict] = {}
    repeats = 0
    for poll in small().polls():
        now = {row["icao24"]: row for row in poll.table.drop(["last_contact"]).to_pylist()}
        for icao24, row in now.items():
            if before.get(icao24, {}).get("time_position") == row["time_position"]:
                assert row == before[icao24]
                repeats += 1
        before = now
    assert repeats > 100


def test_a_smaller_box_shows_the_same_rows_that_lie_inside_it():
    box = (-25.0, -20.0, -50.0, -42.0)
    inside = pl.col("latitude").is_between(-25, -20) & pl.col("longitude").is_between(-50, -42)
    for whole, part in zip(small().polls(), small(box=box).polls(), strict=True):
        assert pl.from_arrow(part.table).equals(pl.from_arrow(whole.table).filter(inside))


def test_an_empty_sky_is_an_empty_poll():
    polls = list(small(box=(-59.0, -58.0, -89.0, -88.0), hours=0.5).polls())
    assert len(polls) == 30
    assert all(poll.table.num_rows == 0 for poll in polls)
    assert tuple(polls[0].table.column_names) == STATE_VECTOR_FIELDS


@pytest.mark.parametrize(
    "arguments",
    [{"start": datetime(2025, 1, 15)}, {"hours": 0}, {"interval_s": 0.5}, {"aircraft": 0}, {"seed": -1}],
)
def test_arguments_out_of_range_are_named(arguments):
    with pytest.raises(ConfigurationError, match=next(iter(arguments))):
        small(**arguments)


@pytest.mark.parametrize("aircraft", [1, 20, 2000])
def test_any_number_of_aircraft_can_be_asked_for(aircraft):
    polls = list(
        Simulation(
            start=datetime(2025, 1, 15, tzinfo=UTC), hours=24, interval_s=7200, aircraft=aircraft
        ).polls()
    )
    assert len(polls) == 12
    mean = np.mean([poll.table.num_rows for poll in polls])
    assert 0.8 * aircraft - 1 < mean < 1.2 * aircraft + 4


def test_a_simulated_recording_reads_back_as_the_polls_it_was_made_of(tmp_path):
    simulation = small(interval_s=60.47)
    path = write_recording(tmp_path / "inbox" / "simulated.parquet", simulation)
    stored = pl.read_parquet(path)
    assert stored.width == 12
    assert stored["timestamp_ingest"].str.ends_with("+00:00Z").all()
    assert not stored["timestamp_ingest"].is_sorted()
    read, made = list(read_polls(path)), list(simulation.polls())
    assert [poll.snapshot_at for poll in read] == [poll.snapshot_at for poll in made]
    shared = [name for name in STATE_VECTOR_FIELDS if name in stored.columns or name == "true_track"]
    for one, other in zip(read, made, strict=True):
        assert not one.rejected
        assert one.table.select(shared).sort_by("icao24").equals(other.table.select(shared).sort_by("icao24"))


def test_a_live_start_needs_no_history():
    simulation = Simulation(start=datetime(2031, 7, 4, 15, 17, 23, tzinfo=UTC), hours=10 * 365 * 24)
    first, second = (poll for poll, _ in zip(simulation.polls(), range(2), strict=False))
    assert second.snapshot_at - first.snapshot_at == 60
    assert first.table.num_rows > 100
    airborne = pl.from_arrow(first.table).filter(~pl.col("on_ground"))
    assert (airborne["baro_altitude"] > 9000).mean() > 0.25


def test_days_of_work_never_overlap():
    schedule = small(aircraft=200)._schedule
    days = [schedule.day(20103 + day) for day in range(4)]
    flights = pl.concat(
        pl.DataFrame(
            {
                name: getattr(day, name)
                for name in ("id", "aircraft", "origin", "destination", "on_s", "off_s")
            }
        )
        for day in days
    ).sort("aircraft", "on_s")
    assert flights["id"].is_unique().all()
    for (_, one), (_, other) in pairwise(
        zip(range(len(flights)), flights.iter_rows(named=True), strict=True)
    ):
        if one["aircraft"] == other["aircraft"]:
            assert other["on_s"] - one["off_s"] > 330
            assert other["origin"] == one["destination"]
