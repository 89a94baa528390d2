"""Models in the lake that cannot be read."""

import logging
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa

from airtraffic.congestion_tables import CONGESTION_MODELS
from airtraffic.tables import POLLS, STATE_VECTORS
from orchestration.congestion import make_congestion_forecast
from orchestration.resources.lake import LakeResource

DAY = date(2025, 1, 14)
HOUR = datetime(2025, 1, 15, tzinfo=UTC)
POLLED = [HOUR + timedelta(minutes=n) for n in range(3)]


def test_the_last_count_is_published_and_says_that_the_model_of_the_day_cannot_be_read(tmp_path, caplog):
    lake = LakeResource(root=str(tmp_path / "lake"))
    flying = {"icao24": "e49000", "latitude": -23.4, "longitude": -46.4, "on_ground": False}
    silver = [
        {"snapshot_at": at, "source": "simulate", "date": at.date(), "hour": at.hour, **flying}
        for at in POLLED
    ]
    lake.append("state_vectors", pa.Table.from_pylist(silver, schema=STATE_VECTORS.schema))
    polls = [
        {"snapshot_at": at, "source": "simulate", "interval_s": 60.0, "date": at.date()} for at in POLLED
    ]
    lake.append("polls", pa.Table.from_pylist(polls, schema=POLLS.schema))
    bad = {"zones": "quadrants", "date": DAY, "files": b"", "words": None, "published": [], "digest": "a"}
    lake.append("congestion_models", pa.Table.from_pylist([bad], schema=CONGESTION_MODELS.schema))
    with caplog.at_level(logging.WARNING, "orchestration.congestion"):
        made = pl.DataFrame(pl.from_arrow(make_congestion_forecast(lake, [HOUR])))
    assert made["model"].unique().to_list() == ["persistence"]
    reasons = dict(made.select("zones", "reason").unique().iter_rows())
    assert reasons["quadrants"].startswith("the model of 2025-01-14 cannot be read (")
    assert reasons["cells"].startswith("no model has been trained on an earlier day")
    assert "quadrants: the model of 2025-01-14 cannot be read" in caplog.text
