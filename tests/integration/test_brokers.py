"""The brokers that the commands start: they answer, they say why they don't, and they go with their parent."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from airtraffic.errors import AirTrafficError, ConfigurationError
from airtraffic.settings import Settings
from cli.apache_kafka import ApacheKafka, missing_for_apache_kafka
from cli.brokers import running_kafka
from cli.child import CHECKOUT, Child

ORPHAN = """
import os, sys
from pathlib import Path
from cli.in_memory_kafka import InMemoryKafka
broker = InMemoryKafka(Path(sys.argv[1])).start()
print(broker._child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def settings(tmp_path: Path, **changes) -> Settings:
    return replace(Settings.from_env({"AIRTRAFFIC_DATA": str(tmp_path)}), **changes)


def topics(bootstrap_servers: str) -> set[str]:
    return set(
        AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 2}).list_topics(timeout=10).topics
    )


def test_without_any_setting_an_in_memory_broker_runs_and_ends_with_the_block(tmp_path):
    with running_kafka(settings(tmp_path)) as broker:
        assert broker.kind == "in-memory"
        producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 2})
        producer.produce("some.topic", b"value")
        assert producer.flush(10) == 0
        broker.check()
        assert "some.topic" in topics(broker.bootstrap_servers)
        pid = broker._child.pid
    assert not psutil.pid_exists(pid)


def test_a_named_broker_is_used_as_it_is(tmp_path):
    with running_kafka(settings(tmp_path, kafka_bootstrap_servers="there:9092")) as broker:
        assert (broker.kind, broker.bootstrap_servers) == ("external", "there:9092")
    assert not (tmp_path / "kafka").exists()


def test_a_broker_goes_when_its_parent_is_killed(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", ORPHAN, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    group = int(ended.stdout)
    deadline = time.monotonic() + 20
    while any(_group(pid) == group for pid in psutil.pids()):
        assert time.monotonic() < deadline, "the broker outlives its parent"
        time.sleep(0.1)


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def test_a_child_that_fails_shows_the_end_of_its_log(tmp_path):
    child = Child("the server", [sys.executable, "-c", "raise SystemExit('no luck')"], tmp_path / "log")
    while child.alive():
        time.sleep(0.05)
    with pytest.raises(AirTrafficError, match=r"the server ended with status 1; the end of .*\n  no luck"):
        child.check()


def test_what_apache_kafka_lacks_is_said(tmp_path, monkeypatch):
    assert "KAFKA_HOME is not set" in missing_for_apache_kafka(None)
    assert "libs/ holds" in missing_for_apache_kafka(tmp_path)
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "kafka_2.13-4.3.1.jar").touch()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "openjdk-17-jre-headless" in missing_for_apache_kafka(tmp_path)
    with pytest.raises(ConfigurationError, match="java is not installed"):
        ApacheKafka(tmp_path, tmp_path / "data")


@pytest.mark.kafka
def test_a_second_broker_on_the_same_folder_is_refused(apache_kafka):
    if not isinstance(apache_kafka, ApacheKafka):
        pytest.skip("Apache Kafka: KAFKA_BOOTSTRAP_SERVERS is set, so none is started here; unset it")
    with pytest.raises(
        ConfigurationError, match=r"another process runs Apache Kafka on .*; stop it, or use its"
    ):
        ApacheKafka(apache_kafka._home, apache_kafka._folder).start()
    apache_kafka.check()
    assert topics(apache_kafka.bootstrap_servers) is not None


@pytest.mark.kafka
def test_apache_kafka_that_cannot_start_shows_the_end_of_its_log(apache_kafka, tmp_path):
    if not isinstance(apache_kafka, ApacheKafka):
        pytest.skip("Apache Kafka: KAFKA_BOOTSTRAP_SERVERS is set, so none is started here; unset it")
    taken = int(apache_kafka.bootstrap_servers.split(":")[1])
    with pytest.raises(ConfigurationError, match=f"port {taken} on 127.0.0.1 is taken"):
        ApacheKafka(apache_kafka._home, tmp_path / "taken", port=taken).start()
    (tmp_path / "broken" / "topics").mkdir(parents=True)
    (tmp_path / "broken" / "topics" / "meta.properties").write_text("broken")
    with pytest.raises(
        AirTrafficError, match=r"Apache Kafka ended with status 1; the end of .*\n(.*\n)*.*node ID not found"
    ):
        ApacheKafka(apache_kafka._home, tmp_path / "broken").start()
