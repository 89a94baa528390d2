"""What the collector reads from the environment besides ``airtraffic.settings``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from airtraffic.credits import DAILY_CREDITS
from airtraffic.errors import ConfigurationError

API_URL = "https://opensky-network.org/api"
TOKEN_URL = "https://auth.opensky-network.org/auth/realms/opensky-network/protocol/openid-connect/token"


@dataclass(frozen=True)
class OpenSkySettings:
    """How to reach OpenSky, and as whom; without a client it is anonymous."""

    api_url: str = API_URL
    token_url: str = TOKEN_URL
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    daily_credits: int = DAILY_CREDITS["anonymous"]
    timeout_s: float = 30.0

    @property
    def account(self) -> str:
        """For people and for the state file, free of secrets."""
        return self.client_id or "anonymous"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "OpenSkySettings":
        """Settings from ``OPENSKY_*``.

        Raises
        ------
        ConfigurationError
            A variable or the credentials file cannot be used; secrets are never part of the message.
        """
        client_id, client_secret = _credentials(environ)
        kind = "standard" if client_id else "anonymous"
        return cls(
            api_url=(environ.get("OPENSKY_API_URL") or API_URL).rstrip("/"),
            token_url=environ.get("OPENSKY_TOKEN_URL") or TOKEN_URL,
            client_id=client_id,
            client_secret=client_secret,
            daily_credits=int(_positive(environ, "OPENSKY_DAILY_CREDITS", DAILY_CREDITS[kind])),
            timeout_s=_positive(environ, "OPENSKY_TIMEOUT_S", cls.timeout_s),
        )


def _credentials(environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    names = ("OPENSKY_CLIENT_ID", "OPENSKY_CLIENT_SECRET")
    given = [name for name in names if environ.get(name)]
    if len(given) == 1:
        (missing,) = set(names) - set(given)
        raise ConfigurationError(
            f"{given[0]} is set but {missing} is not; set both, or neither for anonymous"
        )
    if given:
        return environ[names[0]], environ[names[1]]
    file = environ.get("OPENSKY_CREDENTIALS_FILE")
    return _credentials_file(Path(file).expanduser()) if file else (None, None)


def _credentials_file(path: Path) -> tuple[str, str]:
    expected = 'expected JSON with the keys "clientId" and "clientSecret"'
    try:
        credentials = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"OPENSKY_CREDENTIALS_FILE {path} cannot be read: {error.strerror}"
        ) from error
    except ValueError:
        # Without the cause: it would carry a piece of the file.
        raise ConfigurationError(f"OPENSKY_CREDENTIALS_FILE {path} is no JSON; {expected}") from None
    keys = ("clientId", "clientSecret")
    values = [credentials.get(key) if isinstance(credentials, dict) else None for key in keys]
    missing = [key for key, value in zip(keys, values, strict=True) if not (isinstance(value, str) and value)]
    if missing:
        raise ConfigurationError(f"OPENSKY_CREDENTIALS_FILE {path} lacks {' and '.join(missing)}; {expected}")
    return values[0], values[1]


def _positive(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 1 <= value <= 1e9:
        raise ConfigurationError(f"{name} is {text!r}; expected a number of at least 1")
    return value
