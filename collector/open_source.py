"""From what was asked for to a source that is ready to be polled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from airtraffic.errors import ConfigurationError
from airtraffic.settings import Settings
from collector.settings import OpenSkySettings
from collector.source import Source

log = structlog.get_logger()


@dataclass(frozen=True)
class Choice:
    """Which source, and how; options of other sources are ignored."""

    source: str
    inputs: Sequence[Path] = ()
    speed: float = 1.0
    """Infinite for as fast as possible. [1]"""
    start: datetime | None = None
    hours: float | None = None
    aircraft: int | None = None
    seed: int | None = None
    interval_s: float = 60.0
    minutes: float | None = None


@contextmanager
def opened(
    choice: Choice, settings: Settings, environ: Mapping[str, str], clock: Callable[[], float]
) -> Iterator[Source]:
    """The chosen source; what it holds open is closed at the end.

    Raises
    ------
    AirTrafficError
        An option or a setting cannot be used; the message names it.
    """
    if choice.source == "replay":
        from collector.sources.replay import Replay

        yield Replay(choice.inputs, choice.speed, clock)
    elif choice.source == "simulate":
        from collector.sources.simulate import DEFAULT_SEED, Simulate

        if choice.start is None and choice.speed != 1:
            raise ConfigurationError("simulating at another speed than 1 needs a --start, such as 2025-01-15")
        yield Simulate(
            settings.box,
            start=choice.start,
            hours=choice.hours,
            aircraft=choice.aircraft,
            seed=DEFAULT_SEED if choice.seed is None else choice.seed,
            interval_s=choice.interval_s,
            speed=choice.speed,
            clock=clock,
        )
    elif choice.source == "opensky":
        with _opensky(choice, settings, OpenSkySettings.from_env(environ), clock) as source:
            yield source
    else:
        raise ConfigurationError(
            f"there is no source {choice.source!r}; expected simulate, replay or opensky"
        )


@contextmanager
def _opensky(
    choice: Choice, settings: Settings, account: OpenSkySettings, clock: Callable[[], float]
) -> Iterator[Source]:
    import httpx

    from collector.not_before import NotBefore
    from collector.opensky_api import OpenSkyApi
    from collector.sources.opensky import OpenSky

    with httpx.Client() as http:
        source = OpenSky(
            OpenSkyApi(http, account, clock),
            settings.box,
            account.daily_credits,
            NotBefore(settings.data / "collector" / "opensky.json", account.account),
            minutes=choice.minutes,
            clock=clock,
        )
        log.info("interval computed", source=source.name, account=account.account, budget=str(source.budget))
        yield source
