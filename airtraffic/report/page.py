"""The report page of a day of traffic: one self-contained HTML file."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from airtraffic.report import charts
from airtraffic.report.summary import Summary, summarise
from airtraffic.report.texts import LANGUAGES, Texts

MEASURES = ("congestion_band", "dense", "critical", "watched", "repeats")


def file_name(day: date, language: str) -> str:
    """``traffic_2025-01-15.es.html``"""
    return f"traffic_{day.isoformat()}.{language}.html"


def traffic_day(
    day: date,
    flight_states: pl.DataFrame,
    traffic_density: pl.DataFrame,
    coverage: pl.DataFrame,
    *,
    box: tuple[float, float, float, float],
    dense_cell_aircraft: int,
    complete_from: float,
    versions: Mapping[str, int],
) -> tuple[Summary, dict[str, str]]:
    """The summary of a day, and its page in every language.

    Parameters
    ----------
    box
        lamin, lamax, lomin, lomax of the map. [deg]
    dense_cell_aircraft
        The threshold that the dense cells were made with. [aircraft]
    complete_from
        Share of the expected polls from which on the day counts as complete. [1]
    versions
        Delta version of every table that was read.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    summary = summarise(flight_states, traffic_density, coverage)
    template = Environment(
        loader=PackageLoader("airtraffic.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    ).get_template("traffic_day.html.j2")
    pages = {}
    for language in LANGUAGES:
        texts = Texts(language)
        pages[language] = template.render(
            t=texts,
            day=day,
            s=summary,
            measures={name: getattr(summary, name) for name in MEASURES},
            complete=(summary.coverage.percent or 0) >= 100 * complete_from,
            dense=dense_cell_aircraft,
            versions=versions,
            other=file_name(day, next(other for other in LANGUAGES if other != language)),
            map=charts.map_of_positions(flight_states, box, texts) if summary.rows else "",
            per_poll=charts.aircraft_per_poll(flight_states, coverage, texts) if summary.rows else "",
            by_hour=charts.states_by_hour(flight_states, texts) if summary.rows else "",
        )
    return summary, pages
