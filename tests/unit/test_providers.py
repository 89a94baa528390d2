"""Providers of flights: what their columns mean, and what is wrong with a declaration."""

from pathlib import Path

import pytest
import yaml

from airtraffic.errors import ConfigurationError
from airtraffic.providers import load_providers

SHIPPED = Path(__file__).parents[2] / "config" / "providers.yaml"
GOOD = {"origin": "from", "destination": "to", "departure_at": "left"}


def load(tmp_path, columns=None, **fields):
    path = tmp_path / "providers.yaml"
    path.write_text(yaml.safe_dump({"providers": {"mine": {"columns": columns or GOOD} | fields}}))
    return load_providers(path)["mine"]


def test_the_shipped_ones_are_declared_and_only_bimtras_data_loses_rows():
    providers = load_providers(SHIPPED)
    assert {"bimtra", "nycflights13", "reference", "operator"} <= set(providers)
    assert {name for name, provider in providers.items() if provider.remove} == {"bimtra"}
    assert providers["reference"].columns.needed == {
        "origen",
        "destino",
        "fecha",
        "hora_salida",
        "duracion (min)",
        "empresa",
        "nivel",
    }


def test_the_least_that_can_be_declared_is_enough(tmp_path):
    provider = load(tmp_path)
    assert provider.columns.needed == {"from", "to", "left"}
    assert (provider.airports, provider.source, provider.remove) == ("icao", "file", ())


@pytest.mark.parametrize(
    ("columns", "fields", "said"),
    [
        ({"nonsense": "x"}, {}, "columns.nonsense is 'x': Extra inputs are not permitted"),
        ({"departure_at": None}, {}, "expected departure_at or scheduled_departure_at"),
        ({}, {"remove": ["delays"]}, "remove.0 is 'delays'"),
        ({}, {"airports": "faa"}, "airports is 'faa'"),
        ({"departure_at": {"time": "t", "date": "d", "zone": "Bogota"}}, {}, "expected a time zone such as"),
        ({"departure_at": {"time": "t", "date": "d"}}, {}, "expected one of zone and airport"),
        ({"departure_at": {"time": "t", "zone": "UTC"}}, {}, "expected one of date and after"),
        ({"departure_at": {"start": "arrival_at", "minutes": "m"}}, {}, "departure_at refers to arrival_at"),
        ({"cancelled": {"missing": 3}}, {}, "columns.cancelled.missing.missing is 3"),
    ],
)
def test_an_error_names_the_provider_the_field_the_value_and_what_was_expected(
    tmp_path, columns, fields, said
):
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path, GOOD | columns, **fields)
    assert "providers.mine" in str(raised.value)
    assert said in str(raised.value)


def test_a_file_that_is_not_yaml_is_said(tmp_path):
    path = tmp_path / "providers.yaml"
    path.write_text("providers: [")
    with pytest.raises(ConfigurationError, match="is not YAML"):
        load_providers(path)
