"""Which sectors may fill up in the days ahead, and of how many of them nothing is forecast."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from airtraffic.saturation_forecast import days_ahead

Row = Mapping[str, Any]
_FULL = ("alert", "critical")


@dataclass(frozen=True)
class SectorWeek:
    """A sector's days ahead; a day without a forecast is None."""

    sector: str
    days: Sequence[Row | None]
    has_demand: Sequence[bool]
    """Whether entries are forecast of each day: where they are, a gap is a missing profile of the weekday."""

    @property
    def first(self) -> Row | None:
        """The first day that is forecast; None where none is."""
        return next((row for row in self.days if row), None)

    @property
    def is_lower_bound(self) -> bool:
        """Whether its days' own peaks are not known to stand out from the profile's: it may be more."""
        return self.first is not None and not self.first["peak_days"]


@dataclass(frozen=True)
class SectorOutlook:
    """All sectors declared on a day of issue, the fullest first, those without a forecast last."""

    days: Sequence[date]
    weeks: Sequence[SectorWeek]

    @property
    def forecast(self) -> list[SectorWeek]:
        """Sectors of which at least one day is forecast."""
        return [week for week in self.weeks if week.first]

    @property
    def judged(self) -> list[SectorWeek]:
        """Those of them that have a level: without a capacity there is none."""
        return [week for week in self.forecast if any(row and row["level_upper"] for row in week.days)]

    @property
    def full(self) -> list[SectorWeek]:
        """Those whose interval reaches alert or critical on some day."""
        return [week for week in self.judged if any(row and row["level_upper"] in _FULL for row in week.days)]

    @property
    def may_be_more(self) -> bool:
        """Whether one that is not among the full ones is only known from below."""
        return any(week.is_lower_bound for week in self.judged if week not in self.full)

    @property
    def forecast_days(self) -> int:
        """Days of which at least one sector is forecast. [d]"""
        return sum(any(week.days[at] for week in self.weeks) for at in range(len(self.days)))

    @property
    def cells(self) -> int:
        """Days of sectors that are forecast."""
        return sum(row is not None for week in self.weeks for row in week.days)


def sector_outlook(
    saturation: pl.DataFrame, demand: pl.DataFrame, day: date, declared: Collection[str]
) -> SectorOutlook:
    """The days that are forecast on a day of issue, of every declared sector.

    Parameters
    ----------
    saturation
        Rows of ``sector_saturation_forecast`` of the day of issue.
    demand
        Rows of ``demand_forecast`` of it.
    declared
        Sectors that are declared on the day of issue.
    """
    days = days_ahead(day)
    rows = {(row["sector"], row["target_date"]): row for row in saturation.iter_rows(named=True)}
    asked = set(demand.filter(pl.col("kind") == "sector").select("series", "target_date").iter_rows())
    weeks = [
        SectorWeek(sector, [rows.get((sector, at)) for at in days], [(sector, at) in asked for at in days])
        for sector in {*declared, *saturation["sector"]}
    ]
    return SectorOutlook(days, sorted(weeks, key=_fullest_first))


def _fullest_first(week: SectorWeek) -> tuple[bool, float, str]:
    percents = [row["saturation_percent"] for row in week.days if row]
    return not percents, -max((each for each in percents if each is not None), default=-1.0), week.sector
