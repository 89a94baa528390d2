"""A trained CongestionLSTM as two files, numbers and words; nothing in them is ever run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_lstm import CongestionLSTM
from airtraffic.forecasting.congestion_presence import Presence
from airtraffic.forecasting.congestion_zones import zones_of

ARRAYS, WORDS = "model.safetensors", "model.json"
FORMAT = 1
_OWN = (
    "numbers",
    "zone_mean",
    "zone_median",
    "threshold",
    "half",
    "mean",
    "spread",
    "head_scale",
    "shares",
    "gates",
    "cuts",
)


def save(model: CongestionLSTM, folder: Path) -> None:
    """Write ``model.safetensors`` and ``model.json`` into a folder, which is made."""
    from safetensors.numpy import save_file

    arrays, presence = model.presence.state()
    arrays |= {name: np.asarray(getattr(model, name)) for name in _OWN}
    arrays |= {f"bias.{horizon}": value for horizon, value in model.bias.items()}
    arrays |= {f"stay.{horizon}": value for horizon, value in model.stay.items()}
    for member, weights in enumerate(model.weights):
        arrays |= {f"lstm.{member}.{name}": value for name, value in weights.items()}
    parameters = model.params() | {"zones": model.zones.description()}
    words = {
        "format": FORMAT,
        "model": model.name,
        "parameters": parameters,
        "presence": presence,
        "interval_s": model.interval_s,
        "trained_to": model.trained_to.isoformat(),
        "members": len(model.weights),
        "rounded": [bool(each) for each in model.rounded],
        "course": model.course,
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, folder / ARRAYS)
    (folder / WORDS).write_text(json.dumps(words, indent=1))


def load(folder: Path) -> CongestionLSTM:
    """The model of a folder; ``update`` gives it polls to forecast from.

    Raises
    ------
    ForecastError
        A file is missing or is none of ours.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        words = json.loads((folder / WORDS).read_text())
        arrays = load_file(folder / ARRAYS)
    except (OSError, ValueError, SafetensorError) as error:
        raise ForecastError(f"{folder} holds no model that can be read: {error}") from error
    if words.get("model") != CongestionLSTM.name or words.get("format") != FORMAT:
        raise ForecastError(
            f"{folder} holds {words.get('model')!r} of format {words.get('format')}; "
            f"expected {CongestionLSTM.name!r} of format {FORMAT}"
        )
    return _filled(words, arrays)


def _filled(words: dict[str, Any], arrays: dict[str, np.ndarray]) -> CongestionLSTM:
    parameters = words["parameters"]
    model = CongestionLSTM(**(parameters | {"zones": zones_of(parameters["zones"])}))
    for name in _OWN:
        setattr(model, name, arrays[name])
    model.interval_s, model.course = words["interval_s"], words["course"]
    model.rounded = np.array(words["rounded"])
    model.trained_to = pl.Series([words["trained_to"]]).str.to_datetime(time_zone="UTC", time_unit="us")[0]
    model.presence = Presence.of_state(arrays, words["presence"])
    model.bias = {horizon: arrays[f"bias.{horizon}"] for horizon in model.anchors}
    model.stay = {horizon: arrays[f"stay.{horizon}"] for horizon in model.anchors}
    model.weights = []
    for member in range(words["members"]):
        prefix = f"lstm.{member}."
        model.weights.append(
            {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
        )
    return model
