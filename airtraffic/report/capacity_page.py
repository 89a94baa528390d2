"""The capacity report: a page per sector and day for the one who signs it, and an overview of the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from airtraffic.report.capacity_texts import CapacityTexts
from airtraffic.report.texts import LANGUAGES
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
)
"""Tables that a page reads."""


@dataclass(frozen=True)
class SectorDay:
    """What the tables of a day say of one sector."""

    sector: Sector
    saturation: Sequence[Row]
    capacity: Row | None
    entries: pl.DataFrame
    overloads: Sequence[Row]
    alerts: Sequence[Row]
    peak_hours: pl.DataFrame
    adjustments: Sequence[Row]
    passages: pl.DataFrame

    @property
    def observed(self) -> Row | None:
        """The saturation that was observed on the day."""
        return next((row for row in self.saturation if row["basis"] == "observed"), None)

    @property
    def forecasts(self) -> list[Row]:
        return [row for row in self.saturation if row["basis"] == "forecast"]

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
            of("sector_saturation", sector).sort("basis", "day").to_dicts(),
            next(iter(of("sector_capacity", sector).to_dicts()), None),
            of("sector_entries", sector).sort("window_start"),
            of("overload_segments", sector).sort("start").to_dicts(),
            of("sector_alerts", sector).sort("start").to_dicts(),
            of("peak_hours", sector),
            of("sector_adjustments", sector).sort("hour_start", "proposal", "part").to_dicts(),
            of("sector_flights", sector).sort("entry_at", "callsign", nulls_last=True),
        )
        for sector in sectors
    ]


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
    return _template("capacity.html.j2").render(
        **_common(day, language),
        of=of,
        o=of.observed,
        c=of.capacity,
        where=_where(of.sector, CapacityTexts(language)),
        windows=_windows(of.entries),
        heat=_heat(of.peak_hours),
        versions=versions,
        other=f"{of.sector.id}.{_other(language)}.html",
    )


def overview_page(day: date, of: Sequence[SectorDay], language: str) -> str:
    """All sectors of a day, the fullest first, each with a link to its page."""
    counted = [one for one in of if one.observed]
    return _template("capacity_overview.html.j2").render(
        **_common(day, language),
        counted=sorted(counted, key=lambda one: -(one.observed["saturation_percent"] or -1.0)),
        silent=[one for one in of if not one.observed],
        where=_where,
        other=f"index.{_other(language)}.html",
    )


@cache
def _template(name: str):
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("airtraffic.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template(name)


def _common(day: date, language: str) -> dict[str, Any]:
    return {"t": CapacityTexts(language), "day": day}


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


def _windows(entries: pl.DataFrame) -> list[tuple[int, int]]:
    """Quarter hour of the day and entries in the 60 minutes from it on."""
    start = pl.col("window_start")
    quarter = start.dt.hour().cast(pl.Int32) * 4 + start.dt.minute() // 15
    return list(entries.select(quarter, pl.col("entries_60min")).iter_rows())


def _heat(peak_hours: pl.DataFrame) -> dict[str, Any] | None:
    if peak_hours.is_empty():
        return None
    rows = peak_hours.select("weekday", "hour", "intensity").to_dicts()
    dates = peak_hours.unique("weekday")
    return {
        "cells": rows,
        "highest": max((row["intensity"] or 0.0 for row in rows), default=0.0),
        "window_from": peak_hours["window_from"][0],
        "window_to": peak_hours["window_to"][0],
        "dates": dates["dates"].sum(),
        "with_data": dates["dates_with_data"].sum(),
    }
