"""Did the forecasts of congestion of a day hold? Compared with what the polls that came have shown."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import polars as pl

from airtraffic.forecasting.congestion_came import of_busiest, with_polls
from airtraffic.settings import Settings
from orchestration.check_tables import Finding
from orchestration.resources.lake import LakeResource
from orchestration.sectors import frame

LEAST_COVERAGE = 0.85
"""Share of counts inside of 95 % intervals under which they are too narrow. [1]"""
MOST_VS_PERSISTENCE = 1.1
"""Error over that of the last count above which the model does harm. [1]"""
LEAST_FORECASTS = 100
"""Fewer say nothing. [forecasts]"""
_COLUMNS = (
    "issued_at",
    "zones",
    "zone",
    "horizon",
    "target_at",
    "aircraft",
    "mean",
    "lower",
    "upper",
    "basis",
)


def came_of(lake: LakeResource, day: date) -> pl.DataFrame:
    """Forecasts issued on a day whose poll came, with its time, ``came_at``, and the count: ``came``. [aircraft]

    The poll is the one nearest to ``target_at`` within half an interval of polls.
    """
    made = frame(lake, "congestion_forecast", _COLUMNS, [("date", "=", day)])
    days = [("date", "in", [day, day + timedelta(days=1)])]
    grid = frame(lake, "congestion_grid", ("zones", "zone", "snapshot_at", "aircraft"), days)
    came = grid.select("zones", "zone", came_at="snapshot_at", came="aircraft")
    # A cell without a row in a poll that came was empty.
    return (
        with_polls(made, grid["snapshot_at"])
        .filter(pl.col("came_at").is_not_null())
        .join(came, on=["zones", "zone", "came_at"], how="left")
        .with_columns(pl.col("came").fill_null(0))
    )


def held(compared: pl.DataFrame) -> pl.DataFrame:
    """zones, horizon, forecasts, coverage, mae and vs_persistence of forecasts that have come true or not."""
    error = (pl.col("mean") - pl.col("came")).abs()
    inside = pl.col("came").is_between(pl.col("lower") - 1e-3, pl.col("upper") + 1e-3)
    last = (pl.col("aircraft") - pl.col("came")).abs().mean()
    return (
        compared.group_by("zones", "horizon")
        .agg(pl.len().alias("forecasts"), coverage=inside.mean(), mae=error.mean(), persistence=last)
        .with_columns(
            vs_persistence=pl.when(pl.col("persistence") > 0).then(pl.col("mae") / pl.col("persistence"))
        )
        .sort("zones", "horizon")
    )


def check_congestion_models(
    lake: LakeResource, settings: Settings, days: Sequence[date]
) -> Iterator[Finding]:
    """Intervals that hold, and no more error than the last count; days of issue."""
    for day in days:
        compared = came_of(lake, day)
        found = held(compared.filter(pl.col("basis") != "persistence"))
        judged = found.filter(pl.col("forecasts") >= LEAST_FORECASTS)
        bad = judged.filter(
            (pl.col("coverage") < LEAST_COVERAGE) | (pl.col("vs_persistence") > MOST_VS_PERSISTENCE)
        )
        yield Finding(
            "congestion_forecast_holds",
            day,
            bad.is_empty(),
            _said(day, judged, bad),
            {
                f"{row['zones']} {row['horizon']} polls": (
                    f"{row['coverage']:.1%} of {row['forecasts']:,} inside of their intervals, error "
                    f"{row['mae']:.3f} aircraft"
                    + (f", {row['vs_persistence']:.3f} of persistence's" if row["vs_persistence"] else "")
                )
                for row in found.iter_rows(named=True)
            }
            | _picture(compared, day),
        )


def _said(day: date, judged: pl.DataFrame, bad: pl.DataFrame) -> str:
    if judged.is_empty():
        return (
            f"no model's forecasts of {day} to judge: fewer than {LEAST_FORECASTS} a kind of zone and horizon"
        )
    if bad.is_empty():
        least, most = judged["coverage"].min(), judged["vs_persistence"].max()
        return f"coverage {least:.1%} or more, error {most or 0:.3f} of persistence's or less"
    row = bad.row(0, named=True)
    return (
        f"{row['zones']} at {row['horizon']} polls: coverage {row['coverage']:.1%} (at least {LEAST_COVERAGE:.0%}), "
        f"error {row['vs_persistence'] or 0:.3f} of persistence's (at most {MOST_VS_PERSISTENCE})"
    )


def _picture(compared: pl.DataFrame, day: date) -> dict:
    from airtraffic.report.congestion_charts import expected_and_came_chart
    from orchestration.described import picture

    drawn = of_busiest(compared)
    if drawn.is_empty():
        return {}
    drawn = drawn.with_columns(
        zone=pl.format("{} {}", "zones", "zone"), came=pl.col("came").cast(pl.Float64)
    ).sort("zone", "horizon", "target_at")
    chart = expected_and_came_chart(
        drawn, f"Forecasts of {day} and what came, of the busiest zone of each kind"
    )
    return {"expected_and_came": picture(chart, f"forecasts of {day} and what came")}
