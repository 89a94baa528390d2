"""Daily counts made for tests: weeks, a year, holidays, growth, noise, of a seed."""

from datetime import date, timedelta

import numpy as np
import polars as pl


def daily(
    days: int = 200,
    series: int = 2,
    *,
    start: date = date(2022, 1, 1),
    level: float = 200.0,
    weekly: float = 0.15,
    yearly: float = 0.0,
    growth_per_year: float = 0.0,
    noise: float = 0.04,
    seed: int = 7,
) -> pl.DataFrame:
    """A panel of rounded counts; shares of the level."""
    random = np.random.default_rng(seed)
    t = np.arange(days)
    dates = [start + timedelta(days=int(day)) for day in t]
    parts = []
    for number in range(series):
        shape = (
            1
            + weekly * np.cos(2 * np.pi * (t + number) / 7)
            + yearly * np.sin(2 * np.pi * t / 365.25)
            + growth_per_year * t / 365.25
        )
        value = np.round(level * (number + 1) * shape * (1 + noise * random.standard_normal(days)))
        parts.append(
            pl.DataFrame(
                {"series": f"S{number}", "kind": "airport", "date": dates, "value": np.maximum(value, 0)}
            )
        )
    return pl.concat(parts).with_columns(pl.col("value").cast(pl.Float64))
