"""CongestionLSTM against the best of persistence, zeros and training median, on recordings and on simulated days.

Every recording's last 30 % is forecast by a model that learned from what came before: its own first 70 % and
earlier recordings of the same box. Simulated: two days to learn from, the third to forecast. Counted are all
airborne aircraft that a poll shows, and beside it only positions not older than 60 s, where an aircraft that
is not heard for a minute is gone. The aim is at three polls, per kind of zone: quadrants, and cells that average
an aircraft or more in training.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from airtraffic.forecasting.congestion_lstm import CongestionLSTM
from airtraffic.forecasting.congestion_promotion import direction_scores, errors, kinds_of_zone
from airtraffic.forecasting.congestion_zones import Cells, Quadrants
from airtraffic.recordings import RecordedPoll, read_polls
from airtraffic.simulation.simulator import SimulatedPoll, Simulation

AIM = 0.9
HORIZON = 3
TESTED = 0.3
COUNTED = {"all airborne": None, "positions to 60 s": 60.0}
SIMULATED_DAYS = 3
NO_RECORDINGS = "Recordings were left out: set AIRTRAFFIC_RECORDINGS to a folder that holds states/."
_AT = pl.Datetime("us", "UTC")
_BUSY = ("quadrants", "busy cells")


@dataclass(frozen=True)
class Split:
    """Rows to learn from, the polls before those to forecast and those themselves, and since when."""

    name: str
    learned: pl.DataFrame
    shown: pl.DataFrame
    since: datetime
    quadrants: Quadrants


def main() -> None:
    """Print the tables."""
    console = Console()
    aims = Table(title=f"Mean absolute error at {HORIZON} polls; aim: {AIM} x the best baseline or less")
    for heading in ("", "counted", "zones", "LSTM", "persistence", "zeros", "median", "LSTM / best", "aim"):
        aims.add_column(heading, justify="right" if heading not in ("", "counted", "aim") else "left")
    courses = Table(
        title="LSTM / best baseline by polls ahead; simulated: polls taken as come, / persistence"
    )
    far = Table(
        title="Direction of the change over 30 min: up or down beyond the training polls' upper third"
    )
    for heading in ("", "counted", "zones", "direction", "cases", "base rate", "precision", "recall"):
        far.add_column(
            heading, justify="left" if heading in ("", "counted", "zones", "direction") else "right"
        )
    for heading in ("", "counted", "zones", "1", "2", "3", "30 min", "simulated 30 min", "trained in"):
        courses.add_column(heading)
    with console.status("reading") as status:
        for split in splits():
            for counted, oldest_s in COUNTED.items():
                for zones in (split.quadrants, Cells()):
                    status.update(f"{split.name}: {counted}, {zones.kind}")
                    began = time.process_time()
                    model = CongestionLSTM(zones=zones, oldest_s=oldest_s).fit(split.learned)
                    trained_s = time.process_time() - began
                    model.update(split.shown)
                    found = errors(model, split.since, model.anchors)
                    found = found.join(simulation_ratios(model, split.since), on="kind")
                    add_errors(aims, courses, split.name, counted, found, trained_s)
                    add_directions(far, split.name, counted, direction_scores(model, split.since))
            for table in (aims, courses, far):
                table.add_section()
    for table in (aims, courses, far):
        console.print(table)
    if not recordings():
        console.print(NO_RECORDINGS)


def add_errors(
    aims: Table, courses: Table, name: str, counted: str, found: pl.DataFrame, trained_s: float
) -> None:
    """A row a kind of zone; cells under one aircraft are shown, without an aim."""
    for (kind,), rows in found.group_by("kind", maintain_order=True):
        at = rows.filter(pl.col("horizon") == HORIZON).row(0, named=True)
        reached = "reached" if at["ratio"] <= AIM else "missed"
        values = [f"{at[each]:.3f}" for each in ("mae", "persistence", "zeros", "training_median", "ratio")]
        label = f"{kind} ({at['zones']})"
        aims.add_row(name, counted, label, *values, reached if kind in _BUSY else "")
        ratios = [f"{ratio:.3f}" for ratio in rows.sort("horizon")["ratio"]]
        ratios += [""] * (4 - len(ratios)) + [f"{rows['simulated'][0]:.3f}"]
        courses.add_row(name, counted, label, *ratios, f"{trained_s:.0f} s")


def simulation_ratios(model: CongestionLSTM, since: datetime) -> pl.DataFrame:
    """Error over all polls of the recursive 30-minute simulation against persistence's, from every tenth poll."""
    seen = model.seen
    wanted = (seen.polls.at >= since).to_numpy() & (seen.polls.position >= model.lookback - 1)
    index = np.flatnonzero(wanted & (seen.polls.ahead(model.far) >= 0))[::10]
    mean, _ = model.expect(index, range(1, model.far + 1))
    came = seen.counts.aircraft[index[:, None] + np.arange(1, model.far + 1)]
    last = seen.counts.aircraft[index][:, None]
    rows = [
        {
            "kind": kind,
            "simulated": float(
                np.abs(came - mean)[..., zones].mean() / max(np.abs(came - last)[..., zones].mean(), 1e-9)
            ),
        }
        for kind, zones in kinds_of_zone(model).items()
    ]
    return pl.DataFrame(rows)


def add_directions(far: Table, name: str, counted: str, found: pl.DataFrame) -> None:
    for row in found.filter(pl.col("kind").is_in(_BUSY)).iter_rows(named=True):
        shares = [
            "-" if row[each] is None else f"{row[each]:.2f}" for each in ("base_rate", "precision", "recall")
        ]
        far.add_row(name, counted, row["kind"], row["direction"], f"{row['cases']:,}", *shares)


def splits() -> Iterator[Split]:
    """What is forecast after having learned from what."""
    earlier = None
    for path in recordings("sa_*.parquet"):
        rows = frame(read_polls(path))
        before, since = parted(rows)
        learned = before if earlier is None else pl.concat([earlier, before])
        yield Split(path.name.removesuffix(".parquet"), learned, rows, since, Quadrants())
        earlier = rows if earlier is None else pl.concat([earlier, rows])
    for path in recordings("switzerland_*.parquet"):
        rows = frame(read_polls(path))
        before, since = parted(rows)
        swiss = Quadrants(middle=(46.8, 8.2), box=(45.0, 49.0, 5.0, 11.5))
        yield Split(path.name.removesuffix(".parquet"), before, rows, since, swiss)
    start = datetime(2025, 1, 13, tzinfo=UTC)
    since = start + timedelta(days=SIMULATED_DAYS - 1)
    rows = frame(Simulation(start=start, hours=24 * SIMULATED_DAYS).polls())
    learned = rows.filter(pl.col("snapshot_at") < since)
    shown = rows.filter(pl.col("snapshot_at") >= since - timedelta(hours=2))
    yield Split(f"{SIMULATED_DAYS} simulated days", learned, shown, since, Quadrants())


def recordings(pattern: str = "*.parquet") -> list[Path]:
    """Files of recorded polls in order of time; none without ``AIRTRAFFIC_RECORDINGS``."""
    folder = os.environ.get("AIRTRAFFIC_RECORDINGS")
    return sorted((Path(folder) / "states").glob(pattern)) if folder else []


def parted(rows: pl.DataFrame) -> tuple[pl.DataFrame, datetime]:
    """The rows of all polls but the last 30 %, and the time of the first of those."""
    times = rows["snapshot_at"].unique().sort()
    since = times[int(len(times) * (1 - TESTED))]
    return rows.filter(pl.col("snapshot_at") < since), since


def frame(polls: Iterator[RecordedPoll] | Iterator[SimulatedPoll]) -> pl.DataFrame:
    """Rows of all polls with the time of their poll."""
    tables = [
        pl.from_arrow(poll.table).with_columns(
            snapshot_at=pl.lit(poll.snapshot_at * 1_000_000, pl.Int64).cast(_AT)
        )
        for poll in polls
        if poll.snapshot_at is not None
    ]
    return pl.concat(tables, how="vertical_relaxed")


if __name__ == "__main__":
    main()
