"""What kind of day a date is: weekday, season, holidays and the days about them."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from airtraffic.errors import ForecastError

NEAR_DAYS = 8
"""Distance to a holiday beyond which it is all the same. [d]"""
EASTER_DAYS = 65
"""Carnival, Easter, Whitsun and Corpus Christi lie within this many days of Easter Sunday."""
CHRISTMAS_DAYS = 14
NONE = 99.0
"""A distance to Easter or Christmas that is too large to matter."""
FEATURES = (
    "free",
    "to_next",
    "since_last",
    "next_weekday",
    "last_weekday",
    "free_before",
    "free_after",
    "free_length",
    "next_length",
    "last_length",
    "christmas",
)


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar.

    Anonymous computus, Meeus, Astronomical Algorithms (1991), chapter 8.

    >>> easter_sunday(2024)
    datetime.date(2024, 3, 31)
    """
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    month, day = divmod(d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def holidays_of(country: str, first_year: int, last_year: int) -> frozenset[date]:
    """Days that a country takes off: its public holidays and, where they are known, the optional ones.

    Carnival and Corpus Christi are optional in Brazil and move its traffic all the same.

    Raises
    ------
    ForecastError
        The ``holidays`` package does not know the country (ISO 3166 alpha-2).
    """
    import holidays

    supported = holidays.list_supported_countries()
    if country not in supported:
        raise ForecastError(
            f"no holidays are known for country {country!r}; give an ISO code such as BR, or None"
        )
    years = range(first_year, last_year + 1)
    categories = [
        each
        for each in ("public", "optional")
        if each in holidays.country_holidays(country).supported_categories
    ]
    return frozenset(holidays.country_holidays(country, years=years, categories=categories))


def is_holiday(country: str | None, days: Sequence[date]) -> np.ndarray:
    """Whether each of ``days``, in order, is a holiday; none is without a country. (n_days,)"""
    if country is None:
        return np.zeros(len(days), dtype=bool)
    known = holidays_of(country, days[0].year, days[-1].year)
    return np.array([day in known for day in days])


def holiday_flags(country: str, start: date, t: np.ndarray) -> np.ndarray:
    """Eve, holiday and the day after as 0 or 1, (n_days, 3). ``t``: days since ``start``, rising."""
    days = [start + timedelta(days=int(each)) for each in range(int(t[0]) - 1, int(t[-1]) + 2)]
    free = is_holiday(country, days)
    at = (t - t[0]).astype(int) + 1
    return np.stack([free[at + 1] & ~free[at], free[at], free[at - 1] & ~free[at]], axis=1).astype(float)


def easter_distance(days: Sequence[date]) -> np.ndarray:
    """Days since the nearest Easter Sunday, negative before it. (n_days,) [d]"""
    years = range(days[0].year - 1, days[-1].year + 2)
    sundays = np.array([easter_sunday(year).toordinal() for year in years])
    ordinals = np.array([day.toordinal() for day in days])
    away = ordinals[:, None] - sundays
    return away[np.arange(len(days)), np.argmin(np.abs(away), axis=1)]


def holiday_features(country: str | None, days: Sequence[date]) -> np.ndarray:
    """How each of consecutive ``days`` lies among holidays: (n_features, n_days), in order of ``FEATURES``.

    A single working day between two free ones is free too (a bridge). ``free_before`` and ``free_after`` count
    the free days up to and from the day, ``free_length`` the whole stretch, ``next_length`` and ``last_length``
    the stretch that begins or ended within three days; weekdays are -1 where no holiday is within four.
    """
    margin = 40
    wide = [days[0] + timedelta(days=offset) for offset in range(-margin, len(days) + margin)]
    holiday = is_holiday(country, wide)
    weekday = np.array([day.weekday() for day in wide])
    to_next, since_last = _distance(holiday[::-1])[::-1], _distance(holiday)
    at = np.arange(len(wide))
    last = len(wide) - 1
    next_weekday = np.where(to_next <= 4, weekday[np.minimum(at + to_next, last)], -1)
    last_weekday = np.where(since_last <= 4, weekday[np.maximum(at - since_last, 0)], -1)
    free = holiday | (weekday >= 5)
    free[1:-1] |= free[:-2] & free[2:]
    before, after = _run(free), _run(free[::-1])[::-1]
    length = np.where(free, before + after - 1, 0)
    following, preceding = np.zeros_like(length), np.zeros_like(length)
    for step in (3, 2, 1):
        ahead, behind = np.roll(length, -step), np.roll(length, step)
        following = np.where(~free & (ahead > 0), ahead, following)
        preceding = np.where(~free & (behind > 0), behind, preceding)
    ordinal = np.array([day.toordinal() for day in wide])
    christmas = np.array([date(day.year - (day.month < 6), 12, 25).toordinal() for day in wide])
    from_christmas = ordinal - christmas
    from_christmas = np.where(np.abs(from_christmas) <= CHRISTMAS_DAYS, from_christmas, NONE)
    table = np.stack(
        [
            holiday,
            np.minimum(to_next, NEAR_DAYS),
            np.minimum(since_last, NEAR_DAYS),
            next_weekday,
            last_weekday,
            before,
            after,
            length,
            following,
            preceding,
            from_christmas,
        ]
    ).astype(float)
    return table[:, margin : margin + len(days)]


def _distance(marked: np.ndarray) -> np.ndarray:
    """Steps since the last mark, a large number before the first."""
    at = np.arange(len(marked))
    last = np.maximum.accumulate(np.where(marked, at, -(10**6)))
    return at - last


def _run(free: np.ndarray) -> np.ndarray:
    """How many free days in a row end at each."""
    at = np.arange(len(free))
    last_busy = np.maximum.accumulate(np.where(free, -1, at))
    return np.where(free, at - last_busy, 0)


def same_day_in_earlier_years(days: Sequence[date], years: int) -> dict[str, np.ndarray]:
    """Where each day's counterparts lie: same weekday, same date, same distance from Easter.

    Each is (years, n_days): steps back from the day. Beyond ``EASTER_DAYS`` of Easter there is no counterpart
    there: 0.
    """
    ordinals = np.array([day.toordinal() for day in days])
    weekday = np.stack([np.full(len(days), 364 * back) for back in range(1, years + 1)])
    same_date, easter = [], []
    from_easter = easter_distance(days)
    easter_year = [
        (day - timedelta(days=int(away))).year for day, away in zip(days, from_easter, strict=True)
    ]
    near = np.abs(from_easter) <= EASTER_DAYS
    for back in range(1, years + 1):
        there = [_shifted(day, back) for day in days]
        same_date.append(ordinals - there)
        sunday = np.array([easter_sunday(year - back).toordinal() for year in easter_year])
        easter.append(np.where(near, ordinals - (sunday + from_easter), 0))
    return {"weekday": weekday, "date": np.stack(same_date), "easter": np.stack(easter)}


def _shifted(day: date, years: int) -> int:
    return day.replace(
        year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day
    ).toordinal()
