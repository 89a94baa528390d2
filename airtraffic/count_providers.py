"""Providers of daily counts: which of their columns are which series. ``config/providers.yaml`` declares them."""

from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from airtraffic.declared import Declared, validated
from airtraffic.declared_files import FileFormat, providers_in

KINDS = ("network", "country", "airport", "sector", "route", "airline")
CODED = ("airport", "route", "airline")
"""Kinds whose series are codes: letters are large."""


def columns_of(text: str) -> list[str]:
    """Columns that a text names in braces.

    >>> columns_of("{cc}/total")
    ['cc']
    """
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]


def _template(text: str) -> str:
    try:
        parts = [part for part in Formatter().parse(text) if part[1] is not None]
    except ValueError as error:
        raise ValueError(f"expected columns in braces, such as {{icao}}: {error}") from error
    if any(not name or spec or conversion for _, name, spec, conversion in parts):
        raise ValueError("expected columns in braces, such as {icao}")
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_template)]
"""A text in which columns stand in braces."""


class CountedSeries(Declared):
    """A series that every row gives a value of."""

    kind: Text = Field(description="One of network, country, airport, sector, route, airline.")
    series: Text = Field(description="Name of the series within its kind.")
    value: str | tuple[str, ...] = Field(description="Column with the count, or several to be added up.")
    country: Text | None = Field(default=None, description="Instead of the one of all series.")

    @model_validator(mode="after")
    def _a_kind(self) -> "CountedSeries":
        if not columns_of(self.kind) and self.kind not in KINDS:
            raise ValueError(f"expected kind as a column in braces or one of {', '.join(KINDS)}")
        if not self.values:
            raise ValueError("expected value as a column or several")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        return (self.value,) if isinstance(self.value, str) else self.value


class Counts(Declared):
    """What the columns of a file of daily counts mean."""

    date: str = Field(description="Column with the day.")
    country: Text | None = Field(default=None, description="Country whose holidays matter.")
    countries: dict[str, Annotated[str, Field(pattern="^[A-Z]{2}$")]] = Field(
        default={}, description="ISO 3166 alpha-2 code by the provider's."
    )
    series: tuple[CountedSeries, ...] = Field(min_length=1)

    @property
    def needed(self) -> set[str]:
        """Names of all columns that the rows must have."""
        texts = [self.country, *(each for one in self.series for each in (one.kind, one.series, one.country))]
        values = {name for one in self.series for name in one.values}
        return {self.date, *values, *(name for text in texts if text for name in columns_of(text))}


class CountsProvider(FileFormat):
    """How one provider's daily counts are read."""

    counts: Counts


class _File(Declared):
    providers: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], CountsProvider]


def load_count_providers(path: Path) -> Mapping[str, CountsProvider]:
    """Providers of daily counts by name.

    Raises
    ------
    ConfigurationError
        The file is not YAML, or a field is unknown, missing or has a value that cannot be used.
    """
    return validated(_File, providers_in(path, with_key="counts"), path).providers
