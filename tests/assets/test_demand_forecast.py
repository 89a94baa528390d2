"""Training and forecasts on a real lake and a real MLflow: what is published, and that it stays so."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from airtraffic.forecasting.files import load
from airtraffic.forecasting.scores import NAIVE
from assets.checks import evaluations
from assets.demand_forecast import demand_forecast, forecast_accuracy
from assets.demand_models import demand_models
from orchestration.code_version import code_version
from orchestration.demand_forecast import make_demand_forecast, trained_days
from orchestration.demand_models import make_demand_models
from orchestration.forecast_accuracy import make_forecast_accuracy
from orchestration.forecast_clock import daily_forecast, weekly_training
from orchestration.mlflow_runs import CHAMPION, SUPERSEDED
from orchestration.resources.lake import LakeResource
from sensors.forecast_drift import due
from tests.assets.demand_samples import FIRST, demand, lake_of, write_demand
from tests.assets.mlflow_samples import mlflow_below
from tests.assets.ticks import Ticks

DAYS = 110
TRAINED = FIRST + timedelta(days=77)
LAST = FIRST + timedelta(days=DAYS - 1)


def run(assets, lake, key: str, last: str | None = None, **resources):
    tags = {"dagster/asset_partition_range_start": key, "dagster/asset_partition_range_end": last}
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            assets,
            resources={"lake": lake, **resources},
            instance=instance,
            **({"tags": tags} if last else {"partition_key": key}),
        )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A lake of 110 days with models of the 78th, its MLflow, and what Dagster was told of the training."""
    folder = tmp_path_factory.mktemp("demand")
    lake, mlflow = lake_of(folder / "lake", demand(DAYS)), mlflow_below(folder / "mlflow")
    done = run([demand_models], lake, str(TRAINED), mlflow=mlflow)
    told = {
        event.asset_key.to_user_string(): event.metadata
        for event in done.asset_materializations_for_node("train_demand_models")
    }
    return lake, mlflow, told


@pytest.fixture
def lake(trained, tmp_path) -> LakeResource:
    shutil.copytree(trained[0].root, tmp_path / "lake")
    return LakeResource(root=str(tmp_path / "lake"))


def frame(lake: LakeResource, name: str, **where) -> pl.DataFrame:
    filters = [(column, "=", value) for column, value in where.items()]
    return pl.DataFrame(pl.from_arrow(lake.read(name, where=filters)))


def issued(lake: LakeResource, day: date) -> pl.DataFrame:
    return frame(lake, "demand_forecast", date=day).sort("kind", "series", "horizon")


def test_a_training_is_three_tables_a_run_and_the_champion_version(trained):
    lake, mlflow, told = trained
    (row,) = lake.read("demand_models").to_pylist()
    assert (row["date"], row["series"], row["history_from"]) == (TRAINED, 2, FIRST)
    assert load(row["files"], row["words"]).keys() >= {NAIVE, "auto_ets", "demand_forest", "blend"}
    champions = frame(lake, "demand_champions")
    assert set(champions.select("kind", "series").iter_rows()) == {("network", "brazil"), ("airport", "SKBO")}
    assert (champions["origins"] == 6).all()
    backtests = frame(lake, "forecast_backtests")
    assert backtests.height == 2 * 6 * 30
    assert backtests.filter(pl.col("champion")).height == 2 * 30

    client = mlflow.client()
    experiment = client.get_experiment_by_name("demand").experiment_id
    (made,) = client.search_runs([experiment])
    assert (made.info.run_id, made.info.status) == (row["mlflow_run_id"], "FINISHED")
    tags = made.data.tags
    assert tags["dagster/asset_key"] == "demand_models"
    assert tags["dagster/partition"] == str(TRAINED)
    assert tags["airtraffic/data_version"] == str(row["data_version"])
    assert tags["airtraffic/code_version"] == row["code_version"]
    assert made.data.params["demand_forest/trees"] == "100"
    assert {"mae_vs_naive", "mae_vs_naive_worst", "mape/airport", "mape/network"} <= made.data.metrics.keys()
    version = client.get_model_version_by_alias("airtraffic-demand", CHAMPION)
    assert (str(version.version), version.run_id) == (row["mlflow_version"], row["mlflow_run_id"])
    files = {path.name: path for path in Path(mlflow.artifacts).rglob("*") if path.is_file()}
    assert files.keys() >= {"models.safetensors", "models.json", "backtest.png"}
    assert {Path(name).suffix for name in files}.isdisjoint({".pkl", ".pickle", ".joblib"})
    stored = load(files["models.safetensors"].read_bytes(), files["models.json"].read_text())
    assert stored.keys() == set(json.loads(row["words"])["models"])

    url = f"http://127.0.0.1:5050/#/experiments/{experiment}/runs/{made.info.run_id}"
    assert told["demand_models"]["mlflow_run"].value == url
    assert "](data:image/png;base64," in told["demand_models"]["error_by_horizon"].value
    assert told["forecast_backtests"]["dagster/partition_row_count"].value == 2 * 6 * 30


def test_a_training_made_again_after_later_days_came_is_the_same_row_and_run(lake, trained, tmp_path):
    shutil.copytree(Path(trained[1].artifacts).parent, tmp_path / "mlflow")
    mlflow = trained[1].model_copy(
        update={
            "tracking_uri": f"sqlite:///{tmp_path}/mlflow/mlflow.db",
            "artifacts": str(tmp_path / "mlflow/artifacts"),
        }
    )
    tables = ("demand_models", "demand_champions", "forecast_backtests")
    before = {name: lake.read(name).to_pylist() for name in tables}
    write_demand(lake, demand(DAYS + 5))
    made = make_demand_models(lake, mlflow, TRAINED, {})
    assert made.recorded.reused
    assert {name: lake.read(name).to_pylist() for name in tables} == before

    write_demand(lake, demand(DAYS).with_columns(pl.col("value") + 50))
    other = make_demand_models(lake, mlflow, TRAINED, {})
    client = mlflow.client()
    assert not other.recorded.reused
    old = client.get_run(before["demand_models"][0]["mlflow_run_id"])
    assert old.data.tags[SUPERSEDED] == other.recorded.run_id
    assert str(client.get_model_version_by_alias("airtraffic-demand", CHAMPION).version) == "2"


def test_too_short_a_history_trains_nothing_and_says_why(tmp_path):
    mlflow = mlflow_below(tmp_path / "mlflow")
    lake = lake_of(tmp_path / "lake", demand(20))
    done = run([demand_models], lake, str(FIRST + timedelta(days=19)), mlflow=mlflow)
    assert done.success
    told = done.asset_materializations_for_node("train_demand_models")
    (why,) = [event.metadata["not_trained"].value for event in told if "not_trained" in event.metadata]
    assert why.startswith("too little is known up to 2025-01-20")
    assert lake.read("demand_models").num_rows == 0
    assert mlflow.client().search_model_versions("name = 'airtraffic-demand'") == []


def test_each_series_is_forecast_by_its_champion_with_what_its_backtest_was(lake):
    day = TRAINED + timedelta(days=2)
    done = run([demand_forecast], lake, str(day))
    rows = issued(lake, day)
    assert rows.height == 2 * 30
    assert (
        rows["target_date"] == rows["date"] + pl.Series([timedelta(days=h) for h in rows["horizon"]])
    ).all()
    assert set(rows["trained_to"]) == {TRAINED}
    champions = frame(lake, "demand_champions").select("kind", "series", "champion", "reason")
    said = rows.select("kind", "series", "model", "reason").unique()
    assert sorted(said.iter_rows()) == sorted(champions.iter_rows())
    assert rows["backtest_mape"].null_count() == 0
    assert rows["sources"].to_list() == [["file"]] * rows.height
    (told,) = done.asset_materializations_for_node("demand_forecast")
    assert "](data:image/png;base64," in told.metadata["forecasts"].value
    assert told.metadata["trained_to"].value == str(TRAINED)


def test_before_any_training_and_for_a_new_series_there_is_the_naive_and_it_says_why(lake):
    before, after = TRAINED - timedelta(days=10), TRAINED + timedelta(days=30)
    make_demand_forecast(lake, [before])
    rows = issued(lake, before)
    assert set(rows.select("model", "reason", "trained_to").iter_rows()) == {
        (NAIVE, "no model has been trained yet", None)
    }
    make_demand_forecast(lake, [after])
    new = issued(lake, after).filter(pl.col("series") == "SKRG")
    assert new.height == 30
    assert set(new["model"]) == {NAIVE}
    assert new["reason"][0].startswith(f"unknown to the models of {TRAINED}")
    assert (new["upper"] > new["mean"]).all()


def test_a_span_gives_what_each_day_gives_alone_however_often_it_is_made(lake):
    days = [TRAINED + timedelta(days=n) for n in range(-4, 8)]
    run([demand_forecast], lake, str(days[0]), str(days[-1]))
    together = {day: issued(lake, day) for day in days}
    assert all(rows.height >= 60 for rows in together.values())
    for day in (days[0], days[4], days[-1]):
        make_demand_forecast(lake, [day])
        assert issued(lake, day).equals(together[day])
    make_demand_forecast(lake, days)
    assert all(issued(lake, day).equals(rows) for day, rows in together.items())


def test_what_came_later_changes_no_earlier_forecast(lake):
    day = TRAINED + timedelta(days=5)
    make_demand_forecast(lake, [day])
    before = issued(lake, day)
    write_demand(
        lake,
        demand(DAYS).with_columns(pl.when(pl.col("date") > day).then(7.0).otherwise("value").alias("value")),
    )
    make_demand_forecast(lake, [day, day + timedelta(days=1)])
    assert issued(lake, day).equals(before)
    assert not issued(lake, day + timedelta(days=1))["mean"].equals(before["mean"])


def test_counts_that_were_first_published_later_do_not_reach_back(lake):
    """From the day of the first published count on, the counted flights of an airport are worth nothing."""
    day = TRAINED + timedelta(days=5)
    published = (pl.col("series") == "SKBO") & (pl.col("date") > day)
    rows = demand(DAYS).with_columns(basis=pl.when(published).then(pl.lit("counts")).otherwise("basis"))
    make_demand_forecast(lake, [day])
    before = issued(lake, day)
    write_demand(lake, rows)
    make_demand_forecast(lake, [day + timedelta(days=n) for n in range(-2, 5)])
    assert issued(lake, day).equals(before)
    assert "SKBO" not in set(issued(lake, day + timedelta(days=1))["series"])


def test_a_day_of_which_nothing_is_known_yet_is_forecast_from_the_days_before(lake):
    day = LAST + timedelta(days=2)
    make_demand_forecast(lake, [day])
    rows = issued(lake, day)
    assert rows["target_date"].min() == day + timedelta(days=1)
    assert rows.height == 3 * 30
    far = LAST + timedelta(days=60)
    make_demand_forecast(lake, [far])
    assert issued(lake, far).is_empty(), "a series that fell silent is not forecast"


@pytest.fixture(scope="module")
def came(trained, tmp_path_factory):
    """Forecasts of three weeks, and what became of them."""
    folder = tmp_path_factory.mktemp("came")
    shutil.copytree(trained[0].root, folder / "lake")
    lake = LakeResource(root=str(folder / "lake"))
    days = [TRAINED + timedelta(days=n) for n in range(21)]
    make_demand_forecast(lake, days)
    done = run([forecast_accuracy], lake, str(days[0]), str(days[-1] + timedelta(days=1)))
    return lake, days, done.asset_materializations_for_node("forecast_accuracy")


def test_every_forecast_of_a_day_meets_what_came(came):
    lake, days, told = came
    day = days[-1] + timedelta(days=1)
    rows = frame(lake, "forecast_accuracy", date=day)
    brazil = rows.filter(pl.col("series") == "brazil").sort("issued_on")
    assert brazil["issued_on"].to_list() == days
    assert brazil["horizon"].to_list() == [(day - each).days for each in days]
    actual = demand(DAYS).filter((pl.col("series") == "brazil") & (pl.col("date") == day))["value"].item()
    assert set(brazil["actual"]) == {actual}
    assert brazil["error"].to_list() == pytest.approx((brazil["mean"] - actual).to_list())
    assert (brazil["inside"] == pl.Series([actual]).is_between(brazil["lower"], brazil["upper"])).all()
    assert brazil["sources"].to_list() == [["file"]] * len(days)
    assert frame(lake, "forecast_accuracy", date=days[0]).is_empty(), "nothing was issued before it"
    last = next(event for event in told if event.partition == str(day))
    assert "](data:image/png;base64," in last.metadata["forecast_and_what_came"].value
    assert "of the naive's" in last.metadata["last_weeks"].value


def test_accuracy_made_again_is_the_same_and_a_day_that_has_not_come_has_none(came):
    lake, days, _ = came
    before = frame(lake, "forecast_accuracy", date=days[-1])
    make_forecast_accuracy(lake, [days[-1]])
    assert frame(lake, "forecast_accuracy", date=days[-1]).equals(before)
    assert make_forecast_accuracy(lake, [LAST + timedelta(days=1)]).num_rows == 0


def test_the_check_says_its_numbers_and_warns_of_forecasts_that_do_not_hold(came, tmp_path):
    lake, days, _ = came
    with dg.DagsterInstance.ephemeral() as instance:
        early, late = evaluations(instance, lake, "forecast_accuracy", [days[3], days[-1]])
        assert early.passed
        assert "nothing is said" in early.description
        assert (late.passed, late.severity) == (True, dg.AssetCheckSeverity.WARN)
        assert late.metadata["days"].value == 20
        assert late.metadata["coverage"].value > 0.85
        bad = _wrong(lake, tmp_path)
        (late,) = evaluations(instance, bad, "forecast_accuracy", [days[-1]])
        assert not late.passed


def _wrong(lake: LakeResource, folder: Path) -> LakeResource:
    """The same forecasts, of which none came true."""
    shutil.copytree(lake.root, folder / "wrong")
    wrong = LakeResource(root=str(folder / "wrong"))
    rows = frame(wrong, "forecast_accuracy").with_columns(inside=pl.lit(False))
    wrong.replace("forecast_accuracy", rows.to_arrow(), "true")
    return wrong


def test_drift_asks_for_one_training_a_day_and_says_why_it_does_not(came, tmp_path):
    lake, days, _ = came
    now = datetime.combine(days[-1] + timedelta(days=2), datetime.min.time(), UTC) + timedelta(hours=9)
    wrong = _wrong(lake, tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:

        def said(of: LakeResource, at: datetime) -> str:
            answer = due(instance, of, at)
            assert isinstance(answer, dg.SkipReason)
            return answer.skip_message

        assert "the forecasts hold" in said(lake, now)
        assert "has met what came" in said(lake, now + timedelta(days=30))
        asked = due(instance, wrong, now)
        yesterday = str(days[-1] + timedelta(days=1))
        assert (asked.partition_key, asked.run_key) == (yesterday, f"drift {yesterday}")
        assert {key.to_user_string() for key in asked.asset_selection} == {
            "demand_models",
            "demand_champions",
            "forecast_backtests",
        }
        rows = lake.read("demand_models").to_pylist()[0] | {"date": days[-1] + timedelta(days=1)}
        wrong.append(
            "demand_models", lake.read("demand_models").from_pylist([rows], lake.read("demand_models").schema)
        )
        assert trained_days(wrong) == [TRAINED, days[-1] + timedelta(days=1)]
        assert f"0 of the last 28 days have forecasts issued since {yesterday}" in said(wrong, now)


def test_the_clock_asks_for_yesterday_where_something_is_known(lake, tmp_path):
    monday = datetime(2025, 4, 21, 4, tzinfo=UTC)
    empty = LakeResource(root=str(tmp_path / "empty"))
    for schedule in (daily_forecast, weekly_training):
        with dg.build_schedule_context(scheduled_execution_time=monday) as context:
            assert schedule(context, lake=lake).partition_key == "2025-04-20"
            assert "daily_demand has nothing" in schedule(context, lake=empty).skip_message


def test_accuracy_of_a_day_is_made_when_it_came_and_again_when_it_or_its_forecasts_change():
    evaluated = ["daily_demand", "demand_forecast", "forecast_accuracy"]
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(instance, ["forecast_accuracy"], evaluated=evaluated)
        ticks.report("demand_forecast", "2025-06-20")
        assert ticks.settle() == [], "nothing has come of the days it is for"
        ticks.report("daily_demand", "2025-06-21", "2025-06-26")
        assert ticks.settle() == [{"forecast_accuracy": {"2025-06-21"}}], "the 26th is not over"
        ticks.report("demand_forecast", "2025-06-18")
        assert ticks.settle() == [{"forecast_accuracy": {"2025-06-21"}}]


def test_the_code_version_is_the_commit_or_without_a_checkout_the_package_s(tmp_path):
    assert code_version(tmp_path) == version("airtraffic")
    assert code_version() != ""
