"""Tables of what is forecast beyond a month and of what follows from it: season, trend, growth, saturation."""

import pyarrow as pa

from airtraffic.sector_columns import KIND as SECTOR_KIND
from airtraffic.sector_columns import SECTOR, SOURCES, VERSION, date_of
from airtraffic.table import TIMESTAMP, Table, column

_KIND = column("kind", pa.string(), "What is counted: network, country, airport, sector, route or airline")
_SERIES = column("series", pa.string(), "Name of the series within its kind, as in daily_demand")
_TRAINED_TO = column("trained_to", pa.date32(), "Last day that the model has learned from", "UTC")
_TREND = column(
    "trend",
    pa.float64(),
    "What the linear trend gives for the day, level included; ahead its slope halves every 90 days",
    "1/d",
)
_ANNUAL = column("annual", pa.float64(), "What the time of the year adds; 0 where it is not known", "1/d")
_WEEKLY = column("weekly", pa.float64(), "What the day of the week adds", "1/d")
_HOLIDAY = column(
    "holiday", pa.float64(), "What a holiday of the country, its eve or the day after adds", "1/d"
)


def _percent(name: str, meaning: str) -> pa.Field:
    return column(name, pa.float64(), meaning, "%")


SEASONAL_FORECAST = Table(
    "seasonal_forecast",
    "forecasts",
    "One row per series and day: the last 365 that are known and the 365 after them",
    pa.schema(
        [
            _KIND,
            _SERIES,
            column("target_date", pa.date32(), "The day", "UTC"),
            column("horizon", pa.int32(), "Days from the series' last known one; 0 or less: known", "d"),
            column("value", pa.float64(), "What came, of a known day; null ahead", "1/d"),
            _TREND,
            _ANNUAL,
            _WEEKLY,
            _HOLIDAY,
            column(
                "recent",
                pa.float64(),
                "mean less the four parts: how far the last weeks lie off them, which halves every 90 days; "
                "0 of a known day",
                "1/d",
            ),
            column("mean", pa.float64(), "Forecast; of a known day, what the parts give", "1/d"),
            column("lower", pa.float64(), "Lower end of the 95 % interval; null of a known day", "1/d"),
            column("upper", pa.float64(), "Upper end of it", "1/d"),
            _TRAINED_TO,
            SOURCES,
            date_of("training: the last one known"),
        ]
    ),
    ("date",),
)
SEASONAL_TRENDS = Table(
    "seasonal_trends",
    "forecasts",
    "One row per series and day of training",
    pa.schema(
        [
            _KIND,
            _SERIES,
            column("country", pa.string(), "Whose holidays are in it; null: none"),
            column(
                "slope_per_year",
                pa.float64(),
                "Slope of the trend over the last two years, or since a break; null: too few days",
                "1/d per year",
            ),
            column("slope_lower", pa.float64(), "Lower end of its 95 % interval", "1/d per year"),
            column("slope_upper", pa.float64(), "Upper end of it", "1/d per year"),
            column("p_value", pa.float64(), "Probability of such a slope without any trend", "1"),
            column(
                "direction",
                pa.string(),
                "rising or falling when the interval leaves zero out, else flat; unclear with less than a year of days",
            ),
            column("level", pa.float64(), "Mean of the last 365 days, of the known ones", "1/d"),
            column("annual_identified", pa.bool_(), "At least a year of days: the annual part is known"),
            column("annual_range", pa.float64(), "Highest less lowest annual part", "1/d"),
            column("weekly_range", pa.float64(), "Highest less lowest weekly part", "1/d"),
            column("history_from", pa.date32(), "First known day", "UTC"),
            column("days_known", pa.int32(), "Known days of the history", "d"),
            _TRAINED_TO,
            column(
                "notes", pa.list_(pa.string()), "Breaks, closures, gaps and what limits the fit, in words"
            ),
            column("backtest_forecasts", pa.int64(), "Past forecasts whose day has come", "forecasts"),
            column("backtest_mape", pa.float64(), "Their mean error over the count", "1"),
            column("backtest_coverage", pa.float64(), "Share of counts inside of their 95 % interval", "1"),
            column(
                "backtest_vs_year_ago",
                pa.float64(),
                "Their mean error over that of the same weekday 364 days before, where both are known; above 1 that "
                "day was the nearer; null: none is known",
                "1",
            ),
            column("data_version", pa.int64(), "Version of the Delta table daily_demand that was read"),
            column("mlflow_run_id", pa.string(), "Run in MLflow"),
            SOURCES,
            date_of("training: the last one known"),
        ]
    ),
    ("date",),
)
AIRLINE_GROWTH = Table(
    "airline_growth",
    "forecasts",
    "One row per month and airline with a full month up to it",
    pa.schema(
        [
            column("airline", pa.string(), "Airline, ICAO designator"),
            column("months", pa.int32(), "Full months of the airline that the line goes through", "months"),
            column("first_month", pa.date32(), "First day of the first of them", "UTC"),
            column("last_month", pa.date32(), "First day of the last of them", "UTC"),
            column("slope", pa.float64(), "beta_1 of the line; null: too few months", "flights/month/month"),
            column("lower", pa.float64(), "Lower end of its 95 % interval", "flights/month/month"),
            column("upper", pa.float64(), "Upper end of it", "flights/month/month"),
            column("p_value", pa.float64(), "Probability of such a slope without any growth", "1"),
            column("mean", pa.float64(), "Mean of the months", "flights/month"),
            column(
                "label",
                pa.string(),
                "expansion or contraction when the interval leaves zero out, else stable; null: too few months",
            ),
            column("note", pa.string(), "What limits it, in words; empty when nothing does"),
            SOURCES,
            column("date", pa.date32(), "First day of the month, partition column", "UTC"),
        ]
    ),
    ("date",),
)
SECTOR_SATURATION_FORECAST = Table(
    "sector_saturation_forecast",
    "forecasts",
    "One row per day of issue, sector and day of the 7 after it",
    pa.schema(
        [
            SECTOR,
            SECTOR_KIND,
            column("target_date", pa.date32(), "Day that is forecast", "UTC"),
            column("horizon", pa.int32(), "Days from the day of issue", "d"),
            column("entries", pa.float64(), "Entries of the day, forecast", "entries"),
            column("entries_lower", pa.float64(), "Lower end of the 95 % interval", "entries"),
            column("entries_upper", pa.float64(), "Upper end of it", "entries"),
            column(
                "d_max",
                pa.float64(),
                "Highest rolling 60-minute entry count, forecast: d_max_profile times peak_factor",
                "entries",
            ),
            column("d_max_lower", pa.float64(), "Lower end of its 95 % interval", "entries"),
            column("d_max_upper", pa.float64(), "Upper end of it", "entries"),
            column(
                "d_max_profile",
                pa.float64(),
                "Entries of the busiest hour when the day's are spread over the weekday's hourly profile",
                "entries",
            ),
            column(
                "peak_factor",
                pa.float64(),
                "Observed d_max over that of the profile, mean of peak_days: a day's own peak stands out more; "
                "1 with too few days",
                "1",
            ),
            column("peak_days", pa.int32(), "Days of the trailing 56 that it was measured on", "d"),
            column("window_start", TIMESTAMP, "Start of that hour, the first of several", "UTC"),
            column(
                "capacity_per_h", pa.float64(), "Adjusted hourly capacity on the day of issue", "aircraft/h"
            ),
            _percent("saturation_percent", "Saturation index IS = d_max / capacity_per_h"),
            _percent("saturation_lower_percent", "The same of d_max_lower"),
            _percent("saturation_upper_percent", "The same of d_max_upper"),
            column("level", pa.string(), "normal, alert or critical of the index; null without a capacity"),
            column("level_upper", pa.string(), "The same of the interval's upper end"),
            _percent("alert_percent", "Above it: alert"),
            _percent("critical_percent", "Above it: critical"),
            column("model", pa.string(), "Model behind the forecast of entries"),
            column("reason", pa.string(), "Why this model"),
            column("backtest_coverage", pa.float64(), "Share of its past counts inside at this horizon", "1"),
            _TRAINED_TO,
            SOURCES,
            VERSION,
            date_of("issue: the last one known"),
        ]
    ),
    ("date",),
)
SEASONAL_TABLES = (SEASONAL_FORECAST, SEASONAL_TRENDS, AIRLINE_GROWTH, SECTOR_SATURATION_FORECAST)
