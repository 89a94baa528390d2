"""The aircraft of a simulation: who operates each, where it is based, what it sends."""

from dataclasses import dataclass

import numpy as np

from airtraffic.simulation.airports import GENERAL_AVIATION, Airports
from airtraffic.simulation.geometry import angles
from airtraffic.simulation.operators import COUNTRIES, KIND_INDEX, KINDS, OPERATORS, Operator
from airtraffic.simulation.randomness import generator

_FLEET_STREAM = 1
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MINIMUM_LEG_KM = {"rotor": 25.0, "piston": 50.0}
_LONGEST_LEG_KM = {"turboprop": 1300.0, "piston": 700.0, "rotor": 220.0, "jet": 6300.0, "bizjet": 5500.0}


@dataclass(frozen=True)
class Fleet:
    """Columns of the aircraft."""

    icao24: np.ndarray
    registration: np.ndarray
    operator: np.ndarray
    """Index into ``OPERATORS``."""
    kind: np.ndarray
    """Index into ``KINDS``."""
    base: np.ndarray
    """Index of the home airport."""
    duty_starts_s: np.ndarray
    """Each aircraft's day of work begins at this time after midnight, at its base. [s]"""
    reception: np.ndarray
    """How far its transponder is heard, times the usual range. [1]"""
    position_source: np.ndarray
    category: np.ndarray
    network: np.ndarray
    """Row of ``destinations``."""
    destinations: np.ndarray
    """(n_networks, n_airports). Cumulative probability of the next destination. [1]"""

    def __len__(self) -> int:
        return len(self.icao24)

    @property
    def country(self) -> list[str]:
        return [OPERATORS[index].country for index in self.operator]


def make_fleet(seed: int, size: int, airports: Airports) -> Fleet:
    """A fleet with the operators' shares; the same for the same seed and size."""
    rng = generator(seed, _FLEET_STREAM)
    shares = np.cumsum([operator.share for operator in OPERATORS])
    operator = np.searchsorted(shares / shares[-1], (np.arange(size) + rng.random(size)) / size, side="right")
    kind = np.array([KIND_INDEX[entry.kind] for entry in OPERATORS])[operator]
    networks, rows = _networks(airports)
    base = np.zeros(size, dtype=np.int64)
    icao24 = np.empty(size, dtype=object)
    registration = np.empty(size, dtype=object)
    for index, entry in enumerate(OPERATORS):
        members = np.flatnonzero(operator == index)
        choices, weights = _bases(entry, airports)
        base[members] = choices[np.searchsorted(np.cumsum(weights), rng.random(len(members)))]
    for country in COUNTRIES.values():
        members = np.flatnonzero([OPERATORS[index].country == country.name for index in operator])
        icao24[members] = _addresses(country.first, country.last, len(members), rng)
        registration[members] = [_registration(country.registration, rng) for _ in members]
    return Fleet(
        icao24=icao24,
        registration=registration,
        operator=operator,
        kind=kind,
        base=base,
        duty_starts_s=_duty_starts(operator, rng),
        reception=np.clip(rng.normal(1.0, 0.12, size), 0.6, 1.3),
        position_source=_position_sources(kind, rng),
        category=np.where(rng.random(size) < 0.25, 0, np.array([entry.category for entry in KINDS])[kind]),
        network=np.array([networks[(op, home)] for op, home in zip(operator, base, strict=True)]),
        destinations=rows,
    )


def _matches(code: str, patterns: tuple[str, ...]) -> int:
    return sum(code.startswith(pattern) for pattern in patterns)


def _bases(operator: Operator, airports: Airports) -> tuple[np.ndarray, np.ndarray]:
    """Home airports and their shares. An entry of two letters spreads over its region by weight."""
    weights = np.zeros(len(airports.codes))
    for entry in operator.bases:
        inside = np.array([code.startswith(entry) for code in airports.codes])
        weights += inside * airports.weight / (inside * airports.weight).sum()
    choices = np.flatnonzero(weights)
    return choices, weights[choices] / weights.sum()


def _networks(airports: Airports) -> tuple[dict[tuple[int, int], int], np.ndarray]:
    """A row of cumulative destination probabilities for every operator and base."""
    numbers: dict[tuple[int, int], int] = {}
    rows = []
    for index, operator in enumerate(OPERATORS):
        kind = KINDS[KIND_INDEX[operator.kind]]
        served = np.array([_matches(code, operator.serves) for code in airports.codes])
        if operator.designator:
            served = served * ~np.isin(airports.codes, GENERAL_AVIATION)
        for base in _bases(operator, airports)[0]:
            distance_km = angles(airports.vector[base], airports.vector) * 6371.0
            shortest = _MINIMUM_LEG_KM.get(kind.name, 150.0)
            reachable = (distance_km > shortest) & (distance_km < _LONGEST_LEG_KM.get(kind.name, 12_500.0))
            spread = np.log(np.maximum(distance_km, 1.0) / kind.leg_km) / kind.leg_spread
            weights = airports.weight * served * reachable * np.exp(-0.5 * spread**2)
            if not weights.sum():
                weights = (distance_km > shortest) / np.maximum(distance_km, 1.0) ** 3
            numbers[(index, int(base))] = len(rows)
            rows.append(np.cumsum(weights) / weights.sum())
    return numbers, np.array(rows)


def _addresses(first: int, last: int, count: int, rng: np.random.Generator) -> list[str]:
    """Distinct addresses of a block. What does not fit gets some of the reserved block F00000."""
    size = last - first + 1
    inside = first + rng.choice(size, size=min(count, size), replace=False)
    outside = 0xF00000 + (first >> 4) + np.arange(max(count - size, 0))
    return [f"{int(address):06x}" for address in np.concatenate([inside, outside])]


def _registration(pattern: str, rng: np.random.Generator) -> str:
    draws = rng.integers(0, 1 << 30, len(pattern))
    return "".join(
        _LETTERS[draw % 26] if sign == "@" else str(draw % 10) if sign == "#" else sign
        for sign, draw in zip(pattern, draws, strict=True)
    )


def _duty_starts(operator: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Long flights leave around their hour; the others' day begins at night, or at any hour for half."""
    fixed = np.array([np.nan if entry.leaves_at_h is None else entry.leaves_at_h for entry in OPERATORS])[
        operator
    ]
    size = len(operator)
    night = rng.normal(5.0, 1.0, size)
    anywhen = rng.random(size) * 24.0
    usual = np.where(rng.random(size) < 0.5, anywhen, night)
    hours = np.where(np.isnan(fixed), usual, fixed + rng.normal(-0.6, 0.8, size))
    return np.floor((hours % 24.0) * 3600.0)


def _position_sources(kind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """0 ADS-B; 3 FLARM for a few light aircraft; 1 ASTERIX for one in a thousand."""
    draw = rng.random(len(kind))
    light = (kind == KIND_INDEX["piston"]) | (kind == KIND_INDEX["rotor"])
    return np.where(light & (draw < 0.05), 3, np.where(draw > 0.999, 1, 0))
