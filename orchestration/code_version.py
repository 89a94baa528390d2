"""Which code made something: the commit of the checkout, else the version that is installed."""

import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def code_version(folder: Path = ROOT) -> str:
    """``git describe`` of a checkout, with ``-dirty`` where it has changes; else the package's version.

    An image has no checkout, and a folder inside another project's checkout is not described by it.
    """
    if not (folder / ".git").exists():
        return version("airtraffic")
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty", "--tags"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return version("airtraffic")
    return done.stdout.strip() or version("airtraffic")
