"""What a sector's definition is made of: control time, thresholds, monitoring values, method."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from airtraffic.declared import Declared

Percent = Annotated[float, Field(gt=0, le=1000)]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Seconds = Annotated[float, Field(ge=0, le=3600)]


class ControlTime(Declared):
    """Controller time that one flight needs, by what it goes into. [s]"""

    transfer_s: Seconds
    communications_s: Seconds
    separation_s: Seconds
    coordination_s: Seconds

    @property
    def total_s(self) -> float:
        """TFC. [s]"""
        return self.transfer_s + self.communications_s + self.separation_s + self.coordination_s

    @model_validator(mode="after")
    def _takes_time(self) -> "ControlTime":
        if self.total_s <= 0:
            raise ValueError("the sum of the times, TFC, has to be more than 0 s")
        return self


class Thresholds(Declared):
    """Where saturation becomes an alert, and where critical: above, not at. [%]"""

    alert_percent: Percent = 80
    critical_percent: Percent = 100

    @model_validator(mode="after")
    def _in_order(self) -> "Thresholds":
        if self.alert_percent >= self.critical_percent:
            raise ValueError(
                f"alert_percent {self.alert_percent:g} has to be below critical_percent {self.critical_percent:g}"
            )
        return self


class MonitoringValues(Declared):
    """When occupancy is worth a look: EUROCONTROL's occupancy traffic monitoring values.

    Occupancy is counted every minute over ``duration_min``: aircraft that are in the sector at any
    time of [t, t + duration). Thresholds are shares of the simultaneous capacity.
    """

    peak_percent: Percent = 100
    """One count above it fires. [%]"""
    sustained_percent: Percent = 80
    """``crossings`` counts above it within ``elapsed_min`` fire. [%]"""
    crossings: Annotated[int, Field(ge=1, le=1440)] = 10
    elapsed_min: Minutes = 15
    duration_min: Minutes = 1
    clear_percent: Percent = 70
    """The alert ends when the counts have stayed at or below it for ``clear_min``. [%]"""
    clear_min: Minutes = 5

    @model_validator(mode="after")
    def _in_order(self) -> "MonitoringValues":
        if not self.clear_percent <= self.sustained_percent <= self.peak_percent:
            given = f"{self.clear_percent:g}, {self.sustained_percent:g}, {self.peak_percent:g}"
            raise ValueError(f"expected clear_percent <= sustained_percent <= peak_percent, not {given}")
        if self.crossings > self.elapsed_min:
            raise ValueError(
                f"crossings {self.crossings} cannot be more than elapsed_min {self.elapsed_min}, one count a minute"
            )
        return self


class CapacityMethod(Declared):
    """Which formula makes the capacity, and how. Nothing that moves the number is on by default."""

    method: Literal["circular_006", "brazil"] = "circular_006"
    cap_40_per_h: bool = False
    """Apply the circular's cap of 40/h where TPS is above 20 min."""
    rounded: bool = False
    """Round SCV (N in the Brazilian method) to whole aircraft before CH is made of it."""
    communications: Annotated[float, Field(gt=0)] = 8
    """n of the Brazilian method. [communications/flight]"""
    communication_time_s: Annotated[float, Field(gt=0)] = 23
    """t_m of the Brazilian method. [s]"""
    availability: Annotated[float, Field(gt=0, le=1)] = 0.65
    """phi of the Brazilian method. [1]"""

    def __str__(self) -> str:
        """What was chosen, in words.

        >>> str(CapacityMethod())
        'cap of 40/h off, rounding off'
        """
        parts = [f"cap of 40/h {'on' if self.cap_40_per_h else 'off'}"]
        parts.append(f"rounding {'on' if self.rounded else 'off'}")
        if self.method == "brazil":
            parts += [f"phi {self.availability:g}", f"n {self.communications:g}"]
            parts.append(f"t_m {self.communication_time_s:g} s")
        return ", ".join(parts)
