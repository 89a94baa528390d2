"""What tests kill: processes that read Kafka into the lake until they are."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from assets.bronze import ingest_kafka
from orchestration.ingest import ingest
from orchestration.resources.kafka import KafkaResource
from orchestration.resources.lake import LakeResource

MESSAGES_PER_COMMIT = 300
NOW = datetime(2025, 1, 15, 2, tzinfo=UTC)
EARLIEST = datetime(2018, 1, 1, tzinfo=UTC)


def read_forever(lake_root: str, kafka: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Run after run, without Dagster."""
    os.environ.update(environment)
    lake, resource = LakeResource(root=lake_root), KafkaResource(**kafka)
    while True:
        ingest(lake, resource, now=NOW, earliest=EARLIEST, max_messages=MESSAGES_PER_COMMIT)


def run_the_job_forever(lake_root: str, kafka: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Run after run of Dagster's job."""
    os.environ.update(environment)
    resources = {"lake": LakeResource(root=lake_root), "kafka": KafkaResource(**kafka)}
    config = {"refresh": "never", "max_messages": MESSAGES_PER_COMMIT}
    while True:
        ingest_kafka.execute_in_process(
            run_config={"ops": {"ingest_kafka": {"config": config}}}, resources=resources
        )
