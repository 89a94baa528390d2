"""What daily demand consists of, where it goes within a year, and which airlines grow."""

from collections.abc import Iterator
from datetime import date, datetime

import dagster as dg
import polars as pl
import pyarrow as pa

from airtraffic.demand import split_key
from airtraffic.seasonal_tables import AIRLINE_GROWTH, SEASONAL_FORECAST, SEASONAL_TRENDS
from orchestration.automation import MONTHLY_EAGER, TRAINED
from orchestration.described import MONTHLY_FRESH, WEEKLY, described, picture
from orchestration.mlflow_runs import DAGSTER_RUN, Recorded
from orchestration.partitions import DAILY, MONTH_KEY, MONTHLY
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.seasonal import MadeSeasonal, largest, make_airline_growth, make_seasonal

_HISTORY = ["daily_demand"]
"""All days up to it are read; the graph carries the day alone, so that an old day makes no later one again."""
_TOGETHER = dg.BackfillPolicy.single_run()


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            "seasonal_forecast",
            deps=_HISTORY,
            automation_condition=TRAINED,
            **described(
                SEASONAL_FORECAST,
                DAILY,
                {"numpy", "mlflow"},
                WEEKLY,
                "The year to come of every series, with its parts: trend, time of the year, day of the week, "
                "holidays of its country.",
            ),
        ),
        dg.AssetSpec(
            "seasonal_trends",
            deps=_HISTORY,
            automation_condition=TRAINED,
            **described(
                SEASONAL_TRENDS,
                DAILY,
                {"numpy", "mlflow"},
                WEEKLY,
                "Slope of every series with its interval and p-value, whether its time of the year is known, and "
                "the breaks of its history in words.",
            ),
        ),
    ],
    backfill_policy=_TOGETHER,
)
def seasonal(
    context: dg.AssetExecutionContext, lake: LakeResource, mlflow: MlflowResource
) -> Iterator[dg.MaterializeResult]:
    def told(done: int, of: int) -> None:
        if done == of or done % 10 == 0:
            context.log.info(f"{done} of {of} groups of series decomposed")

    for key in context.partition_keys:
        made = make_seasonal(lake, mlflow, date.fromisoformat(key), {DAGSTER_RUN: context.run.run_id}, told)
        run = _run(mlflow, made.recorded)
        for name, metadata in (
            ("seasonal_forecast", _rows(made.forecast) | run | _decomposition(made)),
            ("seasonal_trends", _rows(made.trends) | run | _directions(made)),
        ):
            context.add_asset_metadata(metadata, asset_key=name, partition_key=key)
    yield from (dg.MaterializeResult(asset_key=name) for name in ("seasonal_forecast", "seasonal_trends"))


@dg.asset(
    deps=["airline_monthly"],
    automation_condition=MONTHLY_EAGER,
    backfill_policy=_TOGETHER,
    **described(
        AIRLINE_GROWTH,
        MONTHLY,
        {"statsmodels", "mlflow"},
        MONTHLY_FRESH,
        "Flights that an airline adds or loses from month to month, with the interval of the slope; expansion or "
        "contraction only when it is significant. From all full months up to the month.",
    ),
)
def airline_growth(context: dg.AssetExecutionContext, lake: LakeResource, mlflow: MlflowResource) -> None:
    from airtraffic.report.forecast_pictures import growth_picture
    from airtraffic.report.forecast_texts import ForecastTexts
    from airtraffic.report.png import png

    for key in context.partition_keys:
        month = datetime.strptime(key, MONTH_KEY).date()
        made = make_airline_growth(lake, mlflow, month, {DAGSTER_RUN: context.run.run_id})
        rows = pl.DataFrame(pl.from_arrow(made.growth))
        metadata = _rows(made.growth) | _run(mlflow, made.recorded)
        for label, count in rows["label"].drop_nulls().value_counts().iter_rows():
            metadata[label] = count
        if rows["slope"].count():
            drawn = png(growth_picture(rows, ForecastTexts("en")), dpi=80)
            metadata["slopes"] = picture(drawn, f"Growth of airlines up to {key}")
        context.add_asset_metadata(metadata, partition_key=key)


def _rows(table: pa.Table) -> dict:
    return {"dagster/partition_row_count": table.num_rows}


def _run(mlflow: MlflowResource, recorded: Recorded | None) -> dict:
    if recorded is None:
        return {}
    url = mlflow.run_url(recorded.experiment_id, recorded.run_id)
    return {"mlflow_run": dg.MetadataValue.url(url), "mlflow_run_reused": recorded.reused}


def _decomposition(made: MadeSeasonal) -> dict:
    """The parts of the largest series, as a picture."""
    from airtraffic.report.forecast_pictures import decomposition_picture
    from airtraffic.report.forecast_texts import ForecastTexts
    from airtraffic.report.png import png

    key = largest(pl.DataFrame(pl.from_arrow(made.trends)))
    if key is None:
        return {}
    kind, series = split_key(key)
    rows = pl.DataFrame(pl.from_arrow(made.forecast))
    of_series = rows.filter((pl.col("kind") == kind) & (pl.col("series") == series))
    drawn = png(decomposition_picture(of_series, ForecastTexts("en")), dpi=80)
    return {"largest_series": key, "decomposition": picture(drawn, f"Parts of {key}")}


def _directions(made: MadeSeasonal) -> dict:
    counts = pl.DataFrame(pl.from_arrow(made.trends.select(["direction"])))["direction"].value_counts()
    return dict(counts.iter_rows())
