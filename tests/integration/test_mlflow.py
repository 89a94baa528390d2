"""The real MLflow server, as ``./run up`` keeps it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airtraffic.cluster_parameters import ClusterParameters
from assets.cluster_day import cluster_day
from cli.apache_kafka import free_port
from orchestration.clusters import make_clusters
from orchestration.resources.lake import LakeResource
from orchestration.resources.mlflow import MlflowResource
from orchestration.silver import hours_predicate
from tests.unit.cluster_samples import START, simulated

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
SUPERVISED = """
import os, signal, sys, threading
from pathlib import Path
from rich.console import Console
from cli.supervisor import Supervisor
stop = threading.Event()
signal.signal(signal.SIGINT, lambda *_: stop.set())
supervisor = Supervisor(Console(), Path(sys.argv[1]), {**os.environ})
supervisor.add("mlflow", [sys.executable, "-m", "cli.mlflow_server", sys.argv[2]])
with supervisor:
    while not stop.wait(0.2):
        supervisor.tick()
"""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data folder")


@pytest.fixture(scope="module")
def supervisor(data, port) -> Iterator[psutil.Process]:
    """A supervisor of the server alone, as a process of its own."""
    environment = {**os.environ, "AIRTRAFFIC_DATA": str(data), "PYTHONPATH": str(ROOT)}
    for name in ("MLFLOW_TRACKING_URI", "AIRTRAFFIC_MLFLOW_URL"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(data / "logs"), str(port)], cwd=ROOT, env=environment
    )
    yield psutil.Process(process.pid)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@pytest.fixture(scope="module")
def mlflow(supervisor, data, port) -> MlflowResource:
    """A client that began while the server was starting: both make the database, and both can use it."""
    resource = MlflowResource(
        tracking_uri=f"sqlite:///{data}/mlflow/mlflow.db",
        artifacts=str(data / "mlflow" / "artifacts"),
        ui=f"http://127.0.0.1:{port}",
    )
    resource.client().search_experiments()
    deadline = time.monotonic() + 60
    while True:
        try:
            answer(f"{resource.ui}/health")
        except OSError:
            assert time.monotonic() < deadline, (data / "logs" / "mlflow.log").read_text()[-2000:]
            time.sleep(0.2)
        else:
            return resource


def answer(url: str, **headers: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as response:
        return response.read()


def test_the_run_that_the_asset_links_to_is_shown_by_the_server(mlflow, tmp_path):
    lake = LakeResource(root=str(tmp_path / "lake"))
    lake.replace("state_vectors", simulated(1, aircraft=40).to_arrow(), hours_predicate([START]))
    list(make_clusters(lake, [START], ClusterParameters()))
    done = dg.materialize(
        [cluster_day], partition_key=START.date().isoformat(), resources={"lake": lake, "mlflow": mlflow}
    )
    (shown,) = done.asset_materializations_for_node("cluster_day")
    url = shown.metadata["mlflow_run"].value
    assert url.startswith(f"{mlflow.ui}/#/")
    assert b"<html" in answer(url)
    run_id = url.rsplit("/", 1)[1]
    run = json.loads(answer(f"{mlflow.ui}/api/2.0/mlflow/runs/get?run_id={run_id}"))["run"]
    tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
    assert (tags["dagster/asset_key"], tags["dagster/partition"]) == ("cluster_day", "2025-01-15")
    snapshot = answer(f"{mlflow.ui}/get-artifact?run_id={run_id}&path=snapshot.parquet")
    assert pq.read_table(pa.BufferReader(snapshot)).num_rows == lake.read("cluster_snapshots").num_rows
    model, version = shown.metadata["mlflow_model"].value.split("/models/")[1].split("/versions/")
    found = answer(f"{mlflow.ui}/api/2.0/mlflow/model-versions/get?name={model}&version={version}")
    assert json.loads(found)["model_version"]["run_id"] == run_id


def test_the_server_is_small_and_listens_on_this_machine_only(mlflow, supervisor, port):
    processes = supervisor.children(recursive=True)
    # The tether, MLflow and one worker.
    assert len(processes) == 3
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in processes
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {("127.0.0.1", port)}
    with pytest.raises(urllib.error.HTTPError, match="403"):
        answer(f"{mlflow.ui}/", Host="attacker.example")


def test_a_port_that_is_taken_is_said_with_the_option_to_change_it(mlflow, port, tmp_path):
    environment = {**os.environ, "AIRTRAFFIC_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("MLFLOW_TRACKING_URI", None)
    command = [sys.executable, "-m", "cli", "up", "--port", str(free_port()), "--mlflow-port", str(port)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr
    assert "--mlflow-port" in done.stderr


def test_ctrl_c_leaves_no_process_of_the_server_behind(mlflow, supervisor, port):
    processes = supervisor.children(recursive=True)
    supervisor.send_signal(signal.SIGINT)
    _, left = psutil.wait_procs([supervisor, *processes], timeout=20)
    assert left == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
