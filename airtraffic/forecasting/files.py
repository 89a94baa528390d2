"""Trained daily models as bytes and words, from which they are made again; nothing in them is ever run."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from airtraffic.errors import ForecastError
from airtraffic.forecasting.baselines import Persistence, SeasonalNaive, WeekdayMean
from airtraffic.forecasting.blend import Blend
from airtraffic.forecasting.classical import AutoETS, WeeklyMSTL
from airtraffic.forecasting.contract import Forecaster
from airtraffic.forecasting.forest import DemandForest
from airtraffic.forecasting.reference_forest import ReferenceForest
from airtraffic.forecasting.seasonal import SeasonalFourier

FORMAT = 1
STORED: dict[str, type[Forecaster]] = {
    model.name: model
    for model in (
        Persistence,
        SeasonalNaive,
        WeekdayMean,
        AutoETS,
        WeeklyMSTL,
        SeasonalFourier,
        DemandForest,
        ReferenceForest,
    )
}
"""Models by the name that they are stored under; a blend is stored as the names of its members."""


def save(models: Iterable[Forecaster]) -> tuple[bytes, str]:
    """Fitted models of different names as safetensors and JSON; the same models give the same bytes.

    Raises
    ------
    ForecastError
        A model is not fitted or not one of ``STORED``, or a blend's member is not among the models.
    """
    from safetensors.numpy import save as packed

    given = {model.name: model for model in models}
    arrays, words = {}, {}
    for name, model in sorted(given.items()):
        if isinstance(model, Blend):
            lost = [each.name for each in model.members if given.get(each.name) is not each]
            if lost:
                raise ForecastError(
                    f"{name} is stored with its members beside it; not among the models: {lost}"
                )
        elif type(model) is not STORED.get(name):
            raise ForecastError(f"{name!r} cannot be stored; expected one of {sorted(STORED)}")
        own, words[name] = model.state()
        # Only arrays in C order are stored as they are.
        arrays |= {f"{name}/{each}": np.ascontiguousarray(value) for each, value in own.items()}
    content = {"format": FORMAT, "models": words}
    return packed(dict(sorted(arrays.items()))), json.dumps(content, sort_keys=True, allow_nan=False)


def load(files: bytes, words: str) -> dict[str, Forecaster]:
    """The models by name; ``update`` gives each a history to continue.

    Raises
    ------
    ForecastError
        This is not what ``save`` gave, or that of another format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpacked

    try:
        content = json.loads(words)
        stored = content["format"]
        if stored != FORMAT:
            raise ForecastError(f"the models are stored in format {stored}; expected {FORMAT}: train again")
        arrays = unpacked(files)
        loaded: dict[str, Forecaster] = {}
        # A blend after its members.
        for name, told in sorted(content["models"].items(), key=lambda each: each[0] == Blend.name):
            own = {
                each.removeprefix(f"{name}/"): value
                for each, value in arrays.items()
                if each.startswith(f"{name}/")
            }
            loaded[name] = _made(name, told, loaded).take_state(own, told)
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ForecastError(f"no models can be read from this: {type(error).__name__} {error}") from error
    return loaded


def _made(name: str, words: Mapping[str, Any], others: Mapping[str, Forecaster]) -> Forecaster:
    if name == Blend.name:
        return Blend(members=tuple(others[member] for member in words["learned"]["members"]))
    if name not in STORED or words["model"] != name:
        raise ForecastError(
            f"a model {words['model']!r} is stored as {name!r}; expected one of {sorted(STORED)}"
        )
    return STORED[name](**words["params"])
