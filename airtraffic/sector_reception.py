"""How much of each hour's polls reached each sector: an outage at the peak is not the day's mean."""

import polars as pl

from airtraffic.sector_windows import STEP, STEPS_PER_DAY, midnight, per_window
from airtraffic.sectors import Sector, Sectors

POLL_COLUMNS = ("date", "snapshot_at", "interval_s", "lamin", "lamax", "lomin", "lomax")
_BOX = ("lamin", "lamax", "lomin", "lomax")
_SCHEMA = {
    "date": pl.Date,
    "kind": pl.String,
    "sector": pl.String,
    "window_start": pl.Datetime("us", "UTC"),
    "received": pl.Float64,
    "poorly": pl.Boolean,
}


def window_reception(polls: pl.DataFrame, sectors: Sectors, coverage_warning: float) -> pl.DataFrame:
    """Share of the polls that came in each hour from a quarter hour on, seen from each sector.

    A poll counts for an airspace sector by the share of the polygon that lies in its box; one without
    a box saw everything. Airports have no polygon: every poll counts for a connectivity sector. How
    many polls an hour should have comes from the interval that its polls declare, or else those of its
    day. A day whose polls declare none has no rows, and neither has one without polls; the windows at
    the end of a day look into the next where there are polls of it.

    Parameters
    ----------
    polls
        Rows of ``polls`` with ``POLL_COLUMNS``, of the days and of the day after each.
    sectors
        Those that hold on each day.
    coverage_warning
        A window with a smaller share is poorly received. [1]

    Returns
    -------
    pl.DataFrame
        date, kind, sector, window_start, received [1] and poorly.
    """
    expected = _expected(polls)
    if expected.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    declared = pl.DataFrame(
        [
            (day, sector.kind, sector.id, number)
            for day in sorted(set(expected["date"]))
            for number, sector in enumerate(sectors.sectors)
            if sector.holds_on(day)
        ],
        schema={"date": pl.Date, "kind": pl.String, "sector": pl.String, "number": pl.Int64},
        orient="row",
    )
    height, width = pl.col("lamax") - pl.col("lamin"), pl.col("lomax") - pl.col("lomin")
    seen = (
        polls.sort(height * width, descending=True, nulls_last=False)
        .unique("snapshot_at", keep="first")
        .group_by(pl.col("snapshot_at").dt.truncate("15m").alias("quarter"), *_BOX)
        .len()
        .join(_shares(polls, sectors), on=_BOX, nulls_equal=True)
        .group_by("number", "quarter")
        .agg((pl.col("len") * pl.col("share")).sum().alias("seen"))
    )
    quarters = (
        declared.join(expected, on="date")
        .join(seen, on=["number", "quarter"], how="left")
        .with_columns(pl.col("seen").fill_null(0.0))
    )
    windows = (
        per_window(quarters.select("sector", "quarter", "expected", "seen"))
        # As poll_coverage has it, a part of a poll is none; the sum of four quarters may fall short of it.
        .with_columns((pl.col("expected") + 1e-6).floor())
        .with_columns((pl.col("seen") / pl.col("expected")).clip(0, 1).alias("received"))
    )
    return (
        quarters.rename({"quarter": "window_start"})
        .select("date", "kind", "sector", "window_start")
        .join(windows, on=["sector", "window_start"])
        .with_columns((pl.col("received") < coverage_warning).alias("poorly"))
        .select(*_SCHEMA)
        .sort("date", "sector", "window_start")
    )


def out_of_sight(reception: pl.DataFrame) -> pl.DataFrame:
    """date and sector of the airspace sectors of which no poll of the day's windows saw any part."""
    return (
        reception.filter(pl.col("kind") == "airspace")
        .group_by("date", "sector")
        .agg(pl.col("received").sum())
        .filter(pl.col("received") == 0)
        .select("date", "sector")
    )


def _expected(polls: pl.DataFrame) -> pl.DataFrame:
    """date, quarter and expected polls of each quarter hour of the days whose polls declare an interval."""
    declared = polls.filter(pl.col("interval_s") > 0)
    hour = pl.col("snapshot_at").dt.truncate("1h").alias("hour")
    of_hour = declared.group_by(hour).agg(pl.col("interval_s").median())
    of_day = declared.group_by("date").agg(pl.col("interval_s").median().alias("of_day"))
    return (
        of_day.join(pl.DataFrame({"step": range(STEPS_PER_DAY)}), how="cross")
        .with_columns((midnight() + STEP * pl.col("step")).alias("quarter"))
        .with_columns(pl.col("quarter").dt.truncate("1h").alias("hour"))
        .join(of_hour, on="hour", how="left")
        .select(
            "date",
            "quarter",
            (STEP.total_seconds() / pl.coalesce("interval_s", "of_day").clip(upper_bound=3600)).alias(
                "expected"
            ),
        )
    )


def _shares(polls: pl.DataFrame, sectors: Sectors) -> pl.DataFrame:
    """Number of each definition, box, and the share of the sector in it, for every box that was polled. [1]"""
    return pl.DataFrame(
        [
            (number, *box, _share(sector, box))
            for box in polls.select(_BOX).unique().rows()
            for number, sector in enumerate(sectors.sectors)
        ],
        schema={"number": pl.Int64, **dict.fromkeys((*_BOX, "share"), pl.Float64)},
        orient="row",
    )


def _share(sector: Sector, box: tuple[float | None, ...]) -> float:
    if sector.kind == "connectivity" or None in box:
        return 1.0

    import shapely  # 0.2 s, and the code location loads this module

    south, north, west, east = box
    polygon = shapely.Polygon(sector.polygon)
    share = polygon.intersection(shapely.box(west, south, east, north)).area / polygon.area
    # Within a hundred millionth all of it, so that a sector on the edge of the box is not short of a poll.
    return share if share < 1 - 1e-8 else 1.0
