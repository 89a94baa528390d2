"""Hours of hotspots on a real lake, from features that dbt made."""

from datetime import timedelta

import dagster as dg
import pyarrow as pa
import pytest

from airtraffic.hotspots import HotspotParameters
from airtraffic.settings import Settings
from airtraffic.snapshots import state_vectors_table
from airtraffic.tables import POLL_COVERAGE
from assets.clusters import hotspots
from orchestration.check_clusters import check_hotspots
from orchestration.dbt import build_features
from orchestration.hotspots import HotspotConfig
from orchestration.partitions import hour_key
from orchestration.resources.lake import LakeResource
from orchestration.silver import hours_predicate
from tests.unit.cluster_samples import START, simulated

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS = [START, START + HOUR]


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> LakeResource:
    """Two hours of traffic, and the first of them on the day before; each polled once a minute."""
    lake = LakeResource(root=str(tmp_path_factory.mktemp("lake")))
    rows = {
        hour: simulated(2).filter(simulated(2)["snapshot_at"].dt.truncate("1h") == hour) for hour in HOURS
    }
    of_yesterday = rows[START].with_columns(
        rows[START]["snapshot_at"].dt.offset_by("-1d"), rows[START]["date"].dt.offset_by("-1d")
    )
    for hour, part in (*rows.items(), (START - DAY, of_yesterday)):
        lake.replace("state_vectors", state_vectors_table(part), hours_predicate([hour]))
        coverage = {"hour_start": hour, "polls_seen": 60, "coverage": 1.0, "sources": ["simulate"]}
        row = coverage | {"date": hour.date(), "hour": hour.hour}
        lake.append("poll_coverage", pa.Table.from_pylist([row], schema=POLL_COVERAGE.schema))
    build_features(lake, [START - DAY])
    build_features(lake, HOURS)
    return lake


def make(lake: LakeResource, instance: dg.DagsterInstance) -> None:
    tags = {
        "dagster/asset_partition_range_start": hour_key(HOURS[0]),
        "dagster/asset_partition_range_end": hour_key(HOURS[1]),
    }
    assert dg.materialize([hotspots], tags=tags, resources={"lake": lake}, instance=instance).success


def stored(lake) -> pa.Table:
    """Every row, in an order of its own: files of one commit come in any."""
    order = [(column, "ascending") for column in ("hour_start", "kind", "rank")]
    return lake.read("hotspots").sort_by(order).combine_chunks()


def test_hotspots_of_a_span_compare_with_the_days_before_and_are_the_same_when_made_again(lake):
    with dg.DagsterInstance.ephemeral() as instance:
        make(lake, instance)
        rows = stored(lake)
        make(lake, instance)
        assert stored(lake).equals(rows)
        records = instance.fetch_materializations(dg.AssetKey("hotspots"), limit=2).records
    counts = {hour.hour: rows["hour"].to_pylist().count(hour.hour) for hour in HOURS}
    assert all(counts.values())
    for record in records:
        metadata = record.asset_materialization.metadata
        assert metadata["dagster/partition_row_count"].value == counts[int(record.partition_key[11:13])]
        assert metadata["map"].value.startswith("![Clusters and hotspots of 2025-01-15")
    trends = [(row["hour"], row["trend"], row["trend_days"]) for row in rows.to_pylist()]
    # The same hour of the day before was the same traffic; the other hour's day before is not there.
    assert all(trend == pytest.approx(1) and days == 1 for hour, trend, days in trends if hour == START.hour)
    assert all(trend is None and days == 0 for hour, trend, days in trends if hour != START.hour)
    found = check_hotspots(lake, Settings.from_env({}), HOURS)
    assert all(finding.passed for finding in found)


def test_what_can_be_configured_has_the_defaults_of_the_domain():
    parameters = HotspotParameters()
    for name, value in HotspotConfig().model_dump().items():
        assert getattr(parameters, name) == value
