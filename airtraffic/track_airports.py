"""Airports of a track: from its positions, else from the route that its callsign is known to fly."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from airtraffic.airports import Airports, all_airports, distance_nm, served_airports, unit_vectors

_M_PER_FT = 0.3048
_CANDIDATES = 12
"""Airports looked at for each end; among those with an IATA code no ring of 63 NM in the box has more."""


@dataclass(frozen=True)
class End:
    """What is near enough to be the airport of a track's first or last position.

    An aircraft ``h`` above an airport can't have left it, or reach it, from everywhere: no further than
    ``3 NM + h / shallowest`` and, since it can't fall from the sky, no nearer than ``(h - 2000 ft) / steepest``.
    """

    name: str
    shallowest_ft_per_nm: float
    steepest_ft_per_nm: float
    rises: int
    """1: a departure climbs, -1: an arrival descends."""


DEPARTURE = End("first", 400.0, 900.0, 1)
ARRIVAL = End("last", 250.0, 600.0, -1)


@dataclass(frozen=True)
class AirportRules:
    """When an airport is assigned; otherwise it stays unknown. Ours but for the first, tuned as README tells."""

    highest_ft: float = 15_000.0
    """Above the airport. An aircraft that is higher was not seen taking off or landing (OPDI)."""
    lowest_ft: float = -1500.0
    """Above the airport; pressure altitudes err by the weather and by the field's elevation."""
    within_nm: float = 3.0
    """Radius at the airport's own level; also for a position on the ground."""
    plain_ft: float = 3000.0
    """Lower than this above it, the nearest airport is taken; higher, it has to lie within
    ``cone_deg`` of the track, and no other may be meant as well."""
    cone_deg: float = 60.0
    other_within: float = 2.0
    """Another airport that is no further than so many times the nearest makes the end unclear. [1]"""
    rising_from_ft: float = 1500.0
    """Lower than this a track without any change of altitude counts as well."""
    detour_nm: float = 40.0
    detour_share: float = 0.15
    """A known route agrees with a track if flying from its origin along the track to its destination is at
    most ``detour_nm`` and this share of it longer than the route itself. [1]"""


def airports_from_positions(
    tracks: pl.DataFrame, rules: AirportRules = AirportRules(), airports: Airports | None = None
) -> pl.DataFrame:
    """Origin and destination (ICAO codes, null when unknown) from the ends of tracks alone.

    Parameters
    ----------
    tracks
        ``airtraffic.tracks.flight_tracks``.
    airports
        Those that can be assigned; ``served_airports`` by default.

    Returns
    -------
    pl.DataFrame
        The tracks with ``origin``, ``destination``, and ``origin_height_ft``, ``destination_height_ft``: the
        height of the end above that airport, 0 on the ground. [ft]
    """
    known = airports or served_airports()
    return tracks.with_columns(
        *_assigned(tracks, DEPARTURE, known, rules, "origin"),
        *_assigned(tracks, ARRIVAL, known, rules, "destination"),
    )


def _assigned(
    tracks: pl.DataFrame, end: End, airports: Airports, rules: AirportRules, name: str
) -> list[pl.Series]:
    latitude, longitude, altitude_m, track, rise_m = (
        tracks[f"{end.name}_{column}"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for column in ("latitude", "longitude", "altitude", "true_track", "rise_m")
    )
    ground = tracks[f"{end.name}_ground"].to_numpy()[:, None]
    away_nm, index = airports.near(latitude, longitude, _CANDIDATES)
    height = np.where(ground, 0.0, (altitude_m / _M_PER_FT)[:, None] - airports.elevation_ft[index])
    low = height < rules.plain_ft
    with np.errstate(invalid="ignore"):
        moves = (rise_m * end.rises > 0)[:, None] | (
            (height < rules.rising_from_ft) & ~(rise_m * end.rises < 0)[:, None]
        )
        ok = (
            (height >= rules.lowest_ft)
            & (height <= rules.highest_ft)
            & (away_nm <= rules.within_nm + np.maximum(height, 0.0) / end.shallowest_ft_per_nm)
            & (away_nm >= (height - 2000.0) / end.steepest_ft_per_nm)
            & (ground | moves)
            & (low | (_off_track(latitude, longitude, track, end, airports, index) <= rules.cone_deg))
        )
    rows = np.arange(len(tracks))
    best = ok.argmax(axis=1)
    others = np.where(ok, away_nm, np.inf)
    others[rows, best] = np.inf
    clear = low[rows, best] | (others.min(axis=1, initial=np.inf) >= rules.other_within * away_nm[rows, best])
    given = ok.any(axis=1) & clear
    codes = pl.Series(name, airports.codes[index[rows, best]], dtype=pl.String)
    heights = pl.Series(f"{name}_height_ft", height[rows, best], dtype=pl.Float64)
    mask = pl.Series(given)
    return [
        codes.zip_with(mask, pl.Series([None], dtype=pl.String).new_from_index(0, len(codes))).alias(name),
        heights.zip_with(mask, pl.Series([None], dtype=pl.Float64).new_from_index(0, len(heights))).alias(
            f"{name}_height_ft"
        ),
    ]


def _off_track(
    latitude: np.ndarray,
    longitude: np.ndarray,
    track: np.ndarray,
    end: End,
    airports: Airports,
    index: np.ndarray,
) -> np.ndarray:
    """(n, candidates) Angle between the track, backwards for a departure, and each airport. [deg]"""
    lat, lon = np.radians(latitude)[:, None], np.radians(longitude)[:, None]
    to_lat, to_lon = np.radians(airports.latitude[index]), np.radians(airports.longitude[index])
    east = np.sin(to_lon - lon) * np.cos(to_lat)
    north = np.cos(lat) * np.sin(to_lat) - np.sin(lat) * np.cos(to_lat) * np.cos(to_lon - lon)
    flown = track[:, None] + (180.0 if end.rises > 0 else 0.0)
    return np.abs((np.degrees(np.arctan2(east, north)) - flown + 180.0) % 360.0 - 180.0)


def airports_from_callsigns(
    tracks: pl.DataFrame, routes: pl.DataFrame, rules: AirportRules = AirportRules()
) -> pl.DataFrame:
    """Fill unknown airports from the routes that callsigns are known to fly.

    A leg of the route is taken when both its ends agree with the track: an airport that the positions gave is
    the leg's, and flying the leg over both ends of the track is hardly a detour and goes forward. Of several
    legs none is taken when more than one agrees.

    Parameters
    ----------
    tracks
        ``airports_from_positions``.
    routes
        ``callsign`` and ``airports_icao``, the ICAO codes in flying order joined by hyphens.

    Returns
    -------
    pl.DataFrame
        The tracks with ``origin`` and ``destination`` filled, and ``airport_by_callsign``: whether they were.
    """
    unknown = tracks.filter(pl.col("origin").is_null() | pl.col("destination").is_null())
    legs = unknown.join(_legs(routes), on="callsign", how="inner")
    agreeing = (
        legs.filter(_agree(legs, rules))
        .group_by("track")
        .agg(pl.len().alias("legs"), pl.col("leg_origin").first(), pl.col("leg_destination").first())
        .filter(pl.col("legs") == 1)
    )
    return (
        tracks.join(agreeing, on="track", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("origin", "leg_origin").alias("origin"),
            pl.coalesce("destination", "leg_destination").alias("destination"),
            pl.col("legs").is_not_null().alias("airport_by_callsign"),
        )
        .drop("legs", "leg_origin", "leg_destination")
    )


def _legs(routes: pl.DataFrame) -> pl.DataFrame:
    stops = pl.col("airports_icao").str.split("-")
    return (
        routes.select("callsign", stops.alias("leg_origin"))
        .with_columns(pl.col("leg_origin").list.slice(1).alias("leg_destination"))
        .with_columns(pl.col("leg_origin").list.head(pl.col("leg_destination").list.len()))
        .explode("leg_origin", "leg_destination")
        .drop_nulls()
        .unique(maintain_order=True)
    )


def _agree(legs: pl.DataFrame, rules: AirportRules) -> pl.Series:
    known = all_airports()
    at_origin = known.rows(legs["leg_origin"].to_numpy().astype(str))
    at_destination = known.rows(legs["leg_destination"].to_numpy().astype(str))
    origin, destination = known.vectors[at_origin], known.vectors[at_destination]
    first, last = (
        unit_vectors(legs[f"{end}_latitude"].to_numpy(), legs[f"{end}_longitude"].to_numpy())
        for end in ("first", "last")
    )
    route_nm = distance_nm(origin, destination)
    flown_nm = distance_nm(origin, first) + distance_nm(first, last) + distance_nm(last, destination)
    forward = (distance_nm(last, destination) < distance_nm(first, destination)) & (
        distance_nm(origin, last) > distance_nm(origin, first)
    )
    on_the_way = flown_nm - route_nm <= rules.detour_nm + rules.detour_share * route_nm
    found = (at_origin >= 0) & (at_destination >= 0)
    same = (pl.col("origin").is_null() | (pl.col("origin") == pl.col("leg_origin"))) & (
        pl.col("destination").is_null() | (pl.col("destination") == pl.col("leg_destination"))
    )
    return legs.select(same.alias("same"))["same"] & pl.Series(found & forward & on_the_way)
