"""config/congestion.yaml."""

from pathlib import Path

import pytest

from airtraffic.congestion_settings import CongestionSettings, load_congestion_settings
from airtraffic.errors import ConfigurationError
from airtraffic.forecasting.congestion_lstm import CongestionLSTM
from airtraffic.settings import SOUTH_AMERICA

CHECKOUT = Path(__file__).parents[3] / "config" / "congestion.yaml"


def test_the_file_of_the_checkout_says_the_defaults():
    told, default = (each.model_dump() for each in (load_congestion_settings(CHECKOUT), CongestionSettings()))
    assert told.pop("threshold_share") == pytest.approx(default.pop("threshold_share"), abs=1e-4)
    assert told == default


def test_zones_are_those_of_the_box_and_sectors_need_one_that_is_declared():
    zones = CongestionSettings().zones((), SOUTH_AMERICA)
    assert list(zones) == ["quadrants", "cells"]
    assert zones["quadrants"].middle == (-22.5, -60.0)
    swiss = CongestionSettings(kinds=("quadrants",)).zones((), (45.0, 49.0, 5.0, 11.5))
    assert swiss["quadrants"].middle == (47.0, 8.25)


def test_a_model_takes_them_as_they_are():
    settings = CongestionSettings(lookback=4, horizon=2)
    zones = settings.zones((), SOUTH_AMERICA)
    model = CongestionLSTM(**settings.of_lstm(zones["cells"]))
    assert (model.lookback, model.lookahead, model.least_aircraft) == (4, 2, 0.25)
    assert settings.of_all(zones["quadrants"])["least_aircraft"] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kinds: [hexagons]", "kinds.0 is 'hexagons'"),
        ("kinds: [cells, cells]", "each kind once"),
        ("lookback: 0", "lookback is 0:"),
        ("network: {dropout: 1}", "network.dropout is 1:"),
        ("horizons: 3", "horizons is 3:"),
        ("- cells", "holds list"),
        ("kinds: [", "is not YAML"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(tmp_path, text, words):
    path = tmp_path / "congestion.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load_congestion_settings(path)
    assert words in str(error.value)
    assert str(path) in str(error.value)
