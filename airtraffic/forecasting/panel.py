"""Daily series side by side: one row a series, one column a day, a gap where nothing is known."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError

COLUMNS = {"series": pl.String, "date": pl.Date, "value": pl.Float64}


@dataclass(frozen=True)
class Panel:
    """Counts per day of several series.

    ``values``: (n_series, n_days), NaN for a gap. [1/d] ``kinds``: what each series is of (network,
    airport, sector, route, airline), which says what it can be compared with.
    """

    series: tuple[str, ...]
    kinds: tuple[str, ...]
    start: date
    values: np.ndarray

    @classmethod
    def of(cls, history: pl.DataFrame, until: date | None = None) -> "Panel":
        """Lay a history out by day.

        A null, a missing date and a negative count are gaps. ``history``: series, date, value and, when
        there is one, kind; one row per series and date in any order. ``until``: last day of the panel, where
        that is later than the last one with a value.

        Raises
        ------
        ForecastError
            A column is missing or of another type, a day of a series stands there twice, a value is
            infinite, or no value is known.
        """
        _check(history)
        known = history.filter(pl.col("value").is_not_null() & (pl.col("value") >= 0))
        if known.is_empty():
            raise ForecastError("the history has no known value; a forecast needs at least one day")
        kind = "kind" if "kind" in history.columns else pl.lit("")
        names = history.select("series", kind=kind).unique("series", keep="first").sort("series")
        series = names["series"].to_list()
        start = known["date"].min()
        days = (max(known["date"].max(), until or start) - start).days + 1
        values = np.full((len(series), days), np.nan)
        row = known["series"].cast(pl.Enum(series)).to_physical().to_numpy()
        values[row, (known["date"] - start).dt.total_days().to_numpy()] = known["value"].to_numpy()
        return cls(tuple(series), tuple(names["kind"].fill_null("").to_list()), start, values)

    @property
    def end(self) -> date:
        """The last day, on which something is known where no other was asked for."""
        return self.day(self.values.shape[1] - 1)

    def day(self, column: int) -> date:
        return self.start + timedelta(days=int(column))

    def column(self, day: date) -> int:
        return (day - self.start).days

    def dates(self, columns: np.ndarray) -> np.ndarray:
        """Columns, which may lie beyond the history, as datetime64[D]."""
        return np.datetime64(self.start) + np.asarray(columns).astype("timedelta64[D]")

    def until(self, column: int) -> "Panel":
        """What was known on the evening of that column's day, as a copy."""
        return Panel(self.series, self.kinds, self.start, self.values[:, : column + 1].copy())

    def rows(self, keep: np.ndarray) -> "Panel":
        """Some of the series. ``keep``: (n_series,) of bool."""
        chosen = np.flatnonzero(keep)
        return Panel(
            tuple(self.series[row] for row in chosen),
            tuple(self.kinds[row] for row in chosen),
            self.start,
            self.values[chosen],
        )

    def last_known(self) -> np.ndarray:
        """Column of the last known value of every series, -1 without one. (n_series,)"""
        known = ~np.isnan(self.values)
        last = self.values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        return np.where(known.any(axis=1), last, -1)

    def known_days(self, columns: np.ndarray) -> np.ndarray:
        """How many days of each series are known up to each column. (n_series, n_columns)"""
        return np.cumsum(~np.isnan(self.values), axis=1)[:, columns]


def _check(history: pl.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in history.columns]
    if missing:
        raise ForecastError(f"the history lacks {missing}; it needs series, date and value")
    if history.schema["date"] != pl.Date or not history.schema["value"].is_numeric():
        raise ForecastError(
            f"the history has date as {history.schema['date']} and value as {history.schema['value']}; "
            "expected a date and a number"
        )
    if history["series"].null_count() or history["date"].null_count():
        raise ForecastError("the history has rows without a series or a date")
    if history["value"].cast(pl.Float64).is_infinite().any():
        raise ForecastError("the history has an infinite value")
    twice = history.select(pl.struct("series", "date").is_duplicated()).to_series()
    if twice.any():
        first = history.filter(twice).row(0, named=True)
        raise ForecastError(f"{twice.sum()} rows stand there twice, say {first['series']} on {first['date']}")
