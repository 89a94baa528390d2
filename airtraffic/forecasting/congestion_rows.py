"""Arrays of polls, horizons and zones as rows of forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_direction import DIRECTIONS


@dataclass(frozen=True)
class Expected:
    """What a model says after some polls.

    ``issued_s``: (n,) [s since 1970-01-01 UTC]. ``ahead``: (n_horizons,) [polls]. ``mean``, ``half``: (n, n_horizons,
    n_zones), the half-width of the interval. [aircraft] ``basis``: (n,) what said it.
    """

    issued_s: np.ndarray
    ahead: np.ndarray
    mean: np.ndarray
    half: np.ndarray
    basis: np.ndarray

    def rows(self, zones: Sequence[str], interval_s: float) -> pl.DataFrame:
        """issued_at, zone, horizon, target_at, mean, lower, upper and basis, by poll, horizon and zone."""
        poll, step, zone = (each.ravel() for each in np.indices(self.mean.shape))
        issued_s = self.issued_s[poll]
        target_s = np.round(issued_s + self.ahead[step] * interval_s)
        return pl.DataFrame(
            {
                "issued_at": _instants(issued_s),
                "zone": pl.Series(zones, dtype=pl.String).gather(zone),
                "horizon": self.ahead[step].astype(np.int64),
                "target_at": _instants(target_s),
                "mean": self.mean.ravel(),
                "lower": np.maximum(self.mean - self.half, 0).ravel(),
                "upper": (self.mean + self.half).ravel(),
                "basis": self.basis[poll],
            }
        )

    def directed(
        self, table: pl.DataFrame, now: np.ndarray, threshold: np.ndarray, called: np.ndarray, far: int
    ) -> pl.DataFrame:
        """The rows with aircraft (now), and at the horizon ``far`` threshold, direction and significant.

        Parameters
        ----------
        table
            ``rows`` of this.
        now, called
            (n, n_zones) Counts, and -1, 0 or 1.
        threshold
            (n_zones,) [aircraft]
        """
        poll, step, zone = (each.ravel() for each in np.indices(self.mean.shape))
        of_far, way = pl.Series(self.ahead[step] == far), called[poll, zone]
        told = {
            "threshold": threshold[zone],
            "direction": np.array(DIRECTIONS)[way + 1],
            "significant": way != 0,
        }
        return table.with_columns(
            pl.Series("aircraft", now[poll, zone].astype(np.int64)),
            *(pl.when(of_far).then(pl.Series(values)).alias(name) for name, values in told.items()),
        )


def _instants(time_s: np.ndarray) -> pl.Series:
    return pl.Series(time_s.astype(np.int64) * 1_000_000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
