"""What can be configured from the environment, in one place.

Nothing here reads the environment by itself: the edge hands it in, so that tests and embedded use
need no patching.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from airtraffic.errors import ConfigurationError

SOUTH_AMERICA = (-60.0, 15.0, -90.0, -30.0)
MLFLOW_PORT = 5050
"""Not MLflow's own 5000, where macOS listens for AirPlay."""
MLFLOW_UI = f"http://127.0.0.1:{MLFLOW_PORT}"
_SECURITY_PREFIXES = ("KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_", "KAFKA_ENABLE_SSL_")


@dataclass(frozen=True)
class Settings:
    """Every setting with its default; ``README.md`` lists the same in its table of variables."""

    data: Path
    lake: str
    kafka_bootstrap_servers: str | None = None
    kafka_home: Path | None = None
    kafka_security: Mapping[str, str] = field(default_factory=dict, repr=False)
    topic_prefix: str = "airtraffic."
    box: tuple[float, float, float, float] = SOUTH_AMERICA
    """lamin, lamax, lomin, lomax [deg]"""
    refresh_s: float = 45.0
    hourly_start: datetime = datetime(2018, 1, 1, tzinfo=UTC)
    daily_start: datetime = datetime(2010, 1, 1, tzinfo=UTC)
    coverage_warning: float = 0.9
    """Share of the expected polls under which an hour is marked. [1]"""
    executor: str = "in_process"
    """Where the steps of a run go: in_process, or multiprocess (a process each, from a fork server)."""
    dense_cell_aircraft: int = 5
    """A cell with more aircraft than this in one snapshot is dense. [aircraft]"""
    operator_database: str = field(default="sqlite:///.data/operator.db", repr=False)
    """SQLAlchemy URL, with a password."""
    inbox: str = ".data/inbox"
    """Where files of flights are dropped: a folder, or s3://bucket/prefix."""
    callsign_routes: Path | None = None
    """What callsigns are known to fly, for airports that positions leave unknown."""
    opensky_flights: bool = False
    """Whether yesterday's flights are asked of OpenSky."""
    mlflow_tracking_uri: str | None = field(default=None, repr=False)
    mlflow_url: str | None = None

    @property
    def mlflow(self) -> str:
        """Tracking URI: a file below the data folder when no other is named."""
        return self.mlflow_tracking_uri or f"sqlite:///{self.data / 'mlflow' / 'mlflow.db'}"

    @property
    def mlflow_ui(self) -> str:
        """Where links to runs lead: the server that keeps them, else the one that ``./run up`` starts."""
        if self.mlflow_url:
            return self.mlflow_url
        return MLFLOW_UI if self.mlflow_is_ours else self.mlflow

    @property
    def mlflow_is_ours(self) -> bool:
        """Whether runs are in a database here, so that a server to show them is ours to start."""
        return not self.mlflow.startswith(("http://", "https://"))

    @property
    def embedded_operator_database(self) -> Path | None:
        """The file of the embedded database; None when ``operator_database`` is an operator's own."""
        path = self.data / "operator.db"
        return path if self.operator_database == f"sqlite:///{path}" else None

    @property
    def mlflow_artifacts(self) -> str:
        """Folder for the files of runs and models."""
        return str(self.data / "mlflow" / "artifacts")

    @property
    def topics(self) -> "Topics":
        return Topics.with_prefix(self.topic_prefix)

    @property
    def reports(self) -> str:
        """Reports go beside the lake's tables when the lake is a bucket, else beside its folder."""
        return f"{self.lake}/_reports" if self.lake.startswith("s3://") else str(self.data / "reports")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings from environment variables.

        Raises
        ------
        ConfigurationError
            A variable cannot be read; the message names it, its value and what was expected.
        """
        data = Path(environ.get("AIRTRAFFIC_DATA") or ".data").expanduser().absolute()
        home = environ.get("KAFKA_HOME")
        return cls(
            data=data,
            lake=(environ.get("AIRTRAFFIC_LAKE") or str(data / "lake")).rstrip("/"),
            kafka_bootstrap_servers=environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
            kafka_home=Path(home).expanduser().absolute() if home else None,
            kafka_security={
                name.removeprefix("KAFKA_").lower().replace("_", "."): value
                for name, value in environ.items()
                if name.startswith(_SECURITY_PREFIXES)
            },
            topic_prefix=environ.get("AIRTRAFFIC_TOPIC_PREFIX", cls.topic_prefix),
            box=_box(environ),
            refresh_s=_number(environ, "AIRTRAFFIC_REFRESH_S", cls.refresh_s, low=1, high=3600),
            hourly_start=_day(environ, "AIRTRAFFIC_HOURLY_START", cls.hourly_start),
            daily_start=_day(environ, "AIRTRAFFIC_DAILY_START", cls.daily_start),
            coverage_warning=_number(
                environ, "AIRTRAFFIC_COVERAGE_WARNING", cls.coverage_warning, low=0, high=1
            ),
            executor=_choice(environ, "AIRTRAFFIC_EXECUTOR", (cls.executor, "multiprocess")),
            dense_cell_aircraft=int(
                _number(
                    environ, "AIRTRAFFIC_DENSE_CELL_AIRCRAFT", cls.dense_cell_aircraft, low=1, high=10_000
                )
            ),
            operator_database=environ.get("AIRTRAFFIC_OPERATOR_DATABASE")
            or f"sqlite:///{data / 'operator.db'}",
            inbox=(environ.get("AIRTRAFFIC_INBOX") or str(data / "inbox")).rstrip("/"),
            callsign_routes=_path(environ, "AIRTRAFFIC_CALLSIGN_ROUTES"),
            opensky_flights=_choice(environ, "AIRTRAFFIC_OPENSKY_FLIGHTS", ("off", "on")) == "on",
            mlflow_tracking_uri=environ.get("MLFLOW_TRACKING_URI") or None,
            mlflow_url=environ.get("AIRTRAFFIC_MLFLOW_URL") or None,
        )


@dataclass(frozen=True)
class Topics:
    """The names of the topics: the collector's three, and the operator's."""

    state_vectors: str
    polls: str
    rejected: str
    operator_events: str

    @classmethod
    def with_prefix(cls, prefix: str) -> "Topics":
        return cls(*(f"{prefix}{field.name}" for field in fields(cls)))

    def __iter__(self):
        """The collector's three."""
        return iter((self.state_vectors, self.polls, self.rejected))

    @property
    def every(self) -> tuple[str, ...]:
        return (*self, self.operator_events)


def _number(environ: Mapping[str, str], name: str, default: float, *, low: float, high: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ConfigurationError(f"{name} is {text!r}; expected a number from {low:g} to {high:g}")
    return value


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]).expanduser().absolute() if environ.get(name) else None


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of ``choices``, the first by default."""
    text = environ.get(name) or choices[0]
    if text not in choices:
        raise ConfigurationError(f"{name} is {text!r}; expected one of {', '.join(choices)}")
    return text


def _day(environ: Mapping[str, str], name: str, default: datetime) -> datetime:
    text = environ.get(name)
    if not text:
        return default
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigurationError(f"{name} is {text!r}; expected a day such as 2018-01-01") from None


def _box(environ: Mapping[str, str]) -> tuple[float, float, float, float]:
    name = "AIRTRAFFIC_BOX"
    text = environ.get(name)
    if not text:
        return SOUTH_AMERICA
    try:
        lamin, lamax, lomin, lomax = (float(part) for part in text.split(","))
    except ValueError:
        lamin = lamax = lomin = lomax = float("nan")
    if not (-90 <= lamin < lamax <= 90 and -180 <= lomin < lomax <= 180):
        raise ConfigurationError(
            f"{name} is {text!r}; expected lamin,lamax,lomin,lomax in degrees such as -60,15,-90,-30"
        )
    return lamin, lamax, lomin, lomax
