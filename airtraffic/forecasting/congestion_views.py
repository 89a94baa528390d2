"""What was expected of a model's busiest zones beside what came, as tables to be drawn."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from airtraffic.forecasting.congestion_came import with_polls
from airtraffic.forecasting.congestion_contract import CongestionForecaster

SHOWN = 3
"""Zones, those with most aircraft. [zones]"""
LAST = timedelta(hours=6)


def expected_and_came(model: CongestionForecaster, since: datetime) -> pl.DataFrame:
    """The last six hours from ``since`` on, of the busiest zones and all of the model's horizons.

    Returns
    -------
    pl.DataFrame
        zone, horizon [polls], target_at, mean, lower, upper and came at the poll nearest to it, null where none
        came [aircraft].
    """
    at = model.seen.polls.at
    start = max(since, at[-1] - LAST)
    table = model.issues(at.filter(at >= start).to_list())
    came = _counts(model).rename({"snapshot_at": "came_at", "aircraft": "came"})
    return (
        with_polls(table.filter(pl.col("zone").is_in(busiest(model))), at)
        .join(came, on=["zone", "came_at"], how="left")
        .select("zone", "horizon", "target_at", "mean", "lower", "upper", "came")
        .sort("zone", "horizon", "target_at")
    )


def simulations(model: CongestionForecaster, since: datetime, origins: int = 3) -> pl.DataFrame:
    """Recursive simulations over the far time, from some polls whose whole future came.

    Returns
    -------
    pl.DataFrame
        zone, issued_at, at, simulated, and came [aircraft]; empty where no poll has one.
    """
    seen, far = model.seen, model.far
    polls = seen.polls
    whole = (polls.ahead(far) >= 0) & (polls.position >= model.lookback - 1)
    index = np.flatnonzero(whole & (polls.at >= since).to_numpy())
    chosen = np.unique(index[np.linspace(0, len(index) - 1, min(origins, len(index))).astype(int)])
    zones = [model.zones.names(model.numbers).index(name) for name in busiest(model)]
    schema = {"zone": pl.String, "issued_at": polls.at.dtype, "at": polls.at.dtype}
    schema |= dict.fromkeys(("simulated", "came"), pl.Float64)
    if not len(chosen):
        return pl.DataFrame(schema=schema)
    mean, _ = model.expect(chosen, range(1, far + 1), rounded=False)
    rows = []
    for number, poll in enumerate(chosen):
        then = poll + np.arange(far + 1)
        for zone, name in zip(zones, busiest(model), strict=True):
            came = seen.counts.aircraft[then, zone]
            rows.append(
                pl.DataFrame(
                    {
                        "zone": [name] * len(then),
                        "issued_at": polls.at.gather([poll] * len(then)),
                        "at": polls.at.gather(then),
                        "simulated": np.concatenate([came[:1], mean[number, :, zone]]),
                        "came": came,
                    },
                    schema=schema,
                )
            )
    return pl.concat(rows)


def busiest(model: CongestionForecaster) -> list[str]:
    """Names of the zones with most aircraft in training, the busiest first."""
    order = np.argsort(-model.zone_mean, kind="stable")[:SHOWN]
    return model.zones.names(model.numbers[order])


def _counts(model: CongestionForecaster) -> pl.DataFrame:
    seen = model.seen
    names = model.zones.names(model.numbers)
    return (
        pl.DataFrame(seen.counts.aircraft, schema=names)
        .insert_column(0, seen.polls.at)
        .unpivot(index="snapshot_at", variable_name="zone", value_name="aircraft")
    )
