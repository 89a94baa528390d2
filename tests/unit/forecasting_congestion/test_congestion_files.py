"""Files of models that are damaged, of other code or of other zones."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from safetensors.numpy import load, save

from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_baselines import LastCount
from airtraffic.forecasting.congestion_files import coverage_of, decisions_of, packed, unpacked
from airtraffic.forecasting.congestion_lstm import CongestionLSTM
from airtraffic.forecasting.congestion_promotion import UNJUDGED, Decision, Far
from airtraffic.forecasting.congestion_zones import Quadrants

from .congestion_samples import simulated, until

DECISION = Decision("quadrants", "lstm", True, "errs less", Far("persistence", False, ("up",), "errs more"))


@pytest.fixture(scope="module")
def files() -> tuple[bytes, str]:
    history = until(simulated(), 60)
    small = {"epochs": 0, "hidden": 4, "presence_epochs": 1, "presence_rows": 1000}
    models = [CongestionLSTM(zones=Quadrants(), **small), LastCount(zones=Quadrants())]
    return packed([model.fit(history) for model in models], [DECISION])


def test_what_was_packed_is_read_with_its_decisions(files):
    models = unpacked(*files, "quadrants")
    assert set(models) == {"lstm", "persistence"}
    assert models["lstm"].trained_to.utcoffset() == timedelta(0)
    assert decisions_of(files[1], [], models) == [DECISION]
    near = {"zone_group": "quadrants", "model": "persistence", "promoted": False, "reason": "of before"}
    older = json.dumps({name: value for name, value in json.loads(files[1]).items() if name != "decisions"})
    assert decisions_of(older, [near], models) == [Decision(**near, far=UNJUDGED)]


def test_coverage_goes_with_the_words_and_older_words_have_none(files):
    judged = pl.DataFrame(
        {"zone_group": ["quadrants"], "mae": [1.0], "model": ["lstm"], "horizon": [3], "coverage": [0.9]},
        schema_overrides={"horizon": pl.Int32},
    )
    _, words = packed([], [DECISION], judged)
    assert coverage_of(words).rows() == [("quadrants", "lstm", 3, 0.9)]
    assert coverage_of(files[1]).is_empty()
    assert coverage_of(packed([], [], judged.clear())[1]).is_empty()
    for bad in ("null", '{"coverage": 3}', '{"coverage": [["quadrants", "lstm", "x", []]]}'):
        with pytest.raises(ForecastError, match="coverage that cannot be read"):
            coverage_of(bad)


def told(change: Callable[[dict], object]) -> Callable[[bytes, str], tuple]:
    """With other words of the LSTM."""

    def changed(numbers: bytes, words: str) -> tuple[bytes, str]:
        value = json.loads(words)
        change(value["models"]["lstm"])
        return numbers, json.dumps(value)

    return changed


def cut(name: str) -> Callable[[bytes, str], tuple]:
    """With an array that lacks its last row."""

    def changed(numbers: bytes, words: str) -> tuple[bytes, str]:
        arrays = load(numbers)
        return save(arrays | {name: arrays[name][:-1].copy()}), words

    return changed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda numbers, words: (numbers[:100], words), "SafetensorError"),
        (lambda numbers, words: (numbers, None), "not NoneType"),
        (lambda numbers, words: (numbers, "null"), "cannot be read"),
        (lambda numbers, words: (numbers, '{"format": 2, "models": {}}'), "there is none"),
        (lambda numbers, words: (numbers, words.replace('"format": 2', '"format": 1')), "format 1"),
        (told(lambda of: of["parameters"].update(colour=3)), "no hyper-parameter colour"),
        (told(lambda of: of["parameters"].update(dropout="x")), "dropout of lstm is 'x'"),
        (told(lambda of: of.update(trained_to=5)), "fromisoformat"),
        (told(lambda of: of.pop("interval_s")), "'interval_s' is missing"),
        (cut("lstm/lstm.0.lstm.weight_ih_l0"), "weights of lstm.0 do not fit"),
        (cut("lstm/presence.mean"), "presence.mean is of shape"),
        (cut("persistence/threshold"), "persistence/threshold is of shape"),
    ],
)
def test_what_cannot_be_read_is_named(files, change, words):
    with pytest.raises(ForecastError) as error:
        unpacked(*change(*files), "quadrants")
    assert words in str(error.value)


def test_models_of_other_zones_and_decisions_of_other_models_are_refused(files):
    with pytest.raises(ForecastError, match="lstm is of quadrants; expected cells"):
        unpacked(*files, "cells")
    models = unpacked(*files)
    for other, words in (({"model": "zeros"}, "there is lstm"), ({"zone_group": "sectors"}, "of sectors")):
        _, text = packed([], [replace(DECISION, **other)])
        with pytest.raises(ForecastError, match=words):
            decisions_of(text, [], models)
    with pytest.raises(ForecastError, match="decisions that cannot be read"):
        decisions_of('{"decisions": [{"far": 3}]}', [], models)
