"""What an outage and the edge of the polled box do to the counts of a sector."""

from datetime import timedelta

import polars as pl
import pytest

from airtraffic.saturation import observed_saturation
from airtraffic.sector_capacity import daily_times, sector_capacity_days
from airtraffic.sector_counts import sector_entries, sector_occupancy
from airtraffic.sector_coverage import known_sectors
from airtraffic.sector_passages import airspace_passages
from airtraffic.sector_reception import window_reception
from tests.unit.sector_samples import BOX, DAY, at, basis, flights, polls, positions, sectors, track

NEXT = DAY + timedelta(days=1)
WORLD = (None, None, None, None)
FAR = BOX.replace("BOX", "FAR").replace("-24", "20").replace("-22", "22")
SOUTH = (-60.0, 15.0, -90.0, -30.0)
HALF = (-60.0, 15.0, -90.0, -49.0)


def polled(minutes, box=SOUTH, interval_s=60.0) -> pl.DataFrame:
    rows = [(at(minute).date(), at(minute), interval_s, *box) for minute in minutes]
    edges = dict.fromkeys(("lamin", "lamax", "lomin", "lomax"), pl.Float64)
    times = {"date": pl.Date, "snapshot_at": pl.Datetime("us", "UTC"), "interval_s": pl.Float64}
    return pl.DataFrame(rows, schema=times | edges, orient="row")


def counts(received: pl.DataFrame, *declared: str, days=(DAY,)):
    """Entries and saturation of one aircraft that crosses the box."""
    of = sectors(*declared)
    crossing = track("e40001", *((600 + n, -50.3 + 0.1 * n, -23, 350) for n in range(30)))
    inside = airspace_passages(positions(crossing), of)
    known = basis(flights(), polls(0.906, (DAY, NEXT)))
    reception = window_reception(received, of, 0.9)
    entries = pl.DataFrame(pl.from_arrow(sector_entries(inside, of, days, known, reception)))
    occupancy = pl.DataFrame(pl.from_arrow(sector_occupancy(inside, of, days, known, reception)))
    capacity = pl.DataFrame(pl.from_arrow(sector_capacity_days(daily_times(inside), of, days)))
    return entries, observed_saturation(entries, occupancy, capacity, of, days)


def test_windows_in_an_outage_are_marked_and_with_them_the_day():
    minutes = [minute for minute in range(2880) if not 1080 <= minute < 1215]
    entries, saturation = counts(polled(minutes), BOX)
    share = dict(entries.select("window_start", "coverage").iter_rows())
    assert [share[at(minute)] for minute in (1020, 1035, 1080, 1155, 1170, 1215)] == [
        1, 0.75, 0, 0, 0.25, 1
    ]  # fmt: skip
    marked = entries.filter("coverage_marked")["window_start"].to_list()
    assert marked == [at(minute) for minute in range(1035, 1215, 15)]
    (day,) = saturation.to_dicts()
    assert day["coverage_marked"]
    assert day["coverage"] == pytest.approx(1 - 135 / 1440), "the day's share alone would not mark it"
    whole, saturation = counts(polled(range(2880)), BOX)
    assert not whole["coverage_marked"].any()
    assert not saturation["coverage_marked"].any()


def test_the_last_windows_look_at_the_polls_of_the_next_day_where_there_are_any():
    entries, _ = counts(polled([*range(1440), *range(1455, 2880)]), BOX)
    assert entries.filter("coverage_marked")["window_start"].to_list() == [at(1395), at(1410), at(1425)]
    entries, _ = counts(polled(range(1440)), BOX)
    assert not entries["coverage_marked"].any()


def test_a_sector_outside_of_the_polled_box_is_not_empty_but_unknown():
    entries, saturation = counts(polled(range(1440)), BOX, FAR)
    assert set(entries["sector"]) == set(saturation["sector"]) == {"BOX"}
    entries, _ = counts(polled(range(1440), WORLD), BOX, FAR)
    assert set(entries["sector"]) == {"BOX", "FAR"}


def test_a_sector_partly_outside_carries_the_share_that_was_watched():
    entries, saturation = counts(polled(range(1440), HALF), BOX)
    assert entries["coverage"].to_list() == pytest.approx([0.5] * 96)
    assert saturation["coverage"].to_list() == pytest.approx([0.5])
    both = pl.concat([polled(range(1440), HALF), polled(range(720), SOUTH)])
    entries, _ = counts(both, BOX)
    assert entries["coverage_marked"].sum() == 51, "the wider of two boxes of one moment counts"


def test_a_day_whose_polls_are_not_there_keeps_the_share_of_the_day():
    entries, saturation = counts(polled([]), BOX)
    assert set(entries["coverage"]) == {0.906}
    assert not saturation["coverage_marked"].any()
    assert known_sectors(sectors(BOX), [DAY], basis(flights(), polls(1))).height == 1
