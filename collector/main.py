"""The collector as a process: one source, one broker, until it ends or is told to stop."""

import math
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import structlog

from airtraffic.errors import AirTrafficError, ConfigurationError
from airtraffic.settings import Settings
from collector.known_polls import known_polls
from collector.open_source import Choice, opened
from collector.producer import Producer
from collector.reporting import Reporter, configure_logging
from collector.run import Totals, collect
from collector.topics import check_topics, create_topics, is_in_memory

log = structlog.get_logger()

_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 30.0


class StopFlag:
    """Set by SIGINT and SIGTERM; a plain flag, because an Event's lock can deadlock in a signal handler."""

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self, *_: object) -> None:
        self._set = True


class Speed(click.ParamType):
    """Times real time, or as fast as possible."""

    name = "1|N|max"

    def convert(self, value, param, ctx):
        if isinstance(value, float):
            return value
        if value == "max":
            return math.inf
        try:
            speed = float(value)
        except ValueError:
            speed = math.nan
        if not 0 < speed < math.inf:
            self.fail(
                f"{value!r} is no speed; expected 1 for real time, a number of times it, or max", param, ctx
            )
        return speed


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--source",
    required=True,
    type=click.Choice(["simulate", "replay", "opensky"]),
    help="Simulated traffic, recordings, or live from OpenSky.",
)
@click.option(
    "--input",
    "inputs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="replay: a recording (.parquet, .csv, .json, .json.gz) or a folder of them; can be repeated.",
)
@click.option(
    "--speed",
    type=Speed(),
    default="1",
    show_default=True,
    help="replay, simulate: real time, N times it, or as fast as possible.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="simulate: first poll, UTC; without it the present, in real time.",
)
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    help="simulate: how long; a day by default, without end for the present.",
)
@click.option(
    "--aircraft",
    type=click.IntRange(min=1),
    help="simulate: mean number of aircraft in a poll; 168 by default.",
)
@click.option("--seed", type=int, help="simulate: another seed is another world.")
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="simulate: seconds between polls.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="opensky: poll for this long; without end by default.",
)
@click.option(
    "--log",
    "log_format",
    type=click.Choice(["auto", "json", "human"]),
    default="auto",
    show_default=True,
    help="JSON lines, or a status line; auto: a status line on a terminal.",
)
def main(log_format: str, source: str, **options) -> None:
    """Poll a source and send what it gives to Kafka.

    Settings come from the environment: KAFKA_BOOTSTRAP_SERVERS names the broker, AIRTRAFFIC_BOX the area,
    OPENSKY_CLIENT_ID and OPENSKY_CLIENT_SECRET (or OPENSKY_CREDENTIALS_FILE) the OpenSky account. SIGINT
    and SIGTERM end it after the poll in hand.
    """
    human = log_format == "human" or (log_format == "auto" and sys.stderr.isatty())
    configure_logging(sys.stderr, human=human)
    stop = StopFlag()
    signal.signal(signal.SIGINT, stop.set)
    signal.signal(signal.SIGTERM, stop.set)
    start = options.pop("start")
    choice = Choice(
        source, start=start.replace(tzinfo=UTC) if isinstance(start, datetime) else None, **options
    )
    try:
        totals = run(choice, Settings.from_env(os.environ), stop, human=human)
    except AirTrafficError as error:
        log.error("the collector ends", source=source, reason=str(error))
        sys.exit(1)
    log.info(
        "stopped" if stop.is_set() else "the source has ended",
        source=source,
        polls=totals.polls,
        rows=totals.rows,
        rejected=totals.rejected,
        skipped=totals.skipped,
    )


def run(choice: Choice, settings: Settings, stop: StopFlag, *, human: bool) -> Totals:
    """Open the source and the broker, and collect."""
    bootstrap_servers = _bootstrap_servers(settings)
    with opened(choice, settings, os.environ, time.time) as source:
        if not broker_is_ready(bootstrap_servers, settings, stop):
            return Totals()
        # What OpenSky says now is new; what is replayed or simulated may be in the lake already.
        known = set() if choice.source == "opensky" else known_polls(settings.lake)
        producer = Producer(bootstrap_servers, settings.topics, settings.kafka_security, give_up=stop.is_set)
        reporter = Reporter(sys.stderr, human=human)
        try:
            return collect(
                source, producer, known=known, on_poll=reporter.on_poll, on_wait=reporter.on_wait, stop=stop
            )
        finally:
            reporter.finish()
            producer.close()


def _bootstrap_servers(settings: Settings) -> str:
    if not settings.kafka_bootstrap_servers:
        raise ConfigurationError(
            "KAFKA_BOOTSTRAP_SERVERS is not set; name a broker such as localhost:9092, or let ./run up start one"
        )
    return settings.kafka_bootstrap_servers


def broker_is_ready(bootstrap_servers: str, settings: Settings, stop: StopFlag) -> bool:
    """Wait for the broker and see to the topics; False when told to stop meanwhile."""
    pause_s = _FIRST_PAUSE_S
    while not stop.is_set():
        try:
            _see_to_topics(bootstrap_servers, settings)
            return True
        except AirTrafficError as error:
            log.warning("the broker is not ready, trying again", reason=str(error), pause_s=pause_s)
        until = time.monotonic() + pause_s
        while time.monotonic() < until and not stop.is_set():
            time.sleep(0.25)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    return False


def _see_to_topics(bootstrap_servers: str, settings: Settings) -> None:
    known_by = bootstrap_servers, settings.topics, settings.kafka_security
    in_memory = is_in_memory(bootstrap_servers, settings.kafka_security)
    for topic in create_topics(*known_by, in_memory=in_memory):
        log.info("topic created", topic=topic)
    for difference in check_topics(*known_by, in_memory=in_memory):
        log.warning(
            "topic differs from its plan",
            topic=difference.topic,
            setting=difference.setting,
            expected=difference.expected,
            found=difference.found,
        )
