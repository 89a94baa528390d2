"""Zones that aircraft are counted in: cells of a grid of degrees, quadrants, sectors."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from airtraffic.errors import ForecastError
from airtraffic.projection import SOUTH_AMERICA as MIDDLE
from airtraffic.sectors import Sector
from airtraffic.settings import SOUTH_AMERICA as BOX

_COLUMNS = 1 << 16


class Zones(ABC):
    """Which zone a position is in, by number; ``names`` says what the numbers mean.

    Numbers are stable: they follow from the hyper-parameters, not from the data.
    """

    kind: ClassVar[str]

    @abstractmethod
    def containing(
        self, latitude: np.ndarray, longitude: np.ndarray, altitude_m: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of a position and a zone that it is in.

        Parameters
        ----------
        latitude, longitude
            (n,) [deg]
        altitude_m
            (n,) NaN: unknown. [m]

        Returns
        -------
        position, zone
            (n_pairs,) of int64: index of the position, number of the zone.
        """

    @abstractmethod
    def names(self, zones: np.ndarray) -> list[str]:
        """Names of zones by their numbers."""

    @property
    def every(self) -> np.ndarray | None:
        """Numbers of all zones, sorted; None where they are too many to be listed. (n_zones,)"""
        return None

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """What ``zones_of`` makes the same zones of, as JSON values."""

    @abstractmethod
    def borders(self) -> dict[str, Any]:
        """What lies within each zone, by its name; of zones that are too many to be listed one entry for all."""


class Cells(Zones):
    """Squares of some degrees, named by their south-western corners.

    >>> zones = Cells()
    >>> zones.names(zones.containing(np.array([-23.43]), np.array([-46.47]), np.array([900.0]))[1])
    ['-23.50,-46.50']
    """

    kind = "cells"

    def __init__(self, *, size_deg: float = 0.5) -> None:
        if not 0.01 <= size_deg <= 45:
            raise ForecastError(f"size_deg is {size_deg}; expected 0.01 to 45 degrees")
        self.size_deg = float(size_deg)

    def containing(
        self, latitude: np.ndarray, longitude: np.ndarray, altitude_m: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        on_earth = np.flatnonzero((np.abs(latitude) <= 90) & np.isfinite(longitude))
        row = np.floor((latitude[on_earth] + 90) / self.size_deg).astype(np.int64)
        column = np.floor((longitude[on_earth] + 180) % 360 / self.size_deg).astype(np.int64)
        return on_earth, row * _COLUMNS + column

    def names(self, zones: np.ndarray) -> list[str]:
        row, column = np.divmod(np.asarray(zones), _COLUMNS)
        south, west = row * self.size_deg - 90, column * self.size_deg - 180
        return [f"{lat:.2f},{lon:.2f}" for lat, lon in zip(south.tolist(), west.tolist(), strict=True)]

    def description(self) -> dict[str, Any]:
        return {"kind": self.kind, "size_deg": self.size_deg}

    def borders(self) -> dict[str, Any]:
        return {"cells": f"{self.size_deg:g} degrees"}


class Quadrants(Zones):
    """Four zones that meet in a point, NW, NE, SW and SE; nothing beyond the box."""

    kind = "quadrants"

    def __init__(
        self,
        *,
        middle: tuple[float, float] = MIDDLE,
        box: tuple[float, float, float, float] = BOX,
    ) -> None:
        if not (box[0] < middle[0] < box[1] and box[2] < middle[1] < box[3]):
            raise ForecastError(f"middle is {middle}; expected a point inside the box {box}")
        self.middle, self.box = tuple(middle), tuple(box)

    def containing(
        self, latitude: np.ndarray, longitude: np.ndarray, altitude_m: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        lamin, lamax, lomin, lomax = self.box
        inside = (latitude >= lamin) & (latitude <= lamax) & (longitude >= lomin) & (longitude <= lomax)
        position = np.flatnonzero(inside)
        south, east = latitude[position] < self.middle[0], longitude[position] >= self.middle[1]
        return position, 2 * south.astype(np.int64) + east

    def names(self, zones: np.ndarray) -> list[str]:
        return [("NW", "NE", "SW", "SE")[zone] for zone in zones]

    @property
    def every(self) -> np.ndarray:
        return np.arange(4)

    def description(self) -> dict[str, Any]:
        return {"kind": self.kind, "middle": list(self.middle), "box": list(self.box)}

    def borders(self) -> dict[str, Any]:
        return dict.fromkeys(self.names(self.every), (self.middle, self.box))


class AirspaceSectors(Zones):
    """Airspace sectors: polygon and band of levels. A position may be in several."""

    kind = "sectors"

    def __init__(self, sectors: Sequence[Sector]) -> None:
        self.sectors = tuple(sector for sector in sectors if sector.kind == "airspace")
        if not self.sectors:
            raise ForecastError("no airspace sector is declared; zones need at least one")

    def containing(
        self, latitude: np.ndarray, longitude: np.ndarray, altitude_m: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        from airtraffic.sector_index import SectorIndex

        if not hasattr(self, "_index"):
            self._index = SectorIndex(self.sectors)
        known = np.flatnonzero(np.isfinite(latitude) & np.isfinite(longitude))
        level_fl = altitude_m[known] / 30.48
        position, sector = self._index.containing(longitude[known], latitude[known], level_fl)
        return known[position], np.asarray(sector, dtype=np.int64)

    def names(self, zones: np.ndarray) -> list[str]:
        return [self.sectors[zone].id for zone in zones]

    @property
    def every(self) -> np.ndarray:
        return np.arange(len(self.sectors))

    def description(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "sectors": [sector.model_dump(mode="json", exclude_defaults=True) for sector in self.sectors],
        }

    def borders(self) -> dict[str, Any]:
        return {each.id: (each.polygon, each.floor_fl, each.ceiling_fl) for each in self.sectors}


def zones_of(description: dict[str, Any]) -> Zones:
    """The zones that a description says.

    Raises
    ------
    ForecastError
        It is of no known kind.

    >>> zones_of(Cells(size_deg=1).description()).size_deg
    1.0
    """
    arguments = {name: value for name, value in description.items() if name != "kind"}
    kind = description.get("kind")
    if kind == Cells.kind:
        return Cells(**arguments)
    if kind == Quadrants.kind:
        return Quadrants(middle=tuple(arguments["middle"]), box=tuple(arguments["box"]))
    if kind == AirspaceSectors.kind:
        return AirspaceSectors([Sector.model_validate(each) for each in arguments["sectors"]])
    raise ForecastError(f"zones are of kind {kind!r}; expected cells, quadrants or sectors")
