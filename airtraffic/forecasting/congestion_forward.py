"""What trained networks say, in NumPy: importing torch takes two seconds, and every refresh of the open hour
is a process of its own."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

import numpy as np

Weights = Mapping[str, np.ndarray]


def one_thread() -> AbstractContextManager:
    """Linear algebra on one thread inside: of arrays that fit into a core's cache it is then twice as fast."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")


def lstm(weights: Weights, windows: np.ndarray, layers: int, prefix: str = "lstm.") -> np.ndarray:
    """Last hidden state of a torch LSTM: windows (n, lookback, inputs) -> (n, hidden)."""
    steps = [np.asarray(windows[:, step], dtype=np.float64) for step in range(windows.shape[1])]
    for layer in range(layers):
        inward, onward = (_float(weights, f"{prefix}weight_{kind}_l{layer}").T for kind in ("ih", "hh"))
        bias = sum(_float(weights, f"{prefix}bias_{kind}_l{layer}") for kind in ("ih", "hh"))
        hidden = cell = np.zeros((len(windows), onward.shape[0]))
        states = []
        for step in steps:
            gates = step @ inward + hidden @ onward + bias
            entry, forget, change, leave = np.split(gates, 4, axis=1)
            cell = sigmoid(forget) * cell + sigmoid(entry) * np.tanh(change)
            hidden = sigmoid(leave) * np.tanh(cell)
            states.append(hidden)
        steps = states
    return steps[-1]


def linear(weights: Weights, name: str, values: np.ndarray) -> np.ndarray:
    """A torch Linear: (n, inputs) -> (n, outputs)."""
    return values @ _float(weights, f"{name}.weight").T + _float(weights, f"{name}.bias")


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))


def _float(weights: Weights, name: str) -> np.ndarray:
    return np.asarray(weights[name], dtype=np.float64)
