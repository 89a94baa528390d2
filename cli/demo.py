"""``./run demo``: traffic through Kafka into the lake, partitions, features, a summary and a report page."""

import math
import os
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from airtraffic.errors import AirTrafficError
from airtraffic.report.capacity_page import overview_name
from airtraffic.report.forecast_page import file_name as forecast_name
from airtraffic.report.page import file_name
from airtraffic.report.summary import summarise
from airtraffic.report.texts import LANGUAGES
from airtraffic.settings import Settings
from cli.brokers import running_kafka
from cli.demo_forecast import HISTORY, WITH_FORECASTS, drop_counts, forecast, present
from cli.demo_forecast_shown import COLUMNS as FORECAST_COLUMNS
from cli.demo_forecast_shown import show_forecast
from cli.demo_operator import operate
from cli.environment import check_lake, prepare
from cli.summary import show_summary
from cli.summary_flights import COLUMNS as FLIGHT_COLUMNS
from cli.topics import ensure_topics
from collector.known_polls import known_polls
from collector.open_source import Choice, opened
from collector.producer import Producer
from collector.run import Progress as Polled
from collector.run import collect

HAND_OVER_ROWS = 24_000
"""Rows sent before the lake has to have them: the in-memory broker keeps little more than this. [rows]"""
MADE = (
    dg.AssetSelection.groups("silver", "features", "clusters", "sectors", "routes", "reports")
    | dg.AssetSelection.assets("track_flights")
) - dg.AssetSelection.assets("route_performance_live")
"""All but what the operator's topic alone fills."""
FROM_TRAFFIC = (HISTORY, "congestion_grid")
"""What forecasts are made of; they themselves need more than a day of traffic."""
FORECAST_PAGE = "forecast_report"


@dataclass
class Sent:
    """What the collector has seen so far."""

    hours: set[datetime] = field(default_factory=set)
    rows: int = 0
    waiting: int = 0
    """Rows and polls that the lake was not yet asked to read."""

    @property
    def days(self) -> list[date]:
        return sorted({hour.date() for hour in self.hours})


def run_demo(
    settings: Settings,
    *,
    source: str,
    files: Sequence[str],
    minutes: float,
    hours: int,
    day: datetime,
    aircraft: int | None,
) -> None:
    """Send a source's traffic through Kafka into the lake, make what hangs on it, and show it.

    Raises
    ------
    AirTrafficError
        The source, the broker or a run failed; the message says what to do.
    """
    console = Console()
    began = time.monotonic()
    check_lake(settings)
    with running_kafka(settings) as broker:
        prepare(settings, broker.bootstrap_servers)
        ensure_topics(settings, broker)
        forgetful = " (in-memory, for trying out)" if broker.kind == "in-memory" else ""
        console.print(
            f"Kafka {broker.bootstrap_servers}{forgetful}, lake {settings.lake}",
            highlight=False,
            soft_wrap=True,
        )
        from cli.runs import open_instance
        from orchestration.definitions import defs

        choice = Choice(
            source,
            inputs=[Path(file) for file in files],
            speed=math.inf,
            start=day.replace(tzinfo=UTC),
            hours=hours,
            aircraft=aircraft,
            minutes=minutes,
        )
        with open_instance() as instance, opened(choice, settings, os.environ, time.time) as polled:
            sent = _send(settings, polled, broker.bootstrap_servers, lambda: _ingest(defs, instance), console)
            if source == "simulate" and sent.hours:
                operate(settings, choice, defs, instance, sent.days, console)
                counted = drop_counts(settings, choice, defs, instance, sent.days, console)
    if not sent.hours:
        console.print("No poll had a time that could be read: there is nothing to make or to show.")
        return
    made = _make(settings, defs, sent, source == "simulate", console)
    if made.failed:
        raise AirTrafficError("some partitions were not made: " + "; ".join(made.failed))
    if source == "simulate":
        forecast(settings, defs, sent.hours, counted, console)
    _show(settings, source, sent, defs, console)
    console.print(
        f"\nDone in {time.monotonic() - began:.0f} s. [bold]./run up[/] goes on live and shows this in the Dagster UI."
    )


def _send(settings: Settings, source, bootstrap_servers: str, ingest, console: Console) -> Sent:
    """Send every poll; the lake reads along, so that a broker with little memory never drops anything."""
    sent = Sent()
    known = set() if source.name == "opensky" else known_polls(settings.lake)
    producer = Producer(bootstrap_servers, settings.topics, settings.kafka_security)
    with _bar(console) as progress:
        bar = progress.add_task("traffic through Kafka into the lake", total=None, rows=0)

        def on_poll(poll: Polled) -> None:
            if poll.snapshot_at is not None:
                at = datetime.fromtimestamp(poll.snapshot_at, UTC)
                sent.hours.add(at.replace(minute=0, second=0))
            sent.rows += poll.rows
            sent.waiting += poll.rows + poll.rejected + (not poll.skipped)
            if sent.waiting >= HAND_OVER_ROWS:
                ingest()
                sent.waiting = 0
            progress.update(bar, rows=sent.rows)

        totals = collect(source, producer, known=known, on_poll=on_poll)
        ingest()
        producer.close()
        progress.update(bar, total=1, completed=1)
    console.print(
        f"{totals.polls:,} polls and {totals.rows:,} rows sent, {totals.rejected:,} rejected"
        + (f", {totals.skipped:,} polls skipped: the lake has them already" if totals.skipped else ""),
        soft_wrap=True,
    )
    if totals.rejected:
        console.print(
            f"Why each was rejected, with its bytes: {settings.lake}/rejected_messages", soft_wrap=True
        )
    return sent


def _ingest(defs: dg.Definitions, instance: dg.DagsterInstance) -> None:
    from cli.runs import run_job

    config = {"ops": {"ingest_kafka": {"config": {"refresh": "never"}}}}
    outcome = run_job(defs.resolve_job_def("ingest_kafka"), instance, run_config=config)
    if not outcome.success:
        raise AirTrafficError(f"ingestion failed: {outcome.error}")


def _make(settings: Settings, defs: dg.Definitions, sent: Sent, forecasts: bool, console: Console):
    """Everything that hangs on the hours sent, and on the hour after each that is there already.

    ``forecasts``: some follow, and what shows them is left to be made after them.
    """
    from cli.materialize import materialize

    graph = defs.resolve_asset_graph()
    wanted = MADE.resolve(graph)
    keys = {
        key for key in wanted if graph.get(key).is_executable and graph.get(key).partitions_def is not None
    }
    later = [FORECAST_PAGE, *(WITH_FORECASTS if forecasts else ())]
    keys = (keys | present(defs, FROM_TRAFFIC)) - present(defs, later)
    return materialize(
        defs, keys, sent.hours | _hours_after(settings, sent.hours), console, "partitions and features"
    )


def _hours_after(settings: Settings, hours: set[datetime]) -> set[datetime]:
    """Hours that look back into ``hours`` and were made before."""
    from orchestration.resources.lake import LakeResource

    after = {hour + timedelta(hours=1) for hour in hours} - hours
    made = LakeResource(root=settings.lake).read(
        "poll_coverage", ["hour_start"], [("date", "in", [h.date() for h in after])]
    )
    return after & set(made["hour_start"].to_pylist()) if after else set()


def _show(settings: Settings, source: str, sent: Sent, defs: dg.Definitions, console: Console) -> None:
    from assets.reports import DENSITY_COLUMNS, STATES_COLUMNS
    from orchestration.resources.lake import LakeResource

    lake = LakeResource(root=settings.lake)
    days = sent.days
    first, last = min(sent.hours), max(sent.hours) + timedelta(hours=1)
    where = [("date", "in", days), ("snapshot_at", ">=", first), ("snapshot_at", "<", last)]
    coverage = pl.from_arrow(lake.read("poll_coverage", where=[("date", "in", days)]))
    summary = summarise(
        pl.from_arrow(lake.read("flight_states", STATES_COLUMNS, where)),
        pl.from_arrow(lake.read("traffic_density", DENSITY_COLUMNS, where)),
        coverage.filter(pl.col("hour_start").is_in(list(sent.hours))),
    )
    console.print()
    span = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    hourly = [("date", "in", days), ("hour_start", ">=", first), ("hour_start", "<", last)]
    show_summary(
        console,
        f"{source}: {span}",
        summary,
        settings.dense_cell_aircraft,
        pl.from_arrow(lake.read("cluster_quality", where=hourly)),
        pl.from_arrow(lake.read("hotspots", where=hourly)),
        pl.from_arrow(lake.read("flights", FLIGHT_COLUMNS, where=[("date", "in", days)])),
        pl.from_arrow(lake.read("sector_saturation", where=[("date", "in", days)])),
    )
    if source == "simulate":
        where = [("date", "=", max(days))]
        show_forecast(console, pl.from_arrow(lake.read("demand_forecast", FORECAST_COLUMNS, where)))
    shown = [
        (f"{what} ({language})", f"{settings.reports}/{name(day, language)}")
        for day in days
        for what, name in (("Report", file_name), ("Capacity", overview_name))
        for language in LANGUAGES
    ]
    if source == "simulate":
        pages = ((language, forecast_name(max(days), language)) for language in LANGUAGES)
        shown += [(f"Forecast ({language})", f"{settings.reports}/{page}") for language, page in pages]
    tables = f"{settings.lake}/{{flight_states,hourly_traffic,flights,sector_saturation,...}} (Delta)"
    for what, where in (*shown, ("Tables", tables), ("Dagster", settings.data / "dagster")):
        console.print(f"{what:<14} {where}", highlight=False, soft_wrap=True)


@contextmanager
def _bar(console: Console):
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]:,} rows"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        yield progress
