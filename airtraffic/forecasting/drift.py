"""Do the published forecasts still hold? Judged by what came over the last weeks."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

LAST_DAYS = 28
"""Days that are judged together. [d]"""
NEAR_DAYS = 7
"""Horizons that are judged: those on which the naive is the same weekday's last count. [d]"""
LEAST_DAYS = 7
"""Days with forecasts under which nothing is said. [d]"""
LEAST_DAYS_SINCE = 3
"""The same where only forecasts of one training are judged: the next one is due within a week."""
LEAST_COVERAGE = 0.85
"""Share of counts that must lie in their 95 % interval. [1]"""
MOST_VS_NAIVE = 1.1
"""Largest error over the seasonal naive's. [1]"""
COLUMNS = ("kind", "series", "date", "horizon", "actual", "error", "scale", "inside")


@dataclass(frozen=True)
class Drift:
    """How the forecasts of the last days did.

    ``coverage``: share inside of the interval [1]; ``vs_naive``: mean of error / scale over the naive's on the
    same days [1]; None where there is none.
    """

    at: date
    days: int
    forecasts: int
    coverage: float | None
    vs_naive: float | None
    since: date | None = None
    """First day of issue that is judged; None: any."""

    @property
    def least_days(self) -> int:
        """Days under which nothing is said."""
        return LEAST_DAYS if self.since is None else LEAST_DAYS_SINCE

    @property
    def judged(self) -> bool:
        """Enough days have come to say anything."""
        return self.days >= self.least_days

    @property
    def holds(self) -> bool:
        """Nothing speaks against the forecasts."""
        covered = self.coverage is None or self.coverage >= LEAST_COVERAGE
        better = self.vs_naive is None or self.vs_naive <= MOST_VS_NAIVE
        return not self.judged or (covered and better)

    def sentence(self) -> str:
        """What was found, with the numbers that it is judged by."""
        if not self.judged:
            issued = "" if self.since is None else f" issued since {self.since}"
            return (
                f"{self.days} of the last {LAST_DAYS} days have forecasts{issued} that came: under {self.least_days} "
                "nothing is said"
            )
        error = (
            "no naive to compare with"
            if self.vs_naive is None
            else f"error {self.vs_naive:.2f} of the naive's"
        )
        return (
            f"{self.coverage:.1%} of {self.forecasts:,} counts of {self.days} days lie in their 95 % interval (at least "
            f"{LEAST_COVERAGE:.0%}), {error} (at most {MOST_VS_NAIVE:g}), 1 to {NEAR_DAYS} days ahead"
        )


def drift(accuracy: pl.DataFrame, at: date, since: date | None = None) -> Drift:
    """Judge the forecasts of the ``LAST_DAYS`` up to a day.

    Parameters
    ----------
    accuracy
        ``COLUMNS`` of ``forecast_accuracy``, of these days and the week before, which the naive needs.
    since
        First day of issue that is judged: earlier forecasts say nothing of a training on it. None: any.
    """
    known = accuracy.drop_nulls("actual")
    came = known.select("kind", "series", "date", "actual").unique()
    week = came.with_columns(pl.col("date") + timedelta(days=7)).rename({"actual": "naive"})
    near = known.filter(
        pl.col("date").is_between(at - timedelta(days=LAST_DAYS - 1), at) & (pl.col("horizon") <= NEAR_DAYS)
    ).join(week, on=["kind", "series", "date"], how="left")
    if since is not None:
        near = near.filter(pl.col("date") - pl.duration(days="horizon") >= since)
    compared = near.drop_nulls("naive").filter(pl.col("scale") > 0)
    error = (compared["error"].abs() / compared["scale"]).sum()
    naive = ((compared["naive"] - compared["actual"]).abs() / compared["scale"]).sum()
    return Drift(
        at,
        near["date"].n_unique(),
        near.height,
        near["inside"].mean(),
        error / naive if naive > 0 else None,
        since,
    )
