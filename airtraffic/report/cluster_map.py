"""Picture of an hour's clusters and hotspots over the outline of the countries, as PNG."""

import json

import numpy as np
import polars as pl

from airtraffic.report.charts import outline
from airtraffic.report.cluster_summary import clusters
from airtraffic.report.places import place
from airtraffic.report.png import png
from airtraffic.report.texts import Texts

COLOURS = (
    "#1f77b4", "#d95f02", "#1b9e77", "#7570b3", "#a6761d", "#e7298a", "#4d9221", "#17becf",
)  # fmt: skip
OTHER = "#54657a"
LAND = "#ede9df"
NM_PER_DEGREE = 60.0
_LEAST_SPAN_DEG = 12.0
_HEIGHT, _WIDEST, _SIDE = 7.6, 6.0, 3.5
_CLOSE_UP = (3.5, 2.35)
"""Width and height of the pictures of two places. [in]"""
_CLOSE_UP_DEG = 4.6
"""Their height. [deg]"""
_KINDS = {"all": ("#111111", "-"), "congestion": ("#d00000", "--")}


def cluster_map(snapshots: pl.DataFrame, hotspots: pl.DataFrame, texts: Texts) -> bytes:
    """Micro-clusters as circles, coloured by cluster, and hotspots as outlines. PNG.

    The biggest clusters have a colour, a number and a line in the legend, and two places are shown
    closer. The same rows give the same bytes.

    Parameters
    ----------
    snapshots
        Rows of ``cluster_snapshots`` of one hour.
    hotspots
        Rows of ``hotspots`` of the same hour.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    named = clusters(snapshots)
    rings = {kind: _rings(hotspots.filter(pl.col("kind") == kind)) for kind in _KINDS}
    extent = _extent(snapshots, [ring for drawn in rings.values() for ring in drawn])
    west, east, south, north = extent
    width = np.clip(_HEIGHT * (east - west) / (north - south) / _stretch(extent), 3.0, _WIDEST)
    figure = Figure(figsize=(width + _SIDE + 1.3, _HEIGHT + 0.6))
    whole_width, whole_height = figure.get_size_inches()

    def axes_at(left: float, bottom: float, wide: float, tall: float):
        return figure.add_axes(
            (left / whole_width, bottom / whole_height, wide / whole_width, tall / whole_height)
        )

    overview = axes_at(0.6, 0.35, width, _HEIGHT)
    overview.set_anchor("N")
    _draw(overview, extent, snapshots, rings, named, texts)
    left = 0.6 + width + 0.55
    for index, (centre, letter) in enumerate(zip(_close_ups(named, hotspots), "AB", strict=False)):
        bottom = 0.35 + (1 - index) * (_CLOSE_UP[1] + 0.35)
        window = _window(*centre)
        panel = axes_at(left, bottom, _CLOSE_UP[0], _CLOSE_UP[1])
        _draw(panel, window, snapshots, rings, named, texts)
        panel.text(0.02, 0.97, letter, transform=panel.transAxes, va="top", fontsize=11, fontweight="bold")
        corner = (window[0], window[2])
        frame = Rectangle(corner, window[1] - window[0], window[3] - window[2], fill=False, lw=0.8, zorder=7)
        overview.add_patch(frame)
        overview.annotate(
            letter,
            (window[0], window[3]),
            (2, -2),
            textcoords="offset points",
            fontsize=9,
            fontweight="bold",
            va="top",
            zorder=7,
        )
    figure.legend(
        handles=_legend(named, snapshots, rings, texts),
        title=texts["map_legend"] if named.height else None,
        loc="upper left",
        bbox_to_anchor=((left - 0.15) / whole_width, (0.35 + _HEIGHT + 0.08) / whole_height),
        fontsize=8.5,
        title_fontsize=8.5,
        alignment="left",
        frameon=False,
        labelspacing=0.36,
    )
    return png(figure)


def _draw(axes, extent, snapshots, rings, named, texts: Texts) -> None:
    """Everything inside west, east, south, north. [deg]"""
    from matplotlib.collections import PolyCollection

    axes.set_facecolor("#e6eef5")
    axes.add_collection(
        PolyCollection(outline(), facecolors=LAND, edgecolors="#b9b3a7", linewidths=0.6, zorder=1)
    )
    _draw_circles(axes, snapshots, dict(zip(named["cluster_id"], COLOURS, strict=False)))
    for kind, (colour, dash) in _KINDS.items():
        for ring in rings[kind]:
            axes.plot(*ring.T, color=colour, linestyle=dash, linewidth=1.3, zorder=5)
    west, east, south, north = extent
    axes.set(xlim=(west, east), ylim=(south, north), aspect=_stretch(extent))
    axes.tick_params(labelsize=7.5, color="#888888", labelcolor="#555555")
    axes.spines[:].set_color("#bbbbbb")
    axes.locator_params(nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: _degrees(value, texts["east"], texts["west"], texts))
    axes.yaxis.set_major_formatter(lambda value, _: _degrees(value, texts["north"], texts["south"], texts))
    _number(axes, extent, named.head(len(COLOURS)))


def _degrees(value: float, positive: str, negative: str, texts: Texts) -> str:
    digits = 0 if value == round(value) else 1
    return f"{texts.number(abs(value), digits)}°{'' if not value else positive if value > 0 else negative}"


def _rings(hotspots: pl.DataFrame) -> list[np.ndarray]:
    """(n, 2) longitudes and latitudes [deg] of every ring."""
    rings = []
    for text in hotspots.sort("rank")["polygon"]:
        shape = json.loads(text)
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        rings += [np.array(ring) for part in parts for ring in part]
    return rings


def _stretch(extent: tuple[float, ...]) -> float:
    """Height of a degree of latitude over the width of one of longitude, in the middle. [1]"""
    return float(1 / np.cos(np.radians((extent[2] + extent[3]) / 2)))


def _extent(snapshots: pl.DataFrame, rings: list[np.ndarray]) -> tuple[float, ...]:
    """West, east, south, north of what is drawn, with a margin. [deg]"""
    points = np.vstack([snapshots.select("longitude", "latitude").to_numpy(), *rings])
    if not len(points):
        points = np.vstack(outline())
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    wide = max(_LEAST_SPAN_DEG, east - west, (north - south) / 2)
    tall = max(_LEAST_SPAN_DEG, north - south, (east - west) / 2)
    x, y = (west + east) / 2, (south + north) / 2
    tall = max(tall, wide * np.cos(np.radians(y)) * _HEIGHT / _WIDEST)
    return x - 0.53 * wide, x + 0.53 * wide, max(-88.0, y - 0.53 * tall), min(88.0, y + 0.53 * tall)


def _close_ups(named: pl.DataFrame, hotspots: pl.DataFrame) -> list[tuple[float, float]]:
    """Longitude and latitude of up to two places that do not overlap: clusters first, then hotspots. [deg]"""
    chosen: list[tuple[float, float]] = []
    for rows in (named, hotspots.sort("rank", "kind")):
        for x, y in rows.select("longitude", "latitude").iter_rows():
            if all(abs(y - v) > _CLOSE_UP_DEG or abs(x - u) > 2 * _CLOSE_UP_DEG for u, v in chosen):
                chosen.append((x, y))
    return chosen[:2]


def _window(longitude: float, latitude: float) -> tuple[float, ...]:
    """West, east, south, north of a close-up. [deg]"""
    tall = _CLOSE_UP_DEG / 2
    wide = tall * _CLOSE_UP[0] / _CLOSE_UP[1] / np.cos(np.radians(latitude))
    return longitude - wide, longitude + wide, latitude - tall, latitude + tall


def _layers(snapshots: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Micro-clusters in the order in which they are drawn."""
    ordered = snapshots.sort("kind", "cluster_id", "id", nulls_last=False)
    return {
        "outlier": ordered.filter(pl.col("kind") == "o"),
        "noise": ordered.filter((pl.col("kind") == "p") & pl.col("cluster_id").is_null()),
        "cluster": ordered.filter(pl.col("cluster_id").is_not_null()),
    }


def _draw_circles(axes, snapshots: pl.DataFrame, colours: dict[str, str]) -> None:
    """Every micro-cluster with its ball radius, which on this map is an ellipse."""
    from matplotlib.collections import EllipseCollection

    for layer, (name, rows) in enumerate(_layers(snapshots).items(), start=2):
        tall = 2 * rows["ball_radius_nm"].to_numpy().clip(min=2) / NM_PER_DEGREE
        wide = tall / np.cos(np.radians(rows["latitude"].to_numpy()))
        if name == "cluster":
            face = [colours.get(cluster, OTHER) for cluster in rows["cluster_id"]]
            style = {"facecolors": face, "edgecolors": face, "alpha": 0.55}
        elif name == "noise":
            style = {"facecolors": "#9aa3ad", "edgecolors": "#7d8791", "alpha": 0.45}
        else:
            style = {"facecolors": "none", "edgecolors": "#9aa3ad", "alpha": 0.8}
        axes.add_collection(
            EllipseCollection(
                wide,
                tall,
                np.zeros(len(rows)),
                units="xy",
                linewidths=0.5,
                zorder=layer,
                offsets=rows.select("longitude", "latitude").to_numpy(),
                offset_transform=axes.transData,
                **style,
            )
        )


def _number(axes, extent: tuple[float, ...], biggest: pl.DataFrame) -> None:
    """A cluster's number beside its centre, on the side where most room is."""
    from matplotlib.patheffects import withStroke

    west, east, south, north = extent
    centres = biggest.select("longitude", "latitude").to_numpy()
    inside = (
        (centres[:, 0] > west) & (centres[:, 0] < east) & (centres[:, 1] > south) & (centres[:, 1] < north)
    )
    size = axes.get_position().width * axes.figure.get_size_inches()[0] * 72
    points_per_degree = size / (east - west)
    scale = points_per_degree * np.array([1.0, _stretch(extent)])
    xy, low, high = centres * scale, [west, south] * scale, [east, north] * scale
    angles = np.arange(8) * np.pi / 4
    around = 17.0 * np.column_stack([np.cos(angles), np.sin(angles)])
    placed = list(xy[inside])
    for row in np.flatnonzero(inside):
        candidates = xy[row] + around
        others = np.array([point for point in placed if point is not xy[row]])
        room = np.linalg.norm(candidates[:, None] - others, axis=2).min(axis=1)
        room[((candidates < low + 8) | (candidates > high - 8)).any(axis=1)] = 0
        best = int(np.argmax(room.round(3)))
        placed.append(candidates[best])
        axes.annotate(
            str(row + 1),
            tuple(centres[row]),
            tuple(around[best]),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=9,
            fontweight="bold",
            zorder=6,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            arrowprops={"arrowstyle": "-", "linewidth": 0.7, "shrinkA": 3, "shrinkB": 0},
        )


def _legend(named: pl.DataFrame, snapshots: pl.DataFrame, rings: dict[str, list], texts: Texts) -> list:
    """Of what is drawn, and of nothing else: an hour's clusters are there before its hotspots are."""
    from matplotlib.lines import Line2D

    def spot(label: str, **style) -> Line2D:
        return Line2D([], [], linestyle="none", marker="o", markersize=8, label=label, **style)

    handles = []
    for number, (row, colour) in enumerate(zip(named.iter_rows(named=True), COLOURS, strict=False), 1):
        where = place(row["latitude"], row["longitude"], texts)
        label = f"{number}   {texts.number(row['aircraft'], 1)}   {where}"
        handles.append(spot(label, color=colour, alpha=0.75))
    others = named.height - len(COLOURS)
    if others > 0:
        label = texts["one_smaller"] if others == 1 else texts["map_others"].format(count=others)
        handles.append(spot(label, color=OTHER, alpha=0.7))
    layers = {name for name, rows in _layers(snapshots).items() if rows.height}
    if "noise" in layers:
        handles.append(spot(texts["map_noise"], markerfacecolor="#c3c9cf", markeredgecolor="#7d8791"))
    if "outlier" in layers:
        handles.append(spot(texts["map_outlier"], markerfacecolor="none", markeredgecolor="#9aa3ad"))
    handles += [
        Line2D([], [], color=colour, linestyle=dash, linewidth=1.5, label=texts[name])
        for (kind, (colour, dash)), name in zip(
            _KINDS.items(), ("map_hotspot", "map_congestion"), strict=True
        )
        if rings[kind]
    ]
    return handles
