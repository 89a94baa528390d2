"""``./run bench``: the measurements of ``benchmarks/``, one after another."""

import importlib
import time

from rich.console import Console

from airtraffic.errors import AirTrafficError
from cli.environment import ROOT


def run_bench(names: tuple[str, ...]) -> None:
    """Run the named benchmarks, or all of them; each prints its table.

    Raises
    ------
    AirTrafficError
        A name is no benchmark.
    """
    known = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.startswith("_"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise AirTrafficError(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    console = Console()
    for name in names or known:
        console.rule(name)
        began = time.monotonic()
        importlib.import_module(f"benchmarks.{name}").main()
        console.print(f"{name} took {time.monotonic() - began:.0f} s")
