"""Flights from tracks: the partition (date, ``tracks``) of ``flights_raw``, made from silver."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.flight_tables import TRACKS
from airtraffic.track_flights import track_flights
from airtraffic.tracks import COLUMNS, LOOK_AHEAD, LOOK_BACK
from orchestration.races import replace_from_newest
from orchestration.resources.lake import Filter, LakeResource

DAY = timedelta(days=1)


def make_track_flights(lake: LakeResource, day: date, routes: pl.DataFrame) -> pa.Table:
    """Make the flights of a day that its tracks show, in one commit; their rows of ``flights_raw``.

    Parameters
    ----------
    routes
        ``airtraffic.callsign_routes.read_callsign_routes``.
    """

    def rows() -> pa.Table:
        states = lake.read("state_vectors_daily", COLUMNS, around(day))
        return track_flights(pl.DataFrame(pl.from_arrow(states)), day, routes)

    return replace_from_newest(lake, "flights_raw", rows, f"date = '{day}' AND route = '{TRACKS}'")


def around(day: date) -> list[Filter]:
    """The day, the hours before that tell whether a track goes on from them, and those after for flights
    over midnight."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return [
        ("date", "in", [day - DAY, day, day + DAY]),
        ("snapshot_at", ">=", midnight - LOOK_BACK),
        ("snapshot_at", "<", midnight + DAY + LOOK_AHEAD),
    ]
