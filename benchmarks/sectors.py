"""Which positions are in which airspace sector: the index, a plain loop, and the bare limit.

A day of 200 aircraft at a poll a minute, 288,000 positions over South America, against the shipped
sectors and against a hundred and five hundred drawn at random. The bare limit is the geometric test of
the pairs that are true, with the search for them given away. What takes minutes is timed on a part and
scaled, and marked so. All contenders find the same pairs.
"""

import time
from collections.abc import Callable

import numpy as np
import shapely
from rich.console import Console
from rich.table import Table

from airtraffic.sector_index import SectorIndex
from airtraffic.sectors import Sector
from orchestration.sectors import load_sectors

POSITIONS = 200 * 24 * 60
SAMPLE = 2_000
"""Positions that the plain loops are timed on."""
REPEATS = 3
POLL_DEG = 0.13
"""How far an aircraft gets between two polls, about 8 NM."""
LOOP, NO_INDEX = "plain loop: polygon.contains(Point)", "vectorised, every position against every polygon"
TREE, OURS, LIMIT = "STRtree of the polygons alone", "airtraffic.sector_index", "bare limit: the true pairs"
CROSS_LOOP, CROSS = "plain loop: polygon.intersection(line)", "airtraffic.sector_index.crossed"


def main() -> None:
    """Print the tables."""
    console = Console()
    random = np.random.default_rng(7)
    places = np.column_stack([random.uniform(-82, -35, POSITIONS), random.uniform(-40, 12, POSITIONS)])
    every_level = {"floor_fl": 0.0, "ceiling_fl": 660.0}
    shipped = [
        sector.model_copy(update=every_level)
        for sector in load_sectors().sectors
        if sector.kind == "airspace"
    ]
    points = Table("CPU s for 288,000 positions", title="In which sector", title_justify="left")
    segments = Table("CPU s for 288,000 segments", title="Where it is crossed", title_justify="left")
    columns: list[tuple[dict[str, str], dict[str, str]]] = []
    for sectors in (shipped, drawn(random, shipped[0], 100), drawn(random, shipped[0], 500)):
        with console.status(f"{len(sectors)} sectors"):
            columns.append((positions_s(sectors, places), crossings_s(sectors, places, random)))
            points.add_column(f"{len(sectors)} sectors", justify="right")
            segments.add_column(f"{len(sectors)} sectors", justify="right")
    for table, number in ((points, 0), (segments, 1)):
        for name in columns[0][number]:
            table.add_row(name, *(column[number][name] for column in columns))
        console.print(table)
    console.print(
        f"~ timed on {SAMPLE:,} and scaled; the rest is the best of {REPEATS}, index built anew each time"
    )


def positions_s(sectors: list[Sector], places: np.ndarray) -> dict[str, str]:
    """Time of each way to find the sectors of positions. [s]"""
    longitude, latitude = places.T
    level = np.full(len(places), 300.0)
    polygons = np.array([shapely.Polygon(sector.polygon) for sector in sectors])
    sample = places[:SAMPLE]
    loop_s, looped = timed(lambda: plain_loop(polygons, sample), 1)
    shapely.prepare(polygons)
    bare_s, bare = timed(
        lambda: np.nonzero([shapely.intersects_xy(each, longitude, latitude) for each in polygons]), 1
    )
    tree_s, tree = timed(
        lambda: shapely.STRtree(polygons).query(shapely.points(places), predicate="intersects")
    )
    ours_s, ours = timed(lambda: SectorIndex(sectors).containing(longitude, latitude, level))
    position, sector = ours
    limit_s, _ = timed(
        lambda: shapely.intersects_xy(polygons[sector], longitude[position], latitude[position])
    )
    assert len(position) == len(bare[0]) == tree.shape[1]
    assert (position < SAMPLE).sum() == looped
    return {
        LOOP: f"~{loop_s * len(places) / SAMPLE:,.0f}",
        NO_INDEX: f"{bare_s:.3f}",
        TREE: f"{tree_s:.3f}",
        OURS: f"{ours_s:.3f}",
        LIMIT: f"{limit_s:.3f}",
        "positions in a sector": f"{len(np.unique(position)) / len(places):.1%}",
    }


def crossings_s(sectors: list[Sector], places: np.ndarray, random: np.random.Generator) -> dict[str, str]:
    """Time of each way to find where segments cross sectors. [s]"""
    starts = np.column_stack([places, np.full(len(places), 300.0)])
    course = random.uniform(0, 2 * np.pi, len(places))
    ends = starts + POLL_DEG * np.column_stack([np.cos(course), np.sin(course), np.zeros(len(places))])
    polygons = [shapely.Polygon(sector.polygon) for sector in sectors]
    loop_s, looped = timed(lambda: crossing_loop(polygons, starts[:SAMPLE, :2], ends[:SAMPLE, :2]), 1)
    ours_s, ours = timed(lambda: SectorIndex(sectors).crossed(starts, ends))
    assert (ours.segment < SAMPLE).sum() == looped
    return {CROSS_LOOP: f"~{loop_s * len(places) / SAMPLE:,.0f}", CROSS: f"{ours_s:.3f}"}


def drawn(random: np.random.Generator, like: Sector, count: int) -> list[Sector]:
    """Sectors of 40 corners, 60 to 180 NM across, at the level of the positions."""
    made = []
    for number in range(count):
        angle = np.sort(random.uniform(0, 2 * np.pi, 40))
        radius = random.uniform(0.5, 1.5, 40)
        centre = random.uniform([-80, -38], [-37, 10])
        ring = centre + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        corners = tuple((float(x), float(y)) for x, y in ring)
        made.append(like.model_copy(update={"id": f"R{number:03}", "polygon": corners}))
    return made


def plain_loop(polygons: np.ndarray, places: np.ndarray) -> int:
    """Pairs that a loop over positions and polygons finds."""
    return sum(polygon.contains(shapely.Point(x, y)) for x, y in places for polygon in polygons)


def crossing_loop(polygons: list[shapely.Polygon], starts: np.ndarray, ends: np.ndarray) -> int:
    """Pieces that a loop over segments and polygons finds."""
    pieces = 0
    for start, end in zip(starts, ends, strict=True):
        line = shapely.LineString([start, end])
        for polygon in polygons:
            found = polygon.intersection(line)
            pieces += sum(part.length > 0 for part in getattr(found, "geoms", [found]))
    return pieces


def timed(act: Callable[[], object], repeats: int = REPEATS) -> tuple[float, object]:
    """Least processor time of some tries, which all use one core, and what came out. [s]"""
    best = float("inf")
    for _ in range(repeats):
        began = time.process_time()
        found = act()
        best = min(best, time.process_time() - began)
    return best, found


if __name__ == "__main__":
    main()
