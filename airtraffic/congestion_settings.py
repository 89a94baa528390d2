"""What config/congestion.yaml says: which zones are counted and forecast, and how models of them are trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from airtraffic.declared import Declared, declared
from airtraffic.errors import ForecastError
from airtraffic.forecasting.congestion_zones import AirspaceSectors, Cells, Quadrants, Zones
from airtraffic.sectors import Sector

Kind = Literal["quadrants", "sectors", "cells"]


class Network(Declared):
    """Hyper-parameters of the LSTM and how it is trained."""

    hidden: Annotated[int, Field(ge=1, le=512)] = 32
    layers: Annotated[int, Field(ge=1, le=4)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    learning_rate: Annotated[float, Field(gt=0, le=0.1)] = 1e-3
    epochs: Annotated[int, Field(ge=0, le=500)] = 60
    patience: Annotated[int, Field(ge=1, le=500)] = 8
    members: Annotated[int, Field(ge=1, le=9)] = 1
    presence_epochs: Annotated[int, Field(ge=1, le=100)] = 12
    presence_rows: Annotated[int, Field(ge=1000, le=10_000_000)] = 400_000
    seed: Annotated[int, Field(ge=0)] = 20250115


class CongestionSettings(Declared):
    """The whole file."""

    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = ("quadrants", "sectors", "cells")
    cell_size_deg: Annotated[float, Field(ge=0.1, le=10)] = 0.5
    lookback: Annotated[int, Field(ge=1, le=30)] = 6
    """Polls of a window. [polls]"""
    horizon: Annotated[int, Field(ge=1, le=30)] = 3
    """Polls that are forecast one by one. [polls]"""
    far_min: Annotated[float, Field(gt=0, le=120)] = 30.0
    """The direction is that of the change over this time. [min]"""
    threshold_share: Annotated[float, Field(ge=0, lt=1)] = 2 / 3
    """Share of a zone's changes over it, in training, that are no rise and no fall. [1]"""
    least_aircraft: Annotated[float, Field(ge=0)] = 0.25
    """Cells whose training polls average fewer are not forecast. [aircraft]"""
    oldest_s: Annotated[float, Field(gt=0)] | None = None
    """Positions older than this are not counted; null: all that a poll shows. [s]"""
    training_days: Annotated[int, Field(ge=1, le=14)] = 2
    judged_share: Annotated[float, Field(ge=0.05, le=0.5)] = 0.3
    """Share of the polls, the last ones, that only judge. [1]"""
    oldest_model_days: Annotated[int, Field(ge=1, le=366)] = 14
    """A model whose last day of training is longer ago is not asked. [days]"""
    network: Network = Network()

    @model_validator(mode="after")
    def _once_each(self) -> "CongestionSettings":
        if len(set(self.kinds)) < len(self.kinds):
            raise ValueError("expected each kind once")
        return self

    def zones(self, sectors: Sequence[Sector], box: tuple[float, float, float, float]) -> dict[str, Zones]:
        """Zones by kind; sectors are left out where no airspace sector is declared.

        Parameters
        ----------
        box
            lamin, lamax, lomin, lomax that are polled; the quadrants meet in its middle. [deg]
        """
        made: dict[str, Zones] = {}
        for kind in self.kinds:
            if kind == "quadrants":
                made[kind] = Quadrants(middle=((box[0] + box[1]) / 2, (box[2] + box[3]) / 2), box=box)
            elif kind == "cells":
                made[kind] = Cells(size_deg=self.cell_size_deg)
            else:
                try:
                    made[kind] = AirspaceSectors(sectors)
                except ForecastError:
                    continue
        return made

    def of_all(self, zones: Zones) -> dict[str, Any]:
        """Arguments of every ``CongestionForecaster`` of these zones."""
        return {
            "zones": zones,
            "lookahead": self.horizon,
            "far_min": self.far_min,
            "oldest_s": self.oldest_s,
            "least_aircraft": self.least_aircraft if zones.kind == "cells" else 0.0,
            "threshold_share": self.threshold_share,
        }

    def of_lstm(self, zones: Zones) -> dict[str, Any]:
        """Arguments of ``CongestionLSTM`` for these zones, on a GPU when there is one."""
        return self.of_all(zones) | self.network.model_dump() | {"lookback": self.lookback, "device": None}


def load_congestion_settings(path: Path) -> CongestionSettings:
    """Settings of a file.

    Raises
    ------
    ConfigurationError
        The file is not YAML, or a field is unknown or has a value that cannot be used.
    """
    return declared(CongestionSettings, path, "names and values")
