"""Published daily counts as they are: six years of Brazil and Europe, from dropped files to demand."""

import shutil
import time
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.daily_demand import daily_demand
from assets.flights import ingest_flight_files
from cli.runs import open_instance, range_tags
from orchestration.demand_history import read_history, small_days
from orchestration.resources.inbox import InboxResource
from orchestration.resources.lake import LakeResource

FILES = {
    "brazil_network": "brazil_network_2019_2024.parquet",
    "brazil_airports": "brazil_airports_2019_2023.parquet",
    "europe_daio": "europe_daio_16_countries_2019_2024.parquet",
}
FIRST, LAST = date(2019, 1, 1), date(2024, 12, 31)


@pytest.mark.recordings
@pytest.mark.slow
def test_six_years_of_89_series_become_demand_and_histories(recordings, tmp_path, monkeypatch):
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    lake = LakeResource(root=str(tmp_path / "lake"))
    inbox = InboxResource(root=str(tmp_path / "inbox"), settled_s=0)
    for provider, name in FILES.items():
        (Path(inbox.root) / provider).mkdir(parents=True)
        shutil.copy(recordings / "daily" / name, Path(inbox.root) / provider)
    began = time.monotonic()
    with open_instance() as instance:
        resources = {"lake": lake, "inbox": inbox}
        assert ingest_flight_files.execute_in_process(resources=resources, instance=instance).success
        read_s = time.monotonic() - began
        done = dg.materialize(
            [daily_demand],
            tags=range_tags(str(FIRST), str(LAST)),
            resources={"lake": lake},
            instance=instance,
        )
        assert done.success
        made_s = time.monotonic() - began - read_s
        assert len(instance.get_materialized_partitions(dg.AssetKey("daily_demand"))) == 2_192
    history = read_history(lake, LAST)
    print(
        f"192,156 counts read in {read_s:.0f} s, 2,192 days of demand made in {made_s:.0f} s, "
        f"their history read in {time.monotonic() - began - read_s - made_s:.1f} s"
    )
    _every_count_has_one_fate(lake, recordings)
    assert (history["date"].min(), history["date"].max()) == (FIRST, LAST)
    assert history.group_by("kind").agg(pl.col("series").n_unique()).sort("kind").rows() == [
        ("country", 80),
        ("network", 1),
    ], "the airports ended a year before"
    assert read_history(lake, date(2023, 12, 31))["series"].n_unique() == 89


def _every_count_has_one_fate(lake: LakeResource, recordings: Path) -> None:
    counts = small_days(lake, "daily_counts", ("kind", "series", "value", "date"), pl.lit(True))
    by_kind = dict(counts.group_by("kind").len().iter_rows())
    assert by_kind == {"network": 2_192, "airport": 14_606, "country": 5 * 35_072 - 2}
    rejected = lake.read("rejected_flights", ["reason", "provider"]).to_pylist()
    assert sorted((row["provider"], row["reason"]) for row in rejected) == [
        ("europe_daio", "overflights is '-3'; expected a whole count of 0 or more"),
        ("europe_daio", "overflights is '-9'; expected a whole count of 0 or more"),
    ]
    demand = small_days(lake, "daily_demand", ("kind", "series", "value", "country", "date"), pl.lit(True))
    assert demand.height == counts.height
    assert demand["country"].null_count() == 0
    flights = pl.read_parquet(recordings / "daily" / FILES["brazil_network"]).sort("date")["flights"]
    brazil = demand.filter(kind="network", series="brazil").sort("date")["value"]
    assert brazil.to_list() == flights.to_list()
