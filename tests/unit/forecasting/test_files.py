"""Stored models: what is not one of ours is refused before it is used."""

import json

import numpy as np
import polars as pl
import pytest

from airtraffic.errors import ForecastError
from airtraffic.forecasting.baselines import SeasonalNaive, WeekdayMean
from airtraffic.forecasting.blend import Blend
from airtraffic.forecasting.classical import AutoETS
from airtraffic.forecasting.conformal import RESIDUALS
from airtraffic.forecasting.files import load, save
from airtraffic.forecasting.forest import DemandForest
from tests.unit.forecasting.daily_samples import daily

NO_ERRORS = pl.DataFrame(schema=RESIDUALS)


@pytest.fixture(scope="module")
def stored():
    history = daily(60, 1)
    forest = DemandForest(trees=3, rows=200, window_days=40)
    return save(model.fit(history, NO_ERRORS) for model in (forest, AutoETS()))


def changed(words: str, model: str, **learned) -> str:
    content = json.loads(words)
    content["models"][model]["learned"] |= learned
    return json.dumps(content)


def with_array(files: bytes, name: str, change) -> bytes:
    from safetensors.numpy import load as unpacked
    from safetensors.numpy import save as packed

    arrays = unpacked(files)
    return packed(arrays | {name: np.ascontiguousarray(change(arrays[name].copy()))})


def test_bytes_that_are_no_models_are_refused(stored):
    files, words = stored
    for wrong in (b"", b"\x80\x04K\x01.", files[:100], np.random.default_rng(0).bytes(200)):
        with pytest.raises(ForecastError, match="no models can be read"):
            load(wrong, words)


@pytest.mark.parametrize(
    "wrong", ["", "{}", "[]", "null", '{"format": 1}', '{"format": 1, "models": {"x": 3}}']
)
def test_words_that_are_none_of_ours_are_refused(stored, wrong):
    with pytest.raises(ForecastError, match="no models can be read"):
        load(stored[0], wrong)


def test_another_format_says_what_to_do(stored):
    with pytest.raises(ForecastError, match="format 7; expected 1: train again"):
        load(stored[0], '{"format": 7, "models": {}}')


def test_an_unknown_model_is_named(stored):
    words = json.loads(stored[1])
    words["models"]["os.system"] = words["models"].pop("auto_ets") | {"model": "os.system"}
    with pytest.raises(ForecastError, match=r"'os.system'; expected one of"):
        load(stored[0], json.dumps(words))


def test_trees_that_lead_in_circles_or_outside_are_refused(stored):
    files, words = stored

    def back_to_the_root(left):
        left[1 if left[1] > 0 else 0] = 0
        return left

    for name, change in (
        ("left", back_to_the_root),
        ("right", lambda right: right + 10_000),
        ("roots", lambda roots: roots - 5),
        ("value", lambda value: value[:-1]),
    ):
        with pytest.raises(ForecastError, match="trees are not whole"):
            load(with_array(files, f"demand_forest/{name}", change), words)
    with pytest.raises(ForecastError, match="more than the"):
        load(with_array(files, "demand_forest/feature", lambda asked: np.where(asked < 0, asked, 99)), words)


def test_a_smoothing_whose_parameters_do_not_fit_its_form_is_refused(stored):
    with pytest.raises(ForecastError, match="do not belong together"):
        load(stored[0], changed(stored[1], "auto_ets", components=["AAAD"]))
    with pytest.raises(ForecastError, match="do not belong together"):
        load(stored[0], changed(stored[1], "auto_ets", components=["__import__"]))


def test_a_blend_is_stored_with_its_members():
    history = daily(60, 1)
    blend = Blend(members=(SeasonalNaive(), WeekdayMean())).fit(history, NO_ERRORS)
    with pytest.raises(ForecastError, match="not among the models"):
        save([blend])


def test_a_model_of_somebody_else_is_not_stored():
    class Other(SeasonalNaive):
        name = "other"

    with pytest.raises(ForecastError, match="'other' cannot be stored"):
        save([Other().fit(daily(30, 1), NO_ERRORS)])


def test_what_is_not_fitted_is_not_stored():
    with pytest.raises(ForecastError, match="not fitted"):
        save([SeasonalNaive()])
