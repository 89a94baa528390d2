"""What the open hour's run makes of congestion."""

from datetime import UTC, datetime, timedelta

from assets.open_hour import by_closing

HOUR = timedelta(hours=1)
OPEN = datetime(2025, 1, 15, 1, tzinfo=UTC)


def test_a_closed_hour_is_made_as_a_whole_also_beside_the_open_one():
    now = OPEN + timedelta(minutes=3)
    assert by_closing([OPEN - HOUR, OPEN], now) == [([OPEN - HOUR], True), ([OPEN], False)]
    assert by_closing([OPEN], now) == [([OPEN], False)]
    assert by_closing([OPEN], OPEN + HOUR) == [([OPEN], True)]
