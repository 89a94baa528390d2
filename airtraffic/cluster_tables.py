"""The tables of clusters and hotspots: columns, units, grain and partitions."""

import pyarrow as pa

from airtraffic.table import TIMESTAMP, Table, column

_LIST = pa.list_(pa.string())
_HOUR_START = column("hour_start", TIMESTAMP, "Start of the hour", "UTC")
_DATE = column("date", pa.date32(), "Day of the hour's start, partition column", "UTC")
_HOUR = column("hour", pa.int32(), "The hour, 0 to 23, partition column", "UTC")
_CLUSTER = column(
    "cluster_id",
    pa.string(),
    "Cluster: hour in which its id was given and its number there, which stay with the place when the hour is "
    "made again; null outside all clusters",
)
_SOURCES = column(
    "sources", _LIST, "Sources of the positions of the hour and the one before, 4 when warmed up; sorted"
)
_PARAMETERS = column("parameters", pa.string(), "What it was made with, JSON with units in the names")
_COVERAGE = column("coverage", pa.float64(), "polls_seen / polls_expected of the hour; null if unknown", "1")
_WARMED_UP = column(
    "warmed_up", pa.bool_(), "The model began with the 4 hours before instead of the snapshot before"
)
_CHAINED = column("chained_hours", pa.int32(), "Hours that continued a snapshot since the warm-up", "h")

MODEL = "model_"
"""Columns with this prefix, id and kind are the model itself, from which it goes on bit for bit."""
_MODEL_COLUMNS = (
    column("model_centre", pa.list_(pa.float64()), "Model: x_nm and y_nm", "NM"),
    column("model_weight", pa.float64(), "Model: weight at model_updated_at", "aircraft-minutes"),
    column("model_squares", pa.float64(), "Model: weighted squared deviations then", "aircraft-minutes NM2"),
    column(
        "model_updated_at", pa.float64(), "Model: latest time of its positions", "min since 1970-01-01 UTC"
    ),
    column("model_created_at", pa.float64(), "Model: time of its first position", "min since 1970-01-01 UTC"),
    column("model_features", pa.string(), "Model: names of the dimensions, JSON"),
    column("model_t", pa.float64(), "Model: latest time of all positions", "min since 1970-01-01 UTC"),
    column("model_next_pruning", pa.float64(), "Model: when it prunes next", "min since 1970-01-01 UTC"),
    column("model_next_id", pa.int64(), "Model: number of the next micro-cluster"),
    column("model_epsilon", pa.float64(), "Model: greatest radius of a micro-cluster", "NM"),
    column("model_mu", pa.float64(), "Model: weight of a core micro-cluster", "aircraft-minutes"),
    column("model_beta", pa.float64(), "Model: share of mu above which a micro-cluster is potential", "1"),
    column("model_half_life", pa.float64(), "Model: time in which a weight halves", "min"),
    column(
        "model_max_merge_distance", pa.float64(), "Model: how far a position joins; null: 2 epsilon", "NM"
    ),
    column("model_link", pa.string(), "Model: when micro-clusters are one cluster, ball or paper"),
)

CLUSTER_SNAPSHOTS = Table(
    "cluster_snapshots",
    "clusters",
    "One row per micro-cluster in the snapshot of an hour",
    pa.schema(
        [
            column("snapshot_at", TIMESTAMP, "Last poll of the hour, or its end when it has none", "UTC"),
            _HOUR_START,
            column("id", pa.int64(), "Number of the micro-cluster, kept while it lives"),
            column(
                "kind", pa.string(), "p: potential, dense enough to last; o: outlier, still to be confirmed"
            ),
            column("latitude", pa.float64(), "Centre: latitude", "deg"),
            column("longitude", pa.float64(), "Centre: longitude", "deg"),
            column("x_nm", pa.float64(), "Centre on the equal-area plane, eastward", "NM"),
            column("y_nm", pa.float64(), "Centre on the equal-area plane, northward", "NM"),
            column("radius_nm", pa.float64(), "Root mean square distance of its positions from it", "NM"),
            column("ball_radius_nm", pa.float64(), "Radius of the uniform disc with that radius_nm", "NM"),
            column("weight_min", pa.float64(), "Weight faded to snapshot_at", "aircraft-minutes"),
            column("created_at", TIMESTAMP, "Time of its first position", "UTC"),
            _CLUSTER,
            *_MODEL_COLUMNS,
            _PARAMETERS,
            _WARMED_UP,
            _CHAINED,
            _SOURCES,
            _DATE,
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
CLUSTER_MEMBERS = Table(
    "cluster_members",
    "clusters",
    "One row per aircraft and snapshot_at whose position was counted",
    pa.schema(
        [
            column("icao24", pa.string(), "24-bit transponder address, 6 hex digits, lower case"),
            column("callsign", pa.string(), "Callsign; null when the aircraft sends none"),
            column("snapshot_at", TIMESTAMP, "Time of the poll", "UTC"),
            column("latitude", pa.float64(), "Latitude, WGS84", "deg"),
            column("longitude", pa.float64(), "Longitude, WGS84", "deg"),
            column("baro_altitude", pa.float64(), "Barometric altitude", "m"),
            column(
                "weight_min",
                pa.float64(),
                "Time since the aircraft's last counted position, 5 at most; 1 when it had none in this hour and "
                "the one before, which is as far as is looked back",
                "min",
            ),
            _CLUSTER,
            _DATE,
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
CLUSTER_EVENTS = Table(
    "cluster_events",
    "clusters",
    "One row per birth, death, merger or split of a cluster between two hourly snapshots",
    pa.schema(
        [
            column("event", pa.string(), "born, died, merged or split"),
            column(
                "cluster_id",
                pa.string(),
                "Who is born or dies; who goes on after a merger; who was split and goes on",
            ),
            column("other_ids", _LIST, "merged: ids that end in it; split: ids that come out of it; sorted"),
            column("at", TIMESTAMP, "Snapshot in which it is seen first", "UTC"),
            column("latitude", pa.float64(), "Centre of the cluster, at its last snapshot if it died", "deg"),
            column("longitude", pa.float64(), "Centre of the cluster, likewise", "deg"),
            column("weight_min", pa.float64(), "Weight of the cluster, likewise", "aircraft-minutes"),
            _DATE,
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
CLUSTER_QUALITY = Table(
    "cluster_quality",
    "clusters",
    "One row per hour",
    pa.schema(
        [
            _HOUR_START,
            column("snapshot_at", TIMESTAMP, "Last poll of the hour, or its end when it has none", "UTC"),
            column("positions", pa.int64(), "Positions counted in the hour", "positions"),
            column("aircraft", pa.int64(), "Distinct aircraft among them", "aircraft"),
            column(
                "points", pa.int64(), "Positions learned for it, those of a warm-up included", "positions"
            ),
            column("clusters", pa.int32(), "Clusters of the snapshot", "clusters"),
            column("potential", pa.int32(), "Micro-clusters of kind p", "micro-clusters"),
            column("outliers", pa.int32(), "Micro-clusters of kind o", "micro-clusters"),
            column("noise_share", pa.float64(), "Share of the positions in no cluster; null if none", "1"),
            column(
                "biggest_share",
                pa.float64(),
                "Share of all positions, noise included, that the biggest cluster has; null if none",
                "1",
            ),
            column(
                "silhouette",
                pa.float64(),
                "Mean silhouette of the positions inside clusters; null below two clusters. Never judged "
                "alone: .95 is reached by calling all but one place noise",
                "1",
            ),
            column("dbscan_clusters", pa.int32(), "Clusters that DBSCAN finds in the same hour", "clusters"),
            column(
                "ami_dbscan",
                pa.float64(),
                "Adjusted mutual information with DBSCAN over the positions that either puts into a cluster; "
                "null if there is none",
                "1",
            ),
            column(
                "agreement",
                pa.float64(),
                "Adjusted Rand index with the snapshot 24 hours before on the reference positions; null "
                "without either snapshot, or without any cluster in both",
                "1",
            ),
            column("reference_version", pa.int32(), "Version of the reference positions"),
            column(
                "traffic_variability",
                pa.float64(),
                "Standard deviation over mean of the positions counted per poll; null below two polls",
                "1",
            ),
            _COVERAGE,
            _PARAMETERS,
            _WARMED_UP,
            _CHAINED,
            _SOURCES,
            _DATE,
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
HOTSPOTS = Table(
    "hotspots",
    "clusters",
    "One row per hotspot of an hour and kind",
    pa.schema(
        [
            _HOUR_START,
            column(
                "kind",
                pa.string(),
                "all: where counted positions (airborne, not older than 60 s) are dense; congestion: where "
                "dense cells, weighted by their excess, and positions in the congestion band are",
            ),
            column("rank", pa.int32(), "1 has most of its kind's weight"),
            column(
                "polygon", pa.string(), "Outline, GeoJSON geometry in longitude and latitude, WGS84", "deg"
            ),
            column("latitude", pa.float64(), "Where its kernel density is highest: latitude", "deg"),
            column("longitude", pa.float64(), "Where its kernel density is highest: longitude", "deg"),
            column("area_nm2", pa.float64(), "Area", "NM2"),
            column("aircraft", pa.int32(), "Distinct aircraft of its kind inside, in the hour", "aircraft"),
            column(
                "aircraft_at_a_time",
                pa.float64(),
                "Counted positions inside per poll, of all traffic",
                "aircraft",
            ),
            column(
                "density",
                pa.float64(),
                "aircraft_at_a_time over area_nm2, the mean inside",
                "aircraft per 10,000 NM2",
            ),
            column(
                "peak_density",
                pa.float64(),
                "Kernel density of its kind's weight per poll where it is highest",
                "1 per 10,000 NM2",
            ),
            column(
                "times_mean",
                pa.float64(),
                "Density of its kind at its edge over that of the occupied area",
                "1",
            ),
            column("share_of_traffic", pa.float64(), "Share of the hour's counted positions inside", "1"),
            column("share_of_kind", pa.float64(), "Share of its kind's weight inside", "1"),
            column(
                "share_of_occupied_area",
                pa.float64(),
                "Share of the 10 x 10 NM cells with an aircraft in the air that it covers, by area",
                "1",
            ),
            column(
                "band_rows", pa.int64(), "congestion: positions in the congestion band inside", "positions"
            ),
            column(
                "dense_cells", pa.int64(), "congestion: dense cells of snapshots inside", "cells in snapshots"
            ),
            column(
                "trend",
                pa.float64(),
                "All traffic inside over the mean of the same hour of the days before, per poll; null without "
                "such a day or without any traffic then",
                "1",
            ),
            column(
                "aircraft_at_a_time_before",
                pa.float64(),
                "Mean of the days before, counted by cells; null without such a day",
                "aircraft",
            ),
            column(
                "trend_days",
                pa.int32(),
                "Days before that could be compared with: of the same sources, enough polls; 7 at most",
                "d",
            ),
            column("polls", pa.int32(), "Polls of the hour, those of an empty sky included", "polls"),
            _COVERAGE,
            column("sources", _LIST, "Sources of the hour's positions, sorted"),
            _DATE,
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
CLUSTER_DAY = Table(
    "cluster_day",
    "clusters",
    "One row per day",
    pa.schema(
        [
            column("hours", pa.int32(), "Hours of the day with a snapshot; the figures are theirs", "h"),
            column("clusters_mean", pa.float64(), "Clusters, mean of the hours", "clusters"),
            column("clusters_min", pa.int32(), "Clusters, least of the hours", "clusters"),
            column("clusters_max", pa.int32(), "Clusters, most of the hours", "clusters"),
            column("noise_share", pa.float64(), "Share of positions in no cluster, mean of the hours", "1"),
            column("biggest_share", pa.float64(), "Share of the biggest cluster, greatest of the hours", "1"),
            column("agreement", pa.float64(), "Agreement with the day before, mean of the hours", "1"),
            column("positions", pa.int64(), "Positions counted in the day", "positions"),
            column(
                "traffic_variability",
                pa.float64(),
                "Standard deviation over mean of the positions counted per hour",
                "1",
            ),
            column("coverage", pa.float64(), "Coverage of polls, mean of the hours with a snapshot", "1"),
            column("mlflow_run_id", pa.string(), "MLflow run that holds the day's parameters and quality"),
            column("model_version", pa.string(), "Registered version of the model"),
            _PARAMETERS,
            column("sources", _LIST, "Sources of the day's positions, sorted"),
            column("date", pa.date32(), "The day, partition column", "UTC"),
        ]
    ),
    ("date",),
)

CLUSTER_TABLES = (
    CLUSTER_SNAPSHOTS,
    CLUSTER_MEMBERS,
    CLUSTER_EVENTS,
    CLUSTER_QUALITY,
    HOTSPOTS,
    CLUSTER_DAY,
)
