"""When forecasts are said not to hold any more."""

from datetime import date, timedelta

import polars as pl
import pytest

from airtraffic.forecasting.drift import LAST_DAYS, drift

AT = date(2025, 3, 31)


def accuracy(days: int = 40, *, error: float = 5.0, week: float = 10.0, inside: float = 1.0) -> pl.DataFrame:
    """One series that changes by ``week`` from week to week, forecast 1 to 10 days ahead."""
    rows = []
    for back in range(days):
        day = AT - timedelta(days=back)
        actual = 100.0 + week * ((days - back) // 7)
        rows += [
            ("airport", "A", day, horizon, actual, error, 10.0, (back * 10 + horizon) % 100 < 100 * inside)
            for horizon in range(1, 11)
        ]
    columns = ["kind", "series", "date", "horizon", "actual", "error", "scale", "inside"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_forecasts_that_cover_and_beat_the_naive_hold():
    found = drift(accuracy(), AT)
    assert found.holds
    assert (found.days, found.forecasts, found.coverage) == (LAST_DAYS, LAST_DAYS * 7, 1.0)
    assert found.vs_naive == pytest.approx(0.5)
    assert "100.0% of 196 counts of 28 days" in found.sentence()


def test_forecasts_that_cover_too_little_do_not_hold():
    found = drift(accuracy(inside=0.6), AT)
    assert not found.holds
    assert found.coverage < 0.85


def test_forecasts_that_lose_to_the_naive_do_not_hold():
    assert drift(accuracy(error=10.9), AT).holds
    found = drift(accuracy(error=11.5), AT)
    assert not found.holds
    assert "error 1.15 of the naive's (at most 1.1)" in found.sentence()


def test_six_days_say_nothing():
    found = drift(accuracy(6, error=99.0, inside=0.0), AT)
    assert found.holds
    assert not found.judged
    assert found.sentence().startswith("6 of the last 28 days")
    assert drift(accuracy(7, inside=0.0), AT).judged


def test_forecasts_of_earlier_models_do_not_speak_against_a_training():
    """All that was issued before it was wrong, all that came since was right."""
    trained = AT - timedelta(days=5)
    issued = pl.col("date") - pl.duration(days="horizon")
    cured = accuracy().with_columns(inside=issued >= trained)
    assert not drift(cured, AT).holds
    since = drift(cured, AT, trained)
    assert (since.holds, since.judged, since.days, since.coverage) == (True, True, 5, 1.0)
    assert not drift(cured.with_columns(inside=False), AT, trained).holds


def test_two_days_of_a_training_say_nothing():
    found = drift(accuracy(inside=0.0), AT, AT - timedelta(days=2))
    assert (found.holds, found.judged) == (True, False)
    assert found.sentence().startswith(
        "2 of the last 28 days have forecasts issued since 2025-03-29 that came: under 3"
    )


def test_what_came_after_the_day_and_far_ahead_does_not_count():
    far = accuracy().with_columns(
        inside=(pl.col("horizon") <= 7) & (pl.col("date") <= AT - timedelta(days=7))
    )
    found = drift(far, AT - timedelta(days=7))
    assert found.coverage == 1.0


def test_no_accuracy_at_all_is_no_drift():
    assert drift(accuracy(1).clear(), AT).holds
