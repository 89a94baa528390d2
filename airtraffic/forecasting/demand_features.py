"""What the demand forest knows of a day to come, all relative to the level and week at the origin.

Counts are taken as log(1 + y): effects are shares, alike for a small and a large series, and what a tree
cannot do, go on beyond what it has seen, is left to the level.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from airtraffic.forecasting.day_calendar import (
    EASTER_DAYS,
    FEATURES,
    NONE,
    easter_distance,
    holiday_features,
    same_day_in_earlier_years,
)
from airtraffic.forecasting.gaps import carried_forward, known_mean, same_weekday
from airtraffic.forecasting.panel import Panel

WEEKS = 8
"""Weeks before the origin that its level and week are taken from."""
YEARS = 5
"""Earlier years whose same day is looked at; their median is not moved by one year of closed skies."""
SETTLED_DAYS = 42
"""Days after which a past day's deviation is final: half a month for the level, a month for the week."""
NAMES = (
    "horizon",
    "weekday",
    "day_of_year",
    *FEATURES,
    "from_easter",
    *(f"effect_{of}_{how}" for of in ("weekday", "date", "easter") for how in ("last", "median")),
    "season_last",
    "season_median",
    "rise_week",
    "rise_month",
    "lag_1",
    "lag_7",
    "lag_14",
    "lag_28",
    "week",
)


@dataclass(frozen=True)
class DayTable:
    """What does not depend on the origin, made once per panel and horizon.

    ``logs``: (n_series, n_days); ``centred``: the level about each past day; ``special``: a past day's
    deviation from its level and weekday; ``calendar``: (n_series, n_calendar, n_days + horizon);
    ``earlier``: steps back to the same day of earlier years by kind of counterpart, (years, n_days + horizon).
    """

    logs: np.ndarray
    centred: np.ndarray
    special: np.ndarray
    calendar: np.ndarray
    earlier: dict[str, np.ndarray]


def day_table(panel: Panel, horizon: int, countries: Mapping[str, str] | str | None) -> DayTable:
    """Lay out the days of a panel and ``horizon`` more."""
    count = panel.values.shape[1]
    days = [panel.start + timedelta(days=each) for each in range(count + horizon)]
    logs = np.log1p(panel.values)
    centred = known_mean([_shifted(logs, step) for step in range(-14, 15)])
    away = logs - centred
    usual = _median([_shifted(away, step) for step in (-28, -21, -14, -7, 7, 14, 21, 28)])
    from_easter = easter_distance(days).astype(float)
    from_easter[np.abs(from_easter) > EASTER_DAYS] = NONE
    shared = np.stack([[day.weekday() for day in days], [day.timetuple().tm_yday for day in days]])
    of_country: dict[str | None, np.ndarray] = {}
    tables = []
    for name in panel.series:
        country = countries.get(name) if isinstance(countries, Mapping) else countries
        if country not in of_country:
            of_country[country] = np.concatenate([shared, holiday_features(country, days), from_easter[None]])
        tables.append(of_country[country])
    earlier = same_day_in_earlier_years(days, YEARS)
    return DayTable(logs, centred, np.clip(away - usual, -1.5, 1.5), np.stack(tables), earlier)


def features(table: DayTable, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the forest and the level they are relative to.

    Returns
    -------
    tuple
        (n_series, n_origins, horizon, len(NAMES)) and (n_series, n_origins, horizon) in log(1 + y); NaN
        where nothing was known by the origin.
    """
    shape = (len(table.logs), len(origins), horizon)
    ahead = np.arange(1, horizon + 1)
    target = origins[:, None] + ahead
    weeks, level, week = _present(table, origins)
    weekday = (-ahead) % 7
    base = level[:, :, None] + _of_target(week, weekday)
    found: dict[str, np.ndarray] = {"horizon": np.broadcast_to(ahead, shape)}
    calendar = ("weekday", "day_of_year", *FEATURES, "from_easter")
    for number, name in enumerate(calendar):
        found[name] = table.calendar[:, number][:, target]
    for of, steps in table.earlier.items():
        back = np.stack([_earlier(table.special, target, step[target], origins) for step in steps])
        found[f"effect_{of}_last"], found[f"effect_{of}_median"] = back[0], _median(back)
    season = np.stack(
        [_season(table.centred, target, origins, step) for step in table.earlier["weekday"][:, 0]]
    )
    found["season_last"], found["season_median"] = season[0], _median(season)
    apart = weeks - week
    short, long, older = (
        _median(apart[0]),
        _median(np.concatenate(apart[:4])),
        _median(np.concatenate(apart[4:])),
    )
    found |= {
        name: np.broadcast_to(value[:, :, None], shape)
        for name, value in (
            ("rise_week", short - long),
            ("rise_month", long - older),
            ("lag_1", apart[0, 0] - level),
        )
    }
    for name, back in (("lag_7", 0), ("lag_14", 1), ("lag_28", 3)):
        found[name] = _of_target(apart[back] - level, weekday)
    found["week"] = _of_target(week, weekday)
    rows = np.empty((*shape, len(NAMES)), dtype=np.float32)
    for number, name in enumerate(NAMES):
        rows[..., number] = found[name]
    return np.nan_to_num(rows), base


def _present(table: DayTable, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The last weeks (WEEKS, 7, n_series, n_origins) newest day first, level and week (7, ...) at each origin.

    The level leans to the last week: .4 of its median and .6 of the last two weeks', without their weekday.
    Where eight weeks have nothing known, the last known week is the level.
    """
    back = np.arange(7 * WEEKS)
    at = origins[None] - back[:, None]
    lagged = np.where((at >= 0)[:, None], np.moveaxis(table.logs[:, np.maximum(at, 0)], 0, 1), np.nan)
    weeks = lagged.reshape(WEEKS, 7, *lagged.shape[1:])
    week = _median(weeks - known_mean(weeks, axis=1)[:, None])
    apart = weeks - week
    level = 0.4 * _median(apart[0]) + 0.6 * _median(np.concatenate(apart[:2]))
    month = _median(np.concatenate(apart[:4]))
    level = np.where(np.isnan(level), month, level)
    silent = np.isnan(level)
    if silent.any():
        last = carried_forward(same_weekday(table.logs, 4))[:, origins]
        level = np.where(silent, last, level)
    week = np.where(np.isnan(week), 0.0, week)
    return weeks, level, week


def _of_target(by_lag: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """From (7, n_series, n_origins) by days back to (n_series, n_origins, horizon)."""
    return np.moveaxis(by_lag[weekday], 0, -1)


def _earlier(values: np.ndarray, target: np.ndarray, steps: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Values ``steps`` days before each target, NaN where they were not settled at the origin."""
    at = target - steps
    ready = (steps > 0) & (at >= 0) & (at + SETTLED_DAYS <= origins[:, None])
    return np.where(ready[None], values[:, np.where(ready, at, 0)], np.nan)


def _season(centred: np.ndarray, target: np.ndarray, origins: np.ndarray, step: int) -> np.ndarray:
    """How the level went on, that many days ago, from a week before the origin to the target."""
    steps = np.full_like(target, step)
    begin = np.broadcast_to((origins - 7)[:, None], target.shape)
    return _earlier(centred, target, steps, origins) - _earlier(centred, begin, steps, origins)


def _shifted(values: np.ndarray, step: int) -> np.ndarray:
    """The column ``step`` days later, NaN beyond the ends."""
    moved = np.full_like(values, np.nan)
    if abs(step) >= values.shape[1]:
        return moved
    if step >= 0:
        moved[:, : values.shape[1] - step] = values[:, step:]
    else:
        moved[:, -step:] = values[:, :step]
    return moved


def _median(stack: np.ndarray | list[np.ndarray]) -> np.ndarray:
    """Median over the first axis of what is known, NaN where nothing is; faster than ``nanmedian``."""
    ordered = np.sort(np.asarray(stack), axis=0)
    count = (~np.isnan(ordered)).sum(axis=0)
    low, high = np.maximum((count - 1) // 2, 0), count // 2
    high = np.minimum(high, len(ordered) - 1)
    middle = [np.take_along_axis(ordered, each[None], axis=0)[0] for each in (low, high)]
    return np.where(count > 0, (middle[0] + middle[1]) / 2, np.nan)
