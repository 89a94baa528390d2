"""When flights leave: demand by UTC hour and by weekday."""

from dataclasses import dataclass

import numpy as np

DAY_S = 86_400

BY_HOUR = (
    0.98, 1.50, 1.25, 0.25, 0.13, 0.15, 0.13, 0.16, 0.19, 0.26, 0.39, 0.69,
    0.80, 0.72, 0.90, 1.06, 1.10, 1.11, 1.35, 1.27, 1.00, 0.60, 0.58, 0.87,
)  # fmt: skip
"""Readiness to leave in each UTC hour, fitted so that the aircraft in view follow the measured day. [1]"""
BY_WEEKDAY = (1.071, 1.049, 1.048, 1.061, 1.074, 0.856, 0.841)
"""Flights from Monday to Sunday, relative to the mean. [1]"""


@dataclass(frozen=True)
class Demand:
    """Waiting time at a gate is exponential in accumulated demand, long at night and short by day."""

    accumulated_h: np.ndarray
    """(25,). Demand from midnight to every hour. [h]"""

    @classmethod
    def of_day(cls, by_hour: tuple[float, ...] = BY_HOUR) -> "Demand":
        return cls(np.concatenate([[0.0], np.cumsum(by_hour)]))

    def departures(self, ready_s: np.ndarray, wait_h: np.ndarray) -> np.ndarray:
        """When aircraft that are ready at ``ready_s`` leave, after ``wait_h`` hours of full demand. [s]"""
        day_total = self.accumulated_h[-1]
        day, within = np.divmod(ready_s, DAY_S)
        reached = np.interp(within / 3600.0, np.arange(25.0), self.accumulated_h) + wait_h
        days, rest = np.divmod(reached, day_total)
        return (day + days) * DAY_S + 3600.0 * np.interp(rest, self.accumulated_h, np.arange(25.0))


def weekday_activity(day: int) -> float:
    """Share of the fleet that flies on a day counted from 1970-01-01, relative to the busiest weekday. [1]

    >>> weekday_activity(0)  # a Thursday
    0.988
    """
    return round(BY_WEEKDAY[(day + 3) % 7] / max(BY_WEEKDAY), 3)
