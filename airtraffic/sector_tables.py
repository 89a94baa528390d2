"""Sectors: who was in them, how many they can take, and what that comes to."""

import pyarrow as pa

from airtraffic.sector_columns import COUNT, COVERAGE, KIND, SECTOR, SOURCES, VERSION, date_of
from airtraffic.sector_finding_tables import (
    COUNTRY_FLOWS,
    CRITICAL_FLIGHTS,
    OVERLOAD_SEGMENTS,
    PEAK_HOURS,
    SECTOR_ADJUSTMENTS,
    SECTOR_ALERTS,
    SECTOR_COMPLEXITY,
)
from airtraffic.table import TIMESTAMP, Table, column

SECTOR_FLIGHTS = Table(
    "sector_flights",
    "sectors",
    "One row per flight or aircraft, sector and passage",
    pa.schema(
        [
            SECTOR,
            KIND,
            column(
                "flight_id",
                pa.string(),
                "Flight in flights; of an airspace passage the one that the aircraft was on, null when there is none",
            ),
            column("icao24", pa.string(), "24-bit transponder address; null when unknown"),
            column("callsign", pa.string(), "Callsign; null when unknown"),
            column("origin", pa.string(), "Airport of departure, ICAO code; null when unknown"),
            column("destination", pa.string(), "Airport of arrival, ICAO code; null when unknown"),
            column(
                "entry_at",
                TIMESTAMP,
                "Departure, or for airspace the crossing of the boundary, interpolated on the track; the first "
                "position where the aircraft was first seen inside",
                "UTC",
            ),
            column(
                "exit_at",
                TIMESTAMP,
                "Arrival, or the crossing of the boundary; the last position where the aircraft was last seen "
                "inside; null when there was none, or not after the entry",
                "UTC",
            ),
            column("time_in_sector_s", pa.float64(), "exit_at - entry_at; null without an exit", "s"),
            column("entry_observed", pa.bool_(), "The entry was seen, and is not where reception began"),
            column("exit_observed", pa.bool_(), "The exit was seen, and is not where reception ended"),
            column("entry_fl", pa.float64(), "Level at the entry; airspace only", "FL, 100 ft"),
            column("exit_fl", pa.float64(), "Level at the exit; airspace only", "FL, 100 ft"),
            column(
                "source",
                pa.string(),
                "Where the data really comes from: file, opensky, replay, simulate, ...",
            ),
            column("provider", pa.string(), "Whose flight it is; null for an airspace sector"),
            VERSION,
            date_of("entry_at"),
        ]
    ),
    ("date",),
)
SECTOR_ENTRIES = Table(
    "sector_entries",
    "sectors",
    "One row per sector and quarter hour of a day of which there is data",
    pa.schema(
        [
            SECTOR,
            column("window_start", TIMESTAMP, "Start of the quarter hour, and of the hour from it on", "UTC"),
            column("entries_15min", COUNT, "Entries in [window_start, + 15 min)", "entries"),
            column(
                "entries_60min",
                COUNT,
                "Entries in [window_start, + 60 min); the day's last three windows reach into the next day",
                "entries",
            ),
            column(
                "window_complete",
                pa.bool_(),
                "There is data of every day that the hour reaches into; false at the end of what is known",
            ),
            *COVERAGE,
            VERSION,
            date_of("window_start"),
        ]
    ),
    ("date",),
)
SECTOR_OCCUPANCY = Table(
    "sector_occupancy",
    "sectors",
    "One row per sector and minute of a day of which there is data",
    pa.schema(
        [
            SECTOR,
            column("minute", TIMESTAMP, "The moment of the count, a full minute", "UTC"),
            column(
                "aircraft",
                COUNT,
                "Aircraft in the sector at that moment: entry_at <= minute < exit_at",
                "aircraft",
            ),
            column(
                "aircraft_in_period",
                COUNT,
                "Aircraft in the sector at any time of [minute, + the sector's monitoring duration)",
                "aircraft",
            ),
            VERSION,
            date_of("minute"),
        ]
    ),
    ("date",),
)
SECTOR_CAPACITY = Table(
    "sector_capacity",
    "sectors",
    "One row per sector and day",
    pa.schema(
        [
            SECTOR,
            KIND,
            column(
                "tps_s",
                pa.float64(),
                "Mean time in sector of the window's flights, TPS; null when none has one",
                "s",
            ),
            column("tfc_s", pa.float64(), "Controller time that one flight needs, TFC", "s"),
            column("beta", pa.float64(), "Share for what cannot be timed", "1"),
            column("r", pa.float64(), "Reduction factor, R", "1"),
            column(
                "scv",
                pa.float64(),
                "Simultaneous capacity, the one that CH is made of: whole aircraft where rounding is on; null without TPS",
                "aircraft",
            ),
            column("ch_per_h", pa.float64(), "Hourly capacity, CH; TPS cancels out of it", "aircraft/h"),
            column("ch_adjusted_per_h", pa.float64(), "CH R; null where CH needs a TPS", "aircraft/h"),
            column("per_15min", pa.float64(), "ch_adjusted_per_h / 4", "aircraft"),
            column("window_from", pa.date32(), "First day of the window of TPS", "UTC"),
            column("window_to", pa.date32(), "Last day of it", "UTC"),
            column("flights", pa.int64(), "Passages whose time in sector TPS is the mean of", "passages"),
            column("method", pa.string(), "circular_006 or brazil"),
            column("options", pa.string(), "Options of the method, in words"),
            column(
                "notes",
                pa.list_(pa.string()),
                "Of cap_applied, cap_would_bind, low_reduction_factor, no_flights_in_window, rounded",
            ),
            SOURCES,
            VERSION,
            column("date", pa.date32(), "Day that the capacity is of, partition column", "UTC"),
        ]
    ),
    ("date",),
)
SECTOR_SATURATION = Table(
    "sector_saturation",
    "sectors",
    "One row per sector and day",
    pa.schema(
        [
            SECTOR,
            KIND,
            column("basis", pa.string(), "observed; what is forecast stands in sector_saturation_forecast"),
            column("day", pa.date32(), "Day of the demand: date", "UTC"),
            column("d_max", pa.float64(), "Highest rolling 60-minute entry count", "entries"),
            column("window_start", TIMESTAMP, "Start of that hour, the first of several", "UTC"),
            column("entries", pa.float64(), "Entries of the day", "entries"),
            column("capacity_per_h", pa.float64(), "Adjusted hourly capacity, CHadj", "aircraft/h"),
            column("saturation_percent", pa.float64(), "Saturation index IS = d_max / CHadj", "%"),
            column(
                "level", pa.string(), "normal, alert or critical by the sector's thresholds; null without IS"
            ),
            column("peak_occupancy", COUNT, "Most aircraft at once, by the minute", "aircraft"),
            column("peak_occupancy_at", TIMESTAMP, "First minute of it", "UTC"),
            column("scv", pa.float64(), "Simultaneous capacity", "aircraft"),
            column("occupancy_percent", pa.float64(), "peak_occupancy / SCV", "%"),
            column("occupancy_level", pa.string(), "The same bands for it"),
            column("alert_percent", pa.float64(), "Above it: alert", "%"),
            column("critical_percent", pa.float64(), "Above it: critical", "%"),
            column(
                "windows_incomplete",
                COUNT,
                "Windows that reach into a day without data, and may count too few",
                "windows",
            ),
            *COVERAGE,
            VERSION,
            date_of("publication"),
        ]
    ),
    ("date",),
)
SECTOR_TABLES = (
    SECTOR_FLIGHTS,
    SECTOR_ENTRIES,
    SECTOR_OCCUPANCY,
    SECTOR_CAPACITY,
    SECTOR_SATURATION,
    OVERLOAD_SEGMENTS,
    SECTOR_ALERTS,
    PEAK_HOURS,
    SECTOR_ADJUSTMENTS,
    SECTOR_COMPLEXITY,
    COUNTRY_FLOWS,
    CRITICAL_FLIGHTS,
)
