"""Pictures of forecasts of congestion beside what came, as PNG."""

from collections.abc import Mapping

import polars as pl

from airtraffic.report.png import png

WORDS = {
    "came": "came",
    "expected": "forecast, 95 % interval",
    "simulated": "simulated",
    "ahead": "{zone}, {horizon} polls ahead",
    "from": "{zone}, from {at} UTC",
}
"""What the pictures say."""
METADATA, PAGE = (3.0, 80), (2.4, 110)
"""Width of a panel [in] and resolution [1/in], beside an asset and on a page."""
_BLUE, _GREY, _ORANGE = "#2b6cb0", "#8d99ae", "#d95f02"


def expected_and_came_chart(
    table: pl.DataFrame, title: str, words: Mapping[str, str] = WORDS, size: tuple[float, int] = METADATA
) -> bytes:
    """Forecasts with their intervals over what came, a panel a zone and horizon. PNG.

    ``table``: zone, horizon, target_at, mean, lower, upper, came; as ``congestion_views.expected_and_came``.
    """
    zones = table["zone"].unique(maintain_order=True).to_list()
    horizons = sorted(table["horizon"].unique().to_list())
    figure, panels = _panels(len(zones), len(horizons), title, "all", size[0])
    for row, zone in enumerate(zones):
        for column, horizon in enumerate(horizons):
            axes = panels[row][column]
            part = table.filter(pl.col("zone") == zone, pl.col("horizon") == horizon)
            at = part["target_at"].to_list()
            axes.fill_between(at, part["lower"], part["upper"], color=_BLUE, alpha=0.2, linewidth=0)
            axes.plot(at, part["came"].to_list(), color=_GREY, linewidth=0.8)
            axes.plot(at, part["mean"].to_list(), color=_BLUE, linewidth=0.9)
            axes.set_title(words["ahead"].format(zone=zone, horizon=horizon), loc="left", fontsize=8)
    _key(figure, {words["came"]: _GREY, words["expected"]: _BLUE})
    return png(figure, dpi=size[1])


def simulations_chart(
    table: pl.DataFrame, title: str, words: Mapping[str, str] = WORDS, size: tuple[float, int] = METADATA
) -> bytes:
    """Recursive simulations beside what happened, a panel a zone and origin. PNG.

    ``table``: as ``congestion_views.simulations``.
    """
    zones = table["zone"].unique(maintain_order=True).to_list()
    origins = table["issued_at"].unique(maintain_order=True).to_list()
    figure, panels = _panels(len(zones), len(origins), title, "col", size[0])
    for row, zone in enumerate(zones):
        for column, origin in enumerate(origins):
            axes = panels[row][column]
            part = table.filter(pl.col("zone") == zone, pl.col("issued_at") == origin)
            axes.plot(part["at"].to_list(), part["came"].to_list(), color=_GREY, linewidth=1)
            axes.plot(part["at"].to_list(), part["simulated"].to_list(), color=_ORANGE, linewidth=1.2)
            axes.set_title(words["from"].format(zone=zone, at=f"{origin:%H:%M}"), loc="left", fontsize=8)
    _key(figure, {words["came"]: _GREY, words["simulated"]: _ORANGE})
    return png(figure, dpi=size[1])


def _panels(rows: int, columns: int, title: str, shared: str, panel: float):
    from matplotlib.dates import AutoDateLocator, DateFormatter
    from matplotlib.figure import Figure

    head = 0.6 if title else 0.3
    width, height = panel * columns + 0.5, 1.5 * rows + 0.3 + head
    figure = Figure(figsize=(width, height))
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=shared, sharey="row")
    # Laid out by hand: the constrained layout takes a second for a dozen panels.
    figure.subplots_adjust(
        left=0.45 / width,
        right=1 - 0.1 / width,
        bottom=0.6 / height,
        top=1 - head / height,
        wspace=0.08,
        hspace=0.3,
    )
    for axes in panels.ravel():
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
        axes.tick_params(labelsize=7)
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=5))
        axes.xaxis.set_major_formatter(DateFormatter("%H:%M"))
    return figure, panels


def _key(figure, colours: dict[str, str]) -> None:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=colour) for colour in colours.values()]
    figure.legend(lines, list(colours), loc="lower left", fontsize=8, ncols=2, frameon=False)
