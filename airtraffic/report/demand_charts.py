"""Pictures of the daily models and of their forecasts, as PNG: the same rows give the same bytes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from airtraffic.forecasting.scores import NAIVE
from airtraffic.report.png import png

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEFORE_DAYS = 56
"""Days before the issue that are drawn. [d]"""
CAME_DAYS = 60
MOST_KINDS = 6
_COLOURS = {
    NAIVE: "#8d99ae",
    "weekday_mean": "#38a3a5",
    "auto_ets": "#f4a261",
    "seasonal_fourier": "#9b5de5",
    "demand_forest": "#2a9d3f",
    "blend": "#2b6cb0",
    "champion": "#1d2733",
}
_INK, _BLUE, _RED = "#1d2733", "#2b6cb0", "#c53030"


def candidates_by_horizon(scores: pl.DataFrame) -> bytes:
    """MAE of every candidate over the seasonal naive's by horizon, mean over series; the champions in black. PNG.

    ``scores``: series, model, champion, horizon and vs_naive of a training; it may be empty.
    """
    known = scores.filter(pl.col("vs_naive").is_finite())
    published = known.filter(pl.col("champion")).with_columns(model=pl.lit("champion"))
    mean = pl.concat([known, published]).group_by("model", "horizon").agg(pl.col("vs_naive").mean())
    figure, (axes,) = _panels(1, 1, 7.4, 3.6)
    for model, colour in _COLOURS.items():
        rows = mean.filter(pl.col("model") == model).sort("horizon")
        if rows.height:
            width = 2.4 if model == "champion" else 1.3
            axes.plot(
                rows["horizon"].to_list(),
                rows["vs_naive"].to_list(),
                color=colour,
                linewidth=width,
                label=model,
            )
    if known.is_empty():
        _nothing(axes, "no past forecast to judge by")
    else:
        axes.legend(fontsize=8, ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False)
    axes.set(xlabel="days ahead", ylabel="MAE / seasonal naive's")
    axes.axhline(1.0, color=_COLOURS[NAIVE], linewidth=0.8)
    return png(figure)


def forecast_panels(known: pl.DataFrame, issued: pl.DataFrame) -> bytes:
    """The forecast of the largest series of each kind with its interval, after what came before. PNG.

    Parameters
    ----------
    known
        kind, series, date and value of the last weeks. [1/d]
    issued
        kind, series, target_date, model, mean, lower and upper of one day of issue. [1/d]
    """
    largest = _largest(issued)
    figure, panels = _panels(max(-(-len(largest) // 2), 1), 2 if len(largest) > 1 else 1, 9, 2.5)
    for axes, (kind, series) in zip(panels, largest, strict=False):
        rows = _of(issued, kind, series).sort("target_date")
        came = _of(known, kind, series).sort("date")
        axes.fill_between(
            rows["target_date"].to_list(), rows["lower"].to_list(), rows["upper"].to_list(), color=_BLUE, alpha=0.2, linewidth=0
        )  # fmt: skip
        axes.plot(rows["target_date"].to_list(), rows["mean"].to_list(), color=_BLUE, linewidth=1.4)
        axes.plot(*_with_gaps(came), color=_INK, linewidth=1.2)
        axes.set_title(f"{kind} {series}, {rows['model'][0]}", loc="left", fontsize=9)
        _from_zero(axes)
    for axes in panels[len(largest) :]:
        axes.set_visible(False)
    if not largest:
        panels[0].set_visible(True)
        _nothing(panels[0], "no series is forecast")
    figure.supylabel("flights a day, 95 % interval", fontsize=9)
    return png(figure)


def accuracy_panels(accuracy: pl.DataFrame, until: date, horizons: Sequence[int] = (1, 7)) -> bytes:
    """Forecasts of the last days against what came, of the largest series of each kind, per horizon. PNG.

    ``accuracy``: kind, series, date, horizon, mean, lower, upper and actual.
    """
    recent = accuracy.filter(pl.col("date").is_between(until - timedelta(days=CAME_DAYS - 1), until))
    largest = _largest(recent.rename({"date": "target_date"}))[:3]
    figure, panels = _panels(max(len(largest), 1), len(horizons), 9, 2.2)
    for number, axes in enumerate(panels):
        horizon = horizons[number % len(horizons)]
        if not largest:
            _nothing(axes, "no forecast has come yet")
            continue
        kind, series = largest[number // len(horizons)]
        rows = _of(recent, kind, series).filter(pl.col("horizon") == horizon).sort("date")
        days = rows["date"].to_list()
        axes.fill_between(
            days, rows["lower"].to_list(), rows["upper"].to_list(), color=_BLUE, alpha=0.2, linewidth=0
        )
        axes.plot(days, rows["mean"].to_list(), color=_BLUE, linewidth=1.2)
        outside = ~rows["actual"].is_between(rows["lower"], rows["upper"])
        for apart, colour in ((~outside, _INK), (outside, _RED)):
            some = rows.filter(apart)
            axes.plot(some["date"].to_list(), some["actual"].to_list(), "o", color=colour, markersize=3)
        inside = f", {1 - outside.mean():.0%} inside" if rows.height else ", none yet"
        axes.set_title(f"{kind} {series}, {horizon} d ahead{inside}", loc="left", fontsize=9)
        _from_zero(axes)
    figure.supylabel("flights a day: forecast, what came", fontsize=9)
    return png(figure)


def _largest(rows: pl.DataFrame) -> list[tuple[str, str]]:
    """Kind and series of the largest mean of each kind, network first."""
    mean = (
        rows.group_by("kind", "series")
        .agg(pl.col("mean").mean())
        .sort("mean", "series", descending=[True, False])
    )
    order = pl.col("kind").replace_strict({"network": 0, "country": 1}, default=2, return_dtype=pl.Int8)
    first = mean.unique("kind", keep="first", maintain_order=True).sort(order, "kind")
    return list(first.select("kind", "series").head(MOST_KINDS).iter_rows())


def _of(rows: pl.DataFrame, kind: str, series: str) -> pl.DataFrame:
    return rows.filter((pl.col("kind") == kind) & (pl.col("series") == series))


def _with_gaps(came: pl.DataFrame) -> tuple[list, list]:
    """Days and values with NaN where a day is missing: a line over a gap would claim what nobody saw."""
    if came.is_empty():
        return [], []
    every = came.select("date", "value").upsample("date", every="1d")
    return every["date"].to_list(), every["value"].fill_null(float("nan")).to_list()


def _panels(rows: int, columns: int, width: float, height: float) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
        axes.tick_params(labelsize=8)
    return figure, panels


def _from_zero(axes: "Axes") -> None:
    """Counts from zero up to a little above the highest, over dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylim(0, 1.08 * axes.dataLim.ymax if axes.dataLim.ymax > 0 else 1)


def _nothing(axes: "Axes", why: str) -> None:
    axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", color="#5c6b7a")
    axes.set(xticks=[], yticks=[])
