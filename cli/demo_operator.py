"""The demo's airlines: their simulated flights through the embedded database into the lake."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import dagster as dg
from rich.console import Console

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from collector.open_source import Choice

JOB = "ingest_operator_database"


def operate(
    settings: Settings,
    choice: Choice,
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    days: Sequence[date],
    console: Console,
) -> None:
    """Fill the embedded database with the flights of the simulated traffic, and read it into ``flights_raw``.

    An operator's own database is not written to, and not read by the demo.

    Raises
    ------
    AirTrafficError
        The run failed.
    """
    path = settings.embedded_operator_database
    if path is None:
        console.print("AIRTRAFFIC_OPERATOR_DATABASE is set: no flights of airlines are simulated.")
        return
    from airtraffic.simulation.simulator import Simulation
    from cli.runs import run_job
    from collector.sources.simulate import DEFAULT_SEED
    from orchestration.simulated_operator import OwnDatabaseError, fill_embedded

    simulation = Simulation(
        seed=DEFAULT_SEED if choice.seed is None else choice.seed,
        start=choice.start,
        hours=choice.hours,
        aircraft=choice.aircraft,
        box=settings.box,
    )
    try:
        written = fill_embedded(path, simulation, days, datetime.now(UTC))
    except OwnDatabaseError as error:
        console.print(f"No flights of airlines are simulated: {error}", highlight=False, soft_wrap=True)
        return
    outcome = run_job(defs.resolve_job_def(JOB), instance)
    if not outcome.success:
        raise AirTrafficError(f"the operator's database was not read: {outcome.error}")
    console.print(
        f"{sum(written.values()):,} simulated flights of airlines written to {path} and read from it"
        if written
        else f"{path} has the simulated flights of airlines already",
        highlight=False,
        soft_wrap=True,
    )
