"""Sectors: what they are made of, and which of them hold on a day."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import combinations
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from airtraffic.declared import Declared
from airtraffic.errors import ConfigurationError
from airtraffic.repeated_keys import repeated_keys
from airtraffic.sector_values import CapacityMethod, ControlTime, MonitoringValues, Thresholds

ANY = "any"


def _known(code: str, info: ValidationInfo) -> str:
    if info.context is not None and code not in info.context:
        raise ValueError("expected an airport that airportsdata has, by its ICAO code")
    return code


Airport = Annotated[str, Field(pattern="^[A-Z0-9]{4}$"), AfterValidator(_known)]


class Sector(Declared):
    """One definition of a sector: connectivity (airports) or airspace (polygon and levels)."""

    id: Annotated[str, Field(pattern="^[A-Z0-9][A-Z0-9_-]{1,31}$")]
    name: str
    name_es: str = ""
    """Name on Spanish pages; empty: ``name``."""
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    kind: Literal["connectivity", "airspace"]
    origins: frozenset[Airport] = frozenset()
    """Empty: any origin, an unknown one included."""
    destinations: frozenset[Airport] = frozenset()
    polygon: tuple[tuple[float, float], ...] = ()
    """Longitude, latitude; closed by itself. [deg]"""
    floor_fl: Annotated[float, Field(ge=0, le=660)] = 0
    """In the sector from here, included. [FL]"""
    ceiling_fl: Annotated[float, Field(gt=0, le=999)] = 660
    """In the sector below here. [FL]"""
    control_time: ControlTime
    workload_margin: Annotated[float, Field(ge=1, le=5)] = 1.3
    reduction_factor: Annotated[float, Field(gt=0, le=1)]
    capacity: CapacityMethod = CapacityMethod()
    thresholds: Thresholds = Thresholds()
    monitoring: MonitoringValues = MonitoringValues()
    neighbours: tuple[str, ...] = ()
    """Sectors that it could be merged with."""
    valid_from: date
    valid_to: date | None = None
    """Last day, included; null while it holds."""
    note: str = ""

    @field_validator("origins", "destinations", mode="before")
    @classmethod
    def _any(cls, value: Any) -> Any:
        if isinstance(value, Sequence | frozenset) and not value:
            raise ValueError(f"expected airports; no condition is written '{ANY}'")
        return () if value == ANY else value

    @field_validator("polygon")
    @classmethod
    def _a_polygon(cls, ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        if ring:
            _check_ring(ring)
        return ring

    @model_validator(mode="after")
    def _of_one_kind(self) -> "Sector":
        airspace = {"polygon", "floor_fl", "ceiling_fl"} & self.model_fields_set
        connectivity = {"origins", "destinations"} & self.model_fields_set
        if self.kind == "airspace":
            if connectivity:
                raise ValueError(f"an airspace sector has no {', '.join(sorted(connectivity))}")
            if not self.polygon:
                raise ValueError("an airspace sector needs a polygon")
            if self.floor_fl >= self.ceiling_fl:
                raise ValueError(f"floor_fl {self.floor_fl:g} is not below ceiling_fl {self.ceiling_fl:g}")
        elif airspace:
            raise ValueError(f"a connectivity sector has no {', '.join(sorted(airspace))}")
        elif connectivity != {"origins", "destinations"}:
            raise ValueError(f"a connectivity sector needs origins and destinations; '{ANY}' is one of both")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether this definition is the one of that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def called(self, language: str) -> str:
        """Its name on pages of a language, en or es."""
        return (language == "es" and self.name_es) or self.name


class Sectors(Declared):
    """All definitions of a file."""

    version: Annotated[str, Field(pattern="^[0-9A-Za-z.+-]{1,32}$")]
    tps_window_days: Annotated[int, Field(ge=1, le=366)] = 90
    sectors: tuple[Sector, ...]

    @model_validator(mode="after")
    def _one_definition_a_day(self) -> "Sectors":
        for one, other in combinations(self.sectors, 2):
            if one.id == other.id and (one.holds_on(other.valid_from) or other.holds_on(one.valid_from)):
                both = max(one.valid_from, other.valid_from)
                raise ValueError(
                    f"sector '{one.id}', field valid_from: two definitions hold on one day, {both}: the ones "
                    f"that are valid from {one.valid_from} and from {other.valid_from}"
                )
        ids = {sector.id for sector in self.sectors}
        for sector in self.sectors:
            if unknown := sorted(set(sector.neighbours) - (ids - {sector.id})):
                raise ValueError(f"sector '{sector.id}', field neighbours: {unknown}; expected other sectors")
        return self

    @property
    def version_id(self) -> str:
        """The declared version and a hash of what is declared: an edit without a new version shows."""
        content = json.dumps(self.model_dump(), sort_keys=True, default=_plain)
        return f"{self.version}+{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def on(self, day: date, kind: str | None = None) -> tuple[Sector, ...]:
        """The definitions that hold on a day, in the file's order."""
        return tuple(
            sector for sector in self.sectors if sector.holds_on(day) and kind in (None, sector.kind)
        )


def read_sectors(
    text: str, origin: str = "config/sectors.yaml", airports: Collection[str] | None = None
) -> Sectors:
    """Definitions from YAML; what ``defaults`` says holds for every sector that does not say it itself.

    Parameters
    ----------
    airports
        ICAO codes that a sector may name; None: those of airportsdata.

    Raises
    ------
    ConfigurationError
        Something cannot be used. Each line names the sector, the field, the value and what was expected.
    """
    try:
        repeated = repeated_keys(text)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{origin} is not YAML: {error}") from error
    if not isinstance(document, Mapping) or not isinstance(document.get("sectors"), list):
        raise ConfigurationError(f"{origin}: expected a mapping with version, defaults and a list of sectors")
    if repeated:
        raise ConfigurationError(
            "\n".join(
                f"{origin}: {_place(document['sectors'], path)} is given {len(values)} times: {', '.join(values)}"
                for path, values in repeated
            )
        )
    defaults = document.get("defaults") or {}
    declared = [
        _merged(defaults, sector) if isinstance(sector, Mapping) else sector for sector in document["sectors"]
    ]
    content = {name: value for name, value in document.items() if name != "defaults"} | {"sectors": declared}
    try:
        return Sectors.model_validate(content, context=_airports() if airports is None else airports)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_lines(origin, declared, error))) from None


def _plain(value: frozenset | date) -> list[str] | str:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def _merged(defaults: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    nested = {
        name: _merged(defaults[name], value)
        for name, value in declared.items()
        if isinstance(value, Mapping) and isinstance(defaults.get(name), Mapping)
    }
    return {**defaults, **declared, **nested}


def _lines(origin: str, declared: Sequence[Any], error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_url=False):
        where = list(fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        if where[:1] == ["sectors"] and len(where) > 1:
            value = "" if isinstance(fault["input"], Mapping | Sector) else f" is {fault['input']!r}"
            lines.append(f"{origin}: {_place(declared, where)}{value}: {message}")
        else:
            field = ".".join(str(part) for part in where)
            lines.append(f"{origin}: {f'{field}: ' if field else ''}{message}")
    return lines


def _place(declared: Sequence[Any], path: Sequence[str | int]) -> str:
    """The sector, by its id, and the field that a path into the document leads to."""
    if path[0] != "sectors" or len(path) < 2:
        return ".".join(str(part) for part in path)
    sector = declared[path[1]] if path[1] < len(declared) else None
    name = sector.get("id", f"number {path[1] + 1}") if isinstance(sector, Mapping) else path[1] + 1
    field = ".".join(str(part) for part in path[2:])
    return f"sector '{name}'" + (f", field {field}" if field else "")


@cache
def _airports() -> frozenset[str]:
    from airtraffic.airports import all_airports  # 1 s

    return frozenset(all_airports().codes.tolist())


def _check_ring(ring: Sequence[tuple[float, float]]) -> None:
    import shapely

    if len(set(ring)) < 3:
        raise ValueError("a polygon needs three corners")
    outside = [corner for corner in ring if not (-180 <= corner[0] <= 180 and -90 <= corner[1] <= 90)]
    if outside:
        raise ValueError(f"corner {outside[0]} is not a longitude and a latitude in degrees")
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid:
        raise ValueError(f"not a simple polygon: {shapely.is_valid_reason(polygon)}")
    if polygon.bounds[2] - polygon.bounds[0] > 180:
        raise ValueError("the polygon is wider than 180 deg; cut it at the antimeridian")
