"""The report page of a day of traffic: one self-contained HTML file."""

import base64
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial

import polars as pl

from airtraffic.report import charts
from airtraffic.report.cluster_map import cluster_map
from airtraffic.report.cluster_summary import ClusterTables
from airtraffic.report.places import place
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
    clusters: ClusterTables,
    *,
    box: tuple[float, float, float, float],
    dense_cell_aircraft: int,
    complete_from: float,
    versions: Mapping[str, int],
) -> tuple[Summary, dict[str, str]]:
    """The summary of a day, and its page in every language.

    Parameters
    ----------
    clusters
        Clusters and hotspots of the day; empty tables where they are not made yet.
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

    clustered = not clusters.quality.is_empty()
    summary = summarise(flight_states, traffic_density, coverage)
    template = Environment(
        loader=PackageLoader("airtraffic.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    ).get_template("traffic_day.html.j2")
    pages = {}
    for language in LANGUAGES:
        texts = Texts(language)
        busiest_hour = _busiest_hour(clusters, texts) if clustered else {}
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
            clusters=clusters,
            clustered=clustered,
            place=partial(place, texts=texts),
            clusters_by_hour=charts.clusters_by_hour(clusters.quality, texts) if clustered else "",
            **busiest_hour,
        )
    return summary, pages


def _busiest_hour(clusters: ClusterTables, texts: Texts) -> dict:
    """The picture of the hour with most positions, as a data URI, and its title."""
    start = clusters.busiest_hour
    of_hour = pl.col("hour_start") == start
    picture = cluster_map(clusters.snapshots.filter(of_hour), clusters.hotspots.filter(of_hour), texts)
    end = start + timedelta(hours=1)
    return {
        "cluster_map": f"data:image/png;base64,{base64.b64encode(picture).decode()}",
        "cluster_map_title": texts["cluster_map"].format(start=f"{start:%H:%M}", end=f"{end:%H:%M}"),
    }
