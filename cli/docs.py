"""``./run docs``: the dbt docs site as one static page, and a server for it on this machine."""

import functools
import http.server
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from orchestration.dbt import parsed_manifest, run_dbt


def run_docs(settings: Settings, port: int = 8080, build_only: bool = False) -> None:
    """Write ``<data>/docs/index.html`` and serve it until Ctrl-C.

    Raises
    ------
    AirTrafficError
        The port is taken.
    """
    console = Console()
    with console.status("building the docs of the dbt models"):
        page = build_docs(settings.data / "docs")
    console.print(f"wrote {page} ({page.stat().st_size / 2**20:.1f} MiB, one file, opens without a server)")
    if build_only:
        return
    with server(page, port) as serving:
        console.print(f"http://127.0.0.1:{serving.server_port}/ shows it; Ctrl-C stops")
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            console.print("stopped")


def build_docs(folder: Path) -> Path:
    """The page with models, columns, tests and lineage; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    with tempfile.TemporaryDirectory() as target:
        run_dbt(["docs", "generate", "--static"], Path(target), {}, parsed_manifest())
        shutil.copyfile(Path(target) / "static_index.html", page)
    return page


def server(page: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Serves the page's folder on localhost; port 0 takes a free one.

    Raises
    ------
    AirTrafficError
        The port is taken.
    """
    handler = functools.partial(_Handler, directory=str(page.parent))
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as problem:
        raise AirTrafficError(f"port {port} cannot be used: {problem}; choose one with --port") from problem


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args) -> None:
        """A line for each request would bury the address."""
