"""Sectors: who was in them, how many they can take, and what that comes to."""

import pyarrow as pa

from airtraffic.table import TIMESTAMP, Table, column

_COUNT = pa.int32()
_SECTOR = column("sector", pa.string(), "Id of the sector in config/sectors.yaml")
_KIND = column("kind", pa.string(), "connectivity: by the flight's airports; airspace: by its positions")
_VERSION = column("sectors_version", pa.string(), "Version of the definitions, with a hash of their content")
_SOURCES = column(
    "sources", pa.list_(pa.string()), "Where the data behind the number really comes from, sorted"
)
_COVERAGE = (
    column(
        "coverage",
        pa.float64(),
        "Share of the day's polls that came, where positions are behind the number: a missing poll understates "
        "it. Null where they are not, as polls say nothing of a file's flights",
        "1",
    ),
    column(
        "coverage_marked",
        pa.bool_(),
        "coverage is below the threshold, or positions are behind the number and it is not known",
    ),
    column(
        "coverage_basis",
        pa.string(),
        "What the count rests on: polls, or the providers of the day's flights, or both; null when nothing",
    ),
    _SOURCES,
)


def _date(of: str) -> pa.Field:
    return column("date", pa.date32(), f"Day of {of}, partition column", "UTC")


SECTOR_FLIGHTS = Table(
    "sector_flights",
    "sectors",
    "One row per flight or aircraft, sector and passage",
    pa.schema(
        [
            _SECTOR,
            _KIND,
            column(
                "flight_id",
                pa.string(),
                "Flight in flights; null for an airspace sector, where positions count",
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
            _VERSION,
            _date("entry_at"),
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
            _SECTOR,
            column("window_start", TIMESTAMP, "Start of the quarter hour, and of the hour from it on", "UTC"),
            column("entries_15min", _COUNT, "Entries in [window_start, + 15 min)", "entries"),
            column(
                "entries_60min",
                _COUNT,
                "Entries in [window_start, + 60 min); the day's last three windows reach into the next day",
                "entries",
            ),
            column(
                "window_complete",
                pa.bool_(),
                "There is data of every day that the hour reaches into; false at the end of what is known",
            ),
            *_COVERAGE,
            _VERSION,
            _date("window_start"),
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
            _SECTOR,
            column("minute", TIMESTAMP, "The moment of the count, a full minute", "UTC"),
            column(
                "aircraft",
                _COUNT,
                "Aircraft in the sector at that moment: entry_at <= minute < exit_at",
                "aircraft",
            ),
            column(
                "aircraft_in_period",
                _COUNT,
                "Aircraft in the sector at any time of [minute, + the sector's monitoring duration)",
                "aircraft",
            ),
            _VERSION,
            _date("minute"),
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
            _SECTOR,
            _KIND,
            column(
                "tps_s",
                pa.float64(),
                "Mean time in sector of the window's flights, TPS; null when none has one",
                "s",
            ),
            column("tfc_s", pa.float64(), "Controller time that one flight needs, TFC", "s"),
            column("beta", pa.float64(), "Share for what cannot be timed", "1"),
            column("r", pa.float64(), "Reduction factor, R", "1"),
            column("scv", pa.float64(), "Simultaneous capacity; null without TPS", "aircraft"),
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
            _SOURCES,
            _VERSION,
            column("date", pa.date32(), "Day that the capacity is of, partition column", "UTC"),
        ]
    ),
    ("date",),
)
SECTOR_SATURATION = Table(
    "sector_saturation",
    "sectors",
    "One row per sector, day of demand and basis",
    pa.schema(
        [
            _SECTOR,
            _KIND,
            column("basis", pa.string(), "observed, or forecast"),
            column("day", pa.date32(), "Day of the demand; date unless forecast", "UTC"),
            column("d_max", pa.float64(), "Highest rolling 60-minute entry count", "entries"),
            column("window_start", TIMESTAMP, "Start of that hour, the first of several", "UTC"),
            column("entries", pa.float64(), "Entries of the day", "entries"),
            column("capacity_per_h", pa.float64(), "Adjusted hourly capacity, CHadj", "aircraft/h"),
            column("saturation_percent", pa.float64(), "Saturation index IS = d_max / CHadj", "%"),
            column(
                "level", pa.string(), "normal, alert or critical by the sector's thresholds; null without IS"
            ),
            column(
                "peak_occupancy", _COUNT, "Most aircraft at once, by the minute; observed only", "aircraft"
            ),
            column("peak_occupancy_at", TIMESTAMP, "First minute of it", "UTC"),
            column("scv", pa.float64(), "Simultaneous capacity", "aircraft"),
            column("occupancy_percent", pa.float64(), "peak_occupancy / SCV", "%"),
            column("occupancy_level", pa.string(), "The same bands for it"),
            column("alert_percent", pa.float64(), "Above it: alert", "%"),
            column("critical_percent", pa.float64(), "Above it: critical", "%"),
            column(
                "windows_incomplete",
                _COUNT,
                "Windows that reach into a day without data, and may count too few",
                "windows",
            ),
            *_COVERAGE,
            _VERSION,
            _date("publication"),
        ]
    ),
    ("date",),
)
OVERLOAD_SEGMENTS = Table(
    "overload_segments",
    "sectors",
    "One row per sector and unbroken run of 15-minute steps whose 60-minute count exceeds the capacity",
    pa.schema(
        [
            _SECTOR,
            column("start", TIMESTAMP, "Start of the first window", "UTC"),
            column("end", TIMESTAMP, "End of the last window: its start + 60 min", "UTC"),
            column("steps", _COUNT, "Windows that exceed the capacity", "steps"),
            column("capacity_per_h", pa.float64(), "CHadj at the worst step", "aircraft/h"),
            column("worst_count", _COUNT, "Highest 60-minute count", "entries"),
            column("worst_start", TIMESTAMP, "Start of its window, the first of several", "UTC"),
            column("worst_excess", pa.float64(), "worst_count - capacity_per_h", "entries"),
            column("total_excess", pa.float64(), "Sum over the steps of count - capacity", "entries"),
            column("flight_count", _COUNT, "Entries in [start, end)", "entries"),
            column(
                "flights",
                pa.list_(pa.string()),
                "Those entries in order: callsign, else flight_id, else icao24",
            ),
            *_COVERAGE,
            _VERSION,
            _date("start"),
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
            _SECTOR,
            column("start", TIMESTAMP, "Minute in which it fired", "UTC"),
            column(
                "end",
                TIMESTAMP,
                "Minute in which it cleared; null when it had not by the end of the day",
                "UTC",
            ),
            column("cause", pa.string(), "peak, or sustained: what fired it"),
            column("highest", _COUNT, "Highest count while it lasted", "aircraft"),
            column("highest_at", TIMESTAMP, "First minute of it", "UTC"),
            column("peak_threshold", pa.float64(), "One count above it fires", "aircraft"),
            column("sustained_threshold", pa.float64(), "Several counts above it fire", "aircraft"),
            column("clear_threshold", pa.float64(), "Counts that stay at or below it clear", "aircraft"),
            *_COVERAGE,
            _VERSION,
            _date("start"),
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
            _SECTOR,
            column("weekday", pa.int32(), "0 Monday to 6 Sunday", "UTC"),
            column("hour", pa.int32(), "0 to 23", "UTC"),
            column("entries", pa.int64(), "Entries of that weekday and hour in the window", "entries"),
            column(
                "dates",
                _COUNT,
                "Calendar dates of that weekday in the window, those without flights included",
                "d",
            ),
            column("intensity", pa.float64(), "I = entries / dates", "entries/h"),
            column("window_from", pa.date32(), "First day of the window", "UTC"),
            column("window_to", pa.date32(), "Last day of it", "UTC"),
            column(
                "dates_with_data",
                _COUNT,
                "Dates of that weekday of which there is data; fewer than dates understate the intensity",
                "d",
            ),
            _SOURCES,
            _VERSION,
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
            _SECTOR,
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
            column(
                "flow_cap_per_h", _COUNT, "Most whole entries per hour that are still normal", "entries/h"
            ),
            column("flights_to_move", _COUNT, "demand_before - flow_cap_per_h: entries to delay", "entries"),
            *_COVERAGE,
            _VERSION,
            _date("hour_start"),
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
            _SECTOR,
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
            column("vertical", pa.float64(), "Interactions in different phases (climb, level, descent)", "1"),
            column("horizontal", pa.float64(), "Interactions whose tracks differ by more than 20 deg", "1"),
            column("speed", pa.float64(), "Interactions whose speeds differ by more than 35 kt", "1"),
            column("structure", pa.float64(), "(vertical + horizontal + speed) / interactions", "1"),
            column(
                "complexity",
                pa.float64(),
                "density x structure: interactions that matter per minute of flight",
                "1",
            ),
            column("cells", _COUNT, "Cells in which there was an interaction", "cells"),
            *_COVERAGE,
            _VERSION,
            _date("hour_start"),
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
            *_COVERAGE,
            _date("departure"),
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
            column("rank", _COUNT, "1 is the first to be reviewed: by severity, then by duration"),
            column("severity", _COUNT, "Weight of the gravest reason, 1 to 5"),
            column("icao24", pa.string(), "24-bit transponder address"),
            column("callsign", pa.string(), "Callsign; null when it sent none"),
            column("reasons", pa.list_(pa.string()), "Reasons of all rows of the episode, sorted"),
            column("start", TIMESTAMP, "First critical row", "UTC"),
            column("end", TIMESTAMP, "Last critical row, within the day", "UTC"),
            column("duration_s", pa.float64(), "end - start", "s"),
            column("rows", _COUNT, "Critical rows", "rows"),
            column("continued", pa.bool_(), "It began before midnight: the day before has its first part"),
            column("latitude", pa.float64(), "Where it began; null without a position", "deg"),
            column("longitude", pa.float64(), "Where it began; null without a position", "deg"),
            column("altitude_ft", pa.int32(), "Altitude where it began; null when unknown", "ft"),
            column("nearest_airport", pa.string(), "ICAO code of the airport nearest to where it began"),
            column("airport_distance_nm", pa.float64(), "Distance to it", "NM"),
            column("flight_id", pa.string(), "Flight that the aircraft was on; null when unknown"),
            column("origin", pa.string(), "Its airport of departure; null when unknown"),
            column("destination", pa.string(), "Its airport of arrival; null when unknown"),
            *_COVERAGE,
            _date("start"),
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
