"""A stand-in for an airline's operations: simulated events on the operator's topic, until told to stop."""

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import structlog

from airtraffic.errors import AirTrafficError, ConfigurationError
from airtraffic.operator_events import encode_event
from airtraffic.settings import Settings
from airtraffic.simulation.operator_events import simulated_events
from airtraffic.simulation.simulator import Simulation
from collector.main import Speed, StopFlag, broker_is_ready
from collector.producer import Producer
from collector.reporting import configure_logging
from collector.sources.simulate import DEFAULT_SEED, WITHOUT_END_H

log = structlog.get_logger()

Event = Mapping[str, Any]
TOGETHER = 500
"""Events that are sent and acknowledged together, when so many are due. [events]"""
_STEP_S = 0.25


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--airline",
    "airlines",
    multiple=True,
    default=("GLO",),
    show_default=True,
    help="ICAO designator of a simulated airline; can be repeated.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="First event, UTC; without it the present, in real time, after the events of the day before.",
)
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    help="How long; a day by default, without end for the present.",
)
@click.option(
    "--speed", type=Speed(), default="1", show_default=True, help="With --start: 1, N times it, or max."
)
@click.option("--aircraft", type=click.IntRange(min=1), help="Size of the simulated traffic; 168 by default.")
@click.option("--seed", type=int, default=DEFAULT_SEED, help="Another seed is another world.")
@click.option("--log", "log_format", type=click.Choice(["json", "human"]), default="json", show_default=True)
def main(
    airlines: tuple[str, ...],
    start: datetime | None,
    hours: float | None,
    speed: float,
    aircraft: int | None,
    seed: int,
    log_format: str,
) -> None:
    """Send simulated operator events to Kafka. Nothing in them has happened, and each says so: its source is simulate.

    They tell of the same flights as python -m collector --source simulate with the same seed and number of
    aircraft. KAFKA_BOOTSTRAP_SERVERS names the broker. SIGINT and SIGTERM end it.
    """
    configure_logging(sys.stderr, human=log_format == "human")
    stop = StopFlag()
    signal.signal(signal.SIGINT, stop.set)
    signal.signal(signal.SIGTERM, stop.set)
    try:
        if start is None and speed != 1:
            raise ConfigurationError("another speed than 1 needs a --start, such as 2025-01-15")
        settings = Settings.from_env(os.environ)
        began, end = _span(start, hours)
        simulation = Simulation(
            seed=seed,
            start=began,
            hours=(end - began) / timedelta(hours=1),
            aircraft=aircraft,
            box=settings.box,
        )
        log.info(
            "simulated events of airlines; nothing in them has happened",
            source="simulate",
            airlines=", ".join(airlines),
            topic=settings.topics.operator_events,
        )
        events = simulated_events(simulation, airlines, began, end)
        sent = run(events, settings, stop, speed=speed, live=start is None)
    except AirTrafficError as error:
        log.error("the simulated operator ends", source="simulate", reason=str(error))
        sys.exit(1)
    log.info("stopped" if stop.is_set() else "the simulation has ended", source="simulate", events=sent)


def run(events: Iterable[Event], settings: Settings, stop: StopFlag, *, speed: float, live: bool) -> int:
    """Send events when they are due; how many were acknowledged."""
    servers = settings.kafka_bootstrap_servers
    if not servers:
        raise ConfigurationError("KAFKA_BOOTSTRAP_SERVERS is not set; name a broker such as localhost:9092")
    if not broker_is_ready(servers, settings, stop):
        return 0
    producer = Producer(servers, settings.topics, settings.kafka_security, give_up=stop.is_set)
    sent = 0
    try:
        for batch in due(events, stop, speed=speed, live=live):
            producer.deliver([(settings.topics.operator_events, *encode_event(event)) for event in batch])
            sent += len(batch)
            log.info("events sent", source="simulate", events=len(batch), total=sent)
    finally:
        producer.close()
    return sent


def due(
    events: Iterable[Event],
    stop: StopFlag,
    *,
    speed: float,
    live: bool,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[list[Event]]:
    """Events in batches as their time comes; what is past is due at once.

    Parameters
    ----------
    speed
        Simulated seconds that pass in one second, infinite for as fast as possible. [1]
    live
        An event is due when it occurs; otherwise the first is due now and the others at their distance.
    """
    began, first = clock(), None
    batch: list[Event] = []
    for event in events:
        occurred = event["occurred_at"]
        first = occurred if first is None else first
        at = occurred if live else began + (0.0 if math.isinf(speed) else (occurred - first) / speed)
        if batch and (len(batch) >= TOGETHER or at > clock()):
            yield batch
            batch = []
        while at > clock() and not stop.is_set():
            sleep(min(_STEP_S, at - clock()))
        if stop.is_set():
            break
        batch.append(event)
    if batch:
        yield batch


def _span(start: datetime | None, hours: float | None) -> tuple[datetime, datetime]:
    if start is not None:
        began = start.replace(tzinfo=UTC)
        return began, began + timedelta(hours=hours or 24)
    now = datetime.now(UTC)
    return now - timedelta(days=1), now + timedelta(hours=hours or WITHOUT_END_H)
