"""Intervals from past errors."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from airtraffic.forecasting.conformal import FALLBACK, RESIDUALS, ConformalIntervals, local_scale
from airtraffic.forecasting.panel import Panel
from tests.unit.forecasting.daily_samples import daily


def errors(
    weeks: int = 200, horizon: int = 10, series: str = "A", spread: float = 1.0, seed: int = 0
) -> pl.DataFrame:
    """Errors that grow with the root of the horizon."""
    random = np.random.default_rng(seed)
    steps = np.tile(np.arange(1, horizon + 1), weeks)
    days = [date(2020, 1, 1) + timedelta(days=7 * int(week)) for week in np.repeat(np.arange(weeks), horizon)]
    size = spread * np.sqrt(steps) * random.standard_normal(len(steps))
    rows = {"series": series, "kind": "k", "origin": days, "horizon": steps, "error": size, "scale": 1.0}
    return pl.DataFrame(rows, schema=RESIDUALS)


def test_the_half_width_is_the_quantile_of_the_errors():
    half = ConformalIntervals(half_life_days=1e6, neighbours=1).half_widths(errors(2000), ["A"], ["k"], 10)[0]
    np.testing.assert_allclose(half[4:], 1.96 * np.sqrt(np.arange(5, 11)), rtol=0.1)
    assert (np.diff(half)[:6] > 0).all()


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_a_level_is_what_new_errors_are_covered_with(level):
    half = ConformalIntervals(level=level).half_widths(errors(300), ["A"], ["k"], 10)[0]
    new = errors(2000, seed=9)
    inside = new["error"].abs().to_numpy() <= half[new["horizon"].to_numpy() - 1]
    assert inside.mean() == pytest.approx(level, abs=0.03)


def test_a_new_regime_widens_the_interval_within_months():
    calm, wild = (
        errors(100),
        errors(20, spread=4.0, seed=1).with_columns(pl.col("origin") + pl.duration(days=700)),
    )
    before, after = (
        ConformalIntervals().half_widths(rows, ["A"], ["k"], 10)[0]
        for rows in (calm, pl.concat([calm, wild]))
    )
    assert (after > 2 * before).all()


def test_a_series_without_errors_takes_those_of_its_kind():
    half = ConformalIntervals().half_widths(errors(), ["A", "B"], ["k", "k"], 10)
    np.testing.assert_allclose(half[0], half[1])


def test_a_short_series_is_between_its_kind_and_itself():
    both = pl.concat([errors(100), errors(4, series="B", spread=5.0)])
    alone, kind = (
        ConformalIntervals(pool_weeks=weeks).half_widths(both, ["B"], ["k"], 10)[0] for weeks in (0.0, 1e9)
    )
    mixed = ConformalIntervals().half_widths(both, ["B"], ["k"], 10)[0]
    assert (kind < mixed).all()
    assert (mixed < alone).all()


def test_without_any_error_there_is_still_an_interval():
    half = ConformalIntervals().half_widths(pl.DataFrame(schema=RESIDUALS), ["A"], ["k"], 3)
    assert (half == FALLBACK).all()


def test_beyond_the_longest_horizon_the_width_goes_on_growing():
    half = ConformalIntervals().half_widths(errors(horizon=10), ["A"], ["k"], 40)[0]
    assert half[39] == pytest.approx(half[9] * 2)


def test_the_scale_knows_only_what_came_before():
    history = daily(120, 1)
    origin = np.array([80])
    panel = Panel.of(history)
    changed = Panel(panel.series, panel.kinds, panel.start, panel.values.copy())
    changed.values[:, 81:] *= 50
    assert local_scale(panel, origin) == local_scale(changed, origin)


def test_equal_small_counts_are_not_certain():
    flat = Panel.of(daily(120, 1, noise=0.0, weekly=0.0, level=2.0))
    assert local_scale(flat, np.array([119]))[0, 0] == pytest.approx(0.5 * np.sqrt(2.5))
