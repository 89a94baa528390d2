"""Which series are forecast: ``config/forecasts.yaml``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from airtraffic.errors import ConfigurationError

Kind = Literal["network", "country", "airport", "sector", "route", "airline"]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Named = Annotated[str, Field(pattern="^(network|country|airport|sector|route|airline)(/.+)?$")]


class ForecastSettings(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kinds: tuple[Kind, ...] = Field(min_length=1, description="Kinds of series that are forecast.")
    least_per_day: float = Field(ge=0, description="Mean count under which a series is not forecast. [1/d]")
    over_last_days: int = Field(ge=7, le=366, description="Known days that the mean is of. [d]")
    least_known_days: int = Field(ge=28, le=3653, description="Known days that a series must have. [d]")
    known_within_days: int = Field(
        ge=1, le=366, description="A series that fell silent longer ago is not forecast. [d]"
    )
    most_series_per_kind: int = Field(ge=1, le=100_000, description="The busiest ones of each kind. [series]")
    countries: dict[Named, Country] = Field(
        default={}, description="Country of the holidays, by kind or series, where the data names none."
    )


def load_forecast_settings(path: Path) -> ForecastSettings:
    """Settings of a file.

    Raises
    ------
    ConfigurationError
        The file is not YAML, or a field is unknown, missing or has a value that cannot be used.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, Mapping):
            raise ConfigurationError(
                f"{path} holds {type(content).__name__}; expected kinds, least_per_day, ..."
            )
        return ForecastSettings.model_validate(content)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))} is {str(fault['input'])[:80]!r}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise ConfigurationError(f"{path}: {faults}") from error
