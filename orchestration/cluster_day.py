"""A day of clusters: its row in the lake, its MLflow run and its registered model version."""

import json
import tempfile
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from airtraffic.cluster_day import day_of_clusters, digest, with_snapshot
from airtraffic.cluster_parameters import ClusterParameters
from airtraffic.tables import TABLES
from orchestration.mlflow_runs import Partition, Recorded, record, supersede
from orchestration.partitions import DAY_KEY
from orchestration.races import replace_from_newest
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource, mlflow_module

ASSET = "cluster_day"
MODEL = "airtraffic-clusters"
MODEL_CODE = Path(__file__).with_name("cluster_model.py")
_REQUIREMENTS = ("mlflow", "numpy", "pandas", "pyarrow", "scipy")
_OF_MODEL = (
    "hour_start",
    "id",
    "latitude",
    "longitude",
    "x_nm",
    "y_nm",
    "radius_nm",
    "weight_min",
    "cluster_id",
)
_HOURLY = ("clusters", "noise_share", "biggest_share", "silhouette", "ami_dbscan", "agreement", "positions")


@dataclass(frozen=True)
class MadeDay:
    """What was made of a day."""

    row: Mapping[str, Any] | None
    """Of ``cluster_day``; None when the day has no snapshot."""
    recorded: Recorded | None
    superseded: int
    """Runs of the same day with other content."""


def make_cluster_day(
    lake: LakeResource, mlflow: MlflowResource, day: date, tags: Mapping[str, str]
) -> MadeDay:
    """Record a day in MLflow, write its row, and mark what the day was before as superseded.

    The row is written after the run and the version that it names, so it never names what is not there;
    when this is cut off in between, the next time finds the run by its content. The same content has the
    same run, and so the same row, however often it is made.

    Parameters
    ----------
    tags
        Further tags of a new run.

    Raises
    ------
    MlflowError
        MLflow failed; the lake's row is what it was.
    """
    began = time.monotonic()
    made: dict[str, Any] = {}

    def rows() -> pa.Table:
        made["partition"], made["row"], made["recorded"] = _recorded(lake, mlflow, day, tags, began)
        return pa.Table.from_pylist([made["row"]] if made["row"] else [], schema=TABLES[ASSET].schema)

    replace_from_newest(lake, ASSET, rows, f"date = '{day}'")
    superseded = supersede(mlflow, made["partition"], made["recorded"])
    return MadeDay(made["row"], made["recorded"], superseded)


def learning_rate(
    xy: np.ndarray, t_min: np.ndarray, weight_min: np.ndarray, parameters: ClusterParameters
) -> float | None:
    """Points a second that the model learns on this machine, all points in one go; None without points.

    Parameters
    ----------
    xy
        (n, 2). [NM]
    t_min, weight_min
        (n,). [min]
    """
    from airtraffic.denstream import DenStream

    if not len(xy):
        return None
    # Compiled code is loaded with the first points, once in a process.
    DenStream(**parameters.model()).learn_many(xy[:2], t_min[:2], weight_min[:2])
    model = DenStream(**parameters.model())
    began = time.perf_counter()
    model.learn_many(xy, t_min, weight_min)
    return len(xy) / (time.perf_counter() - began)


def _recorded(
    lake: LakeResource, mlflow: MlflowResource, day: date, tags: Mapping[str, str], began: float
) -> tuple[Partition, dict[str, Any] | None, Recorded | None]:
    where = [("date", "=", day)]
    snapshots = lake.read("cluster_snapshots", where=where).sort_by(
        [("hour_start", "ascending"), ("id", "ascending")]
    )
    hours = pl.DataFrame(pl.from_arrow(lake.read("cluster_quality", where=where)))
    quality = with_snapshot(hours).sort("hour_start")
    code = pl.DataFrame({"code": [MODEL_CODE.read_text()]})
    content = digest(pl.DataFrame(pl.from_arrow(snapshots)), quality, code)
    row = day_of_clusters(day, quality) if snapshots.num_rows and quality.height else None
    sources = {"sources": ", ".join(row["sources"])} if row else {}
    partition = Partition(ASSET, day.strftime(DAY_KEY), MODEL, content, {**tags, **sources})
    if row is None:
        return partition, None, None

    def log(client, run_id: str, model: Path) -> None:
        _log_hours(client, run_id, quality)
        save_model(model, snapshots)
        _log_last_snapshot(client, run_id, snapshots)
        speed = _learning_rate_of_day(lake, day, row["parameters"])
        _log_metrics(
            client,
            run_id,
            row | {"points_per_s": speed, "duration_s": time.monotonic() - began},
        )

    recorded = record(mlflow, partition, log)
    row |= {"mlflow_run_id": recorded.run_id, "model_version": recorded.version}
    return partition, row, recorded


def save_model(folder: Path, snapshots: pa.Table) -> None:
    """Save the model of a day: its code, and of its snapshots what tells the cluster of a position.

    Parameters
    ----------
    folder
        Not there yet.
    snapshots
        Rows of ``cluster_snapshots``.
    """
    mlflow_module()
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    columns = [
        ColSpec("double", "latitude"),
        ColSpec("double", "longitude"),
        ColSpec("datetime", "at", required=False),
    ]
    with tempfile.TemporaryDirectory() as drafts, warnings.catch_warnings():
        # That there are no type hints, which would make the model refuse data frames.
        warnings.simplefilter("ignore", UserWarning)
        file = Path(drafts) / "snapshots.parquet"
        pq.write_table(_named(snapshots), file, compression="zstd")
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(MODEL_CODE),
            artifacts={"snapshots": str(file)},
            signature=ModelSignature(
                Schema(columns), Schema([ColSpec("string", "cluster_id", required=False)])
            ),
            # Looking for them by itself takes MLflow five seconds.
            pip_requirements=[f"{name}=={version(name)}" for name in _REQUIREMENTS],
        )


def _named(snapshots: pa.Table) -> pa.Table:
    """Micro-clusters that belong to a cluster; the hours, with their parameters, as metadata."""
    hours = snapshots.group_by(["hour_start", "parameters"]).aggregate([]).to_pylist()
    parameters = {row["hour_start"].isoformat(): json.loads(row["parameters"]) for row in hours}
    belongs = pc.and_(pc.equal(snapshots["kind"], "p"), pc.is_valid(snapshots["cluster_id"]))
    rows = snapshots.filter(belongs).select(_OF_MODEL)
    return rows.replace_schema_metadata({"hours": json.dumps(parameters, sort_keys=True)})


def _log_last_snapshot(client, run_id: str, snapshots: pa.Table) -> None:
    """The rows of the day's last hour, whole: the model goes on from them bit for bit."""
    last = snapshots.filter(pc.equal(snapshots["hour_start"], pc.max(snapshots["hour_start"])))
    with tempfile.TemporaryDirectory() as drafts:
        file = Path(drafts) / "snapshot.parquet"
        pq.write_table(last, file, compression="zstd")
        client.log_artifact(run_id, str(file))


def _log_metrics(client, run_id: str, values: Mapping[str, Any]) -> None:
    """What is a number, by its name."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    numbers = {name: float(value) for name, value in values.items() if isinstance(value, int | float)}
    client.log_batch(run_id, metrics=[Metric(name, value, now, 0) for name, value in numbers.items()])


def _log_hours(client, run_id: str, quality: pl.DataFrame) -> None:
    """The parameters, and the quality of each hour as a series: step is the hour, time is its snapshot's."""
    from mlflow.entities import Metric, Param

    sets = quality["parameters"].n_unique()
    if sets > 1:
        client.set_tag(run_id, "parameters", f"those of the last hour; the day's hours have {sets} sets")
    client.log_batch(
        run_id,
        params=[Param(name, str(value)) for name, value in json.loads(quality["parameters"][-1]).items()],
        metrics=[
            Metric(f"hourly/{name}", float(row[name]), _milliseconds(row["snapshot_at"]), row["hour"])
            for row in quality.iter_rows(named=True)
            for name in _HOURLY
            if row[name] is not None
        ],
    )


def _milliseconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1000)


def _learning_rate_of_day(lake: LakeResource, day: date, parameters: str) -> float | None:
    from airtraffic.projection import plane

    columns = ["latitude", "longitude", "snapshot_at", "weight_min"]
    members = lake.read("cluster_members", columns, [("date", "=", day)]).sort_by("snapshot_at")
    made_with = ClusterParameters(**json.loads(parameters))
    xy = plane(members["latitude"].to_numpy(), members["longitude"].to_numpy(), made_with.centre)
    t_min = members["snapshot_at"].cast(pa.int64()).to_numpy() / 60e6
    return learning_rate(xy, t_min, members["weight_min"].to_numpy(), made_with)
