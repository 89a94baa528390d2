"""When congestion is counted, forecast and learned from."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pyarrow as pa

from airtraffic.tables import STATE_VECTORS
from orchestration.congestion_clock import nightly_congestion_training
from orchestration.partitions import hour_key
from orchestration.resources.lake import LakeResource
from tests.assets.ticks import NOW, Ticks

HOUR = NOW.replace(minute=0) - timedelta(hours=3)
KEY = hour_key(HOUR)


def test_a_closed_hour_is_forecast_again_when_its_counts_change_and_not_when_a_model_is_trained():
    with dg.DagsterInstance.ephemeral() as instance:
        names = ("congestion_grid", "congestion_forecast")
        ticks = Ticks(instance, names, evaluated=names)
        ticks.traffic(HOUR)
        ticks.report("state_vectors", KEY)
        assert ticks.settle() == [{"congestion_grid": {KEY}, "congestion_forecast": {KEY}}]
        ticks.report("congestion_models", str(HOUR.date() - timedelta(days=1)))
        assert ticks.settle() == []
        ticks.report("congestion_grid", KEY)
        assert ticks.settle() == [{"congestion_forecast": {KEY}}]


def test_models_are_trained_at_night_on_days_with_traffic(tmp_path):
    lake = LakeResource(root=str(tmp_path))
    at = datetime(2025, 6, 26, 2, 30, tzinfo=UTC)
    context = dg.build_schedule_context(scheduled_execution_time=at)
    skipped = nightly_congestion_training(context, lake=lake)
    assert skipped.skip_message == "no traffic on 2025-06-25"
    seen = {"icao24": "e49000", "date": date(2025, 6, 25), "hour": 9}
    lake.append("state_vectors", pa.Table.from_pylist([seen], schema=STATE_VECTORS.schema))
    asked = nightly_congestion_training(context, lake=lake)
    assert (asked.run_key, asked.partition_key) == ("2025-06-25", "2025-06-25")
