"""What the network last heard of each flight: time of the last contact and of the last position.

Time is cut into slots of ten seconds. In each, a flight is heard or not, by chance and place; the
server then shows the last message until it is 300 s old. Visible runs, the frozen rows at their end,
gaps, repeats and the ages of positions all follow from that.
"""

from dataclasses import dataclass

import numpy as np

from airtraffic.simulation.fleet import Fleet
from airtraffic.simulation.randomness import bits, quarters, uniform
from airtraffic.simulation.receivers import Receivers
from airtraffic.simulation.schedule import Flights
from airtraffic.simulation.trajectory import Trajectories

SLOT_S = 10
LOOKBACK_S = 900
"""A position that has not been renewed for longer is forgotten, but for black-outs. [s]"""
_SAMPLE_S = 60
_EXPIRY_S = 300
_FLIGHT_STREAM, _SLOT_STREAM, _FADE_STREAM, _LATER_STREAM, _VAGUE_STREAM = 31, 32, 33, 34, 35
_SILENT = 0
_FADE_S = 240
_FADE_SHARE = 0.06
_FADE_QUALITY = 0.08
_POSITION_SHARE = 0.8
_VAGUE_SHARE, _VAGUE_POSITION_SHARE = 0.025, 0.03
_LATER_SHARE = 0.12
"""Positions after which something without a position follows within a second. [1]"""
_POOR_SHARE, _POOR_QUALITY = 0.25, 0.4
_BLACKOUT_SHARE = 0.035


@dataclass(frozen=True)
class Reception:
    """(n_flights, n_polls) times; 0 where a flight is not shown. [s since 1970-01-01 UTC]"""

    last_contact: np.ndarray
    time_position: np.ndarray


def receive(
    seed: int,
    flights: Flights,
    trajectories: Trajectories,
    fleet: Fleet,
    receivers: Receivers,
    polls: np.ndarray,
) -> Reception:
    """What polls at ``polls`` [s since 1970-01-01 UTC, ascending] show of each flight.

    The result for a poll does not depend on the other polls.
    """
    first = int(polls[0]) - LOOKBACK_S
    first -= first % _SAMPLE_S
    slots = np.arange(first, int(polls[-1]) + SLOT_S, SLOT_S)
    quality, sampled_on_ground = _quality(seed, flights, trajectories, fleet, receivers, slots)
    when, chance, position, _ = quarters(
        bits(seed, _SLOT_STREAM, flights.id[:, None], (slots // SLOT_S)[None, :])
    )
    message = slots[None, :] + (when.astype(np.int64) * SLOT_S >> 16)
    switched_on = (message >= flights.on_s[:, None]) & (message <= flights.off_s[:, None])
    on_ground = (message < flights.takeoff_s[:, None]) | (message >= flights.landing_s[:, None])
    contact = (chance < quality * 65536.0) & switched_on & (on_ground == sampled_on_ground)

    blackout = _blackouts(seed, flights)
    dark = (message > blackout[0][:, None]) & (message <= blackout[1][:, None])
    vague = uniform(seed, _VAGUE_STREAM, flights.id[:, None], (slots // _FADE_S)[None, :]) < _VAGUE_SHARE
    share = np.where(vague, _VAGUE_POSITION_SHARE, _POSITION_SHARE)
    located = contact & (position < share * 65536.0) & ~dark

    latency = 1 + (bits(seed, _FLIGHT_STREAM, flights.id) % np.uint64(3)).astype(np.int64)
    cutoff = polls[None, :] - latency[:, None]
    last_contact = _last(np.where(contact, message, _SILENT), slots, cutoff)
    time_position = _last(np.where(located, message, _SILENT), slots, cutoff)
    time_position = np.where(time_position >= polls - LOOKBACK_S, time_position, _SILENT)

    begun = np.floor(blackout[0]).astype(np.int64)[:, None]
    in_blackout = (cutoff >= begun) & (cutoff <= blackout[1][:, None])
    time_position = np.where(in_blackout, np.maximum(time_position, begun), time_position)
    expiry = _EXPIRY_S + (uniform(seed, _FLIGHT_STREAM + 10, flights.id) * 20.0 + 4.0)[:, None]
    shown = (last_contact > _SILENT) & (time_position > _SILENT) & (polls - last_contact <= expiry)
    later = uniform(seed, _LATER_STREAM, flights.id[:, None], time_position) < _LATER_SHARE
    last_contact = np.where(shown, np.maximum(last_contact, time_position + later), _SILENT)
    return Reception(last_contact, np.where(shown, time_position, _SILENT))


def _last(times: np.ndarray, slots: np.ndarray, cutoff: np.ndarray) -> np.ndarray:
    """Greatest time at or before each cutoff. ``times`` lie inside their slots."""
    running = np.maximum.accumulate(times, axis=1)
    slot = np.maximum((cutoff - slots[0]) // SLOT_S, 1)
    rows = np.arange(len(times))[:, None]
    current = times[rows, slot]
    return np.where((current > _SILENT) & (current <= cutoff), current, running[rows, slot - 1])


def _quality(
    seed: int,
    flights: Flights,
    trajectories: Trajectories,
    fleet: Fleet,
    receivers: Receivers,
    slots: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """(n_flights, n_slots) chance to be heard [1] and whether on the ground, sampled once a minute."""
    per_sample = _SAMPLE_S // SLOT_S
    samples = slots[::per_sample] + _SAMPLE_S // 2
    relevant = (samples + _SAMPLE_S >= flights.on_s[:, None]) & (
        samples - _SAMPLE_S <= flights.off_s[:, None]
    )
    flight, sample = np.nonzero(relevant)
    time_s = samples[sample]
    state = trajectories.at(flight, time_s.astype(np.float64))
    aircraft = flights.aircraft[flight]
    heard = receivers.heard(
        state.position, state.altitude_m, state.on_ground, fleet.reception[aircraft], time_s
    )
    fade = uniform(seed, _FADE_STREAM, flights.id[flight], time_s // _FADE_S)
    heard = np.where(fade < _FADE_SHARE, heard * _FADE_QUALITY, heard)
    poor = uniform(seed, _FADE_STREAM + 10, flights.aircraft) < _POOR_SHARE
    heard = np.where(poor[flight], heard * _POOR_QUALITY, heard)
    quality = np.zeros(relevant.shape)
    quality[flight, sample] = heard
    ground = np.zeros(relevant.shape, dtype=bool)
    ground[flight, sample] = state.on_ground
    return tuple(np.repeat(part, per_sample, axis=1)[:, : len(slots)] for part in (quality, ground))


def _blackouts(seed: int, flights: Flights) -> tuple[np.ndarray, np.ndarray]:
    """Begin and end of the time in which a few flights send no position; both 0 for all others. [s]"""
    has = uniform(seed, _FLIGHT_STREAM + 20, flights.id) < _BLACKOUT_SHARE
    begin = flights.takeoff_s + uniform(seed, _FLIGHT_STREAM + 21, flights.id) * 0.7 * (
        flights.landing_s - flights.takeoff_s
    )
    lasts = 700.0 + 1500.0 * uniform(seed, _FLIGHT_STREAM + 22, flights.id) ** 2
    end = np.minimum(begin + lasts, flights.off_s)
    return np.where(has, begin, 0.0), np.where(has, end, 0.0)
