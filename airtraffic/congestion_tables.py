"""Tables of aircraft by zone and poll and of what is forecast of them."""

import pyarrow as pa

from airtraffic.sector_columns import SOURCES, date_of
from airtraffic.table import TIMESTAMP, Table, column

_ZONES = column("zones", pa.string(), "Kind of zone: quadrants, sectors or cells")
_ZONE = column(
    "zone", pa.string(), "Quadrant (NW, NE, SW, SE), id of the sector, or south-western corner of the cell"
)
_GROUP = column(
    "zone_group", pa.string(), "Zones that are judged together: quadrants, sectors, busy cells or quiet cells"
)
_HOUR = column("hour", pa.int32(), "Hour of it, 0 to 23, partition column", "UTC")
_MODEL = "lstm, persistence (the last count), zeros or training_median"
_COUNT = pa.float32()

CONGESTION_GRID = Table(
    "congestion_grid",
    "forecasts",
    "One row per poll that came and zone: every quadrant and every airspace sector, and the cells that an aircraft "
    "was in during the hour or the one before; zero where the zone was empty. A poll that is in the table with its "
    "quadrants saw no aircraft in the cells that it has no row of; no row at all where no poll came",
    pa.schema(
        [
            _ZONES,
            _ZONE,
            column("snapshot_at", TIMESTAMP, "Time of the poll", "UTC"),
            column("aircraft", pa.int32(), "Airborne aircraft that the poll shows in the zone", "aircraft"),
            column("speed_kmh", _COUNT, "Their mean ground speed; null where none is known", "km/h"),
            column("altitude_ft", _COUNT, "Their mean barometric altitude; null where none is known", "ft"),
            SOURCES,
            date_of("the poll"),
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
CONGESTION_MODELS = Table(
    "congestion_models",
    "forecasts",
    "One row per kind of zone and day of training",
    pa.schema(
        [
            _ZONES,
            column(
                "published",
                pa.list_(
                    pa.struct(
                        [
                            pa.field("zone_group", pa.string()),
                            pa.field("model", pa.string()),
                            pa.field("promoted", pa.bool_()),
                            pa.field("reason", pa.string()),
                        ]
                    )
                ),
                f"By group of zones what is published ({_MODEL}), whether the LSTM is, and why",
            ),
            column(
                "files", pa.binary(), "The LSTM and the baselines: safetensors, nothing in it is ever run"
            ),
            column("words", pa.string(), "Their hyper-parameters and what else is no array, as JSON"),
            column("zones_learned", pa.int32(), "Zones that are forecast", "zones"),
            column("interval_s", pa.float64(), "Usual time between the polls", "s"),
            column("polls", pa.int32(), "Polls of the days of training", "polls"),
            column("trained_from", TIMESTAMP, "First poll learned from", "UTC"),
            column("trained_to", TIMESTAMP, "Last poll learned from", "UTC"),
            column("judged_to", TIMESTAMP, "Last of the polls after it, that only judged", "UTC"),
            column("data_version", pa.int64(), "Version of the Delta table state_vectors that was read"),
            column("code_version", pa.string(), "Version of the code that trained"),
            column("digest", pa.string(), "SHA-256 of what was learned and how it was judged"),
            column("mlflow_run_id", pa.string(), "Run in MLflow"),
            column("mlflow_version", pa.string(), "Registered version in MLflow"),
            SOURCES,
            date_of("training: the last one learned from"),
        ]
    ),
    ("date",),
)
_SHARES = tuple(
    column(f"{direction}_{name}", pa.float64(), text, "1")
    for direction in ("down", "flat", "up")
    for name, text in (
        ("base_rate", f"Share of changes over the far time that were {direction}; null at nearer horizons"),
        ("precision", f"Share of those called {direction} that were it; null where none was called"),
        ("recall", f"Share of those that were {direction} that were called so; null where none was"),
    )
)
CONGESTION_BACKTESTS = Table(
    "congestion_backtests",
    "forecasts",
    "One row per group of zones, model and horizon of a day of training, from polls that the model had not seen",
    pa.schema(
        [
            _ZONES,
            _GROUP,
            column("model", pa.string(), _MODEL),
            column("published", pa.bool_(), "It is what is published for the group at the horizon"),
            column("horizon", pa.int32(), "Polls from the poll of issue to the target", "polls"),
            column("zones_judged", pa.int32(), "Zones of the group", "zones"),
            column("cases", pa.int64(), "Forecasts whose poll came", "forecasts"),
            column("mae", pa.float64(), "Mean absolute error", "aircraft"),
            column("bias", pa.float64(), "Mean of forecast minus count", "aircraft"),
            column("coverage", pa.float64(), "Share of counts inside of their 95 % interval", "1"),
            column("width", pa.float64(), "Mean width of the interval", "aircraft"),
            column("vs_persistence", pa.float64(), "mae over that of the last count", "1"),
            column(
                "vs_best",
                pa.float64(),
                "mae over the least of persistence, zeros and training median",
                "1",
            ),
            *_SHARES,
            column("judged_from", TIMESTAMP, "First poll forecast from", "UTC"),
            column("judged_to", TIMESTAMP, "Last poll", "UTC"),
            date_of("training"),
        ]
    ),
    ("date",),
)
CONGESTION_FORECAST = Table(
    "congestion_forecast",
    "forecasts",
    "One row per poll of issue, zone and horizon: each of the next polls, and the far one that tells the direction. "
    "Every quadrant and sector has them, empty or not; cells those that training, or without a model the hour before, "
    "has shown traffic in",
    pa.schema(
        [
            column("issued_at", TIMESTAMP, "Poll after which it is forecast; nothing later is known", "UTC"),
            _ZONES,
            _ZONE,
            column("horizon", pa.int32(), "Polls from it to the target", "polls"),
            column("target_at", TIMESTAMP, "Time that is forecast: horizon usual intervals later", "UTC"),
            column("aircraft", pa.int32(), "Aircraft in the zone when it was issued", "aircraft"),
            column("mean", _COUNT, "Forecast", "aircraft"),
            column(
                "lower", _COUNT, "Lower end of the 95 % interval, calibrated on earlier errors", "aircraft"
            ),
            column("upper", _COUNT, "Upper end of it", "aircraft"),
            column(
                "backtest_coverage",
                pa.float64(),
                "Share of counts that were inside of the 95 % interval, of this basis, group of zones and horizon, at "
                "the training's polls that judge; null: not judged",
                "1",
            ),
            column(
                "direction",
                pa.string(),
                "up, flat or down: the change that is expected over the far time; null at nearer horizons",
            ),
            column(
                "threshold",
                _COUNT,
                "Change beyond which it is a rise or a fall, from the training's changes; null at nearer horizons",
                "aircraft",
            ),
            column("significant", pa.bool_(), "direction is up or down; null at nearer horizons"),
            column("model", pa.string(), f"What is published for the zone: {_MODEL}"),
            column(
                "basis",
                pa.string(),
                "What said it: the model, or persistence where too few polls have come since a gap, no model of the last "
                "days has been trained at the interval of the polls and on their world, real or simulated, or it has not "
                "learned the zone with these borders",
            ),
            column("trained_to", TIMESTAMP, "Last poll that the model has learned from; null: none", "UTC"),
            column("reason", pa.string(), "Why this model, in words"),
            column(
                "basis_digest",
                pa.string(),
                "SHA-256 of all that the poll's forecasts rest on: positions and polls from the hour before up to it, "
                "models, zones and settings; where it is another one they are made again",
            ),
            SOURCES,
            date_of("issued_at"),
            _HOUR,
        ]
    ),
    ("date", "hour"),
)
CONGESTION_TABLES = (CONGESTION_GRID, CONGESTION_MODELS, CONGESTION_BACKTESTS, CONGESTION_FORECAST)
