"""Is what the tables say true? Counted from the lake again, by other code than what made them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from airtraffic.settings import Settings
from orchestration.resources.lake import LakeResource
from orchestration.silver import within

_KEY = ["icao24", "snapshot_at"]


@dataclass(frozen=True)
class Finding:
    """What a check found in one partition."""

    check: str
    partition: datetime | date
    passed: bool
    description: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


def check_state_vectors(
    lake: LakeResource, settings: Settings, hours: Sequence[datetime]
) -> Iterator[Finding]:
    """Rows conserved, no aircraft twice in a snapshot, positions inside the box; hours of one day."""
    hour = pl.col("snapshot_at").dt.truncate("1h").alias("hour_start")
    sent = _frame(lake, "state_vectors_raw", _KEY, within(hours)).unique().with_columns(hour)
    silver = _frame(lake, "state_vectors", [*_KEY, "latitude", "longitude"], within(hours)).with_columns(hour)
    lost = _by_hour(sent.join(silver, on=_KEY, how="anti"))
    invented = _by_hour(silver.join(sent, on=_KEY, how="anti"))
    twice = _by_hour(silver.group_by(*_KEY, "hour_start").len().filter(pl.col("len") > 1))
    lamin, lamax, lomin, lomax = settings.box
    position = silver.drop_nulls(["latitude", "longitude"])
    inside = pl.col("latitude").is_between(lamin, lamax) & pl.col("longitude").is_between(lomin, lomax)
    outside = _by_hour(position.filter(~inside))
    expected, rows = _by_hour(sent), _by_hour(silver)
    for start in hours:
        gone, extra = lost.get(start, 0), invented.get(start, 0)
        equal = rows.get(start, 0) == expected.get(start, 0)
        yield Finding(
            "rows_conserved",
            start,
            not gone and not extra and equal,
            f"{rows.get(start, 0):,} rows for {expected.get(start, 0):,} distinct (icao24, snapshot_at) in bronze",
            {
                "rows": rows.get(start, 0),
                "expected": expected.get(start, 0),
                "missing": gone,
                "without_message": extra,
            },
        )
        yield Finding(
            "no_aircraft_twice_in_a_snapshot",
            start,
            not twice.get(start),
            f"{twice.get(start, 0):,} aircraft stand more than once in a snapshot",
            {"aircraft_twice": twice.get(start, 0)},
        )
        yield Finding(
            "positions_inside_the_box",
            start,
            not outside.get(start),
            f"{outside.get(start, 0):,} positions outside {settings.box} (lamin, lamax, lomin, lomax)",
            {"rows_outside": outside.get(start, 0)},
        )


def check_poll_coverage(
    lake: LakeResource, settings: Settings, hours: Sequence[datetime]
) -> Iterator[Finding]:
    """Coverage above the threshold; hours of one day."""
    table = lake.read("poll_coverage", where=[("date", "=", hours[0].date())])
    rows = {row["hour_start"]: row for row in table.to_pylist()}
    for start in hours:
        row = rows.get(start)
        share = row["coverage"] if row else None
        # An hour that has only begun expects no poll yet; one without polls is a gap as long as it is.
        gap_s = row["gap_s"] if row else 3600.0
        passed = (
            gap_s < 3600.0 * (1 - settings.coverage_warning)
            if share is None
            else share >= settings.coverage_warning
        )
        yield Finding(
            "coverage_above_threshold",
            start,
            passed,
            f"{share:.0%} of the expected polls"
            if share is not None
            else f"no polls, a gap of {gap_s:,.0f} s",
            {
                "threshold": settings.coverage_warning,
                "polls_seen": row["polls_seen"] if row else 0,
                "gap_s": gap_s,
                **({"coverage": share} if share is not None else {}),
            },
        )


def check_flight_states(
    lake: LakeResource, settings: Settings, hours: Sequence[datetime]
) -> Iterator[Finding]:
    """One row of features for each silver row; hours of one day."""
    silver = _rows(lake, "state_vectors", hours)
    features = _rows(lake, "flight_states", hours) if lake.exists("flight_states") else {}
    for start in hours:
        have, want = features.get(start, 0), silver.get(start, 0)
        yield Finding(
            "rows_equal_silver",
            start,
            have == want,
            f"{have:,} rows for {want:,} in state_vectors",
            {"rows": have, "expected": want},
        )


def check_state_vectors_daily(
    lake: LakeResource, settings: Settings, days: Sequence[date]
) -> Iterator[Finding]:
    """The day holds its hours' rows."""
    for day in days:
        where = [("date", "=", day)]
        have = lake.read("state_vectors_daily", ["hour"], where).num_rows
        want = lake.read("state_vectors", ["hour"], where).num_rows
        yield Finding(
            "rows_conserved",
            day,
            have == want,
            f"{have:,} rows for {want:,} in the hours of state_vectors",
            {"rows": have, "expected": want},
        )


def check_daily_completeness(
    lake: LakeResource, settings: Settings, days: Sequence[date]
) -> Iterator[Finding]:
    """The day is whole."""
    for day in days:
        rows = lake.read("daily_completeness", where=[("date", "=", day)]).to_pylist()
        missing = rows[0]["hours_missing"] if rows else list(range(24))
        share = rows[0]["completeness"] if rows else None
        yield Finding(
            "day_is_whole",
            day,
            bool(rows) and rows[0]["complete"],
            f"{24 - len(missing)} of 24 hours"
            + (f", {share:.0%} of the expected polls" if share is not None else ""),
            {"hours_missing": ", ".join(map(str, missing)) or "none"},
        )


def _frame(lake: LakeResource, name: str, columns: list[str], where: list) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lake.read(name, columns, where)))


def _by_hour(frame: pl.DataFrame) -> dict[datetime, int]:
    return dict(frame.group_by("hour_start").len().iter_rows())


def _rows(lake: LakeResource, name: str, hours: Sequence[datetime]) -> dict[datetime, int]:
    frame = _frame(lake, name, ["snapshot_at"], within(hours))
    return _by_hour(frame.with_columns(pl.col("snapshot_at").dt.truncate("1h").alias("hour_start")))
