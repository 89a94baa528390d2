"""The tables of the lake that this project's Python writes: columns, units, grain and partitions.

The gold tables are dbt models and are described beside their SQL.
"""

import pyarrow as pa

from airtraffic.cluster_tables import CLUSTER_TABLES
from airtraffic.congestion_tables import CONGESTION_TABLES
from airtraffic.demand_tables import DEMAND_TABLES
from airtraffic.flight_tables import FLIGHT_TABLES
from airtraffic.route_tables import ROUTE_TABLES
from airtraffic.seasonal_tables import SEASONAL_TABLES
from airtraffic.sector_tables import SECTOR_TABLES
from airtraffic.table import TIMESTAMP, Table
from airtraffic.table import column as _column

_STATE_VECTOR = (
    _column("icao24", pa.string(), "24-bit transponder address, 6 hex digits, lower case"),
    _column("callsign", pa.string(), "Callsign; null when the aircraft sends none"),
    _column(
        "origin_country",
        pa.string(),
        "Country that registered the address block, not where the flight came from",
    ),
    _column("time_position", pa.int64(), "Time of the last position", "s since 1970-01-01 UTC"),
    _column("last_contact", pa.int64(), "Time of the last message of any kind", "s since 1970-01-01 UTC"),
    _column("longitude", pa.float64(), "Longitude, WGS84", "deg"),
    _column("latitude", pa.float64(), "Latitude, WGS84", "deg"),
    _column("baro_altitude", pa.float64(), "Barometric altitude", "m"),
    _column("on_ground", pa.bool_(), "The position comes from a surface report"),
    _column("velocity", pa.float64(), "Ground speed", "m/s"),
    _column("true_track", pa.float64(), "Track over ground, clockwise from north", "deg"),
    _column("vertical_rate", pa.float64(), "Vertical rate, climbing positive", "m/s"),
    _column("sensors", pa.list_(pa.int64()), "Receivers that heard the aircraft"),
    _column("geo_altitude", pa.float64(), "Geometric altitude", "m"),
    _column("squawk", pa.string(), "Transponder code, four octal digits"),
    _column("spi", pa.bool_(), "Special purpose indicator"),
    _column("position_source", pa.int32(), "0 ADS-B, 1 ASTERIX, 2 MLAT, 3 FLARM"),
    _column("category", pa.int32(), "Aircraft category; only in extended answers"),
)
STATE_VECTOR_FIELDS = tuple(field.name for field in _STATE_VECTOR)
"""OpenSky's names in OpenSky's order."""

_SNAPSHOT = (
    _column("snapshot_at", TIMESTAMP, "Time of the poll that saw this, event time everywhere", "UTC"),
    _column("source", pa.string(), "opensky, replay or simulate"),
)
_KAFKA = (
    _column("schema_version", pa.int32(), "Version of the message's schema"),
    _column("kafka_cluster", pa.string(), "Cluster id of the broker"),
    _column("kafka_topic", pa.string(), "Topic"),
    _column("kafka_partition", pa.int32(), "Partition of the topic"),
    _column("kafka_offset", pa.int64(), "Offset in the partition"),
    _column("ingested_at", TIMESTAMP, "When the message was read from Kafka", "UTC"),
)
_DATE = _column("date", pa.date32(), "Day of snapshot_at, partition column", "UTC")
_HOUR = _column("hour", pa.int32(), "Hour of snapshot_at, 0 to 23, partition column", "UTC")

STATE_VECTORS_RAW = Table(
    "state_vectors_raw",
    "bronze",
    "One row per Kafka message, once",
    pa.schema([*_STATE_VECTOR, *_SNAPSHOT, *_KAFKA, _DATE]),
    ("date",),
)
POLLS = Table(
    "polls",
    "bronze",
    "One row per message on the polls topic, once",
    pa.schema(
        [
            *_SNAPSHOT,
            _column("rows", pa.int32(), "State vectors in the answer; 0 is an empty sky", "state vectors"),
            _column("rejected", pa.int32(), "Rows of the answer that could not be read", "rows"),
            _column("lamin", pa.float64(), "Box: southern edge", "deg"),
            _column("lamax", pa.float64(), "Box: northern edge", "deg"),
            _column("lomin", pa.float64(), "Box: western edge", "deg"),
            _column("lomax", pa.float64(), "Box: eastern edge", "deg"),
            _column("interval_s", pa.float64(), "Time between polls that the source aims at", "s"),
            *_KAFKA,
            _DATE,
        ]
    ),
    ("date",),
)
REJECTED_MESSAGES = Table(
    "rejected_messages",
    "bronze",
    "One row per message, answer or row of an answer that could not be read, once",
    pa.schema(
        [
            _column("reason", pa.string(), "What is wrong, which value, what was expected"),
            _column("stage", pa.string(), "collector: refused before Kafka; ingest: refused after Kafka"),
            _column("source", pa.string(), "opensky, replay or simulate; null when unknown"),
            _column("snapshot_at", TIMESTAMP, "Time of the poll, where it could be read", "UTC"),
            _column("original", pa.binary(), "The bytes as they were received"),
            _column("original_size", pa.int64(), "Their number; original is cut when it is shorter", "bytes"),
            *_KAFKA,
            _column("date", pa.date32(), "Day of ingested_at, partition column", "UTC"),
        ]
    ),
    ("date",),
)
STATE_VECTORS = Table(
    "state_vectors",
    "silver",
    "One row per aircraft (icao24) and snapshot (snapshot_at)",
    pa.schema(
        [
            *_STATE_VECTOR,
            *_SNAPSHOT,
            _column(
                "position_age_s", pa.int64(), "snapshot_at - time_position; null without a position time", "s"
            ),
            _column(
                "is_repeat",
                pa.bool_(),
                "Same time_position as this aircraft's previous row, in this hour or the one before",
            ),
            _column("ingested_at", TIMESTAMP, "When the message was read from Kafka", "UTC"),
            _DATE,
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
POLL_COVERAGE = Table(
    "poll_coverage",
    "silver",
    "One row per hour",
    pa.schema(
        [
            _column("hour_start", TIMESTAMP, "Start of the hour", "UTC"),
            _column("polls_seen", pa.int32(), "Distinct snapshots in the hour", "polls"),
            _column(
                "polls_expected",
                pa.int32(),
                "Snapshots that the source's interval gives for the elapsed part of the hour",
                "polls",
            ),
            _column(
                "coverage",
                pa.float64(),
                "polls_seen / polls_expected, at most 1; null when none were expected",
                "1",
            ),
            _column("interval_s", pa.float64(), "Median interval that the polls declared", "s"),
            _column("rows", pa.int64(), "State vectors that the polls announced", "state vectors"),
            _column("empty_polls", pa.int32(), "Polls that saw an empty sky", "polls"),
            _column("sources", pa.list_(pa.string()), "Sources of the polls, sorted"),
            _column(
                "gaps",
                pa.list_(pa.struct([pa.field("start", TIMESTAMP), pa.field("end", TIMESTAMP)])),
                "Intervals without a poll longer than 1.5 times interval_s, cut at the hour",
                "UTC",
            ),
            _column("gap_s", pa.float64(), "Sum of the gaps", "s"),
            _DATE,
            _HOUR,
        ]
    ),
    ("date",),
)
STATE_VECTORS_DAILY = Table(
    "state_vectors_daily",
    "silver",
    "One row per aircraft (icao24) and snapshot (snapshot_at), a day in one sorted file",
    STATE_VECTORS.schema,
    ("date",),
)
DAILY_COMPLETENESS = Table(
    "daily_completeness",
    "silver",
    "One row per day",
    pa.schema(
        [
            _column("rows", pa.int64(), "Rows of the day in state_vectors_daily", "rows"),
            _column("hours_present", pa.int32(), "Hours of the day with at least one poll", "h"),
            _column("hours_missing", pa.list_(pa.int32()), "Hours of the day without any poll", "UTC"),
            _column("polls_seen", pa.int32(), "Distinct snapshots", "polls"),
            _column(
                "polls_expected",
                pa.int32(),
                "Snapshots that a whole day at the source's interval has",
                "polls",
            ),
            _column("completeness", pa.float64(), "polls_seen / polls_expected, at most 1", "1"),
            _column(
                "complete", pa.bool_(), "All 24 hours are present and no hour is below the coverage threshold"
            ),
            _column("sources", pa.list_(pa.string()), "Sources of the polls, sorted"),
            _DATE,
        ]
    ),
    ("date",),
)

TABLES = {
    table.name: table
    for table in (
        STATE_VECTORS_RAW,
        POLLS,
        REJECTED_MESSAGES,
        STATE_VECTORS,
        POLL_COVERAGE,
        STATE_VECTORS_DAILY,
        DAILY_COMPLETENESS,
        *FLIGHT_TABLES,
        *CLUSTER_TABLES,
        *SECTOR_TABLES,
        *ROUTE_TABLES,
        *CONGESTION_TABLES,
        *DEMAND_TABLES,
        *SEASONAL_TABLES,
    )
}
