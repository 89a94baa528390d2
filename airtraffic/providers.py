"""Providers of flights: which of their columns means what, and what is removed from their data.

``config/providers.yaml`` declares them; an error names the provider, the field, the value and what was expected.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from airtraffic.count_providers import CountsProvider, load_count_providers
from airtraffic.declared import Declared, validated
from airtraffic.declared_files import FileFormat, providers_in

Removable = Literal["arrival_not_after_departure", "duration_over_6h", "same_airport"]
TimeName = Literal["scheduled_departure_at", "departure_at", "scheduled_arrival_at", "arrival_at"]
TIMES: tuple[TimeName, ...] = ("scheduled_departure_at", "departure_at", "scheduled_arrival_at", "arrival_at")
"""In the order in which they are worked out: a later one may refer to an earlier one."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("expected a time zone such as America/Bogota or UTC") from error
    return name


class LocalTime(Declared):
    """A time of day on a local clock, on a named date or the first one after another time."""

    time: str = Field(description="Column: a time, hh:mm[:ss], or the number hhmm (2400 is midnight).")
    date: str | None = Field(default=None, description="Column: the local date.")
    after: TimeName | None = Field(default=None, description="It is the first such time after this one.")
    zone: Annotated[str, AfterValidator(_zone)] | None = Field(default=None, description="Zone of the clock.")
    airport: Literal["origin", "destination"] | None = Field(
        default=None, description="The clock is the one of this airport."
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> "LocalTime":
        if (self.date is None) == (self.after is None):
            raise ValueError("expected one of date and after")
        if (self.zone is None) == (self.airport is None):
            raise ValueError("expected one of zone and airport")
        return self


class Minutes(Declared):
    """So many minutes after another time."""

    start: TimeName
    minutes: str = Field(description="Column: minutes, negative ones too.")


class Missing(Declared):
    """True where a column has no value."""

    missing: str


class OneOf(Declared):
    """True where a column has one of some values."""

    column: str
    values: tuple[str, ...]


def _kind(rule: Any) -> str:
    names = rule if isinstance(rule, dict) else ()
    return next((name for name in ("minutes", "missing", "values", "time") if name in names), "column")


_Column = Annotated[str, Tag("column")]
Time = Annotated[
    _Column | Annotated[LocalTime, Tag("time")] | Annotated[Minutes, Tag("minutes")], Discriminator(_kind)
]
"""A column with an instant: ISO 8601, UTC where it names no zone; or a rule."""
Truth = Annotated[
    _Column | Annotated[Missing, Tag("missing")] | Annotated[OneOf, Tag("values")], Discriminator(_kind)
]


class Columns(Declared):
    """The provider's column for each of ours."""

    provider_flight_id: str | None = None
    updated_at: str | None = None
    source: str | None = None
    icao24: str | None = None
    callsign: str | None = None
    airline: str | None = None
    flight_number: str | None = None
    registration: str | None = None
    origin: str
    destination: str
    scheduled_departure_at: Time | None = None
    departure_at: Time | None = None
    scheduled_arrival_at: Time | None = None
    arrival_at: Time | None = None
    cancelled: Truth | None = None
    cruise_fl: str | None = None

    @model_validator(mode="after")
    def _times(self) -> "Columns":
        if self.departure_at is None and self.scheduled_departure_at is None:
            raise ValueError("expected departure_at or scheduled_departure_at")
        for place, name in enumerate(TIMES):
            rule = getattr(self, name)
            start = getattr(rule, "start", None) or getattr(rule, "after", None)
            if start and (start not in TIMES[:place] or getattr(self, start) is None):
                raise ValueError(f"{name} refers to {start}, which is not declared or comes later")
        return self

    @property
    def needed(self) -> set[str]:
        """Names of all columns that the rows must have."""
        names = set()
        for rule in (getattr(self, name) for name in type(self).model_fields):
            if isinstance(rule, str):
                names.add(rule)
            elif isinstance(rule, LocalTime):
                names |= {rule.time, rule.date} - {None}
            elif rule is not None:
                names.add(getattr(rule, "minutes", None) or getattr(rule, "missing", None) or rule.column)
        return names


class Provider(FileFormat):
    """How one provider's rows of flights are read."""

    airports: Literal["icao", "iata"] = "icao"
    airlines: dict[str, str] = Field(
        default={}, description="ICAO designator by the provider's code or name."
    )
    remove: tuple[Removable, ...] = Field(
        default=(), description="What is no flight in this provider's data; elsewhere it is a flag."
    )
    columns: Columns


class _File(Declared):
    providers: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Provider]


def load_providers(path: Path) -> Mapping[str, Provider]:
    """Providers of flights by name.

    Raises
    ------
    ConfigurationError
        The file is not YAML, or a field is unknown, missing or has a value that cannot be used.
    """
    return validated(_File, providers_in(path, without_key="counts"), path).providers


def load_file_providers(path: Path) -> Mapping[str, Provider | CountsProvider]:
    """Providers of flights and of daily counts by name.

    Raises
    ------
    ConfigurationError
        As :func:`load_providers`.
    """
    return {**load_providers(path), **load_count_providers(path)}
