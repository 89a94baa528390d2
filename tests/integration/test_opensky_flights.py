"""OpenSky's flights from a real HTTP server into a real lake: windows, limits, failures, exactly once."""

import json
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from assets.opensky_flights import ingest_opensky_flights
from orchestration.opensky_flights import WINDOWS, NotBefore, windows_done
from orchestration.resources.lake import LakeResource
from orchestration.resources.opensky import OpenSkyResource
from sensors.opensky_flights import due
from tests.integration.opensky_server import OpenSkyServer, Reply, opensky_server, token

DAY = date(2025, 6, 24)
MIDNIGHT = int(datetime(2025, 6, 24, tzinfo=UTC).timestamp())
AFTER = datetime(2025, 6, 25, 9, tzinfo=UTC)
NONE = Reply(404)
SECRET = "s3cr3t-of-the-client"


def flight(number: int, at: int = MIDNIGHT, **fields) -> dict:
    return {
        "icao24": f"e4{number:04x}",
        "firstSeen": at + 60 * number,
        "estDepartureAirport": "SBGR",
        "lastSeen": at + 60 * number + 3600,
        "estArrivalAirport": "SBGL",
        "callsign": "TAM3164 ",
        "estDepartureAirportHorizDistance": 500,
        "departureAirportCandidatesCount": 1,
    } | fields


def found(*flights: dict, **headers: str) -> Reply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body=json.dumps(flights).encode(), headers=names)


class Platform:
    def __init__(self, server: OpenSkyServer, lake: LakeResource, instance: dg.DagsterInstance):
        self.server, self.lake, self.instance = server, lake, instance

    def run(self, *replies: Reply) -> dg.ExecuteInProcessResult:
        self.server.states.extend(replies)
        return ingest_opensky_flights.execute_in_process(
            partition_key=str(DAY),
            resources={"lake": self.lake, "opensky": OpenSkyResource()},
            instance=self.instance,
            raise_on_error=False,
        )

    @property
    def asked(self) -> list[int]:
        return [int(each.query["begin"][0]) for each in self.server.asked("/api/flights/all")]


@pytest.fixture
def platform(tmp_path, monkeypatch):
    with opensky_server() as server, dg.instance_for_test() as instance:
        monkeypatch.setenv("OPENSKY_API_URL", f"{server.url}/api")
        monkeypatch.setenv("OPENSKY_TOKEN_URL", f"{server.url}/token")
        monkeypatch.setenv("OPENSKY_CLIENT_ID", "me")
        monkeypatch.setenv("OPENSKY_CLIENT_SECRET", SECRET)
        monkeypatch.setenv("OPENSKY_TIMEOUT_S", "1")
        server.tokens.extend([token(), token("token-2")])
        yield Platform(server, LakeResource(root=str(tmp_path / "lake")), instance)


def days(result: dg.ExecuteInProcessResult, asset: str = "flights_raw") -> list[str]:
    return [
        event.partition
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION
        and event.asset_key == dg.AssetKey(asset)
    ]


def failure(result: dg.ExecuteInProcessResult) -> str:
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    return failed.event_specific_data.user_failure_data.description


def test_a_day_is_asked_for_in_windows_of_two_hours_and_404_is_an_empty_one(platform):
    replies = [found(flight(0), flight(1)), found(flight(30, MIDNIGHT - 3600)), *[NONE] * (WINDOWS - 2)]
    result = platform.run(*replies)
    assert result.success
    assert platform.asked == [MIDNIGHT + 7200 * n for n in range(WINDOWS)]
    assert {
        int(each.query["end"][0]) - int(each.query["begin"][0])
        for each in platform.server.asked("/api/flights/all")
    } == {7200}
    # A flight belongs to the day of its departure, also where that is the day before.
    assert days(result) == ["2025-06-23", "2025-06-24"]
    rows = platform.lake.read("flights_raw").to_pylist()
    assert len(rows) == 3
    row = next(each for each in rows if each["icao24"] == "e40001")
    assert (row["origin"], row["destination"], row["callsign"]) == ("SBGR", "SBGL", "TAM3164")
    assert (row["airline"], row["flight_number"], row["source"]) == ("TAM", "3164", "opensky")
    assert row["departure_at"] == datetime(2025, 6, 24, 0, 1, tzinfo=UTC)
    assert row["received_from"] == f"/flights/all?begin={MIDNIGHT}&end={MIDNIGHT + 7200}"
    assert json.loads(row["original"]) == flight(1)


def test_a_day_that_is_whole_is_asked_for_no_more(platform):
    platform.run(found(flight(0)), *[NONE] * (WINDOWS - 1))
    before = platform.lake.read("flights_raw")
    assert platform.run().success
    assert len(platform.asked) == WINDOWS
    assert platform.lake.read("flights_raw").equals(before)


def test_when_the_credits_are_used_up_the_rest_waits_until_the_time_that_opensky_says(platform):
    refused = Reply(429, headers={"X-Rate-Limit-Retry-After-Seconds": "22688"})
    result = platform.run(found(flight(0)), found(flight(1)), refused)
    assert not result.success
    assert "no request for 22,688 s" in failure(result)
    assert days(result) == ["2025-06-24"]
    not_before = NotBefore(platform.instance, "me").read()
    assert timedelta(seconds=22600) < not_before - datetime.now(UTC) <= timedelta(seconds=22688)
    # Neither the sensor nor a run by hand asks before that time.
    skipped = due(platform.instance, platform.lake, "me", not_before - timedelta(seconds=1))
    assert isinstance(skipped, dg.SkipReason)
    assert "may not be asked" in skipped.skip_message
    assert not platform.run().success
    assert len(platform.asked) == 3


def test_a_run_goes_on_where_the_one_before_failed(platform):
    failed = platform.run(found(flight(0)), Reply(503))
    assert "503" in failure(failed)
    assert windows_done(platform.lake, DAY) == 1
    assert platform.run(found(flight(1)), *[NONE] * (WINDOWS - 2)).success
    assert platform.asked[:3] == [MIDNIGHT, MIDNIGHT + 7200, MIDNIGHT + 7200]
    assert sorted(platform.lake.read("flights_raw")["icao24"].to_pylist()) == ["e40000", "e40001"]


def test_a_withdrawn_token_is_renewed_once(platform):
    assert platform.run(Reply(401), *[NONE] * WINDOWS).success
    authorizations = [each.headers["Authorization"] for each in platform.server.asked("/api/flights/all")]
    assert authorizations[:2] == ["Bearer token-1", "Bearer token-2"]


def test_what_opensky_does_not_know_is_null_and_flagged_and_what_cannot_be_read_is_kept(platform):
    platform.run(
        found(
            flight(0, estArrivalAirport=None, callsign=None),
            flight(1, estDepartureAirport=None),
            flight(2, firstSeen="noon"),
            flight(3, estDepartureAirport="EDDF", estArrivalAirport="LEMD"),
        ),
        *[NONE] * (WINDOWS - 1),
    )
    rows = platform.lake.read("flights_raw").sort_by("position").to_pylist()
    assert [(row["flags"], row["arrival_at"] is None) for row in rows] == [
        (["arrival_unobserved"], True),
        (["departure_unobserved"], False),
    ]
    (rejected,) = platform.lake.read("rejected_flights").to_pylist()
    assert rejected["reason"].startswith("firstSeen is 'noon'")
    assert json.loads(rejected["original"])["firstSeen"] == "noon"


def test_the_sensor_asks_for_yesterday_once_it_is_ready_and_makes_up_for_days_missed(platform):
    platform.run(*[NONE] * WINDOWS)
    request = due(platform.instance, platform.lake, "me", AFTER)
    assert (request.partition_key, request.run_key) == ("2025-06-22", None)
    assert request.tags == {"airtraffic/windows_left": str(WINDOWS)}
    # At night the batch of the day before is not ready.
    assert due(platform.instance, platform.lake, "me", AFTER.replace(hour=2)).partition_key == "2025-06-21"


def test_secrets_are_in_no_event_of_a_run(platform):
    result = platform.run(*[NONE] * WINDOWS)
    assert SECRET not in " ".join(str(event) for event in result.all_events)
    assert OpenSkyResource().account == "me"
