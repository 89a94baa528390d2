"""``./run pdf``: report pages as PDF files, printed by a Chromium that is on the machine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from airtraffic.errors import AirTrafficError

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_LIMIT_S = 60


def run_pdf(pages: Sequence[Path]) -> None:
    """Print each page to a PDF beside it.

    Raises
    ------
    AirTrafficError
        There is no Chromium, or it does not print.
    """
    browser = find_chromium()
    console = Console()
    for page in track(pages, "printing", console=console, transient=True, disable=len(pages) < 3):
        pdf = page.with_suffix(".pdf")
        print_page(browser, page, pdf)
        console.print(str(pdf), highlight=False, soft_wrap=True)


def find_chromium() -> str:
    """Path of Chromium or Chrome.

    Raises
    ------
    AirTrafficError
        None is on the PATH.
    """
    for name in CHROMIUM:
        if found := shutil.which(name):
            return found
    raise AirTrafficError(
        f"a PDF needs Chromium or Chrome on the PATH ({', '.join(CHROMIUM)}); install it (Debian: chromium) "
        "or print the page from a browser"
    )


def print_page(browser: str, page: Path, pdf: Path) -> None:
    """Print a page of this machine, whole or not at all, without access to anything else.

    Raises
    ------
    AirTrafficError
        The browser fails or takes more than a minute.
    """
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "page.pdf"
        command = [
            browser,
            "--headless=new",
            "--disable-gpu",
            "--disable-extensions",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            # The page is self-contained; no name is to be looked up.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            # Chromium's own sandbox does not start for root; the page runs no script.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            f"--print-to-pdf={draft}",
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise AirTrafficError(f"{browser} has not printed {page} in {_LIMIT_S} s") from error
        if done.returncode or not draft.exists():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise AirTrafficError(f"{browser} did not print {page}: {last}")
        shutil.move(draft, pdf)
