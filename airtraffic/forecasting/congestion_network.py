"""The LSTM and how it is trained: windows of polls in, changes of the counts out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from airtraffic.forecasting.congestion_forward import linear, lstm

if TYPE_CHECKING:
    import torch

WINDOWS_PER_EPOCH = 20_000
"""Of more windows each epoch draws so many."""


@dataclass(frozen=True)
class Shape:
    """Size of the network and how it learns."""

    hidden: int = 32
    layers: int = 1
    dropout: float = 0.2
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    batch: int = 128
    epochs: int = 60
    patience: int = 8


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's random numbers follow ``seed`` inside, on one thread, and both are put back as they were after.

    Batches this small gain nothing from a second thread, and where another process has the other core they wait
    for it at every step. The numbers are then the same on any number of cores.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def best_device() -> str:
    """cuda when there is one, else cpu."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def build(inputs: int, outputs: int, shape: Shape) -> "torch.nn.Module":
    """The network: (n, lookback, inputs) -> (n, outputs).

    An LSTM over the polls of the window and, beside it, a linear layer on the newest poll alone. Both begin
    at zero, so that an untrained network says that nothing changes.
    """
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            between = shape.dropout if shape.layers > 1 else 0.0
            self.lstm = nn.LSTM(inputs, shape.hidden, shape.layers, batch_first=True, dropout=between)
            self.dropout = nn.Dropout(shape.dropout)
            self.out = nn.Linear(shape.hidden, outputs)
            self.straight = nn.Linear(inputs, outputs)
            for layer in (self.out, self.straight):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

        def forward(self, windows: torch.Tensor) -> torch.Tensor:
            states, _ = self.lstm(windows)
            return self.out(self.dropout(states[:, -1])) + self.straight(windows[:, -1])

    return Network()


@dataclass(frozen=True)
class Windows:
    """Windows into arrays of polls by zones.

    ``features``: (n_polls, n_zones, n_features) float32. ``target``: (n_polls, n_zones, n_outputs) float32, NaN
    where it is not known. ``poll``, ``zone``: (n_windows,) the newest poll and the zone of each window.
    """

    features: np.ndarray
    target: np.ndarray
    poll: np.ndarray
    zone: np.ndarray
    lookback: int

    def at(self, chosen: np.ndarray) -> tuple["torch.Tensor", "torch.Tensor"]:
        import torch

        poll, zone = self.poll[chosen], self.zone[chosen]
        back = poll[:, None] + np.arange(-self.lookback + 1, 1)
        return (
            torch.from_numpy(self.features[back, zone[:, None]]),
            torch.from_numpy(self.target[poll, zone]),
        )


def train(
    learn: Windows,
    check: Windows,
    shape: Shape,
    seed: int,
    device: str = "cpu",
    progress: Callable[[int, float, float], None] | None = None,
) -> tuple[dict[str, np.ndarray], list[dict[str, float]]]:
    """Weights of the epoch with the least mean absolute error on ``check``, and the errors of all epochs.

    ``progress`` is called after every epoch with its number, the error on ``learn`` and on ``check``.
    """
    import torch

    with seeded(seed):
        network = build(learn.features.shape[2], learn.target.shape[2], shape).to(device)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=shape.learning_rate, weight_decay=shape.weight_decay
        )
        drawn = np.random.default_rng(seed)
        checked = drawn.permutation(len(check.poll))[:WINDOWS_PER_EPOCH]
        best, best_error, since, course = _weights(network), np.inf, 0, []
        for epoch in range(shape.epochs + 1):
            losses = []
            # Epoch 0 only measures the untrained network, which says that nothing changes.
            if epoch:
                network.train()
                order = drawn.permutation(len(learn.poll))[:WINDOWS_PER_EPOCH]
                for start in range(0, len(order), shape.batch):
                    windows, target = learn.at(order[start : start + shape.batch])
                    loss = absolute(network(windows.to(device)), target.to(device))
                    optimiser.zero_grad()
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                    optimiser.step()
                    losses.append(float(loss.detach()))
            error = _error(network, check, checked, device)
            course.append({"epoch": epoch, "train": float(np.mean(losses or [np.nan])), "validation": error})
            if progress:
                progress(epoch, course[-1]["train"], error)
            if error < best_error:
                best, best_error, since = _weights(network), error, 0
            else:
                since += 1
                if since >= shape.patience:
                    break
    return best, course


def run(
    weights: dict[str, np.ndarray], windows: np.ndarray, outputs: int, shape: Shape, batch: int = 2048
) -> np.ndarray:
    """What a trained network says to windows (n, lookback, n_features): (n, outputs) float64, without torch."""
    said = [
        _said(weights, np.asarray(windows[start : start + batch], dtype=np.float64), shape)
        for start in range(0, len(windows), batch)
    ]
    return np.concatenate(said or [np.zeros((0, outputs))])


def _said(weights: dict[str, np.ndarray], windows: np.ndarray, shape: Shape) -> np.ndarray:
    return linear(weights, "out", lstm(weights, windows, shape.layers)) + linear(
        weights, "straight", windows[:, -1]
    )


def absolute(said: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Mean absolute error over what is known of the target."""
    import torch

    known = ~torch.isnan(target)
    error = torch.where(known, said - torch.nan_to_num(target), torch.zeros_like(said)).abs()
    return error.sum() / known.sum().clamp(min=1)


def _error(network: "torch.nn.Module", windows: Windows, chosen: np.ndarray, device: str) -> float:
    import torch

    network.eval()
    total, known = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(chosen), 4096):
            inputs, target = windows.at(chosen[start : start + 4096])
            said = network(inputs.to(device)).cpu()
            number = int((~torch.isnan(target)).sum())
            total += float(absolute(said, target)) * number
            known += number
    return total / known if known else float("inf")


def _weights(network: "torch.nn.Module") -> dict[str, np.ndarray]:
    return {name: value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}
