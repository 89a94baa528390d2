"""Where a daily series changes its regime: a sudden new level, a closure, a long silence."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from airtraffic.forecasting.gaps import mean_between
from airtraffic.forecasting.panel import Panel

SIDE_DAYS = 14
"""Days compared on either side of a break; whole weeks, so that weekdays cancel out."""
MIN_CHANGE = 0.5
"""Smallest change of log(1 + level) that counts: down by 39 %, up by 65 %."""
TYPICAL = 6.0
"""A break is this many times the series' usual two-week change."""
CLOSED_SHARE = 0.05
"""At or below this share of the level before it, a series is closed. [1]"""
SILENCE_DAYS = 28
"""Days without any value that are said as a gap."""


@dataclass(frozen=True)
class Regime:
    """Something that a reader of a series should know.

    ``kind``: ``rise`` or ``fall`` (a new level), ``closure`` (next to no traffic), ``gap`` (nothing known).
    ``first``, ``last``: days; a new level has no last day. ``before``, ``after``: mean per day. [1/d]
    """

    series: str
    kind: str
    first: date
    last: date | None
    before: float | None
    after: float | None

    def sentence(self) -> str:
        """What happened, in words."""
        if self.kind == "gap":
            return f"nothing known from {self.first} to {self.last}"
        change = f"{self.before:.0f} to {self.after:.0f} a day"
        if self.kind == "closure":
            until = f"until {self.last}" if self.last else "to the end of the history"
            return f"next to no traffic from {self.first} {until} ({change})"
        return f"{self.kind} from {change} at {self.first}"


def regimes(panel: Panel) -> list[Regime]:
    """Breaks, closures and gaps of every series, in order of series and day.

    A break is where the means of the two weeks after and before differ suddenly: by half a unit of
    log(1 + level) and by six times the series' usual two-week change, at the largest difference nearby. A
    season that opens over a month is none.
    """
    found: list[Regime] = []
    for name, values in zip(panel.series, panel.values, strict=True):
        found += sorted(
            [*_breaks(panel, name, values), *_gaps(panel, name, values)], key=lambda each: each.first
        )
    return found


def _breaks(panel: Panel, name: str, values: np.ndarray) -> list[Regime]:
    days = len(values)
    if days < 2 * SIDE_DAYS:
        return []
    before, after = _sides(values)
    change = np.log1p(after) - np.log1p(before)
    usual = np.nanmedian(np.abs(change)) if np.isfinite(change).any() else np.nan
    size = np.nan_to_num(np.abs(change))
    large = size >= max(MIN_CHANGE, TYPICAL * np.nan_to_num(usual))
    found = []
    while large.any():
        at = int(np.argmax(np.where(large, size, 0.0)))
        found.append(at)
        large[max(at - 2 * SIDE_DAYS, 0) : at + 2 * SIDE_DAYS] = False
    found.sort()
    return [_described(panel, name, values, at, found) for at in found]


def _described(panel: Panel, name: str, values: np.ndarray, at: int, breaks: list[int]) -> Regime:
    before = float(np.nanmean(values[max(at - SIDE_DAYS, 0) : at]))
    after = float(np.nanmean(values[at : at + SIDE_DAYS]))
    if after > CLOSED_SHARE * before:
        return Regime(name, "rise" if after > before else "fall", panel.day(at), None, before, after)
    later = [each for each in breaks if each > at]
    last = panel.day(later[0] - 1) if later else None
    return Regime(name, "closure", panel.day(at), last, before, after)


def _sides(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the ``SIDE_DAYS`` before each day and from it on, NaN with less than half of them known."""
    at = np.arange(len(values))
    low, high = np.maximum(at - SIDE_DAYS, 0), np.minimum(at + SIDE_DAYS, len(values))
    least = SIDE_DAYS // 2
    return mean_between(values, low, at, least), mean_between(values, at, high, least)


def _gaps(panel: Panel, name: str, values: np.ndarray) -> list[Regime]:
    known = np.flatnonzero(~np.isnan(values))
    after = np.flatnonzero(np.diff(known) > SILENCE_DAYS)
    return [
        Regime(name, "gap", panel.day(known[at] + 1), panel.day(known[at + 1] - 1), None, None)
        for at in after
    ]
