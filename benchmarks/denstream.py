"""Points per second of DenStream, beside river's and MOA's, at 100, 1,000 and 10,000 micro-clusters.

Heaps of points on a plane, one per micro-cluster: the same points and parameters for all, one after another,
seconds of one core's time. DenStream is also measured on points strewn over the whole plane, where a search
finds more candidates.

Learning by itself, river's makes other micro-clusters of these points: its radius, the norm where the paper
sums, is 0 away from the axes, and the heaps collapse into few. MOA's takes the first micro-cluster
for the nearest when no centre is nearer than its radius, and opens outliers instead. So both are given one
per heap, made of the heap's first points by their own methods; river's is also shown by itself. What they
keep at the end is in the table.

MOA's is run when there are a JDK and MOA's jar: that of an installed ``capymoa``, or ``MOA_JAR``, which names
the jar or a ``capymoa`` wheel.
"""

import importlib.util
import math
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import river.cluster
from rich.console import Console
from rich.table import Table
from river.cluster.denstream import DenStreamMicroCluster

from airtraffic.denstream import DenStream

HEAPS = (100, 1024, 10_000)
AIM_PER_S = 3_000_000
MU, BETA = 4.0, 0.5
POINTS_PER_TIME = 100
FIRST_POINTS = 3
"""Points per heap before the rounds: the third makes it a p-micro-cluster."""
ROUND = 400_000
ROUNDS = 3
LIMIT_S = 2.0
"""A round ends after this time or ``ROUND`` points."""
NO_MOA = (
    "MOA was left out: it needs a JDK (java, 11 or newer) and MOA's jar. Without installing anything:\n"
    "    pip download --no-deps --dest <folder> capymoa\n"
    "    MOA_JAR=<folder>/<the wheel> ./run bench denstream"
)


@dataclass
class Measured:
    """One contender at one size: points per second of each round, and its micro-clusters at the end."""

    name: str
    per_s: list[float] = field(default_factory=list)
    micro_clusters: int = 0


@dataclass(frozen=True)
class Stream:
    """Points of the unit square, so many per unit of time, and the radius that suits them."""

    name: str
    points: np.ndarray
    warm_up: int
    epsilon: float
    half_life: float

    def rounds(self) -> Iterator[slice]:
        for number in range(ROUNDS):
            yield slice(self.warm_up + number * ROUND, self.warm_up + (number + 1) * ROUND)


def main() -> None:
    console = Console()
    table = Table(title=f"Points per second of one core, {ROUNDS} rounds; aim: {AIM_PER_S:,}")
    for heading in ("", "micro-clusters", "median", "best", "slower by"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    with moa_jar() as jar:
        for heaps in HEAPS:
            stream = _heaps(heaps)
            ours = _denstream(stream)
            others = [_river(stream, given=True), _river(stream, given=False)]
            others += [_moa(stream, jar)] if jar else []
            _add(table, ours)
            _add(table, _denstream(_strewn(heaps)))
            for other in others:
                _add(table, other, ours)
            table.add_section()
        console.print(table)
        if not jar:
            console.print(NO_MOA)


def _heaps(heaps: int) -> Stream:
    """Heaps three epsilon apart; each weighs ten or so once the stream runs."""
    rng = np.random.default_rng(heaps)
    side = math.isqrt(heaps)
    epsilon = 1 / side / 3
    centres = (np.stack(np.meshgrid(*[np.arange(side)] * 2), -1).reshape(-1, 2) + 0.5) / side
    chosen = np.append(np.repeat(np.arange(heaps), FIRST_POINTS), rng.integers(heaps, size=ROUNDS * ROUND))
    points = centres[chosen] + rng.normal(0, epsilon / 3, (len(chosen), 2))
    return Stream("heaps", points, FIRST_POINTS * heaps, epsilon, 7 * heaps / POINTS_PER_TIME)


def _strewn(micro_clusters: int) -> Stream:
    """Uniform over the square, where a micro-cluster takes 4.6 epsilon^2 or so."""
    rng = np.random.default_rng(micro_clusters)
    warm_up = 100 * micro_clusters
    points = rng.random((warm_up + ROUNDS * ROUND, 2))
    epsilon = 1 / math.sqrt(4.6 * micro_clusters)
    return Stream("strewn", points, warm_up, epsilon, 20 * micro_clusters / POINTS_PER_TIME)


def _denstream(stream: Stream) -> Measured:
    measured = Measured(f"DenStream, {stream.name}")
    model = DenStream(epsilon=stream.epsilon, mu=MU, beta=BETA, half_life=stream.half_life)
    t = np.arange(len(stream.points)) / POINTS_PER_TIME
    model.learn_many(stream.points[: stream.warm_up], t[: stream.warm_up])
    for part in stream.rounds():
        points, times = stream.points[part], t[part]
        began = time.thread_time()
        model.learn_many(points, times)
        measured.per_s.append(ROUND / (time.thread_time() - began))
    measured.micro_clusters = model.to_table().num_rows
    return measured


def _river(stream: Stream, *, given: bool) -> Measured:
    measured = Measured("river, given them" if given else "river, by itself")
    model = river.cluster.DenStream(
        decaying_factor=1 / stream.half_life,
        beta=BETA,
        mu=MU,
        epsilon=stream.epsilon,
        n_samples_init=1,
        stream_speed=POINTS_PER_TIME,
    )
    first = [{0: x, 1: y} for x, y in stream.points[: stream.warm_up].tolist()]
    if given:
        model.learn_one(first[0])
        heaps = zip(*[iter(first)] * FIRST_POINTS, strict=True)
        model.p_micro_clusters = {key: _micro_cluster(heap, stream) for key, heap in enumerate(heaps)}
    else:
        for x in first:
            model.learn_one(x)
    for part in stream.rounds():
        measured.per_s.append(_learn_each(model.learn_one, stream.points[part]))
    measured.micro_clusters = len(model.p_micro_clusters) + len(model.o_micro_clusters)
    return measured


def _micro_cluster(points: tuple[dict[int, float], ...], stream: Stream) -> DenStreamMicroCluster:
    made = DenStreamMicroCluster(points[0], 0, 1 / stream.half_life)
    for x in points[1:]:
        made.insert(x, 0)
    return made


def _learn_each(learn: Callable[[dict[int, float]], None], points: np.ndarray) -> float:
    """Points per second of a model that takes dictionaries, which are made beforehand."""
    rows = [{0: x, 1: y} for x, y in points[: int(LIMIT_S * 200_000)].tolist()]
    learned, began = 0, time.thread_time()
    while learned < len(rows) and (learned % 64 or time.thread_time() - began < LIMIT_S):
        learn(rows[learned])
        learned += 1
    return learned / (time.thread_time() - began)


def _moa(stream: Stream, jar: Path) -> Measured:
    measured = Measured("MOA, given them")
    with tempfile.NamedTemporaryFile(suffix=".f64") as file:
        stream.points.astype("<f8").tofile(file)
        file.flush()
        numbers = (stream.warm_up // FIRST_POINTS, FIRST_POINTS, ROUND, ROUNDS, LIMIT_S)
        parameters = (stream.epsilon, MU, BETA, 1 / stream.half_life, POINTS_PER_TIME)
        source = Path(__file__).with_name("MoaDenStream.java")
        command = ["java", "-Xmx2g", "-cp", jar, source, file.name, *numbers, *parameters]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"MOA ended with {done.returncode}:\n{done.stderr[-2000:]}")
    for line in done.stdout.splitlines():
        points, seconds, micro_clusters = line.split()
        measured.per_s.append(int(points) / float(seconds))
        measured.micro_clusters = int(micro_clusters)
    return measured


@contextmanager
def moa_jar() -> Iterator[Path | None]:
    """The jar of MOA, for as long as it is needed; None without one or without a JDK."""
    named = os.environ.get("MOA_JAR")
    installed = importlib.util.find_spec("capymoa")
    if not shutil.which("javac") or not (named or installed):
        yield None
    elif named and named.endswith(".whl"):
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(named) as wheel:
            yield Path(wheel.extract("capymoa/jar/moa.jar", folder))
    else:
        yield Path(named) if named else Path(installed.origin).parent / "jar" / "moa.jar"


def _add(table: Table, measured: Measured, ours: Measured | None = None) -> None:
    median = statistics.median(measured.per_s)
    table.add_row(
        measured.name,
        f"{measured.micro_clusters:,}",
        f"{median:,.0f}",
        f"{max(measured.per_s):,.0f}",
        f"{statistics.median(ours.per_s) / median:,.0f} x" if ours else "",
    )
