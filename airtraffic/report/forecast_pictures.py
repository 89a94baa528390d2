"""Pictures of forecasts: what came and what is to come, the parts of a series, growth with its interval."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from airtraffic.report.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BLUE, _INK, _GREY, _ORANGE, _GREEN, _RED = "#2b6cb0", "#1d2733", "#8d99ae", "#b7791f", "#2f855a", "#c53030"
GROWTH_COLOURS = {"expansion": _GREEN, "contraction": _RED, "stable": _GREY}
MOST_AIRLINES = 24
_SPARK_WIDTH, _SPARK_HEIGHT = 150, 30


def demand_picture(
    known: pl.DataFrame, past: pl.DataFrame, ahead: Sequence[tuple[str, pl.DataFrame]], texts: Texts
) -> "Figure":
    """What came, what had been forecast of it, and the days ahead with their interval.

    Parameters
    ----------
    known
        date and value of the last weeks. [1/d]
    past
        date, mean, lower and upper of forecasts that were issued a week before their day; may be empty.
    ahead
        Name and forecast (target_date, mean, lower, upper) of one model or several, the first one in full.
    """
    figure, axes = _figure(9, 3.4, texts)
    if past.height:
        days = past.sort("date")
        axes.fill_between(
            _days(days, "date"), *_ends(days), color=_GREY, alpha=0.25, linewidth=0, label=texts["past_band"]
        )
        axes.plot(_days(days, "date"), days["mean"].to_list(), color=_GREY, linewidth=1.2, linestyle="--")
    for (name, rows), colour in zip(ahead, (_BLUE, _ORANGE), strict=False):
        days = rows.sort("target_date")
        at = _days(days, "target_date")
        axes.fill_between(at, *_ends(days), color=colour, alpha=0.18, linewidth=0)
        axes.plot(at, days["mean"].to_list(), color=colour, linewidth=1.6, label=name)
    came = known.sort("date").upsample("date", every="1d") if known.height else known
    axes.plot(
        _days(came, "date"), came["value"].to_list(), color=_INK, linewidth=1.3, label=texts["what_came"],
        marker="o", markersize=2.2,
    )  # fmt: skip
    axes.set(ylim=(0, None))
    axes.set_ylabel(texts["per_day"], fontsize=8)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=8, ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False)
    _dates(axes)
    return figure


def decomposition_picture(parts: pl.DataFrame, texts: Texts) -> "Figure":
    """A series with its trend and forecast, its year, its week and its holidays.

    ``parts``: rows of ``seasonal_forecast`` of one series.
    """
    from matplotlib.figure import Figure

    rows = parts.sort("target_date")
    days, ahead = _days(rows, "target_date"), rows.filter(pl.col("horizon") > 0)
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    shape = [["whole", "whole"], ["annual", "annual"], ["weekly", "holiday"]]
    panels = figure.subplot_mosaic(shape, height_ratios=(3, 1.5, 1.5))
    top = panels["whole"]
    top.fill_between(_days(ahead, "target_date"), *_ends(ahead), color=_BLUE, alpha=0.18, linewidth=0)
    top.plot(days, rows["value"].to_list(), color=_INK, linewidth=0.8, label=texts["what_came"])
    top.plot(days, rows["mean"].to_list(), color=_BLUE, linewidth=0.8, label=texts["forecast_and_parts"])
    top.plot(days, rows["trend"].to_list(), color=_ORANGE, linewidth=1.8, label=texts["trend_line"])
    top.legend(fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False)
    top.set(ylim=(0, None))
    top.set_ylabel(texts["per_day"], fontsize=8)
    panels["annual"].plot(days, rows["annual"].to_list(), color=_BLUE, linewidth=1.4)
    _titled(panels["annual"], texts["part_annual"])
    by_weekday = (
        rows.group_by(pl.col("target_date").dt.weekday()).agg(pl.col("weekly").mean()).sort("target_date")
    )
    names = texts["weekdays"].split(",")
    panels["weekly"].bar(
        [names[day - 1] for day in by_weekday["target_date"]], by_weekday["weekly"].to_list(), color=_BLUE
    )
    _titled(panels["weekly"], texts["part_weekly"])
    free = rows.filter(pl.col("holiday") != 0)
    panels["holiday"].vlines(
        _days(free, "target_date"), 0, free["holiday"].to_list(), color=_BLUE, linewidth=1
    )
    panels["holiday"].set_xlim(min(days), max(days))
    _titled(panels["holiday"], texts["part_holiday"])
    for name, axes in panels.items():
        _plain(axes, texts)
        axes.grid(axis="y", alpha=0.3)
        if name != "weekly":
            _dates(axes, most=5 if name == "holiday" else 9)
        if name != "whole":
            axes.axhline(0, color=_GREY, linewidth=0.7)
    return figure


def growth_picture(growth: pl.DataFrame, texts: Texts) -> "Figure":
    """Slopes of airlines with their 95 % interval, the largest airlines' first.

    ``growth``: rows of ``airline_growth``; those without a slope are left out.
    """
    from matplotlib.patches import Patch

    rows = growth.drop_nulls("slope").sort("mean", descending=True).head(MOST_AIRLINES).sort("slope")
    figure, axes = _figure(9, max(1.6, 0.8 + 0.24 * rows.height), texts)
    for at, row in enumerate(rows.iter_rows(named=True)):
        colour = GROWTH_COLOURS[row["label"]]
        axes.plot([row["lower"], row["upper"]], [at, at], color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot(row["slope"], at, "o", color=colour, markersize=5)
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.set_yticks(range(rows.height), rows["airline"].to_list(), fontsize=8)
    axes.xaxis.set_major_formatter(lambda value, _: texts.number(value, 0 if value == int(value) else 1))
    axes.set(ylim=(-0.7, max(rows.height, 1) - 0.3))
    axes.set_xlabel(texts["growth_unit"], fontsize=8)
    axes.grid(axis="x", alpha=0.3)
    handles = [Patch(color=colour, label=texts[label]) for label, colour in GROWTH_COLOURS.items()]
    axes.legend(
        handles=handles, fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False
    )
    return figure


def spark(known: Sequence[float | None], ahead: Sequence[tuple[float, float, float]]) -> str:
    """The last weeks and the days ahead of a series, from its lowest to its highest, as a small SVG without axes.

    ``ahead``: mean, lower and upper of each day. [1/d]
    """
    ends = [each for each in known if each is not None] + [end for _, *both in ahead for end in both]
    low, span = min(ends, default=0.0), max(max(ends, default=0.0) - min(ends, default=0.0), 1e-9)
    step = _SPARK_WIDTH / max(len(known) + len(ahead) - 1, 1)

    def point(at: int, value: float) -> str:
        return f"{step * at:.1f},{_SPARK_HEIGHT - 1 - (_SPARK_HEIGHT - 3) * (value - low) / span:.1f}"

    came = " ".join(point(at, value) for at, value in enumerate(known) if value is not None)
    first = len(known)
    mean = " ".join(point(first + at, each[0]) for at, each in enumerate(ahead))
    band = [point(first + at, each[2]) for at, each in enumerate(ahead)]
    band += [point(first + at, each[1]) for at, each in reversed(list(enumerate(ahead)))]
    return (
        f'<svg class="spark" viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}" aria-hidden="true">'
        f'<polygon points="{" ".join(band)}" fill="{_BLUE}" opacity="0.2"/>'
        f'<polyline points="{came}" fill="none" stroke="{_INK}" stroke-width="1.1"/>'
        f'<polyline points="{mean}" fill="none" stroke="{_BLUE}" stroke-width="1.3"/></svg>'
    )


def _figure(width: float, height: float, texts: Texts):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot(axisbelow=True)
    _plain(axes, texts)
    return figure, axes


def _plain(axes, texts: Texts) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.yaxis.set_major_formatter(lambda value, _: texts.number(value, 0 if value == int(value) else 1))


def _titled(axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=9)


def _dates(axes, most: int = 9) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=most)
    formatter = ConciseDateFormatter(locator, formats=["%Y", "%Y-%m", "%m-%d", "", "", ""])
    formatter.zero_formats = ["%Y", "%Y", "%m-%d", "", "", ""]
    formatter.offset_formats = ["", "", "%Y", "", "", ""]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)


def _days(rows: pl.DataFrame, name: str) -> list[date]:
    return rows[name].to_list()


def _ends(rows: pl.DataFrame) -> tuple[list[float], list[float]]:
    return rows["lower"].to_list(), rows["upper"].to_list()
