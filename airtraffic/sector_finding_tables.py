"""What is found out about sectors, countries' flows and critical flights."""

import pyarrow as pa

from airtraffic.sector_columns import COUNT, COVERAGE, SECTOR, SOURCES, VERSION, date_of
from airtraffic.table import TIMESTAMP, Table, column

OVERLOAD_SEGMENTS = Table(
    "overload_segments",
    "sectors",
    "One row per sector and run of 15-minute steps whose 60-minute count exceeds the capacity and whose hours overlap",
    pa.schema(
        [
            SECTOR,
            column("start", TIMESTAMP, "Start of the first window", "UTC"),
            column("end", TIMESTAMP, "End of the last window: its start + 60 min", "UTC"),
            column("steps", COUNT, "Windows that exceed the capacity", "steps"),
            column("capacity_per_h", pa.float64(), "CHadj at the worst step", "aircraft/h"),
            column("worst_count", COUNT, "Highest 60-minute count", "entries"),
            column("worst_start", TIMESTAMP, "Start of its window, the first of several", "UTC"),
            column("worst_excess", pa.float64(), "worst_count - capacity_per_h", "entries"),
            column("total_excess", pa.float64(), "Sum over the steps of count - capacity", "entries"),
            column("flight_count", COUNT, "Entries in [start, end)", "entries"),
            column(
                "flights",
                pa.list_(pa.string()),
                "Those entries in order: callsign, else flight_id, else icao24",
            ),
            *COVERAGE,
            VERSION,
            date_of("start"),
        ]
    ),
    ("date",),
)
SECTOR_ALERTS = Table(
    "sector_alerts",
    "sectors",
    "One row per sector and alert of its monitoring values",
    pa.schema(
        [
            SECTOR,
            column("start", TIMESTAMP, "Minute in which it fired", "UTC"),
            column(
                "end",
                TIMESTAMP,
                "Minute in which it cleared; null when it had not by the end of the day",
                "UTC",
            ),
            column("cause", pa.string(), "peak, or sustained: what fired it"),
            column("highest", COUNT, "Highest count while it lasted", "aircraft"),
            column("highest_at", TIMESTAMP, "First minute of it", "UTC"),
            column("peak_threshold", pa.float64(), "One count above it fires", "aircraft"),
            column("sustained_threshold", pa.float64(), "Several counts above it fire", "aircraft"),
            column("clear_threshold", pa.float64(), "Counts that stay at or below it clear", "aircraft"),
            *COVERAGE,
            VERSION,
            date_of("start"),
        ]
    ),
    ("date",),
)
PEAK_HOURS = Table(
    "peak_hours",
    "sectors",
    "One row per sector, weekday and hour, for the window that ends with the day",
    pa.schema(
        [
            SECTOR,
            column("weekday", pa.int32(), "0 Monday to 6 Sunday", "UTC"),
            column("hour", pa.int32(), "0 to 23", "UTC"),
            column("entries", pa.int64(), "Entries of that weekday and hour in the window", "entries"),
            column(
                "dates",
                COUNT,
                "Calendar dates of that weekday in the window, those without flights included",
                "d",
            ),
            column("intensity", pa.float64(), "I = entries / dates", "entries/h"),
            column("window_from", pa.date32(), "First day of the window", "UTC"),
            column("window_to", pa.date32(), "Last day of it", "UTC"),
            column(
                "dates_with_data",
                COUNT,
                "Dates of that weekday of which there is data; fewer than dates understate the intensity",
                "d",
            ),
            SOURCES,
            VERSION,
            column("date", pa.date32(), "Last day of the window, partition column", "UTC"),
        ]
    ),
    ("date",),
)
SECTOR_ADJUSTMENTS = Table(
    "sector_adjustments",
    "sectors",
    "One row per sector, peak hour in alert or critical saturation, and proposal",
    pa.schema(
        [
            SECTOR,
            column("hour_start", TIMESTAMP, "Clock hour in which the worst window starts", "UTC"),
            column("window_start", TIMESTAMP, "Start of the worst 60 minutes of that hour", "UTC"),
            column("proposal", pa.string(), "flow_cap, split or merge"),
            column("part", pa.string(), "What each part of a split takes, or the neighbour of a merge"),
            column("demand_before", pa.float64(), "Entries in those 60 minutes", "entries"),
            column("capacity_before_per_h", pa.float64(), "CHadj", "aircraft/h"),
            column("saturation_before_percent", pa.float64(), "IS as it was", "%"),
            column("level_before", pa.string(), "alert or critical"),
            column(
                "demand_after",
                pa.float64(),
                "Entries of the cap, of the fuller part of the split, or of both sectors together",
                "entries",
            ),
            column("capacity_after_per_h", pa.float64(), "Capacity that it meets then", "aircraft/h"),
            column("saturation_after_percent", pa.float64(), "IS that it would have", "%"),
            column("level_after", pa.string(), "normal, alert or critical"),
            column("flow_cap_per_h", COUNT, "Most whole entries per hour that are still normal", "entries/h"),
            column("flights_to_move", COUNT, "demand_before - flow_cap_per_h: entries to delay", "entries"),
            *COVERAGE,
            VERSION,
            date_of("hour_start"),
        ]
    ),
    ("date",),
)
SECTOR_COMPLEXITY = Table(
    "sector_complexity",
    "sectors",
    "One row per airspace sector and hour with an aircraft in it",
    pa.schema(
        [
            SECTOR,
            column("hour_start", TIMESTAMP, "Start of the hour", "UTC"),
            column("flight_min", pa.float64(), "Time that aircraft spent in the sector", "aircraft min"),
            column(
                "interaction_min",
                pa.float64(),
                "Time that an aircraft shared its cell of 20 x 20 NM x 3,000 ft with another, summed over both of "
                "each pair",
                "aircraft min",
            ),
            column("density", pa.float64(), "interaction_min / flight_min: the adjusted density", "1"),
            column(
                "vertical_min",
                pa.float64(),
                "Of it, in different phases (climb, level, descent)",
                "aircraft min",
            ),
            column(
                "horizontal_min", pa.float64(), "Of it, with tracks more than 20 deg apart", "aircraft min"
            ),
            column(
                "speed_min", pa.float64(), "Of it, with ground speeds more than 35 kt apart", "aircraft min"
            ),
            column(
                "structure",
                pa.float64(),
                "(vertical_min + horizontal_min + speed_min) / interaction_min; null without interactions",
                "1",
            ),
            column(
                "complexity",
                pa.float64(),
                "density x structure; 0 without interactions",
                "1",
            ),
            column("cells", COUNT, "Cells in which there was an interaction", "cells"),
            *COVERAGE,
            VERSION,
            date_of("hour_start"),
        ]
    ),
    ("date",),
)
COUNTRY_FLOWS = Table(
    "country_flows",
    "sectors",
    "One row per day, country of the origin airport and country of the destination airport",
    pa.schema(
        [
            column(
                "origin_country",
                pa.string(),
                "Country of the airport of departure, ISO 3166; null when unknown",
            ),
            column(
                "destination_country",
                pa.string(),
                "Country of the airport of arrival, ISO 3166; null when unknown",
            ),
            column("flights", pa.int64(), "Flights that departed on the day", "flights"),
            column("share", pa.float64(), "flights over all flights of the day", "1"),
            column(
                "unknown_share", pa.float64(), "Share of the day's flights with either country unknown", "1"
            ),
            *COVERAGE,
            date_of("departure"),
        ]
    ),
    ("date",),
)
CRITICAL_FLIGHTS = Table(
    "critical_flights",
    "sectors",
    "One row per aircraft and episode of is_critical",
    pa.schema(
        [
            column("rank", COUNT, "1 is the first to be reviewed: by severity, then by duration"),
            column("severity", COUNT, "Weight of the gravest reason, 1 to 5"),
            column("icao24", pa.string(), "24-bit transponder address"),
            column("callsign", pa.string(), "Callsign; null when it sent none"),
            column("reasons", pa.list_(pa.string()), "Reasons of all rows of the episode, sorted"),
            column("start", TIMESTAMP, "First critical row", "UTC"),
            column("end", TIMESTAMP, "Last critical row, within the day", "UTC"),
            column("duration_s", pa.float64(), "end - start", "s"),
            column("rows", COUNT, "Critical rows", "rows"),
            column("continued", pa.bool_(), "It began before midnight: the day before has its first part"),
            column("latitude", pa.float64(), "Where it began; null without a position", "deg"),
            column("longitude", pa.float64(), "Where it began; null without a position", "deg"),
            column("altitude_ft", pa.int32(), "Altitude where it began; null when unknown", "ft"),
            column("nearest_airport", pa.string(), "ICAO code of the airport nearest to where it began"),
            column("airport_distance_nm", pa.float64(), "Distance to it", "NM"),
            column("flight_id", pa.string(), "Flight that the aircraft was on; null when unknown"),
            column("origin", pa.string(), "Its airport of departure; null when unknown"),
            column("destination", pa.string(), "Its airport of arrival; null when unknown"),
            *COVERAGE,
            date_of("start"),
        ]
    ),
    ("date",),
)
