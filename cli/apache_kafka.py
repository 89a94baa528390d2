"""Apache Kafka as a child process: one node, KRaft, on this machine only."""

import base64
import fcntl
import os
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path
from typing import IO

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from airtraffic.errors import ConfigurationError
from cli.child import Child

# The session time-out is how long a killed broker keeps its successor waiting; 9 s by default.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={logs}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""
_LOG4J = """\
status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1}: %m%n%ex{3}
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
"""

_GOING_S = 10.0
"""How long a killed broker may still hold its port. [s]"""


def missing_for_apache_kafka(home: Path | None) -> str | None:
    """What has to be set or installed before Apache Kafka can run here; None when nothing is missing."""
    if home is None:
        return "KAFKA_HOME is not set; it names a folder whose libs/ holds Apache Kafka's jars"
    if not list((home / "libs").glob("kafka_*.jar")):
        return f"KAFKA_HOME is {str(home)!r}; expected a folder whose libs/ holds Apache Kafka's jars"
    if _java() is None:
        return "java is not installed; Apache Kafka needs Java 17 or newer (Debian: openjdk-17-jre-headless)"
    return None


class ApacheKafka:
    """One broker whose topics lie in ``folder`` and outlive it.

    Parameters
    ----------
    home
        Folder whose ``libs/`` holds Apache Kafka's jars.
    folder
        Where its log, configuration and topics go; formatted when it is new.
    port
        Port on 127.0.0.1; a free one when None, kept over restarts of this object.
    """

    kind = "apache"

    def __init__(self, home: Path, folder: Path, port: int | None = None, start_timeout_s: float = 90.0):
        missing = missing_for_apache_kafka(home)
        if missing:
            raise ConfigurationError(missing)
        self._home = home
        self._folder = folder
        self._port = port or free_port()
        self._start_timeout_s = start_timeout_s
        self._child: Child | None = None
        self._lock: IO | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> "ApacheKafka":
        """Start it and wait until it answers.

        Raises
        ------
        AirTrafficError
            It ended, or did not answer in time; the message shows the end of its log. Or another process
            runs one on the same folder.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            if not self._port_is_free():
                raise ConfigurationError(f"port {self._port} on 127.0.0.1 is taken; choose another for Kafka")
            properties = self._configure()
            self._format(properties)
            self._child = Child(
                "Apache Kafka",
                self._java("-Xmx512m", "kafka.Kafka", str(properties)),
                log=self._folder / "kafka.log",
            )
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def _port_is_free(self) -> bool:
        """Whether nobody listens there, or no longer: a broker that was killed takes a moment to go."""
        deadline = time.monotonic() + (_GOING_S if self._child else 0)
        while _listens(self.bootstrap_servers):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def check(self) -> None:
        """Raise an AirTrafficError when it has ended by itself."""
        if self._child:
            self._child.check()

    def stop(self) -> None:
        """Let it shut down in order."""
        if self._child:
            self._child.stop()
        self._release_lock()

    def kill(self) -> None:
        """SIGKILL it; ``start`` brings it back on its own log."""
        if self._child:
            self._child.kill()
        self._release_lock()

    def __enter__(self) -> "ApacheKafka":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _take_lock(self) -> None:
        # Kafka has a lock of its own, but a second one on the folder disturbs the first before it sees it.
        self._lock = (self._folder / "in-use").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release_lock()
            raise ConfigurationError(
                f"another process runs Apache Kafka on {self._folder}; stop it, or use its broker by"
                " KAFKA_BOOTSTRAP_SERVERS"
            ) from None

    def _release_lock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def _configure(self) -> Path:
        (self._folder / "log4j2.properties").write_text(_LOG4J)
        properties = self._folder / "server.properties"
        properties.write_text(
            _PROPERTIES.format(port=self._port, controller=free_port(), logs=self._folder / "topics")
        )
        return properties

    def _format(self, properties: Path) -> None:
        if (self._folder / "topics" / "meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            self._java(
                "-Xmx128m",
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={cluster}",
                "-c",
                str(properties),
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ConfigurationError(
                f"Apache Kafka cannot format {self._folder}: {(done.stderr or done.stdout).strip()[-1000:]}"
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while not _answers(self.bootstrap_servers):
            self._child.check()
            if time.monotonic() > deadline:
                raise self._child.failure(f"did not answer within {self._start_timeout_s:g} s")
            time.sleep(0.1)

    def _java(self, *arguments: str) -> list[str]:
        quiet = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}"
        return [_java(), quiet, "-cp", str(self._home / "libs" / "*"), *arguments]


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(address: str) -> bool:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _answers(bootstrap_servers: str) -> bool:
    if not _listens(bootstrap_servers):
        return False
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0, "reconnect.backoff.ms": 500})
    try:
        return bool(admin.list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
