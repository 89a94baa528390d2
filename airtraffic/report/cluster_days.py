"""Picture that compares the clusters of days, as PNG."""

from datetime import date, datetime, time, timedelta

import polars as pl

from airtraffic.report.png import png
from airtraffic.report.texts import Texts

DAYS = 30
HALF_A_DAY = timedelta(hours=12)
_THIN = 0.9
"""Days with a smaller share of their polls are drawn hollow. [1]"""
_BLUE, _GREY, _ORANGE = "#2b6cb0", "#8d99ae", "#d95f02"


def cluster_days(days: pl.DataFrame, until: date, texts: Texts) -> bytes:
    """The 30 days up to one: clusters, noise, agreement with the day before, traffic variability. PNG.

    Days without a row are gaps in the lines, and ``until`` itself is marked. The same rows give the same
    bytes.

    Parameters
    ----------
    days
        Rows of ``cluster_day``, each day once; days outside the 30 do no harm.
    until
        The last day.
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    last = datetime.combine(until, time())
    every = pl.DataFrame({"date": pl.date_range(until - timedelta(days=DAYS - 1), until, eager=True)})
    drawn = every.join(days, on="date", how="left", maintain_order="left")
    figure = Figure(figsize=(9, 7.6), layout="constrained")
    panels = dict(zip(_PANELS, figure.subplots(len(_PANELS), 1, sharex=True), strict=True))
    for name, axes in panels.items():
        _PANELS[name](axes, drawn, texts)
        axes.set_title(texts[name], loc="left", fontsize=9.5)
        axes.axvspan(last - HALF_A_DAY, last + HALF_A_DAY, color="#fff3cd", zorder=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
        axes.yaxis.set_major_formatter(lambda value, _: texts.number(value, 0 if value == int(value) else 1))
        axes.tick_params(labelsize=8)
    axes.set_xlim(last - timedelta(days=DAYS - 1) - 1.5 * HALF_A_DAY, last + 1.5 * HALF_A_DAY)
    locator = AutoDateLocator(minticks=5, maxticks=10)
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, formats=["%Y", "%Y-%m", "%m-%d", "", "", ""])
    formatter.zero_formats = ["%Y", "%Y-%m", "%m-%d", "", "", ""]
    formatter.offset_formats = ["", "", "%Y", "", "", ""]
    axes.xaxis.set_major_formatter(formatter)
    if (_polled(drawn.drop_nulls("hours")) < _THIN).any():
        figure.supxlabel(
            texts["days_thin"].format(percent=round(100 * _THIN)), fontsize=8.5, x=0.99, ha="right"
        )
    return png(figure)


def _polled(days: pl.DataFrame) -> pl.Series:
    """Share of the day's polls that came: hours without a snapshot count, with none. [1]"""
    return (days["coverage"] * days["hours"] / 24).fill_null(0.0)


def _line(axes, days: pl.DataFrame, values: pl.Series, colour: str, label: str | None = None) -> None:
    """Values by day: filled where the day's polls came, hollow where too many are missing."""
    axes.plot(days["date"].to_list(), values.to_list(), color=colour, linewidth=1.2, label=label)
    thin = (_polled(days) < _THIN).to_numpy()
    for rows, face in ((~thin, colour), (thin, "white")):
        at = days.filter(pl.Series(rows))["date"].to_list()
        axes.plot(
            at,
            values.filter(pl.Series(rows)).to_list(),
            "o",
            markersize=4.5,
            markerfacecolor=face,
            markeredgecolor=colour,
        )


def _clusters(axes, days: pl.DataFrame, texts: Texts) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = (days[f"clusters_{end}"].cast(pl.Float64).fill_null(float("nan")) for end in ("min", "max"))
    axes.vlines(
        days["date"].to_list(),
        low.to_list(),
        high.to_list(),
        color=_BLUE,
        linewidth=5,
        alpha=0.25,
        label=texts["days_span"],
    )
    _line(axes, days, days["clusters_mean"], _BLUE, texts["days_mean"])
    axes.set_ylim(0, None)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _legend(axes)


def _noise(axes, days: pl.DataFrame, texts: Texts) -> None:
    _line(axes, days, 100 * days["noise_share"], _GREY, texts["days_noise"])
    _line(axes, days, 100 * days["biggest_share"], _ORANGE, texts["days_biggest"])
    axes.set_ylim(0, 100)
    _legend(axes)


def _agreement(axes, days: pl.DataFrame, texts: Texts) -> None:
    _line(axes, days, days["agreement"], _BLUE)
    least = days["agreement"].min()
    axes.set_ylim(min(0.0, 0.0 if least is None else least - 0.05), 1.0)
    if least is None:
        axes.text(0.5, 0.5, texts["days_none"], transform=axes.transAxes, ha="center", color="#5c6b7a")


def _variability(axes, days: pl.DataFrame, texts: Texts) -> None:
    _line(axes, days, days["traffic_variability"], _BLUE)
    axes.set_ylim(0, None)


def _legend(axes) -> None:
    axes.legend(
        fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 0.98), frameon=False, borderpad=0
    )


_PANELS = {
    "days_clusters": _clusters,
    "days_shares": _noise,
    "days_agreement": _agreement,
    "days_variability": _variability,
}
