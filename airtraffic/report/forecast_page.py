"""The forecast report: what a network planner and a flow manager read of a day of issue."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from airtraffic.report.capacity_page import page_template
from airtraffic.report.charts import svg
from airtraffic.report.congestion_section import CongestionDay, congestion_section
from airtraffic.report.forecast_pictures import (
    decomposition_picture,
    demand_picture,
    growth_picture,
    spark,
)
from airtraffic.report.forecast_summary import (
    ACCURACY_DAYS,
    ForecastDay,
    accuracy,
    growth_month,
    last_week,
    overall,
    parted,
    series_lines,
    trend_rows,
    week_before,
    week_ends,
)
from airtraffic.report.forecast_texts import ForecastTexts
from airtraffic.report.sector_outlook import sector_outlook
from airtraffic.report.texts import LANGUAGES

_LEVELS = ("normal", "alert", "critical")


def file_name(day: date, language: str) -> str:
    """``forecast/2024-06-30/index.es.html``"""
    return f"forecast/{day.isoformat()}/index.{language}.html"


def forecast_page(
    of: ForecastDay,
    language: str,
    versions: Mapping[str, int | None],
    sector_names: Mapping[str, str],
    congestion: CongestionDay | None = None,
) -> str:
    """The page of a day of issue.

    Parameters
    ----------
    versions
        Delta version of every table that was read.
    sector_names
        Names in this language, by id, of every sector declared on the day: those of which nothing is forecast
        are shown as gaps.
    congestion
        None: the platform forecasts none, and the page does not speak of it.
    """
    t = ForecastTexts(language)
    growing = of.airline_growth.drop_nulls("slope")
    return page_template("forecast.html.j2").render(
        t=t,
        day=of.day,
        simulated=_simulated(of, t),
        headline=_headline(of, t),
        week=overall(of.forecast_accuracy, 7),
        month=overall(of.forecast_accuracy, ACCURACY_DAYS),
        accuracy=accuracy(of.forecast_accuracy),
        accuracy_from=of.forecast_accuracy["date"].min(),
        sectors=sector_outlook(of.sector_saturation_forecast, of.demand_forecast, of.day, sector_names),
        higher=_higher,
        congestion_is_told=congestion is not None,
        congestion=congestion_section(congestion, t, sector_names) if congestion else None,
        parts=_parts(of, t),
        trends=trend_rows(of.seasonal_trends),
        parted=parted,
        trends_to=of.seasonal_trends["trained_to"].max(),
        growth=_growth_rows(of.airline_growth),
        growth_month=growth_month(of.airline_growth, of.day),
        growth_picture=svg(growth_picture(of.airline_growth, t)) if growing.height else "",
        lines=series_lines(of),
        spark=spark,
        why=partial(_why, t=t),
        trained_to=of.demand_forecast["trained_to"].max(),
        sources=sorted(set(of.demand_forecast["sources"].explode().drop_nulls())),
        sector_name=lambda sector: sector_names.get(sector, sector),
        versions={name: version for name, version in versions.items() if version is not None},
        other=f"index.{next(other for other in LANGUAGES if other != language)}.html",
    )


def _headline(of: ForecastDay, t: ForecastTexts) -> dict[str, Any] | None:
    if of.headline is None:
        return None
    ahead, known = of.ahead(*of.headline), of.known(*of.headline)
    mean, before = ahead.head(7)["mean"].mean(), last_week(known)
    figure = demand_picture(known, of.past(*of.headline), [(t["ahead_line"], ahead)], t)
    return {
        "name": t.of(*of.headline),
        "first": ahead.row(0, named=True),
        "days": ahead.head(7).to_dicts(),
        "before": week_before(known),
        "week": mean,
        "week_ends": week_ends(ahead),
        "change": 100 * (mean / before - 1) if before else None,
        "picture": svg(figure),
        "weekdays": t["weekdays"].split(","),
    }


def _parts(of: ForecastDay, t: ForecastTexts) -> dict[str, Any] | None:
    if of.decomposed is None:
        return None
    kind, series = of.decomposed
    chosen = (pl.col("kind") == kind) & (pl.col("series") == series)
    rows = of.seasonal_forecast.filter(chosen)
    if rows.is_empty():
        return None
    return {
        "name": t.of(kind, series),
        "trend": of.seasonal_trends.filter(chosen).row(0, named=True),
        "picture": svg(decomposition_picture(rows, t)),
    }


def _growth_rows(growth: pl.DataFrame) -> list[dict[str, Any]]:
    """Those that grow or shrink first, then the largest."""
    sure = pl.col("label").is_in(["expansion", "contraction"]).fill_null(False)
    return growth.sort(sure, pl.col("mean"), descending=True, nulls_last=True).head(24).to_dicts()


def _simulated(of: ForecastDay, t: ForecastTexts) -> str:
    """Series that nobody flew, in words; empty when there is none."""
    found = of.simulated()
    if found is None:
        return t["all_series"]
    named = [t.of(*each) for each in found[:8]]
    return ", ".join(named) + (f" + {len(found) - 8}" if len(found) > 8 else "")


def _why(line, t: ForecastTexts) -> str:
    champion = line.champion
    if champion is None or champion["champion"] != line.first["model"]:
        return t["why_unknown"]
    if champion["champion"] == "seasonal_naive":
        return t["why_naive"].format(origins=champion["origins"])
    return t["why_champion"].format(error=t.number(champion["error"], 2), origins=champion["origins"])


def _higher(row: Mapping[str, Any]) -> str:
    """The level of the upper end where it is above that of the forecast, else nothing."""
    level, upper = row["level"], row["level_upper"]
    return upper if level and upper and _LEVELS.index(upper) > _LEVELS.index(level) else ""
