"""What a late flight makes again of the sectors' tables, and what it does not."""

from datetime import date, timedelta

import dagster as dg

from airtraffic.sector_tables import SECTOR_TABLES
from orchestration.definitions import defs
from tests.assets.ticks import Asked, Ticks

DAY = date(2024, 3, 4)
SECTORS = {table.name for table in SECTOR_TABLES}


class SectorTicks(Ticks):
    """Only the sectors' tables are looked at."""

    def _tick(self) -> Asked:
        self.now += timedelta(seconds=30)
        result = dg.evaluate_automation_conditions(
            defs=defs,
            instance=self.instance,
            cursor=self.cursor,
            evaluation_time=self.now,
            asset_selection=dg.AssetSelection.groups("sectors"),
        )
        self.cursor = result.cursor
        wanted = {one.key: result.get_requested_partitions(one.key) for one in result.results}
        return {key.to_user_string(): set(days) for key, days in wanted.items() if days}


def keys(first: int, last: int) -> set[str]:
    return {(DAY + timedelta(days=n)).isoformat() for n in range(first, last + 1)}


def asked(ticks: SectorTicks) -> dict[str, set[str]]:
    """All that is asked for until nothing more is."""
    found: dict[str, set[str]] = {}
    for tick in ticks.settle():
        for name, days in tick.items():
            found[name] = found.get(name, set()) | days
    return found


def test_a_late_flight_makes_the_days_beside_it_again_and_not_ninety_days_of_capacity():
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = SectorTicks(instance)
        ticks.report("flights", DAY.isoformat())
        found = asked(ticks)
        assert set(found) == SECTORS - {"sector_complexity", "critical_flights"}, "no poll came"
        assert set().union(*found.values()) == keys(0, 0), "no other day is brought into being"

        ticks.report("flights", *(keys(-2, 2) | keys(40, 40)))
        assert asked(ticks)["sector_capacity"] == keys(-2, 2) | keys(40, 40)

        ticks.report("flights", DAY.isoformat())
        found = asked(ticks)
        assert found["sector_flights"] == keys(0, 0)
        assert found["sector_entries"] == keys(-1, 0), (
            "the hour before midnight counts entries of the next day"
        )
        assert found["sector_occupancy"] == keys(0, 1), "who is in the air at midnight is in both days"
        assert found["sector_capacity"] == found["peak_hours"] == keys(0, 1)
        assert set().union(*found.values()) <= keys(-2, 2)
