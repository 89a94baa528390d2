"""Tables of the airline's view: routes, where to grow, airlines by month, distances flown."""

import pyarrow as pa

from airtraffic.route_thresholds import INDICATORS
from airtraffic.table import TIMESTAMP, Table, column

_COUNT = pa.int64()
_DATE = column("date", pa.date32(), "Day of departure, partition column", "UTC")
_MONTH = column("date", pa.date32(), "First day of the month, partition column", "UTC")
_SOURCES = column(
    "sources", pa.list_(pa.string()), "Sources of the rows counted, sorted; simulate is not observed"
)
_ROUTE = (
    column("origin", pa.string(), "Airport of departure, ICAO code"),
    column("destination", pa.string(), "Airport of arrival, ICAO code"),
    column("airline", pa.string(), "Airline, ICAO designator; null when unknown"),
)
_MEANING = {
    "on_time_share": ("Arrivals not more than 15 minutes after plan (A15), of flights with both times", "1"),
    "delay_mean_min": ("Mean arrival delay; an early arrival counts as 0", "min"),
    "delay_p90_min": ("Arrival delay that one flight in ten exceeds; an early arrival counts as 0", "min"),
    "cancelled_share": ("Cancelled flights, of flown and cancelled ones", "1"),
    "block_time_ratio": ("Mean block time over mean planned block time, of flights with all four times", "1"),
    "horizontal_efficiency": (
        "Distance flown over great circle, of flights whose whole track was seen; 1 is the shortest way",
        "1",
    ),
    "load_factor": ("Passengers over seats, of flights flown with both", "1"),
    "margin_share": ("(Revenue - cost) over revenue", "1"),
    "rask_over_cask": (
        "Revenue over cost per available seat-km; the light counts flights with revenue, cost and seats",
        "1",
    ),
    "satisfaction": ("Mean of the passengers' answers, 1 to 5", "points"),
    "complaints_per_1000": ("Complaints per 1,000 passengers", "complaints"),
}
_OF = {
    "on_time_share": "flights with planned and actual arrival",
    "cancelled_share": "flights flown and cancelled",
    "block_time_ratio": "flights with all four times",
    "horizontal_efficiency": "flights whose whole track was seen",
    "load_factor": "flights with seats and passengers",
    "margin_share": "flights with revenue and cost",
    "satisfaction": "answers",
    "complaints_per_1000": "flights with passengers",
}
OBSERVATIONS = {
    "delay_mean_min": "on_time_share",
    "delay_p90_min": "on_time_share",
}
"""Indicators that share the observations of another one."""


def observations_of(indicator: str) -> str:
    """Column with the number of observations behind an indicator.

    >>> observations_of("delay_p90_min")
    'on_time_share_of'
    """
    return f"{OBSERVATIONS.get(indicator, indicator)}_of"


_MONEY = (
    column("seats", _COUNT, "Seats offered on flights flown", "seats"),
    column("passengers", _COUNT, "Passengers carried", "passengers"),
    column("revenue", pa.float64(), "Revenue of flights flown that have revenue and cost", "currency"),
    column("cost", pa.float64(), "Cost of the same flights", "currency"),
    column("margin", pa.float64(), "Revenue - cost", "currency"),
    column("currency", pa.string(), "ISO 4217; null when flights have several, and then no sums are made"),
    column(
        "rask",
        pa.float64(),
        "Revenue per available seat-km, of flights flown with revenue, cost and seats",
        "currency/km",
    ),
    column("cask", pa.float64(), "Cost per available seat-km, of the same flights", "currency/km"),
)
_INDICATORS = tuple(
    field
    for name in INDICATORS
    for field in (
        column(name, pa.float64(), *_MEANING[name]),
        *([column(f"{name}_of", _COUNT, f"Observations behind it: {_OF[name]}")] if name in _OF else []),
        column(
            f"{name}_light",
            pa.string(),
            "green, amber or red; null without a value or with too few observations",
        ),
    )
)
_PERFORMANCE = (
    *_ROUTE,
    column("flights", _COUNT, "Flights flown", "flights"),
    column("cancelled", _COUNT, "Flights cancelled", "flights"),
    column(
        "great_circle_km", pa.float64(), "Great circle between the airports; null when one is not known", "km"
    ),
    column("block_time_min", pa.float64(), "Mean time from departure to arrival", "min"),
    *_MONEY,
    *_INDICATORS,
    column("thresholds_version", pa.string(), "Version and hash of the thresholds behind the lights"),
    _SOURCES,
)
ROUTE_PERFORMANCE = Table(
    "route_performance",
    "routes",
    "One row per day, origin, destination and airline",
    pa.schema([*_PERFORMANCE, _DATE]),
    ("date",),
)
ROUTE_PERFORMANCE_MONTHLY = Table(
    "route_performance_monthly",
    "routes",
    "One row per month, origin, destination and airline",
    pa.schema([*_PERFORMANCE, _MONTH]),
    ("date",),
)
ROUTE_PERFORMANCE_LIVE = Table(
    "route_performance_live",
    "routes",
    "One row per day, origin, destination and airline; while the day lasts, of the 24 hours before as_of",
    pa.schema(
        [
            column("as_of", TIMESTAMP, "End of the 24 hours, not included", "UTC"),
            column("window_from", TIMESTAMP, "Their start; a flight counts by its departure or plan", "UTC"),
            column("last_event_at", TIMESTAMP, "When the newest of the route's events occurred", "UTC"),
            *_PERFORMANCE,
            column("date", pa.date32(), "Day of the window's last moment, partition column", "UTC"),
        ]
    ),
    ("date",),
)
ROUTE_OPPORTUNITIES = Table(
    "route_opportunities",
    "routes",
    "One row per month, route and airline that is worth a look",
    pa.schema(
        [
            column("rank", pa.int32(), "1 is the furthest past its thresholds"),
            *_ROUTE,
            column(
                "reasons", pa.list_(pa.string()), "seldom_and_full, delay_rising, longer_than_peers; sorted"
            ),
            column("not_assessed", pa.list_(pa.string()), "Reasons for which there was no data, sorted"),
            column(
                "score",
                pa.float64(),
                "Sum over the reasons of how far past the threshold, in thresholds",
                "1",
            ),
            column("flights", _COUNT, "Flights of the month", "flights"),
            column("flights_per_day", pa.float64(), "Flights over days_with_data", "flights/d"),
            column(
                "days_with_data",
                pa.int32(),
                "Days of the month on which any of the row's sources has a flight, of whatever route",
                "d",
            ),
            column("load_factor", pa.float64(), "Of the month", "1"),
            column("delay_mean_min", pa.float64(), "Of the month", "min"),
            column("delay_before_min", pa.float64(), "Of the three months before, by flights", "min"),
            column("horizontal_efficiency", pa.float64(), "Of the month", "1"),
            column("peers_efficiency", pa.float64(), "Median of routes of similar length", "1"),
            column("peers", _COUNT, "Routes of similar length", "routes"),
            column("thresholds_version", pa.string(), "Version and hash of the thresholds"),
            _SOURCES,
            _MONTH,
        ]
    ),
    ("date",),
)
AIRLINE_MONTHLY = Table(
    "airline_monthly",
    "routes",
    "One row per month and airline",
    pa.schema(
        [
            column(
                "airline", pa.string(), "Airline, ICAO designator; null: flights whose airline is not known"
            ),
            column("flights", _COUNT, "Flights flown", "flights"),
            column("cancelled", _COUNT, "Flights cancelled", "flights"),
            column("days_with_flights", pa.int32(), "Days of the month on which the airline flew", "d"),
            column(
                "days_with_data", pa.int32(), "Days of the month on which anybody's flights are known", "d"
            ),
            column("days", pa.int32(), "Calendar days of the month", "d"),
            column(
                "full_month",
                pa.bool_(),
                "Every calendar day of the month has data: only such months show growth",
            ),
            _SOURCES,
            _MONTH,
        ]
    ),
    ("date",),
)
FLIGHT_DISTANCES = Table(
    "flight_distances",
    "routes",
    "One row per flight whose whole track was seen",
    pa.schema(
        [
            column("flight_id", pa.string(), "As in flights"),
            column("icao24", pa.string(), "24-bit transponder address"),
            column("origin", pa.string(), "Airport of departure, ICAO code"),
            column("destination", pa.string(), "Airport of arrival, ICAO code"),
            column("flown_km", pa.float64(), "Airport, positions, airport: sum of the great circles", "km"),
            column("great_circle_km", pa.float64(), "Great circle between the airports", "km"),
            column("positions", _COUNT, "Positions behind it", "positions"),
            column("longest_gap_min", pa.float64(), "Longest time between two of them", "min"),
            column("source", pa.string(), "Where the positions come from"),
            _DATE,
        ]
    ),
    ("date",),
)
ROUTE_TABLES = (
    ROUTE_PERFORMANCE,
    ROUTE_PERFORMANCE_MONTHLY,
    ROUTE_PERFORMANCE_LIVE,
    ROUTE_OPPORTUNITIES,
    AIRLINE_MONTHLY,
    FLIGHT_DISTANCES,
)
