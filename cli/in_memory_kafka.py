"""librdkafka's in-memory broker as a process of its own: for trying out and for small tests.

    python -m cli.in_memory_kafka ADDRESS_FILE

It keeps 5 MiB a partition and drops the oldest messages silently, knows no timestamps, and forgets
everything when it ends.
"""

import os
import signal
import sys
import time
import uuid
from pathlib import Path

from confluent_kafka import Producer

from airtraffic.errors import AirTrafficError
from cli.child import Child

_START_TIMEOUT_S = 30.0
LIFE = "__life."
"""Topic whose name ends in a number that no other in-memory broker has; its cluster id may come again."""


class InMemoryKafka:
    """The in-memory broker, started as a child process."""

    kind = "in-memory"

    def __init__(self, folder: Path):
        self._folder = folder
        self._child: Child | None = None
        self.bootstrap_servers = ""

    def start(self) -> "InMemoryKafka":
        """Start it and wait for its address.

        Raises
        ------
        AirTrafficError
            It ended, or gave no address in time; the message shows the end of its log.
        """
        address = self._folder / f"in-memory-{uuid.uuid4().hex}.address"
        self._child = Child(
            "the in-memory Kafka",
            [sys.executable, "-m", "cli.in_memory_kafka", str(address)],
            log=self._folder / "in-memory.log",
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        try:
            while not address.exists():
                self._child.check()
                if time.monotonic() > deadline:
                    raise self._child.failure(f"gave no address within {_START_TIMEOUT_S:g} s")
                time.sleep(0.02)
            self.bootstrap_servers = address.read_text()
        except BaseException:
            self.stop()
            raise
        finally:
            address.unlink(missing_ok=True)
        return self

    def check(self) -> None:
        """Raise an AirTrafficError when it has ended by itself."""
        if self._child:
            self._child.check()

    def stop(self) -> None:
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        """SIGKILL it: everything in it is lost."""
        if self._child:
            self._child.kill()

    def __enter__(self) -> "InMemoryKafka":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def main(address_file: Path) -> None:
    """Serve until SIGTERM; ``cli.tether`` sends it when the parent is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cluster = Producer({"bootstrap.servers": "in-memory", "test.mock.num.brokers": 1, "log_level": 3})
    metadata = cluster.list_topics(f"{LIFE}{uuid.uuid4().hex}", timeout=_START_TIMEOUT_S)
    if not metadata.brokers:
        raise AirTrafficError("the in-memory Kafka did not start")
    written = address_file.with_suffix(".new")
    written.write_text(",".join(f"{broker.host}:{broker.port}" for broker in metadata.brokers.values()))
    os.replace(written, address_file)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
