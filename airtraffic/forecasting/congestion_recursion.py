"""Going on from forecasts as if they had come: a recursive simulation beyond what is forecast directly."""

from typing import TYPE_CHECKING

import numpy as np

from airtraffic.forecasting.congestion_steps import RECENT, Step, expected_counts, steps

if TYPE_CHECKING:
    from airtraffic.forecasting.congestion_lstm import CongestionLSTM
    from airtraffic.forecasting.congestion_positions import Congestion


def simulated(model: "CongestionLSTM", seen: "Congestion", index: np.ndarray, horizon: int) -> np.ndarray:
    """Counts expected at every poll after ``index``: (n, horizon, n_zones). [aircraft]

    The polls forecast directly are taken as if they had come, the window moves on to the last of them, and so
    on. Aircraft known at the poll of issue are reckoned ahead all the way. What a simulated count has beyond
    them, newcomers mostly, stays in its zone as counted aircraft usually do. Speed and altitude stay.
    """
    heads, lookback, stride = model.anchors, model.lookback, model.lookahead
    back = lookback + RECENT
    past = np.maximum(index[:, None] + np.arange(-back + 1, 1), 0)
    window = np.unique(np.maximum(index[:, None] - np.arange(model.reach + back), 0))
    issued = {h: np.full(seen.counts.aircraft.shape, np.nan) for h in heads}
    for h in heads:
        issued[h][window] = expected_counts(seen, model.zones, model.numbers, model.presence, h, window)
    observed = steps(seen, issued, model.bias, model.error_heads)
    features = model.features(observed)[past]
    count = seen.counts.aircraft[past]
    last_error = observed.error[heads[0] if len(heads) == 1 else model.error_heads[-1]][past]
    ahead = {
        lead: expected_counts(seen, model.zones, model.numbers, model.presence, lead, index)
        for lead in sorted({step + h for step in range(horizon + 1) for h in (0, *heads)} - {0})
    }
    made, promised = 0, {}
    start = model.start(seen.counts.aircraft, issued)[index]
    while made < horizon:
        scaled = model.scaled(features)
        origin, step = features.shape[:2]
        flat = np.moveaxis(scaled, 2, 1).reshape(origin * scaled.shape[2], step, -1)
        mean = np.maximum(start + model.said_of(flat[:, -lookback:], scaled.shape[2]), 0.0)
        for number in range(min(stride, horizon - made)):
            made += 1
            now = mean[:, number]
            count = np.concatenate([count, now[:, None]], axis=1)
            error = {}
            for h in model.error_heads:
                before = np.maximum(index - h + made, 0)
                of_past = issued[h][before] if made <= h else promised[made - h][h]
                error[h] = now - np.where(np.isnan(of_past), now - model.bias[h], of_past)
            tail = model.error_heads[-1]
            last_error = np.concatenate([last_error, error[tail][:, None]], axis=1)
            newcomers = now - ahead[made]
            promised[made] = {h: ahead[made + h] + model.stay[h] * newcomers for h in heads}
            new = Step(
                count=now,
                recent=count[:, -RECENT:].mean(axis=1),
                expected=promised[made],
                error=error,
                recent_error=last_error[:, -RECENT:].mean(axis=1) - model.bias[tail],
                speed_kmh=seen.counts.speed_kmh[index],
                altitude_ft=seen.counts.altitude_ft[index],
                time_s=seen.polls.time_s[index] + made * model.interval_s,
            )
            features = np.concatenate([features, model.features(new)[:, None]], axis=1)
            start = model.start(now, new.expected)
    return count[:, back:]
