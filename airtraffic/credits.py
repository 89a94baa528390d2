"""How often OpenSky may be asked, from its daily credits and the size of the box."""

import math
from dataclasses import dataclass

from airtraffic.errors import ConfigurationError
from airtraffic.geometry import BoundingBox

DAILY_CREDITS = {"anonymous": 400, "standard": 4000, "feeder": 8000}
"""Credits a day for ``states``, by kind of account."""
STEP_S = 10
"""Intervals are multiples of this, the resolution of anonymous answers; rounding up leaves a reserve."""
_DAY_S = 86_400
_COSTS = ((25, 1), (100, 2), (400, 3))


@dataclass(frozen=True)
class Budget:
    """What a day of polls costs, and the interval that its credits allow."""

    daily_credits: int
    cost: int
    """Credits of one poll."""
    interval_s: int
    """Shortest interval, a multiple of ``STEP_S``, at which the credits last the day. [s]"""
    area_sq_deg: float

    def __str__(self) -> str:
        exact = _DAY_S * self.cost / self.daily_credits
        return (
            f"a box of {self.area_sq_deg:,.6g} square degrees costs {self.cost} credits a poll; {self.daily_credits:,} "
            f"credits a day allow {self.daily_credits // self.cost:,} polls, one every {exact:,.6g} s, "
            f"rounded up to {self.interval_s} s"
        )


def cost_of(area_sq_deg: float) -> int:
    """Credits that one request for ``states/all`` costs.

    Up to 25 square degrees 1, up to 100 2, up to 400 3, above 4.

    >>> [cost_of(area) for area in (25, 25.1, 100, 400, 4500)]
    [1, 2, 2, 3, 4]
    """
    return next((cost for limit, cost in _COSTS if area_sq_deg <= limit), 4)


def budget(box: BoundingBox, daily_credits: int) -> Budget:
    """The shortest interval at which the credits of a day last for the whole of it.

    ``interval = ceil(86400 * cost / credits / 10) * 10``

    Parameters
    ----------
    box
        What is asked for. [deg]
    daily_credits
        Credits of the account's ``states`` bucket. [credits/d]

    Raises
    ------
    ConfigurationError
        The credits do not pay for one poll.

    >>> print(budget(BoundingBox(-60, 15, -90, -30), 4000))
    a box of 4,500 square degrees costs 4 credits a poll; 4,000 credits a day allow 1,000 polls, one every 86.4 s, rounded up to 90 s
    """
    cost = cost_of(box.area_sq_deg)
    if daily_credits < cost:
        raise ConfigurationError(
            f"{daily_credits} credits a day do not pay for one poll of this box, which costs {cost}; "
            "raise OPENSKY_DAILY_CREDITS or make AIRTRAFFIC_BOX smaller"
        )
    exact = _DAY_S * cost / daily_credits
    return Budget(daily_credits, cost, math.ceil(exact / STEP_S) * STEP_S, box.area_sq_deg)
