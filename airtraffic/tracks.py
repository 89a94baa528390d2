"""Flights from state vectors: tracks cut into flights, each with its times and level."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

LOOK_BACK = timedelta(hours=3)
"""How much of the day before is read: whether a track at midnight goes on from before is known from its last
half hour; the rest is for the last callsign sent."""
LOOK_AHEAD = timedelta(hours=12)
"""How much of the day after is read, for flights over midnight. One that is still in the air then ends in the
air; inside a box over South America none flies for 12 h."""
COLUMNS = (
    "icao24",
    "callsign",
    "time_position",
    "longitude",
    "latitude",
    "baro_altitude",
    "geo_altitude",
    "on_ground",
    "velocity",
    "true_track",
    "vertical_rate",
    "snapshot_at",
    "source",
    "ingested_at",
)
"""Columns of ``state_vectors`` that are needed."""
_M_PER_FT = 0.3048
_AIRCRAFT = ["source", "icao24"]


@dataclass(frozen=True)
class TrackRules:
    """Where one flight ends and the next begins: EUROCONTROL's OPDI values unless said."""

    longest_gap_s: int = 1800
    """A longer gap separates two flights anywhere."""
    longest_low_gap_s: int = 900
    """A longer gap separates them when the aircraft is low before and after it, or has changed its callsign:
    that it was low on one side only is a flight that was heard late or lost early."""
    low_m: float = 1524.0
    """What is low; an aircraft on the ground is."""
    fastest_on_ground_mps: float = 100.0
    """A faster aircraft flies, whatever it reports: 1 % of surface reports are of such; none rolls at 194 kt.
    (Ours.)"""
    fewest_positions: int = 2
    """A track of fewer is none. (Ours.)"""
    rate_span_s: int = 300
    """Whether a track begins climbing, or ends descending, is seen over this time. (Ours.)"""
    level_m: float = 30.0
    """Two positions that differ less are level. (Ours.)"""


def flight_tracks(states: pl.DataFrame, day: date, rules: TrackRules = TrackRules()) -> pl.DataFrame:
    """One row per flight that began on a day, with the positions at its two ends.

    A flight is what lies between two times on the ground, or between two gaps. It begins with its first
    position in the air and ends with its last; where the aircraft was heard on the ground before or after,
    that position is given as well, since it tells the airport.

    Parameters
    ----------
    states
        Columns ``COLUMNS`` of ``state_vectors``, from ``LOOK_BACK`` before the day to ``LOOK_AHEAD`` after it.
    day
        Day of the first position in the air. [UTC]

    Returns
    -------
    pl.DataFrame
        Sorted by source, aircraft and time. ``first_*`` and ``last_*`` describe the ends: time [s since
        1970-01-01 UTC], place [deg], altitude [m], track [deg], ``*_rise_m`` the change of altitude over
        ``rate_span_s`` [m], ``*_ground`` whether the place is one on the ground.
    """
    began = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return (
        _positions(states, rules)
        .with_columns(_begins(rules).cum_sum().alias("track"))
        .pipe(_summaries, rules)
        .filter(
            pl.col("first_s").is_between(began, began + 86_400, closed="left"),
            pl.col("positions") >= rules.fewest_positions,
        )
        .sort(*_AIRCRAFT, "first_s")
        .collect()
    )


def _positions(states: pl.DataFrame, rules: TrackRules) -> pl.LazyFrame:
    """Every position once, by aircraft and time; what repeats the one before is dropped."""
    snapshot_s = pl.col("snapshot_at").dt.epoch("s")
    fast = pl.col("velocity").fill_null(0.0) > rules.fastest_on_ground_mps
    altitude = pl.coalesce("baro_altitude", "geo_altitude")
    return (
        states.lazy()
        .drop_nulls(["latitude", "longitude"])
        .with_columns(
            pl.coalesce("time_position", snapshot_s).alias("at_s"),
            (pl.col("on_ground").fill_null(False) & ~fast).alias("ground"),
            altitude.alias("altitude"),
        )
        .sort(*_AIRCRAFT, "at_s", "snapshot_at")
        .unique([*_AIRCRAFT, "at_s"], keep="first", maintain_order=True)
        .with_columns(
            ((pl.col("altitude") < rules.low_m).fill_null(False) | pl.col("ground")).alias("low"),
            pl.col("callsign").forward_fill().over(_AIRCRAFT).alias("sent"),
        )
        .with_columns(
            pl.col("at_s").diff().over(_AIRCRAFT).alias("gap_s"),
            *(
                pl.col(name).shift(1).over(_AIRCRAFT).alias(f"{name}_before")
                for name in ("low", "ground", "sent", "latitude", "longitude")
            ),
            *(
                pl.col(name).shift(-1).over(_AIRCRAFT).alias(f"{name}_after")
                for name in ("at_s", "ground", "latitude", "longitude")
            ),
        )
    )


def _begins(rules: TrackRules) -> pl.Expr:
    """Whether a position is the first of a flight, or the first after a gap."""
    left_ground = pl.col("ground_before") & ~pl.col("ground")
    low_or_renamed = (pl.col("low_before") & pl.col("low")) | (pl.col("sent") != pl.col("sent_before"))
    return (
        pl.col("gap_s").is_null()
        | (pl.col("gap_s") > rules.longest_gap_s)
        | ((pl.col("gap_s") > rules.longest_low_gap_s) & low_or_renamed)
        | left_ground
    ).fill_null(False)


def _summaries(positions: pl.LazyFrame, rules: TrackRules) -> pl.LazyFrame:
    """One row per track from its positions in the air."""
    at_s, altitude = pl.col("at_s"), pl.col("altitude")
    level = (altitude.diff().abs() < rules.level_m).fill_null(False)
    near_first = altitude.filter(at_s <= at_s.first() + rules.rate_span_s).drop_nulls()
    near_last = altitude.filter(at_s >= at_s.last() - rules.rate_span_s).drop_nulls()
    joined = pl.col("gap_s").fill_null(rules.longest_gap_s + 1) <= rules.longest_gap_s
    from_ground = (pl.col("ground_before").fill_null(False) & joined).first()
    followed = (pl.col("at_s_after") - at_s).fill_null(rules.longest_gap_s + 1) <= rules.longest_gap_s
    to_ground = (pl.col("ground_after").fill_null(False) & followed).last()

    def ends(name: str) -> list[pl.Expr]:
        """The place at both ends: on the ground where it was heard there."""
        first, last = pl.col(name).first(), pl.col(name).last()
        return [
            pl.when(from_ground)
            .then(pl.col(f"{name}_before").first())
            .otherwise(first)
            .alias(f"first_{name}"),
            pl.when(to_ground).then(pl.col(f"{name}_after").last()).otherwise(last).alias(f"last_{name}"),
        ]

    return (
        positions.filter(~pl.col("ground"))
        .group_by("track", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in _AIRCRAFT),
            # Of the callsigns sent the most frequent: one of the flight before is often corrected in the air.
            pl.col("callsign").drop_nulls().mode().sort().last(),
            pl.len().alias("positions"),
            at_s.first().alias("first_s"),
            at_s.last().alias("last_s"),
            *ends("latitude"),
            *ends("longitude"),
            altitude.first().alias("first_altitude"),
            altitude.last().alias("last_altitude"),
            pl.col("true_track").first().alias("first_true_track"),
            pl.col("true_track").last().alias("last_true_track"),
            _or_rate(near_first.last() - near_first.first(), "first", rules).alias("first_rise_m"),
            _or_rate(near_last.last() - near_last.first(), "last", rules).alias("last_rise_m"),
            from_ground.alias("first_ground"),
            to_ground.alias("last_ground"),
            altitude.filter(level).max().alias("level_m"),
            pl.col("ingested_at").max(),
        )
    )


def _or_rate(rise_m: pl.Expr, end: str, rules: TrackRules) -> pl.Expr:
    """The change of altitude between positions, or where there is none what the aircraft says it would be."""
    rate = pl.col("vertical_rate")
    said = (rate.first() if end == "first" else rate.last()) * rules.rate_span_s
    return pl.when(rise_m == 0.0).then(pl.coalesce(said, rise_m)).otherwise(pl.coalesce(rise_m, said))


def cruise_fl(level_m: pl.Expr) -> pl.Expr:
    """The highest level that was held, to the nearest 1,000 ft. [FL]"""
    return ((level_m / _M_PER_FT / 1000).round() * 10).cast(pl.Int32)
