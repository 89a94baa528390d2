"""What can be asked of ``what_if``."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import dagster as dg
from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo

from airtraffic.count_providers import KINDS
from airtraffic.errors import ConfigurationError

FOREST = ("trees", "leaf_rows", "feature_share", "rows", "window_days", "seed")
SEASON = ("annual_terms", "weekly_terms")
_A_DAY = "a day such as 2024-06-30"


# Named as their values: the launchpad offers and checks the names.
SeriesKind = StrEnum("SeriesKind", {kind: kind for kind in KINDS})


class WhatIfModel(StrEnum):
    """What forecasts: the champion that was published, or what is trained for this."""

    champion = "champion"
    demand_forest = "demand_forest"
    seasonal_fourier = "seasonal_fourier"


class PageLanguage(StrEnum):
    """Of the page."""

    en = "en"
    es = "es"


class WhatIfConfig(dg.Config):
    """Which series, on which day, and what is different.

    Raises
    ------
    dagster.Failure
        Fields are out of their bounds; its description names each with what was expected.
    """

    day: str = Field(
        pattern=r"^\d{4}-\d\d-\d\d$",
        description="Day of issue, such as 2024-06-30: the last one that is known. [UTC]",
    )
    kind: SeriesKind = Field(SeriesKind("network"), description=f"One of {', '.join(KINDS)}.")
    series: str = Field(
        "flights",
        min_length=1,
        max_length=80,
        description="Name within its kind, as in daily_demand: flights, SKBO, CO-BOG-MDE, SKBO-SKRG, AVA. "
        "Up to 80 characters.",
    )
    growth_percent: float = Field(
        0.0,
        ge=-90,
        le=300,
        description="Flights more (or, below 0, fewer) than are forecast, -90 to 300. [%]",
    )
    model: WhatIfModel = Field(
        WhatIfModel.champion,
        description="champion: its own forecast, only grown. demand_forest, seasonal_fourier: trained for this, with "
        "the parameters below.",
    )
    trees: int = Field(100, ge=2, le=300, description="demand_forest: trees, 2 to 300. [1]")
    leaf_rows: int = Field(8, ge=1, le=200, description="demand_forest: least rows in a leaf, 1 to 200. [1]")
    feature_share: float = Field(
        0.4,
        ge=0.05,
        le=0.95,
        description="demand_forest: share of the features tried at a split, .05 to .95. [1]",
    )
    rows: int = Field(
        15_000, ge=100, le=30_000, description="demand_forest: rows learned from, 100 to 30,000. [1]"
    )
    window_days: int = Field(
        500, ge=28, le=3000, description="demand_forest: days back that it learns from, 28 to 3,000. [d]"
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="demand_forest: of its draws, 0 to 2,147,483,647.")
    annual_terms: int = Field(
        10, ge=0, le=20, description="seasonal_fourier: waves of the year, 0 to 20. [1]"
    )
    weekly_terms: int = Field(3, ge=0, le=3, description="seasonal_fourier: waves of the week, 0 to 3. [1]")
    language: PageLanguage = Field(PageLanguage.en, description="Of the page: en or es.")

    def __init__(self, **asked: Any):
        try:
            super().__init__(**asked)
        except ValidationError as error:
            fields = type(self).model_fields
            wrong = {str(each["loc"][0]): each["input"] for each in error.errors()}
            said = " ".join(
                f"{name} is {_shown(value)}; expected {_expected(fields[name])}."
                for name, value in wrong.items()
            )
            # Without the traceback of a check that has nothing to do with what is wrong.
            raise dg.Failure(description=said, allow_retries=False) from None

    def issued_on(self) -> date:
        """The day.

        Raises
        ------
        ConfigurationError
            It does not exist, or a parameter is set that the model does not have.
        """
        unused = [
            name
            for model, names in (("demand_forest", FOREST), ("seasonal_fourier", SEASON))
            for name in names
            if model != self.model and getattr(self, name) != type(self).model_fields[name].default
        ]
        if unused:
            raise ConfigurationError(
                f"model is '{self.model}', which has no {', '.join(unused)}; set model to "
                f"{'demand_forest' if unused[0] in FOREST else 'seasonal_fourier'}, or leave them as they are"
            )
        try:
            return datetime.strptime(self.day, "%Y-%m-%d").date()
        except ValueError as error:
            raise ConfigurationError(f"day is {self.day!r}; expected {_A_DAY}") from error

    @property
    def parameters(self) -> dict[str, Any]:
        """Hyper-parameters of the model that is trained."""
        names = {"demand_forest": FOREST, "seasonal_fourier": SEASON}.get(self.model, ())
        return {name: getattr(self, name) for name in names}


def _shown(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else repr(value)


def _expected(field: FieldInfo) -> str:
    """What a field's bounds say: ``-90 to 300 %``, ``1 to 80 characters``, ``one of en, es``."""
    if isinstance(field.annotation, type) and issubclass(field.annotation, StrEnum):
        return f"one of {', '.join(field.annotation)}"
    bounds = {
        name: getattr(each, name)
        for each in field.metadata
        for name in ("ge", "le", "min_length", "max_length")
        if hasattr(each, name)
    }
    if "ge" in bounds:
        unit = field.description.rpartition("[")[2].rstrip("]") if field.description.endswith("]") else "1"
        return f"{bounds['ge']:,} to {bounds['le']:,}{'' if unit == '1' else f' {unit}'}"
    if "min_length" in bounds:
        return f"{bounds['min_length']} to {bounds['max_length']} characters"
    return _A_DAY
