"""Airports of tracks: near and low, else by callsign, else unknown; and how often that is right."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from airtraffic.recordings import read_recordings
from airtraffic.simulation.schedule import Flights
from airtraffic.simulation.simulator import Simulation
from airtraffic.track_airports import airports_from_callsigns, airports_from_positions
from airtraffic.track_flights import track_flights
from airtraffic.tracks import COLUMNS, flight_tracks
from tests.unit.track_samples import NOON, flown

DAY = NOON.date()


def placed(*tracks: pl.DataFrame) -> pl.DataFrame:
    return airports_from_positions(flight_tracks(pl.concat(tracks), DAY))


def ends(frame: pl.DataFrame) -> list[tuple]:
    return frame.select("origin", "destination").rows()


def test_a_track_that_climbs_out_has_an_origin_and_one_that_descends_a_destination():
    assert ends(placed(flown("SBBR", "SBRF", 180, heard=range(2, 30)))) == [("SBBR", None)]
    assert ends(placed(flown("SBBR", "SBRF", 180, heard=range(150, 178)))) == [(None, "SBRF")]


def test_an_aircraft_in_cruise_over_an_airport_was_not_seen_landing_there():
    over = flown("SBBR", "SBRF", 180, heard=range(40, 81), latitude=-15.87, longitude=-47.92)
    assert ends(placed(over)) == [(None, None)]


def test_descending_beside_an_airport_is_no_departure_from_it():
    assert ends(placed(flown("SBBR", "SBRF", 180, heard=range(170, 179)))) == [(None, "SBRF")]


def test_of_airports_that_lie_together_none_is_chosen_from_high_up():
    # Eight minutes before landing at Congonhas it could as well be Guarulhos or Campo de Marte.
    assert ends(placed(flown("SBBR", "SBSP", 90, heard=range(60, 83)))) == [(None, None)]
    assert ends(placed(flown("SBBR", "SBSP", 90, heard=range(60, 90)))) == [(None, "SBSP")]


def test_the_callsigns_route_fills_what_the_positions_leave_open():
    routes = pl.DataFrame({"callsign": ["TAM3164"], "airports_icao": ["SBBR-SBRF"]})
    en_route = flown("SBBR", "SBRF", 180, heard=range(40, 80))
    assert ends(airports_from_callsigns(placed(en_route), routes)) == [("SBBR", "SBRF")]
    (flight,) = track_flights(en_route, DAY, routes).to_pylist()
    assert "airport_by_callsign" in flight["flags"]


@pytest.mark.parametrize(
    ("route", "why"),
    [
        ("SBRF-SBBR", "the other way"),
        ("SBBR-SBPA", "elsewhere"),
        ("SBGL-SBRF", "another origin than the positions say"),
        ("SBBR-XXXX", "an airport that nobody knows"),
        ("SBBR-SBRF-SBBR-SBRF", "two legs the same are one, and it agrees"),
    ],
)
def test_a_route_that_does_not_agree_with_the_track_is_not_taken(route, why):
    routes = pl.DataFrame({"callsign": ["TAM3164"], "airports_icao": [route]})
    (found,) = ends(airports_from_callsigns(placed(flown("SBBR", "SBRF", 180, heard=range(2, 80))), routes))
    assert found == ("SBBR", "SBRF" if "agrees" in why else None)


def test_the_leg_that_agrees_is_taken_of_a_route_with_several():
    routes = pl.DataFrame({"callsign": ["TAM3164"], "airports_icao": ["SBPA-SBBR-SBRF"]})
    assert ends(airports_from_callsigns(placed(flown("SBBR", "SBRF", 180, heard=range(40, 80))), routes)) == [
        ("SBBR", "SBRF")
    ]


def test_airports_of_simulated_tracks_are_those_that_were_simulated():
    """The simulated twin of the recordings, where what is right is known of every flight."""
    start = NOON.replace(hour=14)
    simulation = Simulation(start=start, hours=4, aircraft=60)
    polls = list(simulation.polls())
    tracks = placed(
        *(
            _columns(pl.from_arrow(poll.table).with_columns(snapshot_at=pl.lit(poll.snapshot_at)))
            for poll in polls
        )
    )
    duty = int(start.timestamp()) // 86_400
    legs = Flights.join([simulation.flights_of(duty - back) for back in range(3)])
    codes = np.array(simulation.airports.codes)
    truth = pl.DataFrame(
        {
            "icao24": simulation.fleet.icao24[legs.aircraft].astype(str),
            "from": codes[legs.origin],
            "to": codes[legs.destination],
            "takeoff_s": legs.takeoff_s,
            "landing_s": legs.landing_s,
        }
    )
    flights = tracks.join(truth, on="icao24").filter(
        pl.col("last_s") > pl.col("takeoff_s"), pl.col("first_s") < pl.col("landing_s")
    )
    for end, right in (("origin", "from"), ("destination", "to")):
        given = flights.drop_nulls(end)
        share = (given[end] == given[right]).mean()
        print(f"simulated: {end} given for {len(given)} of {len(flights)} flights, {share:.3f} right")
        assert len(given) > 0.3 * len(flights)
        assert share > 0.95


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.from_epoch("snapshot_at", time_unit="s").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
        pl.col("callsign").str.strip_chars().replace("", None),
        source=pl.lit("replay"),
        ingested_at=pl.lit(NOON),
    ).select(COLUMNS)


@pytest.fixture(scope="module")
def recorded(recordings) -> pl.DataFrame:
    files = sorted((recordings / "states").glob("sa_60s_2025*.parquet"))
    polls = [poll for poll in read_recordings(files) if poll.snapshot_at is not None]
    return pl.concat(
        _columns(pl.from_arrow(poll.table).with_columns(snapshot_at=pl.lit(poll.snapshot_at)))
        for poll in polls
    )


@pytest.mark.recordings
def test_airports_from_positions_alone_are_those_of_the_callsigns_route(recorded, recordings):
    """Precision and recall over the flights of the recordings whose callsign has one known leg.

    The known routes are older than the recordings: some flights are on the ground elsewhere. So both are
    given twice, over all of them and over those whose track lies on the way of the known route.
    """
    routes = pl.read_parquet(recordings / "reference" / "callsign_routes_south_america.parquet")
    legs = routes.filter(pl.col("airports_icao").str.count_matches("-") == 1)
    days = [date(2025, 6, 21), date(2025, 6, 22), date(2025, 6, 25)]
    tracks = pl.concat(
        flight_tracks(recorded, day).with_columns(pl.col("track") + 1_000_000 * number)
        for number, day in enumerate(days)
    )
    known = (
        airports_from_positions(tracks)
        .join(legs, on="callsign")
        .with_columns(pl.col("airports_icao").str.split("-").alias("leg"))
    )
    blank = known.with_columns(origin=pl.lit(None, pl.String), destination=pl.lit(None, pl.String))
    on_the_way = airports_from_callsigns(blank, legs)["airport_by_callsign"]
    found = {}
    for label, flights in (("all", known), ("on the way", known.filter(on_the_way))):
        for place, end in enumerate(("origin", "destination")):
            given = flights.filter(pl.col(end).is_not_null())
            right = (given[end] == given["leg"].list.get(place)).sum()
            found[label, end] = right / len(given), right / len(flights)
            print(
                f"{label}: {end} given for {len(given)} of {len(flights)} flights with a known route, {right}"
                f" right: precision {right / len(given):.3f}, recall {right / len(flights):.3f}"
            )
    assert found["all", "origin"][0] > 0.88
    assert found["all", "destination"][0] > 0.82
    assert found["on the way", "origin"][0] > 0.96
    assert found["on the way", "destination"][0] > 0.92
    # Most flights of two hours begin and end outside them, or were never heard near the ground.
    assert min(recall for _, recall in found.values()) > 0.27


@pytest.mark.recordings
def test_known_routes_agree_with_the_ends_that_were_hidden_from_them(recorded, recordings):
    routes = pl.read_parquet(recordings / "reference" / "callsign_routes_south_america.parquet")
    sure = airports_from_positions(flight_tracks(recorded, date(2025, 6, 25))).filter(
        pl.col("origin_height_ft") < 1500
    )
    filled = airports_from_callsigns(sure.with_columns(origin=pl.lit(None, pl.String)), routes)
    both = filled.with_columns(truth=sure["origin"]).drop_nulls("origin")
    right = (both["origin"] == both["truth"]).sum()
    print(f"{right} of {len(both)} hidden origins are those of the callsign's route")
    assert right / len(both) > 0.95


@pytest.mark.recordings
def test_days_of_a_recording_share_no_flight_over_midnight(recorded):
    first = track_flights(recorded, date(2025, 6, 21))
    second = track_flights(recorded, date(2025, 6, 22))
    ids = [
        set(zip(made["icao24"].to_pylist(), made["departure_at"].to_pylist(), strict=True))
        for made in (first, second)
    ]
    assert ids[0].isdisjoint(ids[1])
    whole = (
        flight_tracks(
            recorded,
            date(2025, 6, 21),
        ).height
        + flight_tracks(recorded, date(2025, 6, 22)).height
    )
    assert len(ids[0]) + len(ids[1]) == whole
    late = [at for at in first["departure_at"].to_pylist() if at.hour == 23]
    assert max(first["arrival_at"].drop_null().to_pylist()) > max(late) + timedelta(minutes=5)
