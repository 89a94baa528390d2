"""Capacity of a sector: what its controllers' time lets through."""

import math

from airtraffic.errors import CapacityError

WORKLOAD_MARGIN = 1.3
"""beta of the circular: 30 % for planning, organisation and surveillance that cannot be timed. [1]"""
LOW_REDUCTION = 0.6
"""R below this is computed with, and noted. [1]"""
CAP_PER_H = 40.0
CAP_FROM_TPS_S = 1200.0
"""The circular caps sectors in which flights stay longer than 20 min at 40 operations/h."""


def simultaneous_capacity(
    mean_time_in_sector_s: float,
    control_time_s: float,
    workload_margin: float = WORKLOAD_MARGIN,
    *,
    rounded: bool = False,
    sector: str | None = None,
) -> float:
    """Aircraft that a sector can hold at once, from controller workload.

    ``SCV = TPS / (TFC * beta)`` [1]_.

    Parameters
    ----------
    mean_time_in_sector_s
        Mean time that a flight spends in the sector, TPS. [s]
    control_time_s
        Controller time that one flight needs, TFC: transfer, communications, separation and
        coordination. [s]
    workload_margin
        Share for planning and surveillance that cannot be timed, beta. [1]
    rounded
        To whole aircraft, as the circular prints it.
    sector
        Name for the error's text.

    Returns
    -------
    float
        Simultaneous capacity. [aircraft]

    Raises
    ------
    CapacityError
        A time is not positive, or the margin is below 1.

    References
    ----------
    .. [1] Aerocivil, Circular 006 V02 (2012), 7.17; ICAO Doc 9971.

    >>> [round(simultaneous_capacity(tps, 40), 2) for tps in (1680, 1980, 2520, 3120)]
    [32.31, 38.08, 48.46, 60.0]
    """
    _positive("TPS", mean_time_in_sector_s, "s", sector)
    scv = mean_time_in_sector_s / _workload_s(control_time_s, workload_margin, sector)
    return math.floor(scv + 0.5) if rounded else scv


def hourly_capacity(
    control_time_s: float, workload_margin: float = WORKLOAD_MARGIN, *, sector: str | None = None
) -> float:
    """Aircraft that a sector can accept per hour, from controller workload.

    ``CH = 3600 SCV / TPS = 3600 / (TFC * beta)`` [1]_. The mean time in sector cancels out of it.

    Parameters
    ----------
    control_time_s
        Controller time that one flight needs, TFC. [s]
    workload_margin
        Share for planning and surveillance that cannot be timed, beta. [1]
    sector
        Name for the error's text.

    Returns
    -------
    float
        Hourly capacity. [aircraft/h]

    Raises
    ------
    CapacityError
        ``control_time_s`` is not positive, or the margin is below 1.

    References
    ----------
    .. [1] Aerocivil, Circular 006 V02 (2012), 7.17.

    >>> round(hourly_capacity(40), 2)
    69.23
    """
    return 3600 / _workload_s(control_time_s, workload_margin, sector)


def hourly_capacity_from_rounded(
    mean_time_in_sector_s: float,
    control_time_s: float,
    workload_margin: float = WORKLOAD_MARGIN,
    *,
    sector: str | None = None,
) -> float:
    """Hourly capacity as the circular prints it: SCV is rounded to whole aircraft first. [aircraft/h]

    What it prints as 68 to 69 for different times in sector is this rounding and nothing else.

    >>> [round(hourly_capacity_from_rounded(tps, 40), 2) for tps in (1680, 1980, 2520, 3120)]
    [68.57, 69.09, 68.57, 69.23]
    """
    scv = simultaneous_capacity(
        mean_time_in_sector_s, control_time_s, workload_margin, rounded=True, sector=sector
    )
    return 3600 * scv / mean_time_in_sector_s


def adjusted_capacity(capacity_per_h: float, reduction_factor: float, *, sector: str | None = None) -> float:
    """``CHadj = CH * R``. [aircraft/h]

    Parameters
    ----------
    capacity_per_h
        Hourly capacity, CH. [aircraft/h]
    reduction_factor
        R, typically .8 to 1; below .6 is worth a warning. [1]

    Raises
    ------
    CapacityError
        R is not in (0, 1].

    >>> round(adjusted_capacity(hourly_capacity(40), 0.9), 2)
    62.31
    """
    if not 0 < reduction_factor <= 1:
        raise CapacityError(_message("R", reduction_factor, "a number above 0 and up to 1", sector))
    return capacity_per_h * reduction_factor


def brazilian_simultaneous_capacity(
    time_in_sector_s: float,
    communications: float,
    communication_time_s: float,
    availability: float = 0.65,
    *,
    rounded: bool = False,
    sector: str | None = None,
) -> float:
    """Aircraft that one controller can handle at once, the Brazilian method.

    ``N = phi T / (n t_m)`` [1]_.

    Parameters
    ----------
    time_in_sector_s
        Mean time in sector, T. [s]
    communications
        Communications per flight, n. [1]
    communication_time_s
        Mean duration of one, t_m. [s]
    availability
        Share of the controller's time that is free for them, phi. [1]
    rounded
        Down when the first decimal is below 5, else up.

    Raises
    ------
    CapacityError
        A value is not positive, or phi is above 1.

    References
    ----------
    .. [1] DECEA, ICA 100-30; ICAO Doc 9971.

    >>> round(brazilian_simultaneous_capacity(1200, 8, 23), 3)
    4.239
    >>> brazilian_simultaneous_capacity(1200, 8, 23, rounded=True)
    4.0
    """
    _positive("T", time_in_sector_s, "s", sector)
    _positive("n", communications, "communications", sector)
    _positive("t_m", communication_time_s, "s", sector)
    if not 0 < availability <= 1:
        raise CapacityError(_message("phi", availability, "a number above 0 and up to 1", sector))
    n = availability * time_in_sector_s / (communications * communication_time_s)
    return float(math.floor(n + 0.5)) if rounded else n


def brazilian_hourly_capacity(
    time_in_sector_s: float,
    communications: float,
    communication_time_s: float,
    availability: float = 0.65,
    *,
    rounded: bool = False,
    sector: str | None = None,
) -> float:
    """``CH = 3600 N / T``, the Brazilian method; arguments as above. [aircraft/h]

    T cancels out of it unless N is rounded.

    >>> round(brazilian_hourly_capacity(1200, 8, 23), 2)
    12.72
    >>> brazilian_hourly_capacity(1200, 8, 23, rounded=True)
    12.0
    """
    n = brazilian_simultaneous_capacity(
        time_in_sector_s, communications, communication_time_s, availability, rounded=rounded, sector=sector
    )
    return 3600 * n / time_in_sector_s


def capped(capacity_per_h: float, mean_time_in_sector_s: float | None) -> float:
    """The circular's cap: 40/h where flights stay longer than 20 min. [aircraft/h]

    >>> capped(69.23, 1680), capped(69.23, 1200), capped(31.0, 1680)
    (40.0, 69.23, 31.0)
    """
    long = mean_time_in_sector_s is not None and mean_time_in_sector_s > CAP_FROM_TPS_S
    return min(capacity_per_h, CAP_PER_H) if long else capacity_per_h


def _workload_s(control_time_s: float, workload_margin: float, sector: str | None) -> float:
    _positive("TFC", control_time_s, "s", sector)
    if not 1 <= workload_margin < math.inf:
        raise CapacityError(_message("beta", workload_margin, "a number from 1", sector))
    return control_time_s * workload_margin


def _positive(name: str, value: float, unit: str, sector: str | None) -> None:
    if not 0 < value < math.inf:
        raise CapacityError(_message(name, value, f"more than 0 {unit}", sector))


def _message(name: str, value: float, expected: str, sector: str | None) -> str:
    return f"{f'sector {sector!r}: ' if sector else ''}{name} is {value:g}; expected {expected}"
