"""What clusters of traffic are made with."""

import json
import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from airtraffic.errors import ConfigurationError
from airtraffic.projection import SOUTH_AMERICA

Link = Literal["ball", "paper"]
_BOUNDS = {
    "epsilon_nm": (0.1, 500.0),
    "aircraft_in_core": (0.01, 1000.0),
    "half_life_min": (1.0, 1440.0),
    "potential_weight_min": (1.01, 10_000.0),
}


@dataclass(frozen=True)
class ClusterParameters:
    """DenStream's parameters, in terms of traffic; the defaults suit a feed of 60 to 250 aircraft.

    Raises
    ------
    ConfigurationError
        A value is out of its bounds.

    >>> parameters = ClusterParameters()
    >>> round(parameters.mu, 1), round(parameters.beta, 3)
    (43.3, 0.092)
    """

    epsilon_nm: float = 20.0
    """Greatest radius of a micro-cluster, root mean square, .1 to 500. [NM]"""
    aircraft_in_core: float = 1.0
    """Aircraft that a core micro-cluster holds at once, on average, .01 to 1,000. [aircraft]"""
    half_life_min: float = 30.0
    """Time in which the weight of a position halves, 1 to 1,440. [min]"""
    potential_weight_min: float = 4.0
    """Weight from which a micro-cluster lasts, beta mu, above 1 and up to mu. [aircraft-minutes]"""
    max_merge_distance_nm: float | None = None
    """How far from a micro-cluster's centre a position may join it; None: 2 epsilon. [NM]"""
    link: Link = "ball"
    """When two micro-clusters are one cluster: see ``airtraffic.micro_clusters.link_clusters``."""
    centre: tuple[float, float] = SOUTH_AMERICA
    """Latitude and longitude at the middle of the plane on which distances are measured. [deg]"""

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigurationError(f"{name} is {value}; expected {least:g} to {most:g}")
        if self.potential_weight_min > self.mu:
            raise ConfigurationError(
                f"potential_weight_min is {self.potential_weight_min}; expected at most a core's weight, "
                f"{self.mu:.1f} aircraft-minutes: raise aircraft_in_core or half_life_min"
            )
        if self.max_merge_distance_nm is not None and not self.max_merge_distance_nm > 0:
            raise ConfigurationError(
                f"max_merge_distance_nm is {self.max_merge_distance_nm}; expected more than 0 NM, or None"
            )
        if self.link not in get_args(Link):
            raise ConfigurationError(f"link is {self.link!r}; expected one of {', '.join(get_args(Link))}")
        latitude, longitude = self.centre
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise ConfigurationError(f"centre is {self.centre}; expected a latitude and a longitude")

    @property
    def mu(self) -> float:
        """Weight of a core micro-cluster. [aircraft-minutes]

        ``mu = n_ac * half-life / ln 2``: what n_ac aircraft that never leave weigh once old weight fades as
        fast as new comes, at one aircraft-minute per aircraft and minute however often they are seen.
        """
        return self.aircraft_in_core * self.half_life_min / math.log(2)

    @property
    def beta(self) -> float:
        """Share of mu above which a micro-cluster is potential. [1]"""
        return self.potential_weight_min / self.mu

    def model(self) -> dict[str, Any]:
        """Keyword parameters of ``airtraffic.denstream.DenStream``."""
        return {
            "epsilon": self.epsilon_nm,
            "mu": self.mu,
            "beta": self.beta,
            "half_life": self.half_life_min,
            "max_merge_distance": self.max_merge_distance_nm,
            "link": self.link,
        }

    def to_json(self) -> str:
        """As text that is the same for the same parameters.

        >>> ClusterParameters().to_json()[:54]
        '{"aircraft_in_core": 1.0, "centre": [-22.5, -60.0], "e'
        """
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        numbers = {name: float(value) for name, value in fields.items() if isinstance(value, int | float)}
        centre = [float(degrees) for degrees in self.centre]
        return json.dumps(fields | numbers | {"centre": centre}, sort_keys=True)
