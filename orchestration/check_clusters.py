"""Are clusters and hotspots what they should be? Counted from the lake again, by other code than made them."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl

from airtraffic.cluster_score import MOST_NOISE
from airtraffic.settings import Settings
from orchestration.check_tables import Finding
from orchestration.resources.lake import LakeResource
from orchestration.silver import within

OLDEST_S = 60
"""Positions older than this are not counted. [s]"""
LEAST_NOISE = 0.05
"""Of an hour, below which everything is a cluster: 18 % is the least of the starting values in 144 simulated hours
of 60 to 250 aircraft and 41 % in the seven recorded ones, 0 to 4 % is what an epsilon of 150 NM gives for 160. [1]"""
MOST_IN_BIGGEST = 0.33
"""Of an hour, above which it is a chain: 24 % is the most of the starting values in the recorded hours, 30 % in
the simulated ones; 30 NM with half the mu has up to 38 % for 160 aircraft. [1]"""
FEWEST = 500
"""Positions of an hour, 8 aircraft, below which its shares say nothing. [positions]"""
_SHARES = ("share_of_traffic", "share_of_kind", "share_of_occupied_area")


def check_cluster_members(
    lake: LakeResource, settings: Settings, hours: Sequence[datetime]
) -> Iterator[Finding]:
    """Every counted position of silver once, none invented; hours of one day."""
    key = ["icao24", "snapshot_at"]
    columns = [*key, "on_ground", "is_repeat", "position_age_s", "latitude", "longitude"]
    counted = _frame(lake, "state_vectors", columns, hours).filter(
        ~pl.col("on_ground"),
        ~pl.col("is_repeat"),
        pl.col("position_age_s") <= OLDEST_S,
        pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null(),
    )
    members = _frame(lake, "cluster_members", key, hours)
    expected, rows = _by_hour(counted), _by_hour(members)
    lost = _by_hour(counted.join(members, on=key, how="anti"))
    for hour in hours:
        have, want, gone = rows.get(hour, 0), expected.get(hour, 0), lost.get(hour, 0)
        yield Finding(
            "positions_conserved",
            hour,
            have == want and not gone,
            f"{have:,} members for {want:,} counted positions of state_vectors",
            {"rows": have, "expected": want, "missing": gone},
        )


def check_cluster_snapshots(
    lake: LakeResource, settings: Settings, hours: Sequence[datetime]
) -> Iterator[Finding]:
    """Micro-clusters once each, and none wider than epsilon; hours of one day."""
    table = lake.read(
        "cluster_snapshots",
        ["hour_start", "id", "radius_nm", "model_epsilon"],
        [("date", "=", hours[0].date())],
    )
    rows = pl.DataFrame(pl.from_arrow(table))
    for hour in hours:
        of_hour = rows.filter(pl.col("hour_start") == hour)
        twice = of_hour.height - of_hour["id"].n_unique()
        wide = of_hour.filter(pl.col("radius_nm") > pl.col("model_epsilon") * (1 + 1e-9)).height
        yield Finding(
            "micro_clusters_are_sound",
            hour,
            not twice and not wide,
            f"{of_hour.height:,} micro-clusters, {twice:,} of them twice, {wide:,} wider than epsilon",
            {"rows": of_hour.height, "twice": twice, "wider_than_epsilon": wide},
        )


def check_cluster_quality(
    lake: LakeResource, settings: Settings, hours: Sequence[datetime]
) -> Iterator[Finding]:
    """Neither nearly all noise nor one cluster; hours of one day. Never judged by the silhouette."""
    table = lake.read("cluster_quality", where=[("date", "=", hours[0].date())])
    rows = {row["hour_start"]: row for row in table.to_pylist()}
    for hour in hours:
        row = rows.get(hour) or {"positions": 0, "noise_share": None, "biggest_share": None}
        for check, column, least, most in (
            ("noise_within_bounds", "noise_share", LEAST_NOISE, MOST_NOISE),
            ("biggest_cluster_within_bounds", "biggest_share", 0.0, MOST_IN_BIGGEST),
        ):
            share = row[column]
            judged = share is not None and row["positions"] >= FEWEST
            said = f"{share:.0%}" if share is not None else "unknown"
            yield Finding(
                check,
                hour,
                not judged or least <= share <= most,
                f"{column} is {said}, {least:.0%} to {most:.0%} is expected"
                + ("" if judged else f"; {row['positions']:,} positions are too few to tell"),
                {
                    "positions": row["positions"],
                    "least": least,
                    "most": most,
                    **({column: share} if share is not None else {}),
                },
            )


def check_hotspots(lake: LakeResource, settings: Settings, hours: Sequence[datetime]) -> Iterator[Finding]:
    """Polygons are polygons, shares are shares and ranks have no gaps; hours of one day."""
    rows = lake.read("hotspots", where=[("date", "=", hours[0].date())]).to_pylist()
    for hour in hours:
        of_hour = [row for row in rows if row["hour_start"] == hour]
        shapes = sum("Polygon" not in json.loads(row["polygon"])["type"] for row in of_hour)
        shares = sum(not -1e-9 <= row[name] <= 1 + 1e-9 for row in of_hour for name in _SHARES)
        kinds = {row["kind"] for row in of_hour}
        ranks = sum(
            sorted(row["rank"] for row in of_hour if row["kind"] == kind)
            != list(range(1, sum(row["kind"] == kind for row in of_hour) + 1))
            for kind in kinds
        )
        yield Finding(
            "hotspots_are_sound",
            hour,
            not shapes and not shares and not ranks,
            f"{len(of_hour):,} hotspots; {shapes:,} without a polygon, {shares:,} shares outside 0 to 1, "
            f"{ranks:,} kinds with gaps in their ranks",
            {"rows": len(of_hour), "without_polygon": shapes, "shares_out_of_bounds": shares},
        )


def _frame(lake: LakeResource, name: str, columns: list[str], hours: Sequence[datetime]) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lake.read(name, columns, within(hours))))


def _by_hour(frame: pl.DataFrame) -> dict[datetime, int]:
    return dict(frame.group_by(pl.col("snapshot_at").dt.truncate("1h")).len().iter_rows())
