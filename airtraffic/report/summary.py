"""What happened in a span of hours, counted from the gold tables: the figures of the summary and the report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

FLIGHT_STATES = ("cruise", "climb_descent_hold", "manoeuvre", "ground", "unknown")


@dataclass(frozen=True)
class Share:
    """A count with what it is a share of."""

    count: int
    of: int

    @property
    def percent(self) -> float | None:
        """The share in percent; None of nothing."""
        return 100 * self.count / self.of if self.of else None


@dataclass(frozen=True)
class Gap:
    """An interval without a poll."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        return (self.end - self.start).total_seconds() / 60


@dataclass(frozen=True)
class Cell:
    """A 10 x 10 NM cell at its busiest."""

    cell_id: str
    latitude: float
    longitude: float
    aircraft: int
    at: datetime
    snapshots: int


@dataclass(frozen=True)
class Summary:
    """Counts of a span of hours. Rows are aircraft in snapshots, not flights."""

    first_snapshot: datetime | None
    last_snapshot: datetime | None
    sources: tuple[str, ...]
    rows: int
    aircraft: int
    snapshots: int
    polls_seen: int
    polls_expected: int
    empty_polls: int
    states: dict[str, int]
    congestion_band: Share
    dense: Share
    critical: Share
    watched: Share
    repeats: Share
    critical_reasons: dict[str, int]
    quadrants: dict[str, int]
    countries: dict[str, int]
    cells: tuple[Cell, ...]
    gaps: tuple[Gap, ...]

    @property
    def coverage(self) -> Share:
        return Share(min(self.polls_seen, self.polls_expected), self.polls_expected)

    @property
    def simulated(self) -> bool:
        return "simulate" in self.sources


def summarise(
    flight_states: pl.DataFrame, traffic_density: pl.DataFrame, coverage: pl.DataFrame, top: int = 5
) -> Summary:
    """Count a span of hours.

    Parameters
    ----------
    flight_states, traffic_density
        Rows of the gold tables.
    coverage
        Rows of ``poll_coverage`` of the same hours.
    top
        Number of busiest cells and countries.
    """
    rows = flight_states.height
    counted = flight_states.filter(pl.col("aircraft_in_cell").is_not_null()).height
    return Summary(
        first_snapshot=flight_states["snapshot_at"].min(),
        last_snapshot=flight_states["snapshot_at"].max(),
        sources=tuple(sorted(coverage["sources"].explode().drop_nulls().unique())),
        rows=rows,
        aircraft=flight_states["icao24"].n_unique(),
        snapshots=flight_states["snapshot_at"].n_unique(),
        polls_seen=coverage["polls_seen"].sum(),
        polls_expected=expected_polls(coverage),
        empty_polls=coverage["empty_polls"].sum(),
        states=dict.fromkeys(FLIGHT_STATES, 0) | _counts(flight_states["flight_state"]),
        congestion_band=Share(flight_states["congestion_band"].sum(), rows),
        dense=Share(flight_states["density_congested"].sum(), counted),
        critical=Share(flight_states["is_critical"].sum(), rows),
        watched=Share(flight_states["watch_state"].sum(), rows),
        repeats=Share(flight_states["is_repeat"].sum(), rows),
        critical_reasons=_counts(flight_states["critical_reasons"].explode().drop_nulls()),
        quadrants=_counts(flight_states["quadrant"]),
        countries=dict(list(_counts(flight_states["origin_country"].drop_nulls()).items())[:top]),
        cells=tuple(_busiest_cells(traffic_density, top)),
        gaps=tuple(_gaps(coverage)),
    )


def expected_polls(coverage: pl.DataFrame) -> int:
    """Polls that the hours should have; an hour without any poll counts like the fullest one. [polls]"""
    expected = coverage["polls_expected"]
    return int(expected.fill_null(expected.max() or 0).sum())


def _counts(values: pl.Series) -> dict[str, int]:
    counted = values.rename("value").value_counts().sort(["count", "value"], descending=[True, False])
    return dict(zip(counted["value"].to_list(), counted["count"].to_list(), strict=True))


def _busiest_cells(density: pl.DataFrame, top: int) -> Iterator[Cell]:
    busiest = (
        density.sort(["aircraft", "snapshot_at"], descending=[True, False])
        .group_by("cell_id", maintain_order=True)
        .agg(
            pl.col("latitude", "longitude", "aircraft").first(),
            pl.col("snapshot_at").first().alias("at"),
            pl.len().alias("snapshots"),
        )
        .sort(["aircraft", "snapshots", "cell_id"], descending=[True, True, False])
        .head(top)
    )
    for row in busiest.iter_rows(named=True):
        yield Cell(
            str(row["cell_id"]),
            row["latitude"],
            row["longitude"],
            row["aircraft"],
            row["at"],
            row["snapshots"],
        )


def _gaps(coverage: pl.DataFrame) -> Iterator[Gap]:
    """Gaps of consecutive hours, joined where one goes on over the full hour."""
    joined: list[Gap] = []
    intervals = coverage.sort("hour_start").select("gaps").explode("gaps").drop_nulls().unnest("gaps")
    for start, end in intervals.iter_rows():
        if joined and joined[-1].end == start:
            joined[-1] = Gap(joined[-1].start, end)
        else:
            joined.append(Gap(start, end))
    yield from joined
