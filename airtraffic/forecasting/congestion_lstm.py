"""CongestionLSTM: changes of the counts, from how they went and from where the aircraft themselves are going."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_network import Shape, Windows, best_device, run, train
from airtraffic.forecasting.congestion_positions import Congestion
from airtraffic.forecasting.congestion_presence import EPOCHS, MAX_ROWS, learned_horizons
from airtraffic.forecasting.congestion_recursion import simulated
from airtraffic.forecasting.congestion_start import best_start
from airtraffic.forecasting.congestion_steps import Step, expected_counts, steps
from airtraffic.forecasting.contract import whole

FAR_WEIGHT = 0.25
Progress = Callable[[int, int, float, float], None]
"""Called after every epoch with the member's number, the epoch, and the errors on training and on checks."""


class CongestionLSTM(CongestionForecaster):
    """What changes in each zone over the next polls, on top of the last count.

    Two parts, learned from the training polls only. A presence model gives each aircraft that is known now
    its chance of being counted later; dead reckoning says in which zone. The LSTM reads, for each of the last
    polls, counts, those expectations, how wrong they were, speed, altitude and hour, and corrects the last
    count, drawn towards expectation and median as training says, by least absolute error.

    Parameters
    ----------
    lookback
        Polls of a window. [polls]
    hidden, layers, dropout, learning_rate, weight_decay, batch, epochs, patience
        The network and its training, which ends when the validation error has not fallen for
        ``patience`` epochs.
    members
        Networks of different seeds whose median is published.
    presence_epochs, presence_rows
        Training of the presence model: passes, and rows at most.
    seed
        The same seed and data give the same numbers on the same kind of device.
    device
        cpu, cuda, or None for cuda when there is one.
    others
        As for every ``CongestionForecaster``.
    """

    name = "lstm"

    def __init__(
        self,
        *,
        lookback: int = 6,
        hidden: int = 32,
        layers: int = 1,
        dropout: float = 0.2,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-2,
        batch: int = 128,
        epochs: int = 60,
        patience: int = 8,
        members: int = 1,
        presence_epochs: int = EPOCHS,
        presence_rows: int = MAX_ROWS,
        seed: int = 20250115,
        device: str | None = "cpu",
        **others: Any,
    ) -> None:
        super().__init__(**others)
        self.lookback = whole("lookback", lookback, 1)
        self.hidden, self.layers = whole("hidden", hidden, 1), whole("layers", layers, 1)
        self.dropout, self.learning_rate, self.weight_decay = dropout, learning_rate, weight_decay
        self.batch, self.epochs, self.patience = (
            whole("batch", batch, 1),
            whole("epochs", epochs, 0),
            patience,
        )
        self.members, self.seed = whole("members", members, 1), whole("seed", seed, 0)
        self.presence_epochs = whole("presence_epochs", presence_epochs, 1)
        self.presence_rows = whole("presence_rows", presence_rows, 1000)
        self.device = device
        if not 0 <= dropout < 1:
            raise ForecastError(f"dropout is {dropout}; expected 0 to less than 1")
        if not learning_rate > 0:
            raise ForecastError(f"learning_rate is {learning_rate}; expected more than 0")
        if device not in (None, "cpu", "cuda"):
            raise ForecastError(f"device is {device!r}; expected cpu, cuda or None")
        self.progress: Progress | None = None

    @property
    def shape(self) -> Shape:
        return Shape(
            self.hidden,
            self.layers,
            self.dropout,
            self.learning_rate,
            self.weight_decay,
            self.batch,
            self.epochs,
            self.patience,
        )

    @property
    def error_heads(self) -> tuple[int, ...]:
        """Polls ago of the expectations whose errors are told. [polls]"""
        return tuple(sorted({1, self.lookahead}))

    def _train(self, seen: Congestion, learn: np.ndarray) -> None:
        polls, count = seen.polls, seen.counts.aircraft
        device = self.device or best_device()
        full = learn & (polls.position >= self.lookback - 1)
        if not (full & (polls.ahead(1) >= 0)).any():
            raise ForecastError(
                f"no {self.lookback + 1} polls follow one another without a gap; the LSTM needs them"
            )
        self.presence = seen.positions.presence(
            learned_horizons(self.lookahead, self.far),
            self.seed,
            self.presence_epochs,
            self.presence_rows,
            learn,
            device,
        )
        expected = self._expected(seen, np.arange(len(polls)))
        came = {}
        for horizon in self.anchors:
            target = polls.ahead(horizon)
            came[horizon] = np.where(target[:, None] >= 0, count[target], np.nan)
        inside = self._within(np.stack([came[h] for h in self.anchors], axis=-1), polls, learn)[learn]
        begins = {
            horizon: best_start(inside[..., number], count[learn], expected[horizon][learn], self.zone_median)
            for number, horizon in enumerate(self.anchors)
        }
        self.bias = {horizon: begin.newcomers for horizon, begin in begins.items()}
        present = count[learn].sum(axis=0) + 1e-6
        self.stay = {
            horizon: np.clip(expected[horizon][learn].sum(axis=0) / present, 0, 1) for horizon in self.anchors
        }
        self.shares = np.array([(begin.toward, begin.usual) for begin in begins.values()])
        features = self.features(steps(seen, expected, self.bias, self.error_heads))
        self.mean, self.spread = _moments(features[full])
        scaled = self.scaled(features)
        # A head's errors are divided by their mean size in training; the far one, which is mostly noise, counts
        # for a quarter, so that it neither leads the training nor ends it.
        start = np.moveaxis(self.start(count, expected), 1, 2)
        target = (np.stack([came[h] for h in self.anchors], axis=-1) - start) / self.scale[:, None]
        size = [each[np.isfinite(each)] for each in np.moveaxis(np.abs(target[learn]), -1, 0)]
        self.head_scale = np.array([each.mean() if len(each) else 1.0 for each in size]) + 1e-6
        self.head_scale[np.array(self.anchors) > self.lookahead] /= FAR_WEIGHT
        target = (target / self.head_scale).astype(np.float32)
        parts = [
            self._windows(scaled, self._within(target, polls, part), np.flatnonzero(part & self._full(seen)))
            for part in (learn, ~learn)
        ]
        checked = parts[1] if len(parts[1].poll) else parts[0]
        self.weights, self.course = [], []
        for member in range(self.members):
            told = partial(self.progress, member) if self.progress else None
            weights, course = train(parts[0], checked, self.shape, self.seed + member, device, told)
            self.weights.append(weights)
            self.course += [{"member": member, **each} for each in course]
        self.gates = np.ones(len(self.anchors))
        self.gates = self._helpful(parts[1])

    def _helpful(self, checked: Windows) -> np.ndarray:
        """1 for the heads whose correction lowers the error on the checks, 0 for the others. (n_heads,)

        A head without a check, as the far one of a short history, is not corrected.
        """
        target = checked.target[checked.poll, checked.zone]
        poll, back = checked.poll[:, None], np.arange(-self.lookback + 1, 1)
        windows = checked.features[poll + back, checked.zone[:, None]]
        said = self._corrections(windows)
        gates = np.zeros(len(self.anchors))
        for head in range(len(gates)):
            known = np.isfinite(target[:, head])
            if known.any():
                kept, corrected = target[known, head], target[known, head] - said[known, head]
                gates[head] = np.abs(corrected).mean() < np.abs(kept).mean()
        return gates

    def _means(self, seen: Congestion, index: np.ndarray, horizons: Sequence[int]) -> np.ndarray:
        if set(horizons) <= set(self.anchors):
            back = index[:, None]
            expected = self._expected(
                seen,
                np.unique((back - np.arange(self.lookback)).clip(0)),
                np.unique((back - np.arange(self.reach)).clip(0)),
            )
            features = self.features(steps(seen, expected, self.bias, self.error_heads))
            said = self.said(self.scaled(features), index)
            heads = [self.anchors.index(horizon) for horizon in horizons]
            start = self.start(seen.counts.aircraft, expected)[index]
            return (start + said)[:, heads]
        path = simulated(self, seen, index, max(horizons))
        return path[:, [horizon - 1 for horizon in horizons]]

    def start(self, count: np.ndarray, expected: Mapping[int, np.ndarray]) -> np.ndarray:
        """What the network corrects: the last count, drawn towards expectation and median.

        ``count``: (..., n_zones); ``expected``: by horizon, the same shape. (..., n_heads, n_zones)
        """
        return np.stack(
            [
                count
                + toward * (expected[horizon] + self.bias[horizon] - count)
                + usual * (self.zone_median - count)
                for horizon, (toward, usual) in zip(self.anchors, self.shares, strict=True)
            ],
            axis=-2,
        )

    @property
    def reach(self) -> int:
        """Polls back that a forecast looks at."""
        return self.lookback + 6 + self.lookahead

    def _expected(
        self, seen: Congestion, index: np.ndarray, of_errors: np.ndarray | None = None
    ) -> dict[int, np.ndarray]:
        """By horizon, counts expected at the polls ``index``; NaN at others. (n_polls, n_zones)

        ``of_errors``: the polls for the horizons whose errors are told, which look further back.
        """
        made = {}
        for horizon in self.anchors:
            polls = index if of_errors is None or horizon not in self.error_heads else of_errors
            made[horizon] = np.full(seen.counts.aircraft.shape, np.nan)
            made[horizon][polls] = expected_counts(
                seen, self.zones, self.numbers, self.presence, horizon, polls
            )
        return made

    def features(self, step: Step) -> np.ndarray:
        return step.features(self.scale, self.bias, self.zone_mean, self.zone_median)

    def scaled(self, features: np.ndarray) -> np.ndarray:
        return np.clip((features - self.mean) / self.spread, -8, 8).astype(np.float32)

    def _full(self, seen: Congestion) -> np.ndarray:
        return seen.polls.position >= self.lookback - 1

    def _within(self, target: np.ndarray, polls: Any, part: np.ndarray) -> np.ndarray:
        """Targets whose own poll is in ``part``, NaN elsewhere."""
        kept = target.copy()
        for number, horizon in enumerate(self.anchors):
            ahead = polls.ahead(horizon)
            kept[(ahead < 0) | ~part[ahead], :, number] = np.nan
        return kept

    def _windows(self, features: np.ndarray, target: np.ndarray, index: np.ndarray) -> Windows:
        poll, zone = (each.ravel() for each in np.meshgrid(index, np.arange(target.shape[1]), indexing="ij"))
        known = ~np.isnan(target[poll, zone]).all(axis=1)
        return Windows(features, target, poll[known], zone[known], self.lookback)

    def said(self, scaled: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Corrections (n, n_heads, n_zones) after the polls ``index`` of scaled features. [aircraft]"""
        windows = scaled[index[:, None] + np.arange(-self.lookback + 1, 1)]
        flat = np.moveaxis(windows, 2, 1).reshape(-1, self.lookback, scaled.shape[2])
        return self.said_of(flat, scaled.shape[1])

    def said_of(self, windows: np.ndarray, zones: int) -> np.ndarray:
        """As ``said``, of windows (n * n_zones, lookback, n_features), zones varying fastest."""
        change = self._corrections(windows).reshape(-1, zones, len(self.anchors)) * self.head_scale
        return np.moveaxis(change * self.scale[:, None], 2, 1)

    def _corrections(self, windows: np.ndarray) -> np.ndarray:
        """What the networks say, in sizes of each head's errors. (n_windows, n_heads)"""
        each = [run(weights, windows, len(self.anchors), self.shape) for weights in self.weights]
        return np.median(each, axis=0) * self.gates


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat = features.reshape(-1, features.shape[-1])
    return flat.mean(axis=0), flat.std(axis=0) + 1e-6
