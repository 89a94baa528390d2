"""A search on days that nothing can be learned from, and what is said of a training."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from airtraffic.errors import ConfigurationError
from airtraffic.forecasting.congestion_progress import ended, progress
from airtraffic.tables import POLLS
from orchestration.congestion_search import CongestionSearchConfig, search
from orchestration.resources.lake import LakeResource
from tests.assets.mlflow_samples import mlflow_below

DAY = date(2025, 1, 14)
FIRST = datetime(2025, 1, 14, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("polls", "words"), [(0, "fewer than two polls"), (60, "no zone had any traffic")], ids=["none", "empty"]
)
def test_a_day_without_polls_or_of_an_empty_sky_is_said(tmp_path, polls, words):
    lake = LakeResource(root=str(tmp_path / "lake"))
    rows = [
        {"snapshot_at": FIRST + timedelta(minutes=n), "source": "simulate", "interval_s": 60.0, "date": DAY}
        for n in range(polls)
    ]
    lake.append("polls", pa.Table.from_pylist(rows, schema=POLLS.schema))
    config = CongestionSearchConfig(day=str(DAY), configurations=1, epochs=1)
    with pytest.raises(ConfigurationError, match=words):
        search(lake, mlflow_below(tmp_path / "own"), config, {})


def test_a_training_of_a_few_epochs_says_how_it_began_and_ended():
    lines = []
    told = progress("cells", lines.append)
    course = [(0, float("nan"), 0.9), (1, 0.8, 0.7), (5, 0.6, 0.8)]
    for epoch, learned, checked in course:
        told(0, epoch, learned, checked)
    assert lines == [
        "cells: member 0, epoch 0: on checks 0.9000",
        "cells: member 0, epoch 5: error 0.6000, on checks 0.8000",
    ]
    whole = [
        {"member": member, "epoch": epoch, "validation": checked}
        for member in (0, 1)
        for epoch, _, checked in course[:2]
    ]
    assert ended(whole)[1] == "member 1: 1 epochs, the best is epoch 1: error on checks 0.7000"
    assert ended([]) == []
