"""Messages for tests of the road from Kafka to the lake."""

import orjson
from confluent_kafka import Producer

from orchestration.resources.kafka import KafkaResource

AT = 1_736_899_200
"""2025-01-15 00:00 UTC. [s]"""


def state_vector(number: int, **changes: object) -> bytes:
    """State vector ``number``: the number is in ``time_position``, which makes it unique."""
    return orjson.dumps(
        {
            "icao24": f"{number % 500:06x}",
            "callsign": "LAN123  ",
            "origin_country": "Chile",
            "time_position": number,
            "last_contact": AT + number % 3600,
            "longitude": -70.79,
            "latitude": -33.39,
            "baro_altitude": 11277.6,
            "on_ground": False,
            "velocity": 231.5,
            "true_track": 12.25,
            "vertical_rate": 0.0,
            "sensors": None,
            "geo_altitude": 11300.1,
            "squawk": None,
            "spi": False,
            "position_source": 0,
            "category": None,
            "snapshot_at": AT + number // 500 * 60 % 7200,
            "source": "simulate",
            "schema_version": 1,
        }
        | changes
    )


def poll(number: int, **changes: object) -> bytes:
    """Poll ``number``."""
    return orjson.dumps(
        {
            "schema_version": 1,
            "source": "simulate",
            "snapshot_at": AT + 60 * number,
            "rows": 500,
            "rejected": 0,
            "box": [-60, 15, -90, -30],
            "interval_s": 60.0,
        }
        | changes
    )


class Sender:
    """An idempotent producer that knows what the broker has acknowledged."""

    def __init__(self, kafka: KafkaResource):
        self.acknowledged = 0
        self.refused: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": kafka.bootstrap_servers,
                "enable.idempotence": True,
                "compression.type": "zstd",
                "linger.ms": 5,
                "message.max.bytes": 2_000_000,
                "queue.buffering.max.messages": 1_000_000,
                "log_level": 2,
            }
            | kafka.security
        )

    def send(self, topic: str, value: bytes | None, partition: int = -1) -> None:
        self._producer.produce(topic, value, partition=partition, on_delivery=self._delivered)
        self._producer.poll(0)

    def flush(self, timeout_s: float = 60.0) -> None:
        assert self._producer.flush(timeout_s) == 0, "the broker has not acknowledged everything"
        assert not self.refused, self.refused[:3]

    def _delivered(self, error, _message) -> None:
        if error:
            self.refused.append(error.str())
        else:
            self.acknowledged += 1
