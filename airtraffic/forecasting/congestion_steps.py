"""What the LSTM is told at each poll about each zone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from airtraffic.forecasting.congestion_aircraft import reckon
from airtraffic.forecasting.congestion_grid import columns_of
from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_positions import Congestion
from airtraffic.forecasting.congestion_presence import Presence
from airtraffic.forecasting.congestion_zones import Zones

RECENT = 6
"""Polls over which counts and errors are averaged. [polls]"""
_DAY_S = 86_400


@dataclass
class Step:
    """One poll, or many: leading axes are free, the last is the zones.

    ``count``: aircraft now; ``recent``: its mean over the last polls; ``expected``: by polls ahead, what
    dead reckoning and presence expect; ``error``: by polls ahead, now less what was expected for now so many polls
    ago; ``recent_error``: the last one's mean over the last polls. [aircraft]
    """

    count: np.ndarray
    recent: np.ndarray
    expected: Mapping[int, np.ndarray]
    error: Mapping[int, np.ndarray]
    recent_error: np.ndarray
    speed_kmh: np.ndarray
    altitude_ft: np.ndarray
    time_s: np.ndarray

    def features(
        self, scale: np.ndarray, bias: Mapping[int, np.ndarray], mean: np.ndarray, median: np.ndarray
    ) -> np.ndarray:
        """(..., n_zones, n_features), unscaled; counts in ``scale``, (n_zones,).

        ``bias``: by polls ahead, the mean of what came less what was expected, (n_zones,): aircraft that
        nobody knew before. ``mean``, ``median``: (n_zones,) usual count.
        """
        shape = self.count.shape
        angle = 2 * np.pi * (self.time_s % _DAY_S) / _DAY_S
        static = [np.log1p(mean), *(each / scale for each in bias.values())]
        columns = [
            self.count / scale,
            (self.recent - self.count) / scale,
            (mean - self.count) / scale,
            (median - self.count) / scale,
            *((each - self.count) / scale for each in self.expected.values()),
            *((each - bias[ahead]) / scale for ahead, each in self.error.items()),
            self.recent_error / scale,
            np.nan_to_num(self.speed_kmh) / 900,
            np.nan_to_num(self.altitude_ft) / 40_000,
            *(np.broadcast_to(each(angle)[..., None], shape) for each in (np.sin, np.cos)),
            *(np.broadcast_to(each, shape) for each in static),
        ]
        return np.stack(columns, axis=-1)


def expected_counts(
    seen: Congestion, zones: Zones, numbers: np.ndarray, presence: Presence, horizon: int, index: np.ndarray
) -> np.ndarray:
    """Aircraft known at the polls ``index`` that are expected in each zone so many polls later.

    Every aircraft adds its chance of being counted to the zone that dead reckoning puts it into.
    (n, n_zones) [aircraft]
    """
    known, polls = seen.known, seen.polls
    place = np.full(len(polls), -1)
    place[index] = np.arange(len(index))
    rows = np.flatnonzero(place[known.poll] >= 0)
    part = known.take(rows)
    chance = seen.positions.chances(presence, horizon, rows)
    aircraft, zone = zones.containing(*reckon(part, horizon * polls.interval_s))
    column, wanted = columns_of(zone, numbers)
    aircraft, column = aircraft[wanted], column[wanted]
    flat = place[part.poll[aircraft]] * len(numbers) + column
    total = np.bincount(flat, weights=chance[aircraft], minlength=len(index) * len(numbers))
    return total.reshape(len(index), len(numbers))


def steps(
    seen: Congestion,
    expected: Mapping[int, np.ndarray],
    bias: Mapping[int, np.ndarray] | None,
    heads: tuple[int, ...],
) -> Step:
    """All polls as one step: (n_polls, n_zones).

    ``expected``: by polls ahead, (n_polls, n_zones) as issued at each poll. ``bias``: what an error is taken to be where
    nothing was expected so many polls ago; None: zero.
    """
    polls, count = seen.polls, seen.counts.aircraft
    error = {}
    for ahead in heads:
        usual = 0.0 if bias is None else bias[ahead]
        before = polls.back(ahead)
        missed = np.where(before[:, None] >= 0, count - expected[ahead][before], np.nan)
        error[ahead] = np.where(np.isnan(missed), usual, missed)
    last = heads[-1]
    usual = 0.0 if bias is None else bias[last]
    return Step(
        count=count,
        recent=recent_mean(polls, count),
        expected=expected,
        error=error,
        recent_error=recent_mean(polls, error[last] - usual),
        speed_kmh=seen.counts.speed_kmh,
        altitude_ft=seen.counts.altitude_ft,
        time_s=polls.time_s,
    )


def recent_mean(polls: Polls, values: np.ndarray) -> np.ndarray:
    """Mean of this and the five polls before, of those of the same segment. (n_polls, n_zones)"""
    total = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), values]), axis=0)
    end = np.arange(1, len(values) + 1)
    number = np.minimum(polls.position + 1, RECENT)
    return (total[end] - total[end - number]) / number[:, None]
