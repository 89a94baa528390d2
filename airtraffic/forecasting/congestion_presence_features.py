"""What says whether an aircraft will be counted some minutes from now."""

import numpy as np

from airtraffic.forecasting.congestion_aircraft import KnownAircraft, reckon

LOW_M = 3000.0
FALLING_M_PER_S = 2.0
_AGES_S = (15, 30, 45, 60, 90, 120, 180, 240, 300, 360, 600)
_SILENCES_S = (15, 60, 120, 180, 240, 270, 300, 360)
_DROPPED_S = (240, 270, 285, 300, 315, 330, 360)
"""OpenSky drops an aircraft about 300 s after its last contact."""
_EDGES_DEG = (-0.5, -0.2, 0, 0.2, 0.5)
_HEIGHTS_KM = (0, 0.3, 0.6, 1, 2)


def presence_features(
    known: KnownAircraft, lead_s: np.ndarray, box: tuple[float, float, float, float]
) -> np.ndarray:
    """Inputs of the presence model.

    Parameters
    ----------
    known
        Aircraft as known at some polls.
    lead_s
        (n,) Time from the poll to the poll that is asked about. [s]
    box
        lamin, lamax, lomin, lomax: what the polls cover. [deg]

    Returns
    -------
    np.ndarray
        (n, n_features) float32: reception so far, climb and descent, how near the ground, where it is and where it
        will be, and soft steps where what happens changes at a value: the 300 s after which OpenSky
        drops an aircraft, the edge of the box.
    """
    latitude, longitude, altitude_m = reckon(known, lead_s)
    lead_min = lead_s / 60
    height_km, end_km = np.nan_to_num(known.altitude_m) / 1000, np.nan_to_num(altitude_m) / 1000
    ground = known.on_ground.astype(float)
    low = np.clip(1 - height_km * 1000 / LOW_M, 0, 1) * (1 - ground)
    falling, rising = known.climb_m_per_s < -FALLING_M_PER_S, known.climb_m_per_s > FALLING_M_PER_S
    speed, newest = known.speed_m_per_s, known.counted[:, 0].astype(float)
    age, silence = np.maximum(known.age_s, 0), np.maximum(known.silent_s, 0)
    inside = np.minimum.reduce([latitude - box[0], box[1] - latitude, longitude - box[2], box[3] - longitude])
    track = np.radians(known.track_deg)
    falls_s = np.where(known.climb_m_per_s < -1, height_km * 1000 / np.maximum(-known.climb_m_per_s, 1), 3600)
    columns = [
        np.log1p(age),
        np.log1p(silence),
        np.minimum(age, 900) / 300,
        np.minimum(silence, 900) / 300,
        known.missed,
        known.missed > 0,
        known.counted,
        known.counted_share,
        known.shown_share,
        known.known_polls,
        low,
        low * falling,
        low * rising,
        falling,
        rising,
        np.clip(known.climb_m_per_s, -15, 15),
        height_km,
        end_km,
        np.log1p(np.clip(falls_s, 0, 3600)),
        ground,
        ground * (speed > 10),
        ground * (speed > 30),
        ground * speed / 50,
        speed / 250,
        np.clip(known.speed_change_m_per_s, -40, 40) / 20,
        newest * np.log1p(age),
        newest * known.counted_share,
        known.latitude,
        known.longitude,
        latitude,
        longitude,
        np.clip(inside, -1, 2),
        np.sin(track),
        np.cos(track),
        _steps(age, _AGES_S, 8),
        _steps(silence, _SILENCES_S, 8),
        _steps(silence + lead_s, _DROPPED_S, 8),
        _steps(inside, _EDGES_DEG, 0.1),
        _steps(end_km, _HEIGHTS_KM, 0.15),
        lead_min / 10,
        np.log1p(lead_min),
        np.log1p(lead_min) * newest,
        np.log1p(lead_min) * ground,
        np.log1p(lead_min) * low * falling,
        np.log1p(lead_min) * known.counted_share,
    ]
    return np.column_stack([np.asarray(each, dtype=np.float32) for each in columns])


def _steps(values: np.ndarray, edges: tuple[float, ...], width: float) -> np.ndarray:
    """Soft steps, one column an edge: 0 well below it, 1 well above. (n, n_edges)"""
    scaled = (values[:, None] - np.array(edges)) / width
    return 1 / (1 + np.exp(-np.clip(scaled, -30, 30)))
