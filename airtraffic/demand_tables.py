"""Tables of daily demand and of what is forecast of it."""

import pyarrow as pa

from airtraffic.sector_columns import SOURCES, date_of
from airtraffic.table import TIMESTAMP, Table, column

_KIND = column("kind", pa.string(), "What is counted: network, country, airport, sector, route or airline")
_SERIES = column(
    "series",
    pa.string(),
    "Name of the series within its kind: ICAO code, sector id, ORIGIN-DESTINATION, airline; flights for all",
)
_MODEL = column("model", pa.string(), "Model that says it")
_MEAN = column("mean", pa.float64(), "Forecast", "1/d")
_LOWER = column("lower", pa.float64(), "Lower end of the 95 % interval, calibrated on past errors", "1/d")
_UPPER = column("upper", pa.float64(), "Upper end of it", "1/d")
_HORIZON = column("horizon", pa.int32(), "Days from the day of issue to the day that is forecast", "d")
_TRAINED_TO = column("trained_to", pa.date32(), "Last day that the model has learned from", "UTC")
_SCORES = (
    column("forecasts", pa.int64(), "Past forecasts whose day has come", "forecasts"),
    column("mae", pa.float64(), "Mean absolute error", "1/d"),
    column("mape", pa.float64(), "Mean absolute error over the count, of counts of one or more", "1"),
    column("mase", pa.float64(), "Mean absolute error over the mean lag-7 change before the origin", "1"),
    column("bias", pa.float64(), "Mean of forecast minus count", "1/d"),
    column("coverage", pa.float64(), "Share of counts inside of their 95 % interval", "1"),
    column("width", pa.float64(), "Mean width of the interval", "1/d"),
    column("vs_naive", pa.float64(), "mae over the seasonal naive's on the same days", "1"),
)

DAILY_COUNTS = Table(
    "daily_counts",
    "bronze",
    "One row per file, kind, series and day",
    pa.schema(
        [
            _KIND,
            _SERIES,
            column("country", pa.string(), "ISO 3166 alpha-2 code whose holidays matter; null unknown"),
            column("value", pa.float64(), "Flights of the day; null: the file says nothing", "1/d"),
            column("provider", pa.string(), "Provider in config/providers.yaml"),
            column("source", pa.string(), "Where the count really comes from; simulate: nobody flew it"),
            column("file", pa.string(), "Name of the file"),
            column("file_sha256", pa.string(), "SHA-256 of its content"),
            column("file_row", pa.int64(), "Row of the file, from 1", "rows"),
            column("ingested_at", TIMESTAMP, "When the file was read", "UTC"),
            column(
                "file_modified_at",
                TIMESTAMP,
                "When the file was last changed where it was dropped; null in rows older than this column",
                "UTC",
            ),
            date_of("the count"),
        ]
    ),
    ("date",),
)
DAILY_DEMAND = Table(
    "daily_demand",
    "forecasts",
    "One row per series and day of which something is known",
    pa.schema(
        [
            _KIND,
            _SERIES,
            column(
                "country", pa.string(), "ISO 3166 alpha-2 code whose holidays matter; null: none are known"
            ),
            column("value", pa.float64(), "Flights of the day that were not cancelled, or passages", "1/d"),
            column("basis", pa.string(), "counts: a published daily count; flights: counted from flights"),
            column(
                "coverage",
                pa.float64(),
                "Share of the day's polls that came, where positions are behind it; null where polls say nothing",
                "1",
            ),
            column(
                "providers",
                pa.list_(pa.string()),
                "Whose data it is, sorted: providers of files or flights; polls, of an airspace sector",
            ),
            SOURCES,
            date_of("the demand"),
        ]
    ),
    ("date",),
)
DEMAND_MODELS = Table(
    "demand_models",
    "forecasts",
    "One row per day of training",
    pa.schema(
        [
            column("files", pa.binary(), "Trained candidates: safetensors, nothing in it is ever run"),
            column("words", pa.string(), "Their hyper-parameters and what else is no array, as JSON"),
            column("series", pa.int32(), "Series learned from", "series"),
            column("history_from", pa.date32(), "First day of the history", "UTC"),
            column("data_version", pa.int64(), "Version of the Delta table daily_demand that was read"),
            column("code_version", pa.string(), "Version of the code that trained"),
            column("digest", pa.string(), "SHA-256 of the training data and hyper-parameters"),
            column("mlflow_run_id", pa.string(), "Run in MLflow"),
            column("mlflow_version", pa.string(), "Registered version in MLflow"),
            date_of("training: the last one learned from"),
        ]
    ),
    ("date",),
)
DEMAND_CHAMPIONS = Table(
    "demand_champions",
    "forecasts",
    "One row per series and day of training",
    pa.schema(
        [
            _KIND,
            _SERIES,
            column("champion", pa.string(), "Model that is published"),
            column(
                "error",
                pa.float64(),
                "Its MAE over the seasonal naive's; of its kind where the series has no past",
                "1",
            ),
            column("origins", pa.int32(), "Weekly origins of the series that it was judged on", "origins"),
            column("reason", pa.string(), "Why it, in words"),
            *_SCORES,
            column("notes", pa.list_(pa.string()), "Breaks, closures and gaps of the history, in words"),
            date_of("training"),
        ]
    ),
    ("date",),
)
FORECAST_BACKTESTS = Table(
    "forecast_backtests",
    "forecasts",
    "One row per series, candidate and horizon of the year before a day of training",
    pa.schema(
        [
            _KIND,
            _SERIES,
            _MODEL,
            column("champion", pa.bool_(), "It is the series' champion"),
            _HORIZON,
            *_SCORES,
            date_of("training"),
        ]
    ),
    ("date",),
)
DEMAND_FORECAST = Table(
    "demand_forecast",
    "forecasts",
    "One row per day of issue, series and day forecast",
    pa.schema(
        [
            _KIND,
            _SERIES,
            column("target_date", pa.date32(), "Day that is forecast", "UTC"),
            _HORIZON,
            _MODEL,
            _MEAN,
            _LOWER,
            _UPPER,
            column("scale", pa.float64(), "Mean lag-7 change of the eight weeks before the issue", "1/d"),
            column("backtest_coverage", pa.float64(), "Share of past counts inside at this horizon", "1"),
            column("backtest_mape", pa.float64(), "Past error at this horizon over the count", "1"),
            column("reason", pa.string(), "Why this model"),
            _TRAINED_TO,
            SOURCES,
            date_of("issue: the last one known"),
        ]
    ),
    ("date",),
)
FORECAST_ACCURACY = Table(
    "forecast_accuracy",
    "forecasts",
    "One row per series and earlier day of issue, of a day that has come",
    pa.schema(
        [
            _KIND,
            _SERIES,
            column("issued_on", pa.date32(), "Day of issue", "UTC"),
            _HORIZON,
            _MODEL,
            _MEAN,
            _LOWER,
            _UPPER,
            column("actual", pa.float64(), "What came", "1/d"),
            column("error", pa.float64(), "mean - actual", "1/d"),
            column("scale", pa.float64(), "Mean lag-7 change before the issue", "1/d"),
            column("inside", pa.bool_(), "What came lies in the interval"),
            column("sources", pa.list_(pa.string()), "Where what came was counted"),
            date_of("what came"),
        ]
    ),
    ("date",),
)
DEMAND_TABLES = (
    DAILY_COUNTS,
    DAILY_DEMAND,
    DEMAND_MODELS,
    DEMAND_CHAMPIONS,
    FORECAST_BACKTESTS,
    DEMAND_FORECAST,
    FORECAST_ACCURACY,
)
