"""Two years of daily counts of the simulated traffic, as an authority would publish them: nobody has flown them.

The simulated days are counted in the plan itself. What came before follows from the plan of the fortnight up
to them: its mean by series, times the week, the year, the holidays and the growth below, with Poisson noise.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from airtraffic.airports import all_airports
from airtraffic.forecasting.day_calendar import is_holiday
from airtraffic.sectors import Sectors
from airtraffic.simulation.demand import DAY_S, weekday_activity
from airtraffic.simulation.operators import OPERATORS
from airtraffic.simulation.randomness import generator
from airtraffic.simulation.schedule import LONGEST_DUTY_DAYS, Flights
from airtraffic.simulation.simulator import Simulation

PAST_DAYS = 730
"""Days before the first simulated one. [d]"""
MOST = {"network": 1, "airport": 2, "sector": 3, "route": 1, "airline": 1}
"""Series of each kind, the busiest. [series]"""
GROWTH_PER_YEAR = 0.04
"""Of the flights of the first simulated day. [1/a]"""
SUMMER, MIDYEAR = 0.05, 0.03
"""How far the year's and the half-year's wave, both with their crest in mid January, leave the mean. [1]"""
HOLIDAY, EVE = 0.84, 1.05
"""Share of the usual that flies on a holiday, and on the day before one. [1]"""
_CREST = 15
_YEAR_DAYS = 365.25
_PLAN_DAYS = 14
_STREAM = 81
_EPOCH = date(1970, 1, 1)


def simulated_counts(simulation: Simulation, days: Sequence[date], sectors: Sectors) -> pl.DataFrame:
    """Counts of some series on the days and on ``PAST_DAYS`` before them.

    Parameters
    ----------
    days
        The simulated ones, consecutive. (UTC)
    sectors
        Of whose connectivity sectors the busiest are counted.

    Returns
    -------
    pl.DataFrame
        date, kind, series, country (where most of the flights leave) and flights [1/d], by date.
    """
    first, last = min(days), max(days)
    plan = _plan(simulation, _span(first - timedelta(_PLAN_DAYS - 1), last), sectors)
    chosen = _chosen(plan.filter(pl.col("date") <= first))
    past, known = _span(first - timedelta(PAST_DAYS), first - timedelta(1)), _span(first, last)
    usual = chosen["flights"].to_numpy() / sum(
        weekday_activity(_number(first) - back) for back in range(_PLAN_DAYS)
    )
    factors = np.stack([_factors(country, past, first) for country in chosen["country"]])
    drawn = [
        generator(simulation.seed, _STREAM, _number(day)).poisson(usual * factors[:, column])
        for column, day in enumerate(past)
    ]
    series = chosen.select("kind", "series", "country")
    before = series.join(pl.DataFrame({"date": past}), how="cross", maintain_order="right_left").with_columns(
        flights=np.concatenate(drawn)
    )
    counted = plan.group_by("date", "kind", "series").agg(pl.col("flights").sum())
    simulated = (
        series.join(pl.DataFrame({"date": known}), how="cross", maintain_order="right_left")
        .join(counted, on=["date", "kind", "series"], how="left", maintain_order="left")
        .with_columns(pl.col("flights").fill_null(0))
    )
    columns = ("date", "kind", "series", "country", pl.col("flights").cast(pl.Int64))
    return pl.concat([before.select(columns), simulated.select(columns)])


def _plan(simulation: Simulation, days: Sequence[date], sectors: Sectors) -> pl.DataFrame:
    """Flights of the plan: date, kind, series, country of departure and flights, which is 1."""
    numbers = range(_number(days[0]) - LONGEST_DUTY_DAYS + 1, _number(days[-1]) + 1)
    flights = Flights.join([simulation.flights_of(number) for number in numbers])
    codes = np.array(simulation.airports.codes)
    airline = np.array([operator.designator for operator in OPERATORS])
    country = dict(zip(all_airports().codes.tolist(), all_airports().countries.tolist(), strict=True))
    flown = pl.DataFrame(
        {
            "date": (flights.takeoff_s // DAY_S).astype(np.int32),
            "landed": (flights.landing_s // DAY_S).astype(np.int32),
            "origin": codes[flights.origin],
            "destination": codes[flights.destination],
            "airline": airline[simulation.fleet.operator[flights.aircraft]],
        }
    ).with_columns(
        pl.col("date", "landed").cast(pl.Date), pl.col("origin").replace_strict(country).alias("country")
    )
    of_day = [
        _named(flown, "network", pl.lit("flights")),
        _named(flown, "airport", pl.col("origin")),
        _named(flown, "airport", pl.col("destination"), day="landed"),
        _named(flown, "route", pl.concat_str("origin", "destination", separator="-")),
        _named(flown.filter(pl.col("airline") != ""), "airline", pl.col("airline")),
    ]
    for sector in sectors.on(days[-1], "connectivity"):
        inside = [
            pl.col(end).is_in(list(declared))
            for end, declared in (("origin", sector.origins), ("destination", sector.destinations))
            if declared
        ]
        of_day.append(_named(flown.filter(inside), "sector", pl.lit(sector.id)))
    return pl.concat(of_day).filter(pl.col("date").is_between(days[0], days[-1]))


def _named(flown: pl.DataFrame, kind: str, series: pl.Expr, day: str = "date") -> pl.DataFrame:
    return flown.select(
        pl.col(day).alias("date"),
        pl.lit(kind).alias("kind"),
        series.alias("series"),
        "country",
        pl.lit(1).alias("flights"),
    )


def _chosen(plan: pl.DataFrame) -> pl.DataFrame:
    """The busiest series of each kind: kind, series, country and flights in the plan."""
    by_country = plan.group_by("kind", "series", "country").agg(pl.col("flights").sum())
    total = (
        by_country.sort("flights", "country", descending=[True, False])
        .group_by("kind", "series", maintain_order=True)
        .agg(pl.col("country").first(), pl.col("flights").sum())
        .sort("flights", "series", descending=[True, False])
    )
    return pl.concat(total.filter(pl.col("kind") == kind).head(most) for kind, most in MOST.items())


def _factors(country: str, days: Sequence[date], first: date) -> np.ndarray:
    """What a country's day has of what is usual on the first simulated one, by weekday, year and holiday.

    ``(1 + g)^(t / a) * season(t) / season(0) * weekday(t) * holiday(t)``. (n_days,) [1]
    """
    ahead = np.array([(day - first).days for day in days])
    season = _season(np.array([day.timetuple().tm_yday for day in days]))
    now = _season(np.array([first.timetuple().tm_yday]))
    week = np.array([weekday_activity(_number(day)) for day in days])
    free = is_holiday(country, [*days, days[-1] + timedelta(1)])
    holiday = np.where(free[:-1], HOLIDAY, np.where(free[1:], EVE, 1.0))
    return (1 + GROWTH_PER_YEAR) ** (ahead / _YEAR_DAYS) * season / now * week * holiday


def _season(day_of_year: np.ndarray) -> np.ndarray:
    angle = 2 * np.pi * (day_of_year - _CREST) / _YEAR_DAYS
    return 1 + SUMMER * np.cos(angle) + MIDYEAR * np.cos(2 * angle)


def _span(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _number(day: date) -> int:
    return (day - _EPOCH).days
