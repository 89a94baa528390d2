"""The automation sensor for tests, tick by tick, and runs that do what it asks."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.definitions import defs
from orchestration.partitions import hour_key

NOW = datetime(2025, 6, 26, 9, 30, tzinfo=UTC)
Asked = dict[str, set[str]]
"""Partitions by asset."""


class Ticks:
    """Ticks half a minute apart, the first of them past.

    Parameters
    ----------
    shown
        Assets that a test looks at; the others are asked for and made all the same. All when None.
    evaluated
        Assets whose conditions are evaluated, of which a tick's time is made. All when None.
    """

    def __init__(
        self,
        instance: dg.DagsterInstance,
        shown: Collection[str] | None = None,
        *,
        evaluated: Collection[str] | None = None,
    ):
        self.instance = instance
        self.shown = shown
        self.evaluated = dg.AssetSelection.assets(*evaluated) if evaluated else None
        self.cursor = None
        self.now = NOW
        self.tick()

    def tick(self) -> Asked:
        """What is asked for, of what is shown."""
        return self._shown(self._tick())

    def _shown(self, asked: Asked) -> Asked:
        return {asset: keys for asset, keys in asked.items() if self.shown is None or asset in self.shown}

    def _tick(self) -> Asked:
        self.now += timedelta(seconds=30)
        result = dg.evaluate_automation_conditions(
            defs=defs,
            instance=self.instance,
            asset_selection=self.evaluated,
            cursor=self.cursor,
            evaluation_time=self.now,
        )
        self.cursor = result.cursor
        asked: Asked = {}
        for one in result.results:
            keys = set(result.get_requested_partitions(one.key)) if one.true_subset.size else set()
            if keys:
                asked[one.key.to_user_string()] = keys
        return asked

    def made(self, asked: Asked) -> None:
        for asset, keys in asked.items():
            self.report(asset, *sorted(keys))

    def report(self, asset: str, *keys: str) -> None:
        for key in keys:
            self.instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=key))

    def traffic(self, *hours: datetime) -> None:
        for hour in hours:
            self.report("state_vectors_raw", hour_key(hour))
            self.report("polls", hour_key(hour))

    def settle(self) -> list[Asked]:
        """Ticks until nothing more is asked for; of each what is shown, if anything."""
        ticks: list[Asked] = []
        while asked := self._tick():
            ticks.append(asked)
            self.made(asked)
            assert len(ticks) < 8, ticks
        return [shown for asked in ticks if (shown := self._shown(asked))]
