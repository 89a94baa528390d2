"""Pictures of the daily models: they are PNG, the same each time, and there without data too."""

from datetime import date, timedelta

import polars as pl
import pytest

from airtraffic.report.demand_charts import accuracy_panels, candidates_by_horizon, forecast_panels

DAY = date(2025, 3, 1)
KINDS = ("network", "airport", "sector")


def _rows(days: range, **columns: float) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame(
            {
                "kind": kind,
                "series": f"{kind} {number}",
                "date": [DAY + timedelta(days=n) for n in days],
                "value": [100.0 + 10 * number + n % 7 for n in days],
            }
        )
        for kind in KINDS
        for number in range(2)
    ).with_columns(**{name: pl.lit(value) for name, value in columns.items()})


KNOWN = _rows(range(-56, 1)).filter(pl.col("date").dt.day() != 10)
ISSUED = _rows(range(1, 31)).select(
    "kind", "series", target_date="date", model=pl.lit("blend"), mean="value", lower=pl.col("value") - 9, upper=pl.col("value") + 9,
)  # fmt: skip
ACCURACY = pl.concat(
    _rows(range(-59, 1)).select(
        "kind", "series", "date", horizon=pl.lit(h), mean="value", lower=pl.col("value") - 2, upper=pl.col("value") + 2, actual=pl.col("value") + (pl.col("date").dt.day() % 5 - 2.0),
    )
    for h in (1, 7)
)  # fmt: skip
SCORES = pl.DataFrame(
    [
        ("s", model, model == "blend", horizon, level)
        for model, level in (("seasonal_naive", 1.0), ("blend", 0.8))
        for horizon in (1, 7, 30)
    ],
    schema=["series", "model", "champion", "horizon", "vs_naive"],
    orient="row",
)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: candidates_by_horizon(SCORES),
        lambda: candidates_by_horizon(SCORES.clear()),
        lambda: forecast_panels(KNOWN, ISSUED),
        lambda: forecast_panels(KNOWN.clear(), ISSUED.head(30)),
        lambda: forecast_panels(KNOWN, ISSUED.clear()),
        lambda: accuracy_panels(ACCURACY, DAY),
        lambda: accuracy_panels(ACCURACY.clear(), DAY),
    ],
)
def test_a_picture_is_a_small_png(draw):
    made = draw()
    assert made.startswith(b"\x89PNG")
    assert len(made) < 150_000


def test_the_same_rows_are_the_same_bytes_in_any_order():
    assert accuracy_panels(ACCURACY, DAY) == accuracy_panels(ACCURACY.reverse(), DAY)
