"""Trained forecasters of congestion as numbers and words: safetensors and JSON; nothing in them is ever run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_baselines import BASELINES
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_lstm import CongestionLSTM
from airtraffic.forecasting.congestion_presence import Presence
from airtraffic.forecasting.congestion_zones import zones_of

ARRAYS, WORDS = "model.safetensors", "model.json"
FORMAT = 2
MODELS: dict[str, type[CongestionForecaster]] = {each.name: each for each in (CongestionLSTM, *BASELINES)}
_OF_ALL = ("numbers", "zone_mean", "zone_median", "threshold", "half", "cuts")
_OF_LSTM = ("mean", "spread", "head_scale", "shares", "gates")


def packed(models: Sequence[CongestionForecaster]) -> tuple[bytes, str]:
    """The numbers and the words of fitted forecasters, one of a name."""
    from safetensors.numpy import save

    arrays, words = {}, {}
    for model in models:
        own, words[model.name] = _state(model)
        arrays |= {f"{model.name}/{name}": np.ascontiguousarray(value) for name, value in own.items()}
    return save(arrays), json.dumps({"format": FORMAT, "models": words})


def unpacked(files: bytes, words: str) -> dict[str, CongestionForecaster]:
    """The forecasters by name; ``update`` gives them polls to go on from.

    Raises
    ------
    ForecastError
        It is none of ours.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        told = json.loads(words)
        arrays = load(files)
        if told.get("format") != FORMAT:
            raise ForecastError(f"the models are of format {told.get('format')}; expected {FORMAT}")
        return {name: _filled(name, of_model, arrays) for name, of_model in told["models"].items()}
    except (ValueError, KeyError, AttributeError, SafetensorError) as error:
        raise ForecastError(f"models that cannot be read: {type(error).__name__}: {error}") from error


def save(models: Sequence[CongestionForecaster], folder: Path) -> None:
    """Write ``model.safetensors`` and ``model.json`` into a folder, which is made."""
    files, words = packed(models)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARRAYS).write_bytes(files)
    (folder / WORDS).write_text(json.dumps(json.loads(words), indent=1))


def load(folder: Path) -> dict[str, CongestionForecaster]:
    """The forecasters of a folder by name.

    Raises
    ------
    ForecastError
        A file is missing or is none of ours.
    """
    try:
        return unpacked((folder / ARRAYS).read_bytes(), (folder / WORDS).read_text())
    except (OSError, ForecastError) as error:
        raise ForecastError(f"{folder} holds no model that can be read: {error}") from error


def _state(model: CongestionForecaster) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    arrays = {name: np.asarray(getattr(model, name)) for name in _OF_ALL}
    words = {
        "parameters": model.params() | {"zones": model.zones.description()},
        "interval_s": model.interval_s,
        "trained_to": model.trained_to.isoformat(),
        "rounded": [bool(each) for each in model.rounded],
    }
    if not isinstance(model, CongestionLSTM):
        return arrays, words
    presence, words["presence"] = model.presence.state()
    arrays |= presence | {name: np.asarray(getattr(model, name)) for name in _OF_LSTM}
    arrays |= {f"bias.{horizon}": value for horizon, value in model.bias.items()}
    arrays |= {f"stay.{horizon}": value for horizon, value in model.stay.items()}
    for member, weights in enumerate(model.weights):
        arrays |= {f"lstm.{member}.{name}": value for name, value in weights.items()}
    return arrays, words | {"members": len(model.weights), "course": model.course}


def _filled(
    name: str, words: Mapping[str, Any], everything: Mapping[str, np.ndarray]
) -> CongestionForecaster:
    if name not in MODELS:
        raise ForecastError(f"there is no model {name!r}; expected one of {', '.join(MODELS)}")
    arrays = _below(f"{name}/", everything)
    parameters = words["parameters"]
    model = MODELS[name](**(parameters | {"zones": zones_of(parameters["zones"])}))
    for each in (*_OF_ALL, *(_OF_LSTM if name == CongestionLSTM.name else ())):
        setattr(model, each, arrays[each])
    model.interval_s, model.rounded = words["interval_s"], np.array(words["rounded"])
    model.trained_to = pl.Series([words["trained_to"]]).str.to_datetime(time_zone="UTC", time_unit="us")[0]
    if isinstance(model, CongestionLSTM):
        model.presence = Presence.of_state(arrays, words["presence"])
        model.bias = {horizon: arrays[f"bias.{horizon}"] for horizon in model.anchors}
        model.stay = {horizon: arrays[f"stay.{horizon}"] for horizon in model.anchors}
        model.weights = [_below(f"lstm.{member}.", arrays) for member in range(words["members"])]
        model.course = words["course"]
    return model


def _below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
