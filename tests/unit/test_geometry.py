"""Boxes."""

from airtraffic.geometry import BoundingBox


def test_a_box_holds_its_edges():
    box = BoundingBox(-60, 15, -90, -30)
    assert box.contains(-60, -90)
    assert box.contains(15, -30)
    assert not box.contains(15.01, -30)
    assert not box.contains(15, -29.99)
