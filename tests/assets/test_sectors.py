"""Tables of sectors on a real lake: days in one run, midnight, coverage, and the same again."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pytest

from airtraffic.flight_tables import FLIGHTS
from airtraffic.tables import DAILY_COMPLETENESS, POLLS, STATE_VECTORS_DAILY
from assets import sector_findings, sectors
from orchestration.resources.lake import LakeResource

MONDAY = datetime(2024, 3, 4, tzinfo=UTC)
DAYS = [MONDAY + timedelta(days=n) for n in range(3)]
MADE = [
    sectors.sector_flights,
    sectors.sector_entries,
    sectors.sector_occupancy,
    sectors.sector_capacity,
    sectors.peak_hours,
    sectors.sector_saturation,
    sectors.overload_segments,
    sectors.sector_alerts,
    sectors.sector_adjustments,
    sector_findings.country_flows,
    sector_findings.sector_complexity,
    sector_findings.critical_flights,
]
NAMES = [asset.key.to_user_string() for asset in MADE]


def flight(number: int, departure: datetime, minutes: float = 50) -> dict:
    return {
        "flight_id": f"F{number}",
        "callsign": f"TAM{number}",
        "origin": "SBSP",
        "destination": "SBRJ",
        "departure_at": departure,
        "arrival_at": departure + timedelta(minutes=minutes),
        "cancelled": False,
        "duration_s": minutes * 60,
        "source": "file",
        "sources": ["file"],
        "provider": "bimtra",
        "routes": ["files"],
        "flags": [],
        "date": departure.date(),
    }


def add_flights(lake: LakeResource, rows: list[dict]) -> None:
    lake.append("flights", pa.Table.from_pylist(rows, schema=FLIGHTS.schema))


def add_positions(lake: LakeResource, day: datetime, coverage: float) -> None:
    """An aircraft that crosses the shipped sectors of São Paulo over midnight, and one that meets it in a cell."""
    rows = []
    for minute in range(-20, 20):
        at = day + timedelta(days=1, minutes=minute)
        for icao24, west in (("e40001", 0.0), ("e40002", 0.02)):
            rows.append(
                {
                    "icao24": icao24,
                    "callsign": icao24.upper(),
                    "snapshot_at": at,
                    "time_position": int(at.timestamp()),
                    "position_age_s": 0,
                    "longitude": -47.6 + west + minute * 0.1,
                    "latitude": -23.05,
                    "baro_altitude": 10_668.0,
                    "velocity": 230.0,
                    "true_track": 90.0,
                    "vertical_rate": 0.0,
                    "on_ground": False,
                    "source": "replay",
                    "date": at.date(),
                    "hour": at.hour,
                }
            )
    lake.append("state_vectors_daily", pa.Table.from_pylist(rows, schema=STATE_VECTORS_DAILY.schema))
    completeness = [
        {"completeness": coverage, "sources": ["replay"], "polls_seen": 20, "date": each.date()}
        for each in (day, day + timedelta(days=1))
    ]
    lake.append("daily_completeness", pa.Table.from_pylist(completeness, schema=DAILY_COMPLETENESS.schema))


def add_polls(lake: LakeResource, day: datetime) -> None:
    """Every second one of a poll a minute, in the box that is shipped: Mexico lies outside of it."""
    moments = [day + timedelta(minutes=minute) for minute in range(0, 1440, 2)]
    box = {"lamin": -60.0, "lamax": 15.0, "lomin": -90.0, "lomax": -30.0}
    polls = [{"snapshot_at": at, "interval_s": 60.0, **box, "date": at.date()} for at in moments]
    lake.append("polls", pa.Table.from_pylist(polls, schema=POLLS.schema))


def make(lake: LakeResource, first: datetime, last: datetime, assets=MADE) -> dg.ExecuteInProcessResult:
    span = {"start": first, "end": last}
    tags = {f"dagster/asset_partition_range_{name}": f"{day:%Y-%m-%d}" for name, day in span.items()}
    done = dg.materialize(assets, tags=tags, resources={"lake": lake})
    assert done.success
    return done


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> LakeResource:
    lake = LakeResource(root=str(tmp_path_factory.mktemp("sectors") / "lake"))
    morning = [flight(n, DAYS[0] + timedelta(hours=10, minutes=n // 2)) for n in range(70)]
    late = [flight(100, DAYS[0] + timedelta(hours=23, minutes=50)), flight(101, DAYS[2] + timedelta(hours=1))]
    nowhere = {"icao24": "e40001", "origin": None, "destination": None}
    add_flights(lake, [*morning, *late, flight(102, DAYS[0] + timedelta(hours=23), 1500) | nowhere])
    add_positions(lake, DAYS[1], coverage=0.97)
    add_polls(lake, DAYS[1])
    make(lake, DAYS[0], DAYS[2])
    return lake


def rows(
    lake: LakeResource, name: str, sector: str | None = "BR-SAO-RIO", day: date | None = None
) -> list[dict]:
    where = ([("sector", "=", sector)] if sector else []) + ([("date", "=", day)] if day else [])
    return lake.read(name, where=where).to_pylist()


def test_a_day_has_its_flights_counts_capacity_and_saturation(lake):
    day = DAYS[0].date()
    assert len(rows(lake, "sector_flights", day=day)) == 71
    assert len(rows(lake, "sector_entries", day=day)) == 96
    assert len(rows(lake, "sector_occupancy", day=day)) == 1440
    (capacity,) = rows(lake, "sector_capacity", day=day)
    assert (capacity["tps_s"], capacity["flights"]) == (3000, 71)
    (saturation,) = rows(lake, "sector_saturation", day=day)
    assert (saturation["d_max"], saturation["level"]) == (70, "critical")
    assert saturation["saturation_percent"] == pytest.approx(70 / (3600 / 52 * 0.9) * 100)
    assert (saturation["coverage"], saturation["coverage_basis"], saturation["sources"]) == (
        None,
        "bimtra",
        ["file"],
    )
    (overload,) = rows(lake, "overload_segments", day=day)
    assert (overload["flight_count"], overload["worst_count"]) == (70, 70)
    assert overload["flights"][:2] == ["TAM0", "TAM1"]
    assert [row["cause"] for row in rows(lake, "sector_alerts", day=day)] == ["peak"]
    assert {row["proposal"] for row in rows(lake, "sector_adjustments", day=day)} == {"flow_cap", "merge"}


def test_the_night_is_counted_over_midnight(lake):
    last = rows(lake, "sector_entries", day=DAYS[0].date())[-1]
    assert (last["entries_60min"], last["window_complete"]) == (1, False), (
        "there is no flight of the next day"
    )
    of_next = rows(lake, "sector_occupancy", day=DAYS[1].date())
    assert of_next == [], "nothing is known of the sector on a day without flights"
    assert rows(lake, "sector_entries", "BR-SP-EAST", DAYS[1].date()) != []


def test_a_passage_over_midnight_belongs_to_the_day_of_its_entry(lake):
    west = {row["icao24"]: row for row in rows(lake, "sector_flights", "BR-SP-WEST")}
    assert {row["date"] for row in west.values()} == {DAYS[1].date()}
    one = west["e40001"]
    assert one["entry_at"] < DAYS[2] < one["exit_at"]
    assert [west[name]["flight_id"] for name in ("e40001", "e40002")] == ["F102", None]
    (day, next_day) = (rows(lake, "sector_occupancy", "BR-SP-WEST", each.date()) for each in DAYS[1:])
    assert (day[-1]["aircraft"], next_day[0]["aircraft"]) == (2, 2)
    assert max(row["aircraft"] for row in next_day[60:]) == 0


def test_counts_of_positions_carry_the_days_coverage_and_are_marked(lake):
    (saturation,) = rows(lake, "sector_saturation", "BR-SP-WEST", DAYS[1].date())
    assert (saturation["coverage"], saturation["coverage_marked"], saturation["coverage_basis"]) == (
        0.5,
        True,
        "polls",
    )
    windows = rows(lake, "sector_entries", "BR-SP-WEST", DAYS[1].date())
    assert {round(row["coverage"], 1) for row in windows} == {0.5}, "the windows' own"
    for name in ("sector_entries", "sector_occupancy", "sector_saturation"):
        assert rows(lake, name, "MX-MEX-UPPER", DAYS[1].date()) == [], "nobody looked there"
    complexity = rows(lake, "sector_complexity", "BR-SP-WEST", DAYS[1].date())
    assert [(row["interaction_min"] > 0, row["coverage"]) for row in complexity] == [(True, 0.5)]
    assert rows(lake, "sector_entries", "BR-SP-WEST", DAYS[0].date()) == [], "no poll came that day"


def test_flows_name_countries_by_airport(lake):
    known = [row for row in rows(lake, "country_flows", sector=None) if row["origin_country"]]
    flows = sorted(known, key=lambda row: row["date"])
    assert [
        (row["date"], row["origin_country"], row["destination_country"], row["flights"]) for row in flows
    ] == [
        (DAYS[0].date(), "BR", "BR", 71),
        (DAYS[2].date(), "BR", "BR", 1),
    ]


def test_capacity_looks_back_over_its_window(lake):
    (capacity,) = rows(lake, "sector_capacity", day=DAYS[2].date())
    assert (capacity["flights"], capacity["window_from"]) == (72, date(2023, 12, 8))
    monday_at_ten = [
        row
        for row in rows(lake, "peak_hours", day=DAYS[2].date())
        if (row["weekday"], row["hour"]) == (0, 10)
    ]
    assert [(row["entries"], row["dates"], row["dates_with_data"]) for row in monday_at_ten] == [(70, 13, 1)]


def test_a_day_made_again_alone_is_the_day_that_was_made_with_others(lake):
    before = {name: lake.read(name) for name in NAMES}
    make(lake, DAYS[1], DAYS[1])
    for name in NAMES:
        keys = [
            (column, "ascending")
            for column in ("date", "sector", "origin_country")
            if column in before[name].column_names
        ]
        assert lake.read(name).sort_by(keys).equals(before[name].sort_by(keys)), name
    versions = {name: lake.version(name) for name in NAMES}
    assert set(versions.values()) == {2}, "one commit per run and table: 0 creates it"


def test_every_day_of_a_run_has_its_rows_as_metadata(lake):
    done = make(lake, DAYS[0], DAYS[2], [sectors.sector_flights])
    counts = {
        event.partition: event.materialization.metadata["dagster/partition_row_count"].value
        for event in done.all_events
        if event.is_step_materialization
    }
    assert counts == {"2024-03-04": 142, "2024-03-05": 2, "2024-03-06": 4}
