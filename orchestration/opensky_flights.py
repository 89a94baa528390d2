"""A day of OpenSky's flights into ``flights_raw``: window by window, each once, as the credits allow."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pyarrow.compute as pc

from airtraffic.flight_tables import OPENSKY_FLIGHTS
from airtraffic.geometry import BoundingBox
from airtraffic.opensky_flights import read_flights, touching
from airtraffic.received_flights import received_tables
from collector.opensky_api import OpenSkyApi, RateLimitedError
from orchestration.resources.lake import LakeResource

WINDOW = timedelta(hours=2)
"""OpenSky answers no longer interval."""
WINDOWS = int(timedelta(days=1) / WINDOW)


@dataclass
class Fetched:
    """What a run has brought of a day."""

    windows: int = 0
    flights: int = 0
    rejected: int = 0
    elsewhere: int = 0
    """Flights that neither leave nor reach an airport inside the box; they are not kept."""
    credits_left: int | None = None
    days: set[date] = field(default_factory=set)
    """Days of departure of the flights."""


def windows_done(lake: LakeResource, day: date) -> int:
    """How many windows of a day are in the lake, the first ones."""
    if not lake.exists("flights_raw"):
        return 0
    return lake.delta("flights_raw").transaction_version(_app_id(day)) or 0


def fetch_day(
    lake: LakeResource,
    api: OpenSkyApi,
    day: date,
    box: BoundingBox,
    now: Callable[[], datetime],
    done: Fetched,
) -> None:
    """Ask for the windows of a day that the lake has not, and commit each with the number of the last.

    Nothing is asked twice, so a run that fails in between costs no credits again. ``done`` is what was
    committed, also when this raises.

    Raises
    ------
    RateLimitedError
        The credits are used up.
    UnavailableError
        OpenSky did not answer a window.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for number in range(windows_done(lake, day), WINDOWS):
        begin = int((midnight + number * WINDOW).timestamp())
        end = begin + int(WINDOW.total_seconds())
        # Opened before the answer is there: of two runs at once the second commit is refused.
        into = {name: lake.delta(name) for name in ("rejected_flights", "flights_raw")}
        if (into["flights_raw"].transaction_version(_app_id(day)) or 0) > number:
            continue
        fetched = api.flights(begin, end)
        world = read_flights(fetched.body, f"/flights/all?begin={begin}&end={end}")
        received = touching(world, box)
        flights, rejected = received_tables(received, OPENSKY_FLIGHTS, now())
        rejections = into["rejected_flights"].transaction_version(_app_id(day)) or 0
        # Rejections first, as in the ingestion from Kafka: a run that dies in between finds them there.
        if rejected.num_rows and rejections <= number:
            lake.append(
                "rejected_flights",
                rejected,
                into=into["rejected_flights"],
                transactions={_app_id(day): number + 1},
            )
        lake.append("flights_raw", flights, into=into["flights_raw"], transactions={_app_id(day): number + 1})
        done.windows += 1
        done.elsewhere += len(world) - len(received)
        done.flights += flights.num_rows
        done.rejected += rejected.num_rows
        done.credits_left = fetched.credits_left
        done.days |= set(pc.unique(flights["date"]).to_pylist())


def _app_id(day: date) -> str:
    return f"{OPENSKY_FLIGHTS}/{day}"


class NotBefore:
    """When an account may ask for flights again: kept in Dagster's instance, for all who run."""

    def __init__(self, instance: dg.DagsterInstance, account: str) -> None:
        self._cursors = instance.daemon_cursor_storage
        self._key = f"airtraffic/opensky_flights/not_before/{account}"

    def read(self) -> datetime:
        """That time, long past when there is none."""
        text = self._cursors.get_cursor_values({self._key}).get(self._key)
        return datetime.fromisoformat(text) if text else datetime(1970, 1, 1, tzinfo=UTC)

    def note(self, refused: RateLimitedError, now: datetime) -> datetime:
        """Store what a 429 says."""
        at = now + timedelta(seconds=refused.retry_after_s)
        self._cursors.set_cursor_values({self._key: at.isoformat()})
        return at
