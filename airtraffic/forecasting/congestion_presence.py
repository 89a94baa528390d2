"""Which of the aircraft known now will be counted some polls later: a small network, one row an aircraft."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from airtraffic.forecasting.congestion_aircraft import KnownAircraft, reckon
from airtraffic.forecasting.congestion_forward import linear, sigmoid
from airtraffic.forecasting.congestion_places import PlaceRates
from airtraffic.forecasting.congestion_polls import Polls
from airtraffic.forecasting.congestion_presence_features import presence_features

if TYPE_CHECKING:
    import torch

HIDDEN = 48
EPOCHS = 12
BATCH = 512
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-2
DROPOUT = 0.1
CHUNK = 4096
"""Rows whose features are made at once: 3 MB, which stay in a core's cache."""
MAX_ROWS = 400_000
"""Rows that are learned from; more are drawn from at random."""


@dataclass
class Presence:
    """Chance that an aircraft known at a poll is counted so many polls later.

    ``fit`` learns from polls whose later polls are known; ``chances`` tells. Chances of horizons in
    between those learned from are the network's own: the lead is one of its inputs.
    """

    horizons: tuple[int, ...]
    """Polls ahead that are learned from."""
    seed: int = 0
    epochs: int = EPOCHS
    max_rows: int = MAX_ROWS
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    places: dict[int, tuple[PlaceRates, PlaceRates]] = field(default_factory=dict)
    """By horizon: shares where the aircraft is now, and where it will be."""
    mean: np.ndarray | None = None
    spread: np.ndarray | None = None
    weights: dict[str, np.ndarray] = field(default_factory=dict)

    def fit(self, known: KnownAircraft, polls: Polls, learn: np.ndarray, device: str = "cpu") -> "Presence":
        """Learn from the aircraft known at the polls of ``learn``, (n_polls,) bool, and what came of them.

        The later poll has to be one of ``learn`` too, so that nothing beyond them is looked at.
        """
        chosen = learn[known.poll]
        self.box = (
            float(known.latitude[chosen].min()),
            float(known.latitude[chosen].max()),
            float(known.longitude[chosen].min()),
            float(known.longitude[chosen].max()),
        )
        generator = np.random.default_rng(self.seed)
        share = min(1.0, self.max_rows / max(1, chosen.sum() * len(self.horizons)))
        inputs, targets = [], []
        for horizon in self.horizons:
            target_poll = polls.ahead(horizon)
            rows = chosen & (target_poll[known.poll] >= 0)
            rows[rows] = learn[target_poll[known.poll[rows]]]
            rows = np.flatnonzero(rows)
            if not len(rows):
                continue
            part = known.take(rows)
            later = came(known, rows, target_poll)
            lead_s = np.full(len(rows), horizon * polls.interval_s)
            there = reckon(part, lead_s)[:2]
            now = part.counted[:, 0]
            here_rates, here_features = PlaceRates.learn(
                self.box, part.latitude, part.longitude, now, later, part.poll
            )
            there_rates, there_features = PlaceRates.learn(self.box, *there, now, later, part.poll)
            self.places[horizon] = (here_rates, there_rates)
            drawn = np.sort(generator.permutation(len(rows))[: int(np.ceil(share * len(rows)))])
            features = presence_features(part.take(drawn), lead_s[drawn], self.box)
            inputs.append(
                np.hstack([features, here_features[drawn], there_features[drawn]]).astype(np.float32)
            )
            targets.append(later[drawn].astype(np.float32))
        x, y = np.concatenate(inputs), np.concatenate(targets)
        self.mean, self.spread = x.mean(axis=0), x.std(axis=0) + 1e-6
        self._train(x, y, device)
        return self

    def chances(self, known: KnownAircraft, lead_s: float, horizon: int) -> np.ndarray:
        """Chance that each aircraft is counted ``horizon`` polls, ``lead_s`` seconds, later. (n,)"""
        nearest = min(self.places, key=lambda each: abs(np.log(each / horizon)))
        parts = [
            self._chances(known.take(np.arange(start, min(start + CHUNK, len(known)))), lead_s, nearest)
            for start in range(0, len(known), CHUNK)
        ]
        return np.concatenate(parts or [np.zeros(0)])

    @cached_property
    def digest(self) -> str:
        """Of what was learned: models that were trained together have the same."""
        told = hashlib.sha256(repr((self.horizons, self.box)).encode())
        for each in (self.mean, self.spread, *self.weights.values()):
            told.update(np.ascontiguousarray(each).tobytes())
        return told.hexdigest()

    def _chances(self, known: KnownAircraft, lead_s: float, nearest: int) -> np.ndarray:
        here, there = self.places[nearest]
        lead = np.full(len(known), float(lead_s))
        now = known.counted[:, 0]
        x = np.hstack(
            [
                presence_features(known, lead, self.box),
                here.features(known.latitude, known.longitude, now),
                there.features(*reckon(known, lead)[:2], now),
            ]
        )
        values = self._scaled(x)
        for layer in ("0", "3"):
            values = np.maximum(linear(self.weights, layer, values), 0.0)
        return sigmoid(linear(self.weights, "6", values)[:, 0])

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON values that the model can be made of again."""
        arrays = {f"presence.weight.{name}": value for name, value in self.weights.items()}
        arrays |= {"presence.mean": self.mean, "presence.spread": self.spread}
        for horizon, pair in self.places.items():
            for name, rates in zip(("here", "there"), pair, strict=True):
                for number, table in enumerate(rates.tables):
                    arrays[f"presence.place.{horizon}.{name}.{number}"] = table
        return arrays, {
            "horizons": list(self.horizons),
            "seed": self.seed,
            "epochs": self.epochs,
            "max_rows": self.max_rows,
            "box": list(self.box),
            "places": list(self.places),
        }

    @classmethod
    def of_state(cls, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> "Presence":
        """The inverse of ``state``."""
        box = tuple(values["box"])
        made = cls(tuple(values["horizons"]), values["seed"], values["epochs"], values["max_rows"], box)
        made.mean, made.spread = arrays["presence.mean"], arrays["presence.spread"]
        prefix = "presence.weight."
        made.weights = {
            name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)
        }
        for horizon in values["places"]:
            made.places[horizon] = tuple(
                PlaceRates(box, tuple(arrays[f"presence.place.{horizon}.{name}.{n}"] for n in range(2)))
                for name in ("here", "there")
            )
        return made

    def _scaled(self, x: np.ndarray) -> np.ndarray:
        return ((x - self.mean) / self.spread).clip(-5, 5)

    def _train(self, x: np.ndarray, y: np.ndarray, device: str) -> None:
        import torch

        from airtraffic.forecasting.congestion_network import seeded

        with seeded(self.seed):
            network = _layers(x.shape[1]).to(device)
            inputs, target = (
                torch.from_numpy(each).to(device) for each in (self._scaled(x).astype(np.float32), y)
            )
            steps = self.epochs * -(-len(x) // BATCH)
            optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps)
            loss_of = torch.nn.BCEWithLogitsLoss()
            for _ in range(self.epochs):
                for batch in torch.randperm(len(x)).split(BATCH):
                    loss = loss_of(network(inputs[batch]).squeeze(1), target[batch])
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
                    schedule.step()
        self.weights = {name: value.cpu().numpy() for name, value in network.state_dict().items()}


def came(known: KnownAircraft, rows: np.ndarray, target_poll: np.ndarray) -> np.ndarray:
    """Whether the aircraft of ``rows`` were counted at the polls that ``target_poll`` says. (n_rows,)"""
    key = known.poll * (known.aircraft.max() + 1) + known.aircraft
    wanted = target_poll[known.poll[rows]] * (known.aircraft.max() + 1) + known.aircraft[rows]
    found = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return (key[found] == wanted) & known.counted[found, 0]


def learned_horizons(lookahead: int, far: int) -> Sequence[int]:
    """Polls ahead that presence is learned for: those of the forecast, the far one, some in between.

    >>> learned_horizons(3, 30)
    (1, 2, 3, 5, 10, 20, 30)
    """
    near = set(range(1, lookahead + 1))
    return tuple(sorted(near | {max(1, far // each) for each in (6, 3)} | {max(1, 2 * far // 3), far}))


def _layers(inputs: int) -> "torch.nn.Module":
    from torch import nn

    return nn.Sequential(
        nn.Linear(inputs, HIDDEN),
        nn.ReLU(),
        nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, 1),
    )
