"""The curve of entries and the map of peak hours of a capacity report, as SVG text."""

from collections.abc import Collection, Sequence
from html import escape

import polars as pl

from airtraffic.report.texts import Texts

_LEFT, _RIGHT, _BOTTOM, _HEIGHT = 40, 952, 220, 205
_QUARTER = (_RIGHT - _LEFT) / 96
_INK = "#1d2733"
_NORMAL, _ALERT, _CRITICAL = "#2b6cb0", "#d69e2e", "#c53030"


def quarters(entries: pl.DataFrame) -> list[tuple[int, int]]:
    """Quarter hour of the day, 0 to 95, and entries in the 60 minutes from it on.

    Parameters
    ----------
    entries
        Rows of ``sector_entries`` of one sector and day.
    """
    return list(entries.select(_quarter(), pl.col("entries_60min")).iter_rows())


def poor_quarters(entries: pl.DataFrame) -> list[int]:
    """Quarter hours, 0 to 95, from which on the 60 minutes were under poor coverage."""
    return entries.filter("coverage_marked").select(_quarter()).to_series().to_list()


def entries_curve(
    counts: Sequence[tuple[int, int]],
    capacity_per_h: float | None,
    alert_percent: float,
    critical_percent: float,
    texts: Texts,
    poor: Collection[int] = (),
) -> str:
    """Bars of the rolling 60-minute counts, coloured by level, against the capacity.

    Parameters
    ----------
    counts
        Of :func:`quarters`.
    capacity_per_h
        CHadj; None where it is not known: no lines, and no bar has a level. [aircraft/h]
    alert_percent, critical_percent
        Where a level begins: above, not at. [% of the capacity]
    poor
        Quarter hours of :func:`poor_quarters`: grey behind the bar, as it may have been higher.
    """
    limit = capacity_per_h or 0.0
    alert, critical = limit * alert_percent / 100, limit * critical_percent / 100
    top = max(max(count for _, count in counts), limit, critical, 4) * 1.08
    scale = _HEIGHT / top
    parts = [f'<svg viewBox="0 0 960 250" role="img" aria-label="{escape(texts["curve"])}">']
    parts += [
        f'<rect class="poor" x="{_LEFT + _QUARTER * quarter:.1f}" y="{_BOTTOM - _HEIGHT}" '
        f'width="{_QUARTER:.2f}" height="{_HEIGHT}" fill="#d9dde2"/>'
        for quarter in poor
    ]
    for value in range(0, int(top) + 1, _step(top)):
        y = f"{_BOTTOM - scale * value:.1f}"
        parts.append(
            f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}" stroke="#e6eaef"/>'
            f'<text x="{_LEFT - 6}" y="{_BOTTOM - scale * value + 4:.1f}" text-anchor="end">{value}</text>'
        )
    for quarter, count in counts:
        colour = _NORMAL
        if limit and count > alert:
            colour = _CRITICAL if count > critical else _ALERT
        parts.append(
            f'<rect x="{_LEFT + _QUARTER * quarter:.1f}" y="{_BOTTOM - scale * count:.1f}" width="8" '
            f'height="{scale * count:.1f}" fill="{colour}">'
            f"<title>{quarter // 4:02}:{quarter % 4 * 15:02} UTC: {count}</title></rect>"
        )
    if limit:
        lines = [
            (limit, _INK, "", texts["ch_adjusted"], -5),
            (alert, "#8a5a0c", ' stroke-dasharray="6 4"', texts["alert"], 14),
        ]
        for value, colour, dash, name, shift in lines:
            y = _BOTTOM - scale * value
            parts.append(
                f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
                f'stroke-width="1.5"{dash}/><text x="{_RIGHT}" y="{y + shift:.1f}" text-anchor="end" '
                f'class="halo" style="fill:{colour}">{escape(name)} {texts.number(value, 2)}</text>'
            )
    parts += [
        f'<text x="{_LEFT + 38 * hour}" y="238" text-anchor="middle">{hour:02}</text>'
        for hour in range(0, 25, 2)
    ]
    return "".join(parts) + "</svg>"


def peak_hours_map(peak_hours: pl.DataFrame, texts: Texts) -> str:
    """Seven rows of weekdays, 24 columns of hours: the darker, the more entries per hour.

    One hue, since a colour says how an hour compares with the sector's busiest, and nothing of the capacity.

    Parameters
    ----------
    peak_hours
        weekday (0 = Monday), hour and intensity of one sector and day.
    """
    cells = list(peak_hours.select("weekday", "hour", "intensity").sort("weekday", "hour").iter_rows())
    highest = max((intensity or 0.0 for _, _, intensity in cells), default=0.0) or 1.0
    parts = [f'<svg viewBox="0 0 960 222" role="img" aria-label="{escape(texts["peak_hours"])}">']
    parts += [
        f'<text x="40" y="{20 + 27 * row}" text-anchor="end">{name}</text>'
        for row, name in enumerate(texts["weekdays"].split(","))
    ]
    parts += [
        f'<text x="{65 + 38 * hour}" y="208" text-anchor="middle">{hour:02}</text>' for hour in range(24)
    ]
    for weekday, hour, intensity in cells:
        share = (intensity or 0.0) / highest
        value = "-" if intensity is None else texts.number(intensity, 1)
        parts.append(
            f'<rect x="{47 + 38 * hour}" y="{3 + 27 * weekday}" width="36" height="25" rx="2" '
            f'fill="hsl(211, 55%, {96 - 60 * share:.0f}%)"/><text x="{65 + 38 * hour}" y="{20 + 27 * weekday}" '
            f'text-anchor="middle" style="fill:{"#fff" if share > 0.55 else _INK}">{value}</text>'
        )
    return "".join(parts) + "</svg>"


def _quarter() -> pl.Expr:
    start = pl.col("window_start")
    return start.dt.hour().cast(pl.Int32) * 4 + start.dt.minute() // 15


def _step(top: float) -> int:
    """Distance of the lines of a scale, so that there are three to eight. [entries]"""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10_000) if top / step <= 8)
