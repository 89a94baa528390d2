"""The interval that a day's credits allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airtraffic.credits import DAILY_CREDITS, STEP_S, budget, cost_of
from airtraffic.errors import ConfigurationError
from airtraffic.geometry import BoundingBox

SOUTH_AMERICA = BoundingBox(-60, 15, -90, -30)


@pytest.mark.parametrize(("account", "interval_s"), [("anonymous", 870), ("standard", 90), ("feeder", 50)])
def test_south_america_is_polled_as_often_as_the_account_pays_for(account, interval_s):
    assert budget(SOUTH_AMERICA, DAILY_CREDITS[account]).interval_s == interval_s


def test_a_small_box_is_cheaper_and_polled_more_often():
    assert budget(BoundingBox(45, 48, 5, 11), 4000).interval_s == 30


@given(st.integers(4, 100_000), st.floats(0.1, 180), st.floats(0.1, 360))
def test_the_credits_last_the_day_and_the_next_shorter_step_would_not(credits, height, width):
    allowed = budget(BoundingBox(-90, -90 + height, -180, -180 + width), credits)
    assert 86_400 / allowed.interval_s * allowed.cost <= credits + 1e-9
    shorter = allowed.interval_s - STEP_S
    assert shorter <= 0 or 86_400 / shorter * allowed.cost > credits


def test_the_budget_says_what_was_computed():
    assert str(budget(SOUTH_AMERICA, 4000)) == (
        "a box of 4,500 square degrees costs 4 credits a poll; 4,000 credits a day allow 1,000 polls, "
        "one every 86.4 s, rounded up to 90 s"
    )


def test_credits_that_do_not_pay_for_one_poll_are_an_error_that_says_so():
    with pytest.raises(ConfigurationError, match="3 credits a day do not pay for one poll"):
        budget(SOUTH_AMERICA, 3)


@given(st.floats(0, 64_800), st.floats(0, 64_800))
def test_a_bigger_box_never_costs_less(one, other):
    assert cost_of(min(one, other)) <= cost_of(max(one, other))
