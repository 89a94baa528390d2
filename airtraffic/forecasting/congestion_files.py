"""Trained forecasters of congestion as numbers and words: safetensors and JSON; nothing in them is ever run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_baselines import BASELINES
from airtraffic.forecasting.congestion_contract import CongestionForecaster
from airtraffic.forecasting.congestion_lstm import CongestionLSTM
from airtraffic.forecasting.congestion_network import run
from airtraffic.forecasting.congestion_presence import Presence
from airtraffic.forecasting.congestion_promotion import UNJUDGED, Decision, Far, kinds_of_zone
from airtraffic.forecasting.congestion_publication import COVERED
from airtraffic.forecasting.congestion_zones import zones_of

ARRAYS, WORDS = "model.safetensors", "model.json"
FORMAT = 2
MODELS: dict[str, type[CongestionForecaster]] = {each.name: each for each in (CongestionLSTM, *BASELINES)}
_OF_ALL = ("numbers", "zone_mean", "zone_median", "threshold", "half", "cuts")
_OF_LSTM = ("mean", "spread", "head_scale", "shares", "gates")


def packed(
    models: Sequence[CongestionForecaster],
    decisions: Sequence[Decision] = (),
    backtests: pl.DataFrame | None = None,
) -> tuple[bytes, str]:
    """The numbers and the words of fitted forecasters, one of a name, what was decided of them, and their coverage.

    ``backtests``: of ``congestion_promotion.backtest``.
    """
    from safetensors.numpy import save

    arrays, words = {}, {}
    for model in models:
        own, words[model.name] = _state(model)
        arrays |= {f"{model.name}/{name}": np.ascontiguousarray(value) for name, value in own.items()}
    decided = [asdict(each) for each in decisions]
    told = {"format": FORMAT, "models": words, "decisions": decided}
    if backtests is not None:
        told["coverage"] = backtests.select(list(COVERED)).rows()
    return save(arrays), json.dumps(told)


def unpacked(files: bytes, words: str, kind: str | None = None) -> dict[str, CongestionForecaster]:
    """The forecasters by name; ``update`` gives them polls to go on from.

    ``kind``: of the zones that they are expected to be of.

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
        models = {name: _filled(name, of_model, arrays) for name, of_model in told["models"].items()}
    except KeyError as error:
        raise ForecastError(f"models that cannot be read: {error} is missing") from error
    except (ValueError, TypeError, AttributeError, IndexError, SafetensorError) as error:
        raise ForecastError(f"models that cannot be read: {type(error).__name__}: {error}") from error
    if not models:
        raise ForecastError("models that cannot be read: there is none")
    for model in models.values():
        if kind not in (None, model.zones.kind):
            raise ForecastError(f"{model.name} is of {model.zones.kind}; expected {kind}")
    return models


def decisions_of(
    words: str, near: Sequence[Mapping[str, Any]], models: Mapping[str, CongestionForecaster]
) -> list[Decision]:
    """What was decided of the forecasters that these words are of.

    ``near``: fields of the decisions, for words of a time when the far horizon was not judged.

    Raises
    ------
    ForecastError
        They cannot be read, or name models or zones that are not there.
    """
    try:
        decisions = [_decision(**each) for each in json.loads(words).get("decisions") or near]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForecastError(f"decisions that cannot be read: {type(error).__name__}: {error}") from error
    named = {name for each in decisions for name in (each.model, each.far.model)} | {"persistence"}
    if not decisions or not named <= set(models):
        raise ForecastError(f"what is published is {', '.join(sorted(named))}; there is {', '.join(models)}")
    groups = kinds_of_zone(models["persistence"])
    for each in decisions:
        if each.zone_group not in groups:
            raise ForecastError(f"decided was of {each.zone_group}; the zones are {', '.join(groups)}")
    return decisions


def coverage_of(words: str) -> pl.DataFrame:
    """zone_group, model, horizon and coverage of the backtest; no rows for words of a time when they had none.

    Raises
    ------
    ForecastError
        They cannot be read.
    """
    try:
        return pl.DataFrame(json.loads(words).get("coverage", []), schema=COVERED, orient="row")
    except (ValueError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
        raise ForecastError(f"coverage that cannot be read: {type(error).__name__}: {error}") from error


def _decision(far: Mapping[str, Any] | None = None, **others: Any) -> Decision:
    return Decision(**others, far=Far(**(far | {"called": tuple(far["called"])})) if far else UNJUDGED)


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
    model = MODELS[name](**_parameters(name, words["parameters"]))
    for each in (*_OF_ALL, *(_OF_LSTM if name == CongestionLSTM.name else ())):
        setattr(model, each, arrays[each])
    model.interval_s, model.rounded = float(words["interval_s"]), np.array(words["rounded"])
    model.trained_to = datetime.fromisoformat(words["trained_to"]).astimezone(UTC)
    zones, heads = len(model.numbers), len(model.anchors)
    expected = dict.fromkeys(("numbers", "zone_mean", "zone_median", "threshold"), (zones,))
    for each, shape in (expected | {"half": (heads,), "rounded": (heads,), "cuts": (2,)}).items():
        _of_shape(f"{name}/{each}", getattr(model, each), shape)
    if isinstance(model, CongestionLSTM):
        model.presence = Presence.of_state(arrays, words["presence"])
        model.bias = {horizon: arrays[f"bias.{horizon}"] for horizon in model.anchors}
        model.stay = {horizon: arrays[f"stay.{horizon}"] for horizon in model.anchors}
        model.weights = [_below(f"lstm.{member}.", arrays) for member in range(words["members"])]
        model.course = words["course"]
        _check_network(model)
    return model


def _parameters(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the model; their values are checked by it."""
    defaults = MODELS[name]().params()
    unknown = sorted(set(told) - set(defaults))
    if unknown:
        raise ForecastError(f"{name} has no hyper-parameter {', '.join(unknown)}")
    for each, value in told.items():
        default = defaults[each]
        expected = (bool,) if isinstance(default, bool) else (int, float)
        if isinstance(default, int | float) and type(value) not in expected:
            raise ForecastError(f"{each} of {name} is {value!r}; expected {expected[-1].__name__}")
    return told | {"zones": zones_of(told["zones"])}


def _check_network(model: CongestionLSTM) -> None:
    """What the networks multiply has to fit together."""
    heads, inputs = len(model.anchors), len(model.mean)
    shapes = {"spread": (inputs,), "head_scale": (heads,), "shares": (heads, 2), "gates": (heads,)}
    for name, shape in shapes.items():
        _of_shape(f"lstm/{name}", getattr(model, name), shape)
    for values in (*model.bias.values(), *model.stay.values()):
        _of_shape("lstm/bias or lstm/stay", values, model.numbers.shape)
    presence = model.presence
    for name in ("mean", "spread"):
        columns = presence.weights["0.weight"].shape[1:]
        _of_shape(f"lstm/presence.{name}", getattr(presence, name), columns)
    if not model.weights:
        raise ForecastError("the LSTM has no network")
    window = np.zeros((1, model.lookback, inputs))
    for member, weights in enumerate(model.weights):
        try:
            said = run(weights, window, heads, model.shape)
        except ValueError as error:
            raise ForecastError(f"the weights of lstm.{member} do not fit together: {error}") from error
        _of_shape(f"what lstm.{member} says", said, (1, heads))


def _of_shape(name: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise ForecastError(f"{name} is of shape {values.shape}; expected {shape}")


def _below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
