"""Hours of hotspots made from the features in the lake, and the map of them with the clusters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from airtraffic.settings import Settings
from orchestration.clusters import middle, of_hours
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from orchestration.silver import hours_predicate

if TYPE_CHECKING:
    from airtraffic.hotspots import HotspotParameters

_POSITIONS = ("icao24", "latitude", "longitude", "aircraft_in_cell", "congestion_band", "density_congested")
_CELLS = ("snapshot_at", "cell_id", "latitude", "longitude", "aircraft", "sources")
_COVERAGE = ("hour_start", "polls_seen", "coverage", "rows", "sources")
DAYS_BEFORE = 7


class HotspotConfig(dg.Config):
    """What counts as a hotspot."""

    cell_nm: float = Field(5.0, ge=1, le=60, description="Edge of the density grid's cells. [NM]")
    bandwidth_nm: float = Field(
        10.0,
        ge=0.5,
        le=300,
        description="Standard deviation of the Gaussian kernel; at least half a cell. [NM]",
    )
    times_mean: float = Field(
        3.0,
        ge=1,
        le=1000,
        description="Density of a hotspot over the mean of the occupied area, at least. [1]",
    )
    at_least_aircraft: int = Field(
        3, ge=1, description="Distinct aircraft that make up a hotspot, at least. [aircraft]"
    )
    top: int = Field(10, ge=1, le=1000, description="Hotspots of each kind that are kept. [hotspots]")
    least_coverage: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of its polls that a day before needs to be compared with. [1]",
    )


def make_hotspots(
    lake: LakeResource, hours: Sequence[datetime], config: HotspotConfig, settings: Settings
) -> pa.Table:
    """Make hours of ``hotspots`` of one day, in one commit."""
    from airtraffic.hotspots import HotspotParameters

    parameters = HotspotParameters(
        **config.model_dump(),
        dense_cell_aircraft=settings.dense_cell_aircraft,
        centre=middle(settings.box),
    )

    def rows() -> pa.Table:
        return pa.concat_tables([_hour(lake, hour, parameters) for hour in sorted(hours)])

    return replace_from_newest(lake, "hotspots", rows, hours_predicate(hours))


def _hour(lake: LakeResource, hour: datetime, parameters: "HotspotParameters") -> pa.Table:
    from airtraffic.hotspots import hotspots

    days = [hour.date() - timedelta(days=n) for n in range(DAYS_BEFORE + 1)]
    same_hour = ("hour", "=", hour.hour)
    density = lake.read("traffic_density", (*_CELLS, "date"), [("date", "in", days), same_hour])
    of_day = pc.equal(density["date"], pa.scalar(days[0]))
    return hotspots(
        _frame(of_hours(lake, "flight_states", hour, columns=_POSITIONS)),
        _frame(density.filter(of_day)),
        _frame(density.filter(pc.invert(of_day))),
        parameters,
        hour=hour,
        coverage=_frame(lake.read("poll_coverage", _COVERAGE, [("date", "in", days), same_hour])),
    )


def _frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))
