"""OpenSky's REST interface: one request with its token, its limits and its failures told apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airtraffic.errors import AirTrafficError, ConfigurationError
from collector.settings import OpenSkySettings
from collector.source import Box

if TYPE_CHECKING:
    import httpx

TOKEN_LIFE_S = 1800.0
"""Life of a token whose answer does not say it. [s]"""
TOKEN_MARGIN_S = 30.0
RETRY_AFTER_S = 60.0
"""Pause after a 429 whose answer does not say how long. [s]"""


class UnavailableError(AirTrafficError):
    """OpenSky did not answer this time; another time it may."""


class RateLimitedError(AirTrafficError):
    """The credits of the day are used up."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"OpenSky answers 429: no request for {retry_after_s:,.0f} s")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Fetched:
    """The body of an answer as it came, and the credits that it leaves."""

    body: bytes
    credits_left: int | None


class OpenSkyApi:
    """Requests for state vectors and flights, anonymous or with OAuth2 client credentials.

    Parameters
    ----------
    http
        Client that is used for every request; its transport and proxies are the caller's.
    clock
        Wall clock. [s since 1970-01-01 UTC]
    """

    def __init__(self, http: "httpx.Client", settings: OpenSkySettings, clock: Callable[[], float]) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock
        self._token: str | None = None
        self._token_good_until = 0.0

    def states(self, box: Box) -> Fetched:
        """All state vectors in a box, categories included.

        A 401 means that the token was withdrawn: a new one is taken and the request made once more.

        Raises
        ------
        RateLimitedError
            429; it says for how long.
        UnavailableError
            No answer in time, a broken connection, or any other status than 200.
        ConfigurationError
            The token endpoint does not accept the credentials.
        """
        lamin, lamax, lomin, lomax = box
        query = {"lamin": lamin, "lomin": lomin, "lamax": lamax, "lomax": lomax, "extended": 1}
        return self._fetched("/states/all", query)

    def flights(self, begin: int, end: int) -> Fetched:
        """All flights of an interval of two hours at most; a body of ``[]`` when there were none.

        OpenSky works them out in a nightly batch: ask for yesterday.

        Parameters
        ----------
        begin, end
            [s since 1970-01-01 UTC]

        Raises
        ------
        RateLimitedError, UnavailableError, ConfigurationError
            As ``states``.
        """
        return self._fetched("/flights/all", {"begin": begin, "end": end}, none_is_404=True)

    def _fetched(self, path: str, query: dict, *, none_is_404: bool = False) -> Fetched:
        url = f"{self._settings.api_url}{path}"
        answer = self._get(url, query)
        if answer.status_code == 401 and self._settings.client_id:
            self._token = None
            answer = self._get(url, query)
        if answer.status_code == 429:
            retry_after_s = _number(answer.headers.get("X-Rate-Limit-Retry-After-Seconds"))
            raise RateLimitedError(RETRY_AFTER_S if retry_after_s is None else max(retry_after_s, 1.0))
        # A path that is wrong answers 404 as well, but with a page of its own.
        none = none_is_404 and answer.status_code == 404 and answer.content.strip() in (b"", b"[]")
        if answer.status_code != 200 and not none:
            raise UnavailableError(f"OpenSky answers {answer.status_code} {answer.reason_phrase}".rstrip())
        credits_left = _number(answer.headers.get("X-Rate-Limit-Remaining"))
        body = b"[]" if none else answer.content
        return Fetched(body, None if credits_left is None else int(credits_left))

    def _get(self, url: str, query: dict) -> "httpx.Response":
        headers = {"Authorization": f"Bearer {self._fresh_token()}"} if self._settings.client_id else {}
        return self._request("GET", url, params=query, headers=headers)

    def _fresh_token(self) -> str:
        if self._token and self._clock() < self._token_good_until - TOKEN_MARGIN_S:
            return self._token
        asked_at = self._clock()
        answer = self._request(
            "POST",
            self._settings.token_url,
            data={
                "grant_type": "client_credentials",
                "client_id": self._settings.client_id,
                "client_secret": self._settings.client_secret,
            },
        )
        if answer.status_code in (400, 401, 403):
            raise ConfigurationError(
                f"OpenSky does not accept the client {self._settings.client_id!r}: {answer.status_code} from "
                f"{self._settings.token_url}; check OPENSKY_CLIENT_ID and OPENSKY_CLIENT_SECRET, or the file "
                "that OPENSKY_CREDENTIALS_FILE names"
            )
        if answer.status_code != 200:
            raise UnavailableError(f"OpenSky's token endpoint answers {answer.status_code}")
        try:
            token = answer.json()
            self._token = str(token["access_token"])
            self._token_good_until = asked_at + float(token.get("expires_in", TOKEN_LIFE_S))
        except (ValueError, TypeError, KeyError, AttributeError):
            # Without the cause: it would carry the answer, and with it the token.
            raise UnavailableError("OpenSky's token endpoint gave no access_token") from None
        return self._token

    def _request(self, method: str, url: str, **content) -> "httpx.Response":
        import httpx  # 0.13 s, and the code location loads this module

        try:
            return self._http.request(method, url, timeout=self._settings.timeout_s, **content)
        except httpx.TimeoutException:
            raise UnavailableError(
                f"no answer from {_host(url)} within {self._settings.timeout_s:g} s"
            ) from None
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            raise UnavailableError(f"the connection to {_host(url)} failed: {what}") from None
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"{url!r} is no address: {error}") from None


def _host(url: str) -> str:
    import httpx

    return httpx.URL(url).host


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
