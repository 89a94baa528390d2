"""The OpenSky source against a real HTTP server: tokens, limits, failures and secrets."""

import io
import json
import logging
from itertools import islice

import httpx
import pytest
import structlog

from airtraffic.errors import ConfigurationError
from airtraffic.settings import Settings
from collector.not_before import NotBefore
from collector.open_source import Choice, opened
from collector.opensky_api import OpenSkyApi, UnavailableError
from collector.reporting import configure_logging
from collector.settings import OpenSkySettings
from collector.source import Poll, Wait
from collector.sources.opensky import OpenSky
from tests.integration.opensky_server import NOON, Reply, opensky_server, sky, token

BOX = (-60.0, 15.0, -90.0, -30.0)
SECRET = "s3cr3t-of-the-client"


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server():
    with opensky_server() as running:
        yield running


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def http():
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def account(server):
    return OpenSkySettings(
        api_url=f"{server.url}/api",
        token_url=f"{server.url}/token",
        client_id="me",
        client_secret=SECRET,
        daily_credits=4000,
        timeout_s=0.5,
    )


@pytest.fixture
def anonymous(server):
    return OpenSkySettings(api_url=f"{server.url}/api", token_url=f"{server.url}/token", timeout_s=0.5)


@pytest.fixture
def log_text():
    """Everything that is logged, by structlog and by libraries."""
    stream = io.StringIO()
    configure_logging(stream, human=False)
    logging.getLogger().setLevel(logging.DEBUG)
    yield stream.getvalue
    structlog.reset_defaults()
    logging.basicConfig(level=logging.WARNING, force=True)


def events(source, clock, count, known=frozenset()):
    """The first events of a source on a clock that jumps over every wait."""
    seen = []
    for event in islice(source.polls(known), count):
        seen.append(event)
        if isinstance(event, Wait):
            clock.now = max(clock.now, event.until)
    return seen


def source(http, account, clock, folder, **options):
    not_before = NotBefore(folder / "collector" / "opensky.json", account.account)
    api = OpenSkyApi(http, account, clock)
    return OpenSky(api, BOX, account.daily_credits, not_before, clock=clock, **options)


def test_polls_come_at_the_interval_that_the_credits_allow(server, http, account, clock, tmp_path):
    server.tokens.append(token())
    server.states.extend(
        [sky(NOON, X_Rate_Limit_Remaining="3996"), sky(NOON + 90, X_Rate_Limit_Remaining="3992")]
    )
    first_wait, first, wait, second = events(source(http, account, clock, tmp_path), clock, 4)
    assert first_wait.until <= NOON
    assert (first.snapshot_at, first.table.num_rows, first.credits_left) == (NOON, 1, 3996)
    assert (first.interval_s, first.box, first.next_poll_at) == (90.0, BOX, NOON + 90)
    assert wait.until == NOON + 90
    assert (second.snapshot_at, second.credits_left) == (NOON + 90, 3992)


def test_the_box_and_categories_are_asked_for_with_the_token(server, http, account, clock, tmp_path):
    server.tokens.append(token("abc"))
    server.states.append(sky())
    events(source(http, account, clock, tmp_path), clock, 2)
    (asked,) = server.asked("/api/states/all")
    assert {name: float(value[0]) for name, value in asked.query.items()} == {
        "lamin": -60,
        "lamax": 15,
        "lomin": -90,
        "lomax": -30,
        "extended": 1,
    }
    assert asked.headers["Authorization"] == "Bearer abc"
    (login,) = server.asked("/token")
    assert login.form == {
        "grant_type": ["client_credentials"],
        "client_id": ["me"],
        "client_secret": [SECRET],
    }


def test_without_a_client_no_token_is_asked_for(server, http, anonymous, clock):
    server.states.append(sky())
    OpenSkyApi(http, anonymous, clock).states(BOX)
    assert server.asked("/token") == []
    assert "Authorization" not in server.requests[0].headers


def test_a_token_is_kept_until_thirty_seconds_before_its_end(server, http, account, clock):
    api = OpenSkyApi(http, account, clock)
    server.tokens.extend([token("first"), token("second")])
    server.states.extend([sky(), sky(), sky()])
    for later_s in (0, 1769, 1770):
        clock.now = NOON + later_s
        api.states(BOX)
    used = [request.headers["Authorization"] for request in server.asked("/api/states/all")]
    assert used == ["Bearer first", "Bearer first", "Bearer second"]


def test_401_gets_a_new_token_and_one_more_try(server, http, account, clock):
    server.tokens.extend([token("withdrawn"), token("new")])
    server.states.extend([Reply(401), sky()])
    assert b"e8021b" in OpenSkyApi(http, account, clock).states(BOX).body
    used = [request.headers["Authorization"] for request in server.asked("/api/states/all")]
    assert used == ["Bearer withdrawn", "Bearer new"]


def test_a_second_401_is_a_failed_poll_and_no_endless_loop(server, http, account, clock):
    server.tokens.extend([token(), token(), token()])
    server.states.extend([Reply(401), Reply(401), sky()])
    with pytest.raises(UnavailableError, match="401"):
        OpenSkyApi(http, account, clock).states(BOX)
    assert len(server.asked("/api/states/all")) == 2


def test_429_is_respected_for_as_long_as_it_says_and_after_a_restart(server, http, account, clock, tmp_path):
    server.tokens.extend([token(), token()])
    server.states.extend(
        [Reply(429, headers={"X-Rate-Limit-Retry-After-Seconds": "22688"}), sky(NOON + 22_688)]
    )
    _, wait = events(source(http, account, clock, tmp_path), clock, 2)
    assert wait.until == NOON + 22_688
    assert "429" in wait.reason
    clock.now = NOON + 60
    wait, poll = events(source(http, account, clock, tmp_path), clock, 2)
    assert wait.until == NOON + 22_688
    assert isinstance(poll, Poll)
    assert len(server.asked("/api/states/all")) == 2


def test_another_account_does_not_wait_for_this_one(tmp_path):
    file = tmp_path / "opensky.json"
    NotBefore(file, "me").write(NOON + 500)
    assert NotBefore(file, "me").read() == NOON + 500
    assert NotBefore(file, "anonymous").read() == 0


def test_a_torn_state_file_is_ignored(tmp_path):
    (tmp_path / "opensky.json").write_text('{"account": "me", "not_be')
    assert NotBefore(tmp_path / "opensky.json", "me").read() == 0


def test_a_restart_does_not_spend_credits_before_the_next_poll_is_due(
    server, http, anonymous, clock, tmp_path
):
    server.states.extend([sky(), sky(NOON + 870)])
    events(source(http, anonymous, clock, tmp_path), clock, 2)
    clock.now = NOON + 5
    wait = next(source(http, anonymous, clock, tmp_path).polls())
    assert wait.until == NOON + 870


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(502), "502"),
        (Reply(503), "503"),
        (Reply(403), "403"),
        (Reply(404), "404"),
        (Reply(200, b'{"time": 1', announced_bytes=5000), "connection"),
        (Reply(200, b"{}", delay_s=0.8), "no answer from 127.0.0.1 within 0.5 s"),
    ],
)
def test_a_failed_poll_is_tried_again_and_then_goes_on(
    server, http, anonymous, clock, tmp_path, reply, reason
):
    server.states.extend([reply, sky(NOON + 5)])
    _, wait, poll = events(source(http, anonymous, clock, tmp_path), clock, 3)
    assert reason in wait.reason
    assert wait.until == NOON + 5
    assert poll.snapshot_at == NOON + 5
    assert poll.next_poll_at == NOON + 870


def test_tries_pause_longer_and_longer_and_never_delay_the_next_poll(server, http, account, clock, tmp_path):
    server.tokens.append(token())
    server.states.extend([Reply(503)] * 6 + [sky(NOON + 95)])
    seen = events(source(http, account, clock, tmp_path), clock, 8)
    waits = [event.until - NOON for event in seen[1:] if isinstance(event, Wait)]
    assert waits == [5, 15, 35, 75, 90, 95]
    assert seen[-1].next_poll_at == NOON + 180


def test_a_server_that_is_not_there_is_a_failed_poll(http, clock, tmp_path):
    gone = OpenSkySettings(api_url="http://127.0.0.1:9/api", timeout_s=0.5)
    with pytest.raises(UnavailableError, match=r"connection to 127\.0\.0\.1 failed"):
        OpenSkyApi(http, gone, clock).states(BOX)


def test_truncated_json_goes_on_as_rejected_and_the_next_poll_comes(server, http, anonymous, clock, tmp_path):
    server.states.extend([Reply(body=b'{"time": 17508528'), sky(NOON + 870)])
    _, torn, _, good = events(source(http, anonymous, clock, tmp_path), clock, 4)
    assert (torn.snapshot_at, torn.table.num_rows) == (None, 0)
    assert torn.rejected[0].original == b'{"time": 17508528'
    assert good.table.num_rows == 1


def test_null_states_are_a_poll_of_an_empty_sky(server, http, anonymous, clock, tmp_path):
    server.states.append(sky(rows=0))
    _, poll = events(source(http, anonymous, clock, tmp_path), clock, 2)
    assert (poll.snapshot_at, poll.table.num_rows, poll.rejected) == (NOON, 0, [])


def test_minutes_end_the_source(server, http, account, clock, tmp_path):
    server.tokens.append(token())
    server.states.extend([sky(NOON), sky(NOON + 90), sky(NOON + 180)])
    seen = events(source(http, account, clock, tmp_path, minutes=3), clock, 100)
    assert [event.snapshot_at - NOON for event in seen if isinstance(event, Poll)] == [0, 90]


def test_refused_credentials_are_an_error_that_says_what_to_check(server, http, account, clock):
    server.tokens.append(Reply(401, b'{"error": "invalid_client"}'))
    with pytest.raises(ConfigurationError, match=r"does not accept the client 'me'.*OPENSKY_CLIENT_SECRET"):
        OpenSkyApi(http, account, clock).states(BOX)


@pytest.mark.parametrize("reply", [Reply(503), Reply(body=b"<html>"), Reply(body=b"[]"), Reply(body=b"{}")])
def test_a_token_endpoint_out_of_order_is_a_failed_poll(server, http, account, clock, reply):
    server.tokens.append(reply)
    with pytest.raises(UnavailableError, match="token endpoint"):
        OpenSkyApi(http, account, clock).states(BOX)


def test_secrets_are_never_logged_nor_part_of_an_error(server, http, account, clock, tmp_path, log_text):
    server.tokens.extend([token("t0k3n-one"), token("t0k3n-two"), Reply(401, SECRET.encode())])
    server.states.extend([Reply(503), Reply(401), Reply(401), Reply(429), Reply(401)])
    with pytest.raises(ConfigurationError) as raised:
        events(source(http, account, clock, tmp_path), clock, 100)
    logged = log_text()
    assert "poll failed" in logged
    for secret in (SECRET, "t0k3n"):
        assert secret not in logged
        assert secret not in f"{raised.value!r} {account!r}"
        assert secret not in (tmp_path / "collector" / "opensky.json").read_text()


def test_the_interval_is_computed_and_said(server, clock, tmp_path, log_text):
    environ = {
        "AIRTRAFFIC_DATA": str(tmp_path),
        "OPENSKY_API_URL": server.url,
        "OPENSKY_DAILY_CREDITS": "8000",
    }
    with opened(Choice("opensky"), Settings.from_env(environ), environ, clock) as opensky:
        assert opensky.interval_s == 50
    (line,) = log_text().splitlines()
    assert "8,000 credits a day allow 2,000 polls" in json.loads(line)["budget"]


def test_credentials_come_from_the_environment_or_from_a_file(tmp_path):
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"clientId": "filed", "clientSecret": SECRET}))
    from_file = OpenSkySettings.from_env({"OPENSKY_CREDENTIALS_FILE": str(file)})
    assert (from_file.client_id, from_file.client_secret, from_file.daily_credits) == ("filed", SECRET, 4000)
    both = {"OPENSKY_CLIENT_ID": "me", "OPENSKY_CLIENT_SECRET": "x", "OPENSKY_CREDENTIALS_FILE": str(file)}
    assert OpenSkySettings.from_env(both).client_id == "me"
    assert OpenSkySettings.from_env({}).daily_credits == 400


@pytest.mark.parametrize("content", ["{", "[]", '{"clientId": "me"}', f'{{"clientSecret": "{SECRET}"'])
def test_a_credentials_file_that_cannot_be_used_is_named_without_its_content(tmp_path, content):
    file = tmp_path / "credentials.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"credentials\.json") as raised:
        OpenSkySettings.from_env({"OPENSKY_CREDENTIALS_FILE": str(file)})
    assert SECRET not in str(raised.value)


def test_half_an_account_is_an_error():
    with pytest.raises(ConfigurationError, match="OPENSKY_CLIENT_SECRET is not"):
        OpenSkySettings.from_env({"OPENSKY_CLIENT_ID": "me"})
