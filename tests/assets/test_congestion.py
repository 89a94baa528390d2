"""Congestion on a real lake: the grid, models of a day, and forecasts of the next one."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import pyarrow as pa
import pytest

from airtraffic.report.congestion_section import CongestionDay
from airtraffic.settings import SOUTH_AMERICA
from airtraffic.simulation.simulator import Simulation
from airtraffic.snapshots import snapshots, state_vectors_table
from airtraffic.tables import POLLS, STATE_VECTORS_RAW
from assets.congestion import congestion_forecast, congestion_grid, train_congestion_models
from assets.congestion_search import congestion_search
from orchestration.check_congestion import check_congestion_models
from orchestration.congestion import (
    congestion_settings,
    make_congestion_forecast,
    make_congestion_grid,
    zones_of,
)
from orchestration.congestion_models import NetworkConfig, make_congestion_models
from orchestration.forecast_page import simulations_of
from orchestration.partitions import hour_key
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.silver import hours_predicate
from tests.assets.mlflow_samples import mlflow_below

HOUR = timedelta(hours=1)
START = datetime(2025, 1, 14, 22, tzinfo=UTC)
DAY, NEXT = date(2025, 1, 14), datetime(2025, 1, 15, tzinfo=UTC)
MISSING = {NEXT + timedelta(minutes=m) for m in (20, 21)}
"""Polls that did not come."""
EMPTY = NEXT + timedelta(minutes=40)
"""A poll of an empty sky."""
TINY = {"epochs": 2, "hidden": 4, "presence_rows": 4000}
AT = pl.Datetime("us", "UTC")


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> LakeResource:
    """Two hours of a day and the first one and a half of the next, a poll a minute; two missing, one empty."""
    lake = LakeResource(root=str(tmp_path_factory.mktemp("lake")))
    raw, polls = [], []
    for poll in Simulation(start=START, hours=3.5, aircraft=60, seed=3).polls():
        at = datetime.fromtimestamp(poll.snapshot_at, UTC)
        if at in MISSING:
            continue
        polls.append({"snapshot_at": at, "source": "simulate", "interval_s": 60.0, "date": at.date()})
        if at != EMPTY:
            raw.append(pl.from_arrow(poll.table).with_columns(snapshot_at=pl.lit(at, AT)))
    kept = pl.concat(raw, how="vertical_relaxed").with_columns(
        source=pl.lit("simulate"), ingested_at=pl.lit(NEXT), date=pl.col("snapshot_at").dt.date()
    )
    missing = [
        pl.lit(None).alias(name) for name in STATE_VECTORS_RAW.schema.names if name not in kept.columns
    ]
    hours = [START + n * HOUR for n in range(4)]
    silver = snapshots(kept.with_columns(missing), hours)
    for hour in hours:
        part = silver.filter(pl.col("snapshot_at").dt.truncate("1h") == hour)
        lake.replace("state_vectors", state_vectors_table(part), hours_predicate([hour]))
    lake.append("polls", pa.Table.from_pylist(polls, schema=POLLS.schema))
    make_congestion_grid(lake, hours[:2])
    make_congestion_grid(lake, hours[2:])
    return lake


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory) -> MlflowResource:
    return mlflow_below(tmp_path_factory.mktemp("mlflow") / "own")


@pytest.fixture(scope="module")
def trained(lake, mlflow) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [train_congestion_models],
        partition_key=str(DAY),
        resources={"lake": lake, "mlflow": mlflow},
        run_config={"ops": {"train_congestion_models": {"config": TINY}}},
        instance=dg.DagsterInstance.ephemeral(),
    )


@pytest.fixture(scope="module")
def published(lake, trained) -> pl.DataFrame:
    """Forecasts of the second day's polls."""
    make_congestion_forecast(lake, [NEXT, NEXT + HOUR])
    return forecasts(lake)


learned = ~pl.col("reason").str.contains("has not learned this zone")


def every_zone(day: date) -> int:
    """Quadrants and sectors of a day."""
    return 4 + len(zones_of(congestion_settings(), SOUTH_AMERICA, day)["sectors"].sectors)


def zones_by_poll(made: pl.DataFrame) -> list[int]:
    """Numbers of quadrants and sectors with rows that any poll and horizon has."""
    by_poll = made.filter(pl.col("zones") != "cells").group_by("issued_at", "horizon").len()
    return by_poll["len"].unique().to_list()


def rows(lake: LakeResource, name: str, *where, by: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lake.read(name, where=list(where)))).sort(by)


def forecasts(lake: LakeResource) -> pl.DataFrame:
    """Of the second day, in an order of its own."""
    day = ("date", "=", NEXT.date())
    return rows(lake, "congestion_forecast", day, by=("zones", "issued_at", "zone", "horizon"))


def test_an_empty_sky_is_zeros_and_a_missing_poll_is_no_row(lake):
    grid = rows(lake, "congestion_grid", ("date", "=", NEXT.date()), by=("snapshot_at", "zones", "zone"))
    polled = set(grid["snapshot_at"])
    assert len(polled) == 90 - len(MISSING)
    assert not polled & MISSING
    empty = grid.filter(pl.col("snapshot_at") == EMPTY)
    assert empty["zones"].unique().sort().to_list() == ["cells", "quadrants", "sectors"]
    assert empty["aircraft"].sum() == 0
    assert empty["speed_kmh"].is_null().all()
    airborne = rows(lake, "state_vectors", ("date", "=", NEXT.date()), by=("snapshot_at",)).filter(
        ~pl.col("on_ground"), pl.col("latitude").is_not_null()
    )
    for kind in ("quadrants", "cells"):
        assert grid.filter(pl.col("zones") == kind)["aircraft"].sum() == airborne.height
    # Of each kind every poll has the same zones, of cells those that this hour or the one before it visited.
    by_hour = grid.group_by("zones", "hour", "snapshot_at").len().group_by("zones", "hour")
    assert (by_hour.agg(pl.col("len").n_unique())["len"] == 1).all()
    assert grid["sources"].to_list()[0] == ["simulate"]


def test_the_last_count_is_published_before_a_model_is_trained_and_says_so(lake):
    first = make_congestion_forecast(lake, [START])
    made = pl.DataFrame(pl.from_arrow(first))
    assert made["model"].unique().to_list() == ["persistence"]
    assert made["zones"].unique().sort().to_list() == ["cells", "quadrants", "sectors"]
    assert "no model" in made["reason"][0]
    assert made["trained_to"].is_null().all()
    assert (made["upper"] > made["lower"]).all()
    assert (made["mean"] == made["aircraft"]).all()
    assert zones_by_poll(made) == [every_zone(DAY)]


def test_a_day_of_models_says_what_is_published_why_and_how_good_it_was(lake, mlflow, trained):
    assert trained.success
    models = rows(lake, "congestion_models", by=("zones",))
    assert models["zones"].to_list() == ["cells", "quadrants", "sectors"]
    for row in models.to_dicts():
        assert row["trained_from"] == START
        assert START + HOUR < row["trained_to"] < row["judged_to"] == NEXT - timedelta(minutes=1)
        assert all(len(each["reason"]) > 20 for each in row["published"])
    backtests = rows(lake, "congestion_backtests", by=("zone_group", "model", "horizon"))
    assert set(backtests["model"]) == {"lstm", "persistence", "zeros", "training_median"}
    for (group, far), judged in backtests.group_by("zone_group", pl.col("horizon") == 30):
        assert judged.filter("published")["model"].n_unique() == 1, group
        if far:
            assert judged.filter("published")["vs_best"].max() <= 1
            continue
        published = judged.filter("published", pl.col("horizon") == 3).row(0, named=True)
        assert published["vs_best"] <= 1
        assert published["cases"] > 0
    assert backtests.filter(pl.col("horizon") == 30)["flat_base_rate"].is_not_null().any()
    metadata = trained.asset_materializations_for_node("train_congestion_models")[0].metadata
    assert metadata["quadrants_expected_and_came"].value.startswith("![lstm, quadrants")
    assert metadata["mlflow_run"].value.startswith("http://127.0.0.1:5050/#/experiments/")


def test_training_again_gives_the_same_rows_and_the_same_run(lake, mlflow, trained):
    names = ("congestion_models", "congestion_backtests")
    before = [lake.read(name).to_pylist() for name in names]
    make_congestion_models(lake, mlflow, DAY, {}, NetworkConfig(**TINY).settings())
    assert [lake.read(name).to_pylist() for name in names] == before
    client = mlflow.client()
    experiment = client.get_experiment_by_name("congestion").experiment_id
    (run,) = client.search_runs([experiment])
    assert run.data.params["hidden"] == "4"
    assert "quadrants/lstm/mae" in run.data.metrics
    course = client.get_metric_history(run.info.run_id, "quadrants/course/validation.0")
    assert [each.step for each in course] == [0, 1, 2]
    promoted = any(each["promoted"] for row in before[0] for each in row["published"])
    names = [model.name for model in client.search_registered_models()]
    assert names == (["airtraffic-congestion"] if promoted else [])
    if promoted:
        champion = client.get_model_version_by_alias("airtraffic-congestion", "champion")
        assert champion.run_id == run.info.run_id == before[0][0]["mlflow_run_id"]


def test_every_poll_is_forecast_from_what_was_known_with_the_newest_earlier_model(lake, published):
    made = published
    assert made["issued_at"].n_unique() == 90 - len(MISSING)
    assert made["horizon"].unique().sort().to_list() == [1, 2, 3, 30]
    assert (made["trained_to"] < NEXT).all()
    assert zones_by_poll(made) == [every_zone(NEXT.date())]
    made = made.filter(learned)
    assert (made["target_at"] - made["issued_at"] == made["horizon"] * timedelta(minutes=1)).all()
    far = made.filter(pl.col("horizon") == 30)
    assert (far["significant"] == (far["direction"] != "flat")).all()
    assert made.filter(pl.col("horizon") < 30)["direction"].is_null().all()
    after_gap = made.filter(pl.col("issued_at") == max(MISSING) + timedelta(minutes=1))
    # A baseline needs no window.
    waits = after_gap.filter(pl.col("model") == "lstm")
    assert set(waits["basis"]) | {"persistence"} == {"persistence"}
    published = {
        each
        for row in lake.read("congestion_models").to_pylist()
        for each in [(row["zones"], item["model"]) for item in row["published"]]
    }
    near = made.filter(pl.col("horizon") < 30)
    assert set(near.select("zones", "model").unique().iter_rows()) == published
    assert far.filter(pl.col("model") != "lstm")["direction"].unique().to_list() in ([], ["flat"])
    assert far.filter(~pl.col("reason").str.contains("30 polls|at this horizon")).is_empty()


def test_every_forecast_of_a_model_has_the_coverage_of_its_backtest_beside_its_interval(lake, published):
    backtests = rows(lake, "congestion_backtests", ("date", "=", DAY), by=("zone_group", "model", "horizon"))
    said = backtests.select("zones", "horizon", "coverage", basis="model", zone_group="zone_group")
    quadrants = published.filter(learned, pl.col("zones") == "quadrants")
    compared = quadrants.join(said, on=["zones", "horizon", "basis"], how="left")
    assert compared.filter(pl.col("horizon") <= 3)["backtest_coverage"].is_not_null().all()
    assert compared["backtest_coverage"].eq_missing(compared["coverage"]).all()
    assert published.filter(~learned)["backtest_coverage"].is_null().all()


def test_a_later_poll_changes_no_forecast_that_was_issued_before_it(lake, published, tmp_path):
    early = LakeResource(root=str(tmp_path / "lake"))
    until = NEXT + timedelta(minutes=31)
    for name in ("state_vectors", "polls", "congestion_models"):
        table = lake.read(name)
        if name != "congestion_models":
            known = pl.Series(table["snapshot_at"]) < until
            table = table.filter(pa.array(known.to_list()))
        early.append(name, table)
    make_congestion_grid(early, [NEXT])
    make_congestion_forecast(early, [NEXT])
    assert forecasts(early).equals(published.filter(pl.col("issued_at") < until))


def test_poll_by_poll_and_as_a_whole_hour_are_the_same(lake, published, tmp_path):
    whole = published.filter(pl.col("hour") == 0)
    growing = LakeResource(root=str(tmp_path / "lake"))
    tables = {name: lake.read(name) for name in ("state_vectors", "polls")}
    growing.append("congestion_models", lake.read("congestion_models"))
    for until in (35, 60):
        for name, table in tables.items():
            known = pl.Series(table["snapshot_at"]) < NEXT + timedelta(minutes=until)
            dates = f"date <= '{NEXT.date()}'"
            growing.replace(name, table.filter(pa.array(known.to_list())), dates)
        make_congestion_grid(growing, [NEXT])
        make_congestion_forecast(growing, [NEXT], anew=False)
    assert forecasts(growing).equals(whole)
    judged = lake.read("congestion_models").to_pylist()
    for row in judged:
        words = json.loads(row["words"])
        words["decisions"] = [{**each, "reason": "judged again"} for each in words["decisions"]]
        row["words"] = json.dumps(words)
    again = pa.Table.from_pylist(judged, schema=lake.read("congestion_models").schema)
    growing.replace("congestion_models", again, f"date = '{DAY}'")
    make_congestion_forecast(growing, [NEXT], anew=False)
    told = forecasts(growing).filter(learned, pl.col("horizon") < 30)
    assert told["reason"].unique().to_list() == ["judged again"]


def test_assets_of_a_span_of_hours_show_their_rows_and_make_the_same_again(lake, published):
    tags = {
        "dagster/asset_partition_range_start": hour_key(NEXT),
        "dagster/asset_partition_range_end": hour_key(NEXT + HOUR),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize(
            [congestion_grid, congestion_forecast], tags=tags, resources={"lake": lake}, instance=instance
        )
        assert made.success
        records = instance.fetch_materializations(dg.AssetKey("congestion_forecast"), limit=2).records
    assert forecasts(lake).equals(published)
    counts = {
        hour_key(NEXT + hour * HOUR): published.filter(pl.col("hour") == hour).height for hour in (0, 1)
    }
    found = {
        record.partition_key: record.asset_materialization.metadata["dagster/partition_row_count"].value
        for record in records
    }
    assert found == counts


def test_the_check_compares_a_day_of_forecasts_with_what_came(lake, published):
    (finding,) = check_congestion_models(lake, None, [NEXT.date()])
    assert finding.check == "congestion_forecast_holds"
    assert "coverage" in finding.description or "no model's forecasts" in finding.description
    assert finding.metadata["expected_and_came"].value.startswith("![forecasts of 2025-01-15")
    (nothing,) = check_congestion_models(lake, None, [date(2024, 1, 1)])
    assert nothing.passed
    assert "no model's forecasts" in nothing.description


def test_the_report_simulates_half_hours_with_the_models_that_the_forecasts_are_of(lake, published):
    said = published.with_columns(model=pl.lit("lstm"))
    of = CongestionDay(NEXT.date(), said, *[said.clear()] * 3)
    made = simulations_of(lake, of)
    assert set(made) == {"quadrants", "sectors", "cells"}
    for rows_ in made.values():
        one = rows_.filter(pl.col("zone") == pl.col("zone").first())
        # Six polls after those that are missing, and half an hour before the end of the hour.
        since = NEXT + timedelta(minutes=27)
        assert one["issued_at"].unique().sort().to_list() == [
            since + n * timedelta(minutes=1) for n in range(3)
        ]
        assert one.height == 3 * 31
        assert (
            one.filter(pl.col("at") == pl.col("issued_at"))
            .select((pl.col("simulated") == pl.col("came")).all())
            .item()
        )
    other = said.with_columns(trained_to=pl.lit(NEXT))
    assert simulations_of(lake, replace(of, issued=other)) == {}, "trained again since: another model"


def test_hyper_parameters_are_tried_as_child_runs_and_the_best_is_named(lake, mlflow, trained):
    config = {"day": str(DAY), "configurations": 2, "epochs": 1, "presence_rows": 4000}
    done = congestion_search.execute_in_process(
        run_config={"ops": {"congestion_search": {"config": config}}},
        resources={"lake": lake, "mlflow": mlflow},
    )
    assert done.success
    client = mlflow.client()
    experiment = client.get_experiment_by_name("congestion").experiment_id
    (parent,) = client.search_runs([experiment], "tags.search = 'congestion' and tags.best_run_id != ''")
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert len(children) == 2
    assert sum(run.data.tags.get("best") == "true" for run in children) == 1
    assert {run.data.params["dropout"] for run in children} == {"0.2"}
    for run in (parent, *children):
        assert run.data.tags["airtraffic/data_version"].startswith("state_vectors ")
        assert run.data.tags["airtraffic/code_version"]
