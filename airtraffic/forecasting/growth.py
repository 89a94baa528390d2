"""Growth of airlines: a line through their monthly flights."""

from typing import Self

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.contract import ROUNDING, whole

SCHEMA = {
    "series": pl.String,
    "months": pl.Int64,
    "first_month": pl.Date,
    "last_month": pl.Date,
    "slope": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "p_value": pl.Float64,
    "mean": pl.Float64,
    "label": pl.String,
    "note": pl.String,
}


class AirlineGrowth:
    """Ordinary least squares on flights per month [1]_.

    Only full months count; a missing month stays on the time axis: the next one is two steps further.
    ``level``: of the intervals. [1] ``min_months``: full months below which nothing is said.

    References
    ----------
    .. [1] Montgomery, Jennings and Kulahci, Introduction to Time Series Analysis and Forecasting (2015), 3.3.
    """

    name = "airline_growth"

    def __init__(self, *, level: float = 0.95, min_months: int = 6) -> None:
        if not 0.5 <= level < 1:
            raise ForecastError(f"level is {level!r}; expected 0.5 to below 1")
        self.level = level
        self.min_months = whole("min_months", min_months, 3)

    def fit(self, history: pl.DataFrame) -> Self:
        """Fit a line to every series.

        ``history``: series, date (a month's first day), value (flights in the month) and optionally
        full_month (false: the month is left out). A null value is a missing month.

        Raises
        ------
        ForecastError
            A column is missing, a date is no first day, or a month stands there twice.
        """
        missing = [name for name in ("series", "date", "value") if name not in history.columns]
        if missing:
            raise ForecastError(f"the monthly history lacks {missing}")
        if (history["date"].dt.day() != 1).any():
            raise ForecastError("a monthly history has dates that are no first day of a month")
        if history.select(pl.struct("series", "date").is_duplicated().any()).item():
            raise ForecastError("a month of a series stands there twice")
        if "full_month" in history.columns:
            history = history.filter(pl.col("full_month"))
        ready = history.drop_nulls(["series", "value"]).with_columns(
            month=pl.col("date").dt.year().cast(pl.Int64) * 12 + pl.col("date").dt.month()
        )
        self._fits = {
            str(name): self._line(part.sort("month"))
            for (name,), part in sorted(ready.partition_by("series", as_dict=True).items())
        }
        return self

    def growth(self) -> pl.DataFrame:
        """Slope per series: columns of ``SCHEMA``.

        ``slope`` with ``lower`` and ``upper``: beta_1 and its interval. [flights/month per month] ``label``:
        expansion or contraction when the interval leaves zero out, else stable; null below ``min_months``.
        """
        self._fitted()
        return pl.DataFrame([row for row, _ in self._fits.values()], schema=SCHEMA, orient="row")

    def forecast(self, horizon: int) -> pl.DataFrame:
        """The line's next months: series, date, horizon, mean, lower, upper. [flights/month]

        Counted from each series' last full month, with the interval of a new observation.
        """
        self._fitted()
        ahead = np.arange(1, whole("horizon", horizon, 1) + 1)
        tables = []
        for row, result in self._fits.values():
            if result is None:
                continue
            last = result.model.exog[-1, 1]
            x = np.stack([np.ones(len(ahead)), last + ahead], axis=1)
            frame = result.get_prediction(x)
            band = frame.conf_int(obs=True, alpha=1 - self.level)
            tables.append(
                pl.DataFrame(
                    {"horizon": ahead, "mean": frame.predicted_mean, "lower": band[:, 0], "upper": band[:, 1]}
                )
                .with_columns(pl.col("mean", "lower", "upper").clip(lower_bound=0.0), series=pl.lit(row[0]))
                .with_columns(date=pl.lit(row[3]).dt.offset_by(pl.format("{}mo", "horizon")))
            )
        columns = ["series", "date", "horizon", "mean", "lower", "upper"]
        kinds = [pl.String, pl.Date, pl.Int64, pl.Float64, pl.Float64, pl.Float64]
        empty = pl.DataFrame(schema=dict(zip(columns, kinds, strict=True)))
        return pl.concat([empty, *(table.select(columns) for table in tables)], how="vertical_relaxed")

    def _fitted(self) -> None:
        if not hasattr(self, "_fits"):
            raise ForecastError(f"{self.name} is not fitted; call fit with a history first")

    def _line(self, part: pl.DataFrame) -> tuple:
        months, first = part.height, part["month"][0]
        head = (part["series"][0], months, part["date"][0], part["date"][-1])
        mean = part["value"].mean()
        if months < self.min_months:
            note = f"{months} full months are too few: {self.min_months} are needed"
            return (*head, None, None, None, None, mean, None, note), None
        from statsmodels.regression.linear_model import OLS

        x = (part["month"] - first).to_numpy().astype(float)
        y = part["value"].to_numpy().astype(float)
        result = OLS(y, np.stack([np.ones_like(x), x], axis=1)).fit()
        slope, p_value = float(result.params[1]), float(result.pvalues[1])
        lower, upper = (float(each) for each in result.conf_int(alpha=1 - self.level)[1])
        if max(abs(lower), abs(upper)) * x[-1] < ROUNDING * max(mean, 1.0):
            slope, lower, upper, p_value = 0.0, 0.0, 0.0, 1.0
        label = "stable"
        if lower > 0 or upper < 0:
            label = "expansion" if slope > 0 else "contraction"
        gaps = int(x[-1]) + 1 - months
        note = f"{gaps} months between are missing" if gaps else ""
        return (*head, slope, lower, upper, p_value, mean, label, note), result
