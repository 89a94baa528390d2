"""Which series are forecast: ``config/forecasts.yaml``."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from airtraffic.declared import Declared, declared

Kind = Literal["network", "country", "airport", "sector", "route", "airline"]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Named = Annotated[str, Field(pattern="^(network|country|airport|sector|route|airline)(/.+)?$")]


class ForecastSettings(Declared):
    """The whole file."""

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
    return declared(ForecastSettings, path, "kinds, least_per_day, ...")
