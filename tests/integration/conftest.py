"""Real servers for tests: brokers and buckets, on free ports of this machine, gone when the tests are."""

import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka.admin import AdminClient, NewTopic

from airtraffic.settings import Settings, Topics
from cli.apache_kafka import ApacheKafka, free_port, missing_for_apache_kafka
from cli.brokers import Broker, ExternalKafka
from cli.child import Child
from cli.in_memory_kafka import InMemoryKafka
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource
from tests.integration import postgres

_S3_START_TIMEOUT_S = 30.0


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory) -> Iterator[Broker]:
    """``KAFKA_BOOTSTRAP_SERVERS``, or Apache Kafka started from ``KAFKA_HOME`` for all tests."""
    settings = Settings.from_env(os.environ)
    if settings.kafka_bootstrap_servers:
        yield ExternalKafka(settings.kafka_bootstrap_servers)
        return
    missing = missing_for_apache_kafka(settings.kafka_home)
    if missing:
        pytest.skip(f"Apache Kafka: {missing}, or set KAFKA_BOOTSTRAP_SERVERS")
    with ApacheKafka(settings.kafka_home, tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A superuser's URL of a PostgreSQL server that is started for all tests."""
    programs = postgres.programs()
    if not programs:
        pytest.skip("PostgreSQL: install it (Debian: postgresql)")
    with postgres.server(programs) as url:
        yield url


@pytest.fixture
def in_memory_kafka(tmp_path) -> Iterator[InMemoryKafka]:
    """An in-memory broker of the test's own."""
    with InMemoryKafka(tmp_path / "in-memory-kafka") as broker:
        yield broker


@pytest.fixture
def topic_prefix() -> str:
    """What the names of this test's topics begin with, used by no other test."""
    return f"test-{uuid.uuid4().hex[:12]}."


@pytest.fixture
def kafka(apache_kafka, topic_prefix) -> KafkaResource:
    """The three topics of this test, empty, with two partitions for the state vectors."""
    resource = KafkaResource(
        bootstrap_servers=apache_kafka.bootstrap_servers,
        topic_prefix=topic_prefix,
        security=dict(Settings.from_env(os.environ).kafka_security),
        group_id=f"{topic_prefix}lake",
    )
    create_topics(resource, state_vector_partitions=2)
    return resource


@pytest.fixture
def kafka_in_memory(in_memory_kafka, topic_prefix) -> KafkaResource:
    """The three topics of this test on an in-memory broker."""
    resource = KafkaResource(
        bootstrap_servers=in_memory_kafka.bootstrap_servers, topic_prefix=topic_prefix, timeout_s=5
    )
    admin = AdminClient({"bootstrap.servers": resource.bootstrap_servers})
    for topic in resource.topics:
        admin.list_topics(topic, timeout=10)
    return resource


def create_topics(kafka: KafkaResource, state_vector_partitions: int) -> None:
    """Create the three topics on a real broker and wait until it has them."""
    topics: Topics = kafka.topics
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers} | kafka.security)
    new = [NewTopic(topics.state_vectors, state_vector_partitions), NewTopic(topics.polls, 1)]
    for created in admin.create_topics([*new, NewTopic(topics.rejected, 1)]).values():
        created.result(timeout=30)


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory) -> Iterator[str]:
    """A real S3 server from ``S3_SERVER``, else moto's."""
    folder, port = tmp_path_factory.mktemp("s3"), free_port()
    environment = os.environ | {"ROOT_ACCESS_KEY": "test", "ROOT_SECRET_KEY": "testtest"}
    server = os.environ.get("S3_SERVER")
    if server:
        for name in ("buckets", "metadata"):
            (folder / name).mkdir()
        listen = ["--quiet", "--port", f"127.0.0.1:{port}"]
        store = ["posix", "--sidecar", str(folder / "metadata"), str(folder / "buckets")]
        command = [str(Path(server).absolute()), *listen, *store]
    else:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    child = Child("the S3 server", command, folder / "s3.log", environment)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait_for_s3(child, endpoint)
        yield endpoint
    finally:
        child.stop()


@pytest.fixture
def s3(s3_endpoint, monkeypatch) -> str:
    """Points the AWS_* environment of this test at the S3 server; the server's address."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "testtest",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return s3_endpoint


@pytest.fixture
def bucket(s3) -> str:
    """A new bucket on the S3 server."""
    name = f"test-{uuid.uuid4().hex[:16]}"
    _s3_client(s3).create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def lake_root(request, tmp_path) -> str:
    """Where an empty lake can go: a folder, and a prefix of a bucket."""
    if request.param == "local":
        return str(tmp_path / "lake")
    return f"s3://{request.getfixturevalue('bucket')}/some/prefix"


@pytest.fixture
def lake(lake_root) -> LakeResource:
    """An empty lake, on a folder and on S3."""
    return LakeResource(root=lake_root)


@pytest.fixture
def local_lake(tmp_path) -> LakeResource:
    """An empty lake in a folder."""
    return LakeResource(root=str(tmp_path / "lake"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium or Chrome."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("Chromium: install it (Debian: chromium)")
    return found


@pytest.fixture(scope="module")
def page(chromium):
    """A page of a headless browser. Not of the session: its event loop runs while it is open."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"],
        )
        yield browser.new_page(viewport={"width": 1500, "height": 900})
        browser.close()


def _s3_client(endpoint: str):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="testtest",
        region_name="us-east-1",
        config=Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 1}),
    )


def _wait_for_s3(child: Child, endpoint: str) -> None:
    deadline = time.monotonic() + _S3_START_TIMEOUT_S
    while True:
        try:
            _s3_client(endpoint).list_buckets()
        except (BotoCoreError, ClientError, OSError):
            child.check()
            if time.monotonic() > deadline:
                raise child.failure(f"did not answer within {_S3_START_TIMEOUT_S:g} s") from None
            time.sleep(0.1)
        else:
            return
