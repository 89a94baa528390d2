"""Which sectors congestion is counted in, by day."""

from datetime import date

from airtraffic.congestion_settings import CongestionSettings
from airtraffic.settings import SOUTH_AMERICA
from orchestration.congestion import zones_of
from orchestration.sectors import load_sectors


def test_sectors_are_those_that_hold_on_the_day():
    first = min(sector.valid_from for sector in load_sectors().sectors)
    assert list(zones_of(CongestionSettings(), SOUTH_AMERICA, date(2009, 1, 1))) == ["quadrants", "cells"]
    then = zones_of(CongestionSettings(), SOUTH_AMERICA, first)["sectors"]
    assert {each.id for each in then.sectors} == {each.id for each in load_sectors().on(first, "airspace")}
