"""Boxes in degrees."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BoundingBox:
    """A box of latitudes and longitudes, edges included. [deg]

    >>> BoundingBox(-60, 15, -90, -30).area_sq_deg
    4500
    """

    lamin: float
    lamax: float
    lomin: float
    lomax: float

    @property
    def area_sq_deg(self) -> float:
        """Area as OpenSky counts it for its credits, without regard to latitude. [deg2]"""
        return (self.lamax - self.lamin) * (self.lomax - self.lomin)

    def contains(self, latitude: float, longitude: float) -> bool:
        return self.lamin <= latitude <= self.lamax and self.lomin <= longitude <= self.lomax

    def as_tuple(self) -> tuple[float, float, float, float]:
        """lamin, lamax, lomin, lomax [deg]"""
        return self.lamin, self.lamax, self.lomin, self.lomax
