"""Which registered version of congestion's models the alias champion names."""

import pytest
from mlflow.exceptions import MlflowException

from orchestration.mlflow_runs import CHAMPION, Partition, record, supersede
from orchestration.resources.mlflow import MlflowResource
from tests.assets.mlflow_samples import mlflow_below

MODEL = "congestion"


@pytest.fixture
def mlflow(tmp_path) -> MlflowResource:
    return mlflow_below(tmp_path / "own")


def train(mlflow: MlflowResource, day: str, digest: str, promoted: bool) -> str:
    """Version that a training of a day is registered as; empty where the baselines win."""
    model = MODEL if promoted else ""
    partition = Partition("models", day, model, digest, {}, alias=CHAMPION, published_from=MODEL)

    def log(client, run_id, folder):
        folder.mkdir(parents=True)
        (folder / "model.json").write_text(digest)

    recorded = record(mlflow, partition, log)
    supersede(mlflow, partition, recorded)
    return recorded.version


def champion(mlflow: MlflowResource) -> str | None:
    try:
        return str(mlflow.client().get_model_version_by_alias(MODEL, CHAMPION).version)
    except MlflowException:
        return None


def test_the_champion_is_what_the_newest_training_publishes_and_nothing_where_baselines_win(mlflow):
    assert train(mlflow, "2025-01-13", "a", promoted=False) == ""
    assert champion(mlflow) is None
    first = train(mlflow, "2025-01-14", "b", promoted=True)
    assert champion(mlflow) == first
    train(mlflow, "2025-01-14", "c", promoted=False)
    assert champion(mlflow) is None
    train(mlflow, "2025-01-14", "b", promoted=True)
    assert champion(mlflow) == first
    train(mlflow, "2025-01-15", "d", promoted=False)
    assert champion(mlflow) is None
    train(mlflow, "2025-01-13", "e", promoted=True)
    assert champion(mlflow) is None


def test_a_day_without_models_gives_the_champion_back_to_the_one_before(mlflow):
    first = train(mlflow, "2025-01-14", "a", promoted=True)
    assert train(mlflow, "2025-01-15", "b", promoted=True) != first
    gone = Partition("models", "2025-01-15", "", "", {}, alias=CHAMPION, published_from=MODEL)
    supersede(mlflow, gone, None)
    assert champion(mlflow) == first
