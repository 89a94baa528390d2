"""The capacity report: a page per sector and day for the one who signs it, and an overview of the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from itertools import groupby
from typing import Any

import polars as pl

from airtraffic.report.capacity_pictures import (
    entries_curve,
    peak_hours_map,
    poor_quarters,
    quarters,
)
from airtraffic.report.capacity_texts import CapacityTexts
from airtraffic.report.texts import LANGUAGES
from airtraffic.saturation_forecast import days_ahead
from airtraffic.sectors import ANY, Sector

Row = Mapping[str, Any]
SECTOR_DAY_TABLES = (
    "sector_saturation",
    "sector_capacity",
    "sector_entries",
    "overload_segments",
    "sector_alerts",
    "peak_hours",
    "sector_adjustments",
    "sector_flights",
    "sector_saturation_forecast",
)
"""Tables that a page reads."""
_PROPOSALS = ("flow_cap", "split", "merge")


@dataclass(frozen=True)
class SectorDay:
    """What the tables of a day say of one sector."""

    sector: Sector
    observed: Row | None
    """The saturation of the day."""
    capacity: Row | None
    entries: pl.DataFrame
    overloads: Sequence[Row]
    alerts: Sequence[Row]
    peak_hours: pl.DataFrame
    adjustments: Sequence[Row]
    passages: pl.DataFrame
    forecasts: Sequence[Row]
    """Saturation of the days after it, as forecast on the day."""

    def week_ahead(self, day: date) -> list[tuple[date, Row | None]]:
        """Each of the days after ``day`` and its forecast, None where there is none; empty without any."""
        known = {row["target_date"]: row for row in self.forecasts}
        return [(each, known.get(each)) for each in days_ahead(day)] if known else []

    @property
    def definition(self) -> str | None:
        """Version of the sector's definition, as the numbers carry it."""
        row = self.capacity or self.observed
        return row["sectors_version"] if row else None


def sector_days(sectors: Sequence[Sector], tables: Mapping[str, pl.DataFrame]) -> list[SectorDay]:
    """Rows of a day's tables, by sector.

    Parameters
    ----------
    tables
        Rows of one day of each of :data:`SECTOR_DAY_TABLES`.
    """
    split = {
        name: {key[0]: part for key, part in rows.partition_by("sector", as_dict=True).items()}
        for name, rows in tables.items()
    }

    def of(name: str, sector: Sector) -> pl.DataFrame:
        return split[name].get(sector.id, tables[name].clear())

    return [
        SectorDay(
            sector,
            _first(of("sector_saturation", sector).filter(pl.col("basis") == "observed")),
            _first(of("sector_capacity", sector)),
            of("sector_entries", sector).sort("window_start"),
            of("overload_segments", sector).sort("start").to_dicts(),
            of("sector_alerts", sector).sort("start").to_dicts(),
            of("peak_hours", sector),
            of("sector_adjustments", sector).sort("hour_start", "proposal", "part").to_dicts(),
            of("sector_flights", sector).sort("entry_at", "callsign", nulls_last=True),
            of("sector_saturation_forecast", sector).sort("target_date").to_dicts(),
        )
        for sector in sectors
    ]


def _first(rows: pl.DataFrame) -> Row | None:
    return next(rows.iter_rows(named=True), None)


def file_name(sector_id: str, day: date, language: str) -> str:
    """``capacity/2022-07-01/BR-SAO-RIO.es.html``"""
    return f"capacity/{day.isoformat()}/{sector_id}.{language}.html"


def overview_name(day: date, language: str) -> str:
    """``capacity/2022-07-01/index.es.html``"""
    return f"capacity/{day.isoformat()}/index.{language}.html"


def capacity_page(day: date, of: SectorDay, language: str, versions: Mapping[str, int | None]) -> str:
    """The page of a sector and day.

    Parameters
    ----------
    versions
        Delta version of every table that was read.
    """
    t, o, c = CapacityTexts(language), of.observed, of.capacity
    limits = of.sector.thresholds
    poor = poor_quarters(of.entries)
    return page_template("capacity.html.j2").render(
        t=t,
        day=day,
        of=of,
        o=o,
        c=c,
        name=of.sector.called(language),
        where=_where(of.sector, t),
        curve=of.entries.height
        and entries_curve(
            quarters(of.entries),
            c and c["ch_adjusted_per_h"],
            o["alert_percent"] if o else limits.alert_percent,
            o["critical_percent"] if o else limits.critical_percent,
            t,
            poor,
        ),
        poor=len(poor),
        overloads=[(row, _flights_behind(row, of.passages)) for row in of.overloads],
        peaks=_peaks(of.adjustments),
        passages=_passage_rows(of.passages, t),
        heat=_heat(of.peak_hours, t),
        versions={name: version for name, version in versions.items() if version is not None},
        other=f"{of.sector.id}.{_other(language)}.html",
    )


def overview_page(day: date, of: Sequence[SectorDay], language: str) -> str:
    """All sectors of a day, the fullest by the hour or at once first, each with a link to its page."""
    counted = [one for one in of if one.observed]
    return page_template("capacity_overview.html.j2").render(
        t=CapacityTexts(language),
        day=day,
        counted=sorted(counted, key=_fullness, reverse=True),
        silent=[one for one in of if not one.observed],
        where=_where,
        other=f"index.{_other(language)}.html",
    )


def _fullness(of: SectorDay) -> float:
    return max(of.observed["saturation_percent"] or -1.0, of.observed["occupancy_percent"] or -1.0)


@cache
def page_template(name: str):
    """A template of the report pages."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("airtraffic.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template(name)


def _other(language: str) -> str:
    return next(other for other in LANGUAGES if other != language)


def _where(sector: Sector, t: CapacityTexts) -> str:
    if sector.kind == "airspace":
        return t["airspace"].format(floor=f"{sector.floor_fl:03.0f}", ceiling=f"{sector.ceiling_fl:03.0f}")
    names = {
        name: ", ".join(sorted(codes)) or t[ANY]
        for name, codes in (("origins", sector.origins), ("destinations", sector.destinations))
    }
    return t["connectivity"].format(**names)


def _flights_behind(overload: Row, passages: pl.DataFrame) -> list[str]:
    """Entries of an overload segment: time, flight and route; those after midnight by their names alone."""
    there = passages.filter(pl.col("entry_at").is_between(overload["start"], overload["end"], closed="left"))
    listed = []
    for row in there.iter_rows(named=True):
        route = f"{row['origin'] or '?'}-{row['destination'] or '?'}"
        # An id that a provider's file was given says less than the route, and stands in the list of entries.
        said = [row["callsign"] or row["icao24"] or "", route if row["origin"] or row["destination"] else ""]
        listed.append(" ".join(filter(None, (f"{row['entry_at']:%H:%M}", *said))))
    return listed + list(overload["flights"][there.height :])


def _passage_rows(passages: pl.DataFrame, texts: CapacityTexts) -> str:
    """The day's entries as rows of a table: a template takes five times as long for a thousand of them."""
    rows = passages.select(
        pl.coalesce("callsign", "flight_id", "icao24", pl.lit("")),
        pl.format("{} - {}", pl.col("origin").fill_null("?"), pl.col("destination").fill_null("?")),
        pl.col("entry_at").dt.strftime("%H:%M:%S"),
        pl.col("exit_at").dt.strftime("%H:%M:%S").fill_null("-"),
        pl.col("time_in_sector_s") / 60,
    )
    return "\n".join(
        "<tr>"
        + "".join(f"<td>{escape(said)}</td>" for said in said_of)
        + f'<td class="n">{"-" if minutes is None else texts.number(minutes, 1)}</td></tr>'
        for *said_of, minutes in rows.iter_rows()
    )


def _peaks(adjustments: Sequence[Row]) -> list[list[Row]]:
    """Proposals by the window that they are made for, in the order in which they are weighed."""
    ordered = sorted(adjustments, key=lambda row: (row["window_start"], _PROPOSALS.index(row["proposal"])))
    return [list(rows) for _, rows in groupby(ordered, key=lambda row: row["window_start"])]


def _heat(peak_hours: pl.DataFrame, texts: CapacityTexts) -> dict[str, Any] | None:
    if peak_hours.is_empty():
        return None
    dates = peak_hours.unique("weekday")
    return {
        "map": peak_hours_map(peak_hours, texts),
        "window_from": peak_hours["window_from"][0],
        "window_to": peak_hours["window_to"][0],
        "dates": dates["dates"].sum(),
        "with_data": dates["dates_with_data"].sum(),
    }
