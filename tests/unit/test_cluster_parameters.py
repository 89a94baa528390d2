"""Parameters say what is wrong with them before anything is computed."""

import pytest

from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.errors import ConfigurationError


@pytest.mark.parametrize(
    "wrong",
    [
        {"epsilon_nm": 0.0},
        {"epsilon_nm": float("nan")},
        {"aircraft_in_core": 0.0},
        {"half_life_min": 0.5},
        {"potential_weight_min": 1.0},
        {"potential_weight_min": 44.0},
        {"max_merge_distance_nm": 0.0},
        {"link": "chain"},
        {"centre": (91.0, 0.0)},
    ],
)
def test_a_value_out_of_bounds_is_named_with_what_was_expected(wrong):
    with pytest.raises(ConfigurationError, match=rf"{next(iter(wrong))} is .*expected"):
        ClusterParameters(**wrong)


def test_the_text_of_parameters_tells_them_apart_and_not_their_types():
    texts = {
        ClusterParameters(**changed).to_json()
        for changed in (
            {},
            {"epsilon_nm": 20},
            {"epsilon_nm": 10.0},
            {"half_life_min": 60.0},
            {"max_merge_distance_nm": 40.0},
            {"link": "paper"},
            {"centre": (46.8, 8.2)},
        )
    }
    assert len(texts) == 6


def test_a_core_weighs_what_its_aircraft_leave_behind():
    twice = ClusterParameters(aircraft_in_core=2.0, half_life_min=60.0)
    assert twice.mu == pytest.approx(4 * ClusterParameters().mu)
    assert twice.beta * twice.mu == pytest.approx(4.0)
