"""``python -m cli``: what stands behind ``./run``."""

import os
import sys
from pathlib import Path

import click

from airtraffic.errors import AirTrafficError
from airtraffic.settings import MLFLOW_PORT, Settings


class Commands(click.Group):
    """The commands; an error that the reader can mend is one sentence, not a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except AirTrafficError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("\nStopped. What was made stays; the same command goes on from there.", err=True)
            sys.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Air-traffic data platform: positions through Kafka into a lake, features, reports, on Dagster."""
    ctx.obj = Settings.from_env(os.environ)


SOURCES = click.Choice(["simulate", "replay", "opensky"])
INPUT = click.Path(exists=True, dir_okay=False, resolve_path=True)
DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d-%H:%M"])


@cli.command()
@click.option("--source", type=SOURCES, default="simulate", help="Where positions come from.")
@click.option("--input", "inputs", type=INPUT, multiple=True, help="Recording to replay; may be given again.")
@click.argument("more_inputs", nargs=-1, type=INPUT)
@click.option("--minutes", type=click.FloatRange(min=0.5), default=5.0, help="opensky: how long to poll.")
@click.option(
    "--hours", type=click.IntRange(1, 24 * 31), default=24, help="simulate: hours from the start of the day."
)
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), default="2025-01-15", help="simulate: the day (UTC)."
)
@click.option(
    "--aircraft", type=click.IntRange(1, 20_000), default=None, help="simulate: mean aircraft in a poll."
)
@click.pass_obj
def demo(settings: Settings, source: str, inputs: tuple, more_inputs: tuple, **options) -> None:
    """Send traffic through Kafka into the lake, make partitions and features, and show what came out."""
    from cli.demo import run_demo

    files = [*inputs, *more_inputs]
    if (source == "replay") != bool(files):
        raise click.UsageError("--source replay and --input FILE belong together")
    run_demo(settings, source=source, files=files, **options)


@cli.command()
@click.option("--source", type=SOURCES, default="simulate", help="Where positions come from, in real time.")
@click.option("--input", "inputs", type=INPUT, multiple=True, help="replay: recording; may be given again.")
@click.option(
    "--aircraft", type=click.IntRange(1, 20_000), default=None, help="simulate: mean aircraft in a poll."
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, help="Port of the Dagster UI on localhost."
)
@click.option(
    "--mlflow-port",
    type=click.IntRange(1, 65535),
    default=MLFLOW_PORT,
    help="Port of the MLflow UI on localhost; none is started when MLFLOW_TRACKING_URI names a server.",
)
@click.pass_obj
def up(settings: Settings, source: str, inputs: tuple, **options) -> None:
    """Run Kafka, the collector, Dagster with its daemon, and MLflow until Ctrl-C."""
    from cli.up import run_up

    if (source == "replay") != bool(inputs):
        raise click.UsageError("--source replay and --input FILE belong together")
    run_up(settings, source=source, files=list(inputs), **options)


@cli.command()
@click.argument("selection")
@click.option("--from", "start", type=DAY, required=True, help="First day or hour (UTC).")
@click.option("--to", "end", type=DAY, required=True, help="Last day (whole) or hour (UTC), included.")
@click.pass_obj
def backfill(settings: Settings, selection: str, start, end) -> None:
    """Make the partitions of SELECTION again, in Dagster's asset selection syntax.

    Examples: 'state_vectors', 'state_vectors+', 'group:features', '*'.
    """
    from cli.backfill import run_backfill

    failed = run_backfill(settings, selection, start, end)
    sys.exit(1 if failed else 0)


@cli.command()
@click.pass_obj
def inbox(settings: Settings) -> None:
    """Read the files of flights and daily counts in the inbox, and make their days; ./run up does it by itself."""
    from cli.inbox import run_inbox

    run_inbox(settings)


@cli.command()
@click.argument("table")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day (UTC).")
@click.option("--to", "end", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day, included.")
@click.option("--format", "kind", type=click.Choice(["csv", "parquet", "xlsx"]), default="csv")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, resolve_path=True, path_type=Path),
    default=None,
    help="File to write; without it a name of its own below the data folder's exports/.",
)
@click.pass_obj
def export(settings: Settings, table: str, start, end, kind: str, output: Path | None) -> None:
    """Write days of a TABLE of the lake to a file, with what its columns mean."""
    from cli.export import run_export

    run_export(settings, table, start.date(), end.date(), kind, output)


@cli.command()
@click.argument(
    "pages", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def pdf(pages: tuple[Path, ...]) -> None:
    """Print report PAGES to PDF files beside them, with a Chromium that is on this machine."""
    from cli.pdf import run_pdf

    run_pdf(pages)


@cli.command()
@click.option("--create", is_flag=True, help="Create the topics that are missing.")
@click.pass_obj
def topics(settings: Settings, create: bool) -> None:
    """Create the Kafka topics, or report how they differ from the documented settings."""
    from cli.topics import run_topics

    sys.exit(run_topics(settings, create=create))


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, help="Port on localhost.")
@click.option("--build-only", is_flag=True, help="Write the page and stop.")
@click.pass_obj
def docs(settings: Settings, port: int, build_only: bool) -> None:
    """Build the dbt docs site, one static page with lineage and columns, and serve it."""
    from cli.docs import run_docs

    run_docs(settings, port=port, build_only=build_only)


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(pytest_arguments: tuple[str, ...]) -> None:
    """Run the unit, asset and integration tests, two files at a time; arguments go to pytest instead."""
    from cli.environment import ROOT
    from orchestration.dbt import ensure_manifest

    ensure_manifest()
    os.chdir(ROOT)
    os.execv(
        sys.executable,
        [
            sys.executable,
            "-m",
            "pytest",
            *(
                pytest_arguments
                or ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--durations=15")
            ),
        ],
    )


@cli.command()
@click.argument("names", nargs=-1)
def bench(names: tuple[str, ...]) -> None:
    """Measure side by side, as ratios: ingest, features, live, backfill, denstream, sectors (default: all)."""
    from cli.bench import run_bench

    run_bench(names)


if __name__ == "__main__":
    cli(prog_name="./run")
