"""Several models' mean: their errors are not the same, and half cancel."""

from typing import Any

import numpy as np

from airtraffic.errors import ForecastError
from airtraffic.forecasting.contract import Forecaster, State
from airtraffic.forecasting.gaps import known_mean
from airtraffic.forecasting.panel import Panel


class Blend(Forecaster):
    """Mean of what its members say; a member without a forecast is left out [1]_.

    References
    ----------
    .. [1] Bates and Granger, The combination of forecasts, Operational Research Quarterly 20 (1969).
    """

    name = "blend"

    def __init__(self, *, members: tuple[Forecaster, ...]) -> None:
        if len(members) < 2:
            raise ForecastError(f"a blend of {len(members)} models; expected two or more")
        self.members = tuple(members)

    @classmethod
    def of(cls, *members: Forecaster) -> "Blend":
        """A blend of models that are fitted already, to the same history."""
        blend = cls(members=members)
        blend.series, blend.trained_to = members[0].series, members[0].trained_to
        return blend

    def params(self) -> dict[str, Any]:
        """The members' hyper-parameters by their names, to be read and not to be passed."""
        return {member.name: member.params() for member in self.members}

    def clone(self) -> "Blend":
        """The same members, untrained."""
        return Blend(members=tuple(member.clone() for member in self.members))

    def _train(self, panel: Panel) -> None:
        for member in self.members:
            member._train(panel)

    def _learned(self) -> State:
        """The members' names: they are stored beside it."""
        return {}, {"members": [member.name for member in self.members]}

    def _take(self, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
        if words != self._learned()[1]:
            raise ForecastError(f"a blend of {words['members']} was stored; this one has other members")

    def _paths(self, panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
        return known_mean([member.paths(panel, origins, horizon) for member in self.members])
