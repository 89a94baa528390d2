"""Capacity: the circular's and the Brazilian method's golden numbers, and their errors."""

import pytest

from airtraffic.capacity import (
    adjusted_capacity,
    brazilian_hourly_capacity,
    brazilian_simultaneous_capacity,
    capped,
    hourly_capacity,
    hourly_capacity_from_rounded,
    simultaneous_capacity,
)
from airtraffic.errors import CapacityError
from airtraffic.sector_capacity import sector_capacity
from airtraffic.sector_values import CapacityMethod

GOLDEN = {1680: 32.3, 1980: 38.1, 2520: 48.46, 3120: 60}


@pytest.mark.parametrize(("tps_s", "scv"), GOLDEN.items())
def test_the_circulars_simultaneous_capacities(tps_s, scv):
    assert simultaneous_capacity(tps_s, 40) == pytest.approx(scv, abs=0.05)


@pytest.mark.parametrize("tps_s", GOLDEN)
def test_the_time_in_sector_cancels_out_of_the_hourly_capacity(tps_s):
    made = sector_capacity("X", tps_s, 40, 1.0)
    assert made.ch_per_h == hourly_capacity(40) == pytest.approx(69.230769, abs=1e-6)
    assert 3600 * simultaneous_capacity(tps_s, 40) / tps_s == pytest.approx(made.ch_per_h)


def test_what_the_circular_prints_is_its_rounding_of_scv():
    printed = [hourly_capacity_from_rounded(tps_s, 40) for tps_s in GOLDEN]
    assert [68 <= each < 69.5 for each in printed] == [True] * 4
    made = sector_capacity("X", 1680, 40, 1.0, options=CapacityMethod(rounded=True))
    assert (made.scv, made.ch_per_h) == (32, printed[0]), "CH comes from the SCV that is published"


def test_the_brazilian_method_with_and_without_rounding():
    assert brazilian_simultaneous_capacity(1200, 8, 23) == pytest.approx(4.239, abs=5e-4)
    assert brazilian_hourly_capacity(1200, 8, 23) == pytest.approx(12.72, abs=5e-3)
    assert brazilian_simultaneous_capacity(1200, 8, 23, rounded=True) == 4
    assert brazilian_hourly_capacity(1200, 8, 23, rounded=True) == 12
    assert brazilian_simultaneous_capacity(1300, 8, 23, 0.65, rounded=True) == 5, "4.59: first decimal 5"
    made = sector_capacity("X", 1200, 40, 1.0, options=CapacityMethod(method="brazil", rounded=True))
    assert (made.scv, made.ch_per_h) == (4, 12)


def test_the_cap_is_off_and_noted_unless_asked_for():
    assert "cap_would_bind" in sector_capacity("X", 1680, 40, 1.0).notes
    assert sector_capacity("X", 1200, 40, 1.0).notes == ()
    made = sector_capacity("X", 1680, 40, 0.5, options=CapacityMethod(cap_40_per_h=True))
    assert (made.ch_per_h, made.ch_adjusted_per_h, made.per_15_min) == (40, 20, 5)
    assert made.notes == ("low_reduction_factor", "cap_applied")
    assert capped(69, None) == 69


def test_without_flights_there_is_an_hourly_capacity_and_no_scv():
    made = sector_capacity("X", None, 40, 0.9)
    assert made.scv is None
    assert made.ch_adjusted_per_h == pytest.approx(62.3077, abs=1e-4)
    assert made.notes == ("no_flights_in_window",)
    brazil = sector_capacity("X", None, 40, 1.0, options=CapacityMethod(method="brazil"))
    assert brazil.ch_per_h == pytest.approx(12.72, abs=5e-3)
    rounded = sector_capacity("X", None, 40, 1.0, options=CapacityMethod(rounded=True))
    assert (rounded.ch_per_h, rounded.ch_adjusted_per_h) == (None, None), "rounding needs a TPS"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sector_capacity("BR-X", 0, 40, 0.9), "sector 'BR-X': TPS is 0; expected more than 0 s"),
        (lambda: sector_capacity("BR-X", float("nan"), 40, 0.9), "sector 'BR-X': TPS is nan"),
        (lambda: sector_capacity("BR-X", 1680, -1, 0.9), "sector 'BR-X': TFC is -1"),
        (lambda: sector_capacity("BR-X", None, 0, 0.9), "sector 'BR-X': TFC is 0"),
        (lambda: sector_capacity("BR-X", 1680, 40, 0), "sector 'BR-X': R is 0"),
        (lambda: sector_capacity("BR-X", 1680, 40, 1.01), "sector 'BR-X': R is 1.01"),
        (lambda: adjusted_capacity(60, -0.1), "R is -0.1"),
        (lambda: hourly_capacity(40, 0.9), "beta is 0.9"),
        (lambda: brazilian_hourly_capacity(1200, 0, 23), "n is 0"),
        (lambda: brazilian_hourly_capacity(1200, 8, 23, 1.5), "phi is 1.5"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_sector(make, said):
    with pytest.raises(CapacityError) as error:
        make()
    assert said in str(error.value)
